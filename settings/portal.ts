/** Settings that decide what citizens meet: ways in, texts, looks. */
import { type Setting, setting } from './setting.ts';
import { listOf, word } from './value-types.ts';

/** In the order in which the login page offers them when a village says nothing else. */
export const WAYS = ['voucher', 'account', 'otp', 'oidc', 'click'] as const;
export type Way = (typeof WAYS)[number];

export const PORTAL_SETTINGS = {
  'portal.ways': setting(
    'ways in that the login page offers, the first of them open',
    listOf(word(WAYS), WAYS.length, `of ${WAYS.join(', ')}`),
    'voucher,account',
  ),
} satisfies Readonly<Record<string, Setting>>;
