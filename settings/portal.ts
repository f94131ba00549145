/** Settings that decide what citizens meet: ways in, texts, looks. */
import { type Setting, setting } from './setting.ts';
import { line, listOf, word } from './value-types.ts';

/** In the order in which the login page offers them when a village says nothing else. */
export const WAYS = ['voucher', 'account', 'otp', 'oidc', 'click'] as const;
export type Way = (typeof WAYS)[number];

export const PORTAL_SETTINGS = {
  'portal.ways': setting(
    'ways in that the login page offers, the first of them open',
    listOf(word(WAYS), WAYS.length, `of ${WAYS.join(', ')}`),
    'voucher,account',
  ),
  'portal.tariff.self': tariffOf('registers an account'),
  'portal.tariff.otp': tariffOf('comes by a code sent to a phone number'),
  'portal.tariff.click': tariffOf('comes by a click'),
  'portal.tariff.registrar': tariffOf('a registrar vouches for'),
  'portal.tariff.oidc': tariffOf('comes by an identity provider'),
  'portal.tariff.child': tariffOf('is not 18 yet, instead of the one of the way in'),
} satisfies Readonly<Record<string, Setting>>;

function tariffOf(who: string): Setting<string> {
  return setting(
    `name of the tariff of a citizen who ${who}; unset: nobody is let in that way`,
    line(64),
    null,
  );
}
