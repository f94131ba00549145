/** For tests: a portal whose codes go to a provider at loopback, and clients without cookies. */

import type { GatewayConfig } from '../../../portal/gateways/gateway.ts';
import {
  gatewayOf,
  type Provider,
  startProvider,
} from '../../../portal/gateways/provider.fixture.ts';
import type { Answer } from '../../../portal/portal.fixture.ts';
import type { PortalOptions } from '../../../portal/types.ts';
import { type CitizenStand, openCitizenStand } from './citizen-stand.ts';

export const PHONE = '0812 3456 7890';
export const E164 = '+6281234567890';
export const WEBHOOK_SECRET = 'rahasia-webhook-desa';

export interface OtpStand extends CitizenStand {
  readonly provider: Provider;
  /** What the last message says. */
  message(): { readonly text: string; readonly code: string; readonly link: string };
  /** Fields of the form of this action on a page. */
  form(page: Answer, action: string): Record<string, string>;
}

export interface OtpStandOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly gateways?: (origin: string) => readonly GatewayConfig[];
  readonly over?: Partial<PortalOptions>;
}

export async function openOtpStand(options: OtpStandOptions = {}): Promise<OtpStand> {
  const provider = await startProvider();
  provider.answers = [{ body: { status: true, id: ['1'] } }];
  const gateways = options.gateways?.(provider.origin) ?? [
    gatewayOf('fonnte', provider.origin, { webhookSecret: WEBHOOK_SECRET }),
  ];
  const stand = await openCitizenStand(
    {
      otp: { gateways, costPerDay: 1_000_000, costPerMonth: 10_000_000 },
      exchange: provider.exchange,
      ...options.over,
    },
    {
      'portal.ways': 'otp,voucher',
      'portal.tariff.otp': 'harian',
      'portal.grace.minutes': '0',
      ...options.settings,
    },
  );
  return {
    ...stand,
    provider,
    message: () => {
      const text = new URLSearchParams(provider.received.at(-1)!.body).get('message') ?? '';
      return {
        text,
        code: /\b\d{6}\b/.exec(text)![0],
        link: /https?:\/\/\S+/.exec(text)?.[0] ?? '',
      };
    },
    form: formOn,
    [Symbol.asyncDispose]: async () => {
      await stand[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

/** The same portal, as a phone at another address meets it. */
export function seenFrom(stand: OtpStand, from: string): OtpStand {
  const { portal } = stand;
  return {
    ...stand,
    portal: {
      ...portal,
      fetch: (to, init) => portal.fetch(to, { from, ...init }),
      post: (to, form, headers = {}) =>
        portal.fetch(to, {
          method: 'POST',
          body: new URLSearchParams(form).toString(),
          headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
          from,
        }),
    },
  };
}

/** At the phone's own address of the village's LAN, which proves which phone it is. */
export function atHome(stand: OtpStand): OtpStand {
  return seenFrom(stand, stand.redirect.ip!);
}

/** As a browser fills it in: only hidden fields are set. */
export function formOn(page: Answer, action: string): Record<string, string> {
  const open = page.body.indexOf(`action="${action}"`);
  if (open === -1) throw new Error(`the page has no form to ${action}: ${page.status}`);
  const form = page.body.slice(open, page.body.indexOf('</form>', open));
  return Object.fromEntries(
    [...form.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)].map((match) => [
      match[1]!,
      match[2]!.replaceAll('&#38;', '&').replaceAll('&amp;', '&'),
    ]),
  );
}

export const path = (to: string, params: Readonly<Record<string, string>>): string =>
  `${to}?${new URLSearchParams(params).toString()}`;
export const locationOf = (answer: Answer): string => String(answer.headers.location ?? '');
/** What a citizen does on the way, without cookies. */
export function walkOf(standing: () => OtpStand) {
  const get = async (url: string): Promise<Answer> =>
    standing().portal.fetch(url.replace(/^https?:\/\/[^/]+/, ''));
  const login = async (): Promise<Answer> => get(path('/', standing().redirect));

  /** Types a number into the form of the login page; what comes is the page of the code. */
  async function askForCode(phone = PHONE, mac?: string): Promise<Answer> {
    const hidden = standing().form(await login(), '/otp');
    const fields = mac === undefined ? hidden : { ...hidden, mac };
    const answer = await standing().portal.post('/otp', { ...fields, phone });
    return answer.status === 303 ? get(locationOf(answer)) : answer;
  }

  async function typeCode(page: Answer, code: string): Promise<Answer> {
    return standing().portal.post('/otp/code', { ...standing().form(page, '/otp/code'), code });
  }

  /** Agrees where it is asked; then the way leads to the router. */
  async function throughConsent(answer: Answer): Promise<Answer> {
    if (answer.status !== 200) return answer;
    const fields = standing().form(answer, '/consent');
    return standing().portal.post('/consent', { ...fields, terms: '1', data: '1' });
  }

  return { get, login, askForCode, typeCode, throughConsent };
}
