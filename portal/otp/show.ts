/** The page of codes, whatever its step: texts, times and faults. */

import { maskedNumber } from '../../settings/phone-number.ts';
import type { Router } from '../../store/types.ts';
import { type PortalDeps, placeOf, type Scene, sceneOf } from '../context.ts';
import type { Exchange } from '../hand-back.ts';
import type { TextKey } from '../i18n.ts';
import type { Fault } from '../pages.ts';
import type { Redirect } from '../redirect-params.ts';
import { writeRedirect } from '../redirect-params.ts';
import type { RejectCode } from '../reject-codes.ts';
import type { Params } from '../urls.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import type { CodeStanding } from './code.ts';
import { NO_FACTS, type OtpFacts } from './facts.ts';
import { passOf } from './grace.ts';
import { carryOf, type OtpVisit, pagesOf } from './visit.ts';

export type OtpFault =
  | { readonly kind: 'phone' }
  | { readonly kind: 'wrong'; readonly triesLeft: number }
  | { readonly kind: 'over' }
  | { readonly kind: 'limited'; readonly retryAt: number }
  | { readonly kind: 'unavailable' };

const TITLES: Readonly<Record<OtpFacts['step'], TextKey>> = {
  phone: 'otp.title',
  code: 'otp.codeTitle',
  word: 'otp.wordTitle',
  wait: 'otp.waitTitle',
  link: 'otp.linkTitle',
  dead: 'otp.deadTitle',
  elsewhere: 'otp.elsewhereTitle',
};

const CODES: Readonly<Record<OtpFault['kind'], { code: RejectCode; status: number }>> = {
  phone: { code: 'SW-BADCRED', status: 422 },
  wrong: { code: 'SW-BADCRED', status: 422 },
  over: { code: 'SW-BADCRED', status: 422 },
  limited: { code: 'SW-LIMIT', status: 429 },
  unavailable: { code: 'SW-ERROR', status: 503 },
};

export interface Page {
  readonly router: Router | null;
  readonly lang: string | null;
  /** What its own links and forms keep. */
  readonly carry: Params;
  /** Router's login, where forms may end. */
  readonly target?: string;
  readonly refreshSeconds?: number;
  /** For the language link; `/otp` when absent. */
  readonly path?: string;
}

export async function sceneAt(deps: PortalDeps, { req }: Exchange, page: Page): Promise<Scene> {
  const place = await placeOf(deps, page.router);
  return sceneOf(req, { lang: page.lang, place, path: page.path ?? '/otp', carry: page.carry });
}

export async function sendOtp(
  deps: PortalDeps,
  exchange: Exchange,
  page: Page,
  facts: Partial<OtpFacts> & Pick<OtpFacts, 'step'>,
  fault: OtpFault | null = null,
): Promise<void> {
  const scene = await sceneAt(deps, exchange, page);
  const { locale } = scene.speech;
  const hidden = Object.entries({ ...page.carry, lang: locale });
  const whole: OtpFacts = {
    ...NO_FACTS,
    ...facts,
    fault: fault === null ? null : faultOf(deps, page, scene, fault),
    hidden: facts.hidden ?? hidden.map(([name, value]) => ({ name, value: String(value) })),
  };
  const frame = scene.frame(TITLES[facts.step]);
  await deps.views.send(
    exchange,
    { name: 'otp', frame, facts: whole },
    {
      status: fault === null ? 200 : CODES[fault.kind].status,
      formTargets: [
        deps.publicOrigin,
        ...(page.target === undefined ? [] : [new URL(page.target).origin]),
      ],
      headers: {
        ...(page.refreshSeconds === undefined ? {} : { Refresh: String(page.refreshSeconds) }),
        ...(fault?.kind === 'limited' ? { 'Retry-After': '60' } : {}),
      },
    },
  );
}

/** Whether the village has a number that citizens send a word to, and hears what comes there. */
export async function hearsWords(deps: PortalDeps, router: Router): Promise<boolean> {
  return deps.inbound && (await settingsOf(deps, router)).get('portal.otp.number') !== null;
}

/** "Which number?" */
export async function sendPhoneStep(
  deps: PortalDeps,
  exchange: Exchange,
  visit: { readonly redirect: Redirect; readonly lang: string | null },
  fault: OtpFault | null = null,
): Promise<void> {
  const { redirect, lang } = visit;
  const page = pageOf(redirect, writeRedirect(redirect), lang);
  const facts = {
    step: 'phone',
    byMessage: await hearsWords(deps, redirect.router),
    otherWayUrl: otherWay(redirect, lang),
  } as const;
  await sendOtp(deps, exchange, page, facts, fault);
}

/** "Which code?" */
export async function sendCodeStep(
  deps: PortalDeps,
  exchange: Exchange,
  visit: OtpVisit,
  standing: CodeStanding,
  shown: { readonly lang: string | null; readonly fault: OtpFault | null },
): Promise<void> {
  const { redirect, document, ticket, secret } = visit;
  const page = pageOfVisit(visit, shown.lang);
  const scene = await sceneAt(deps, exchange, page);
  const now = deps.clock.now();
  const wording = deps.wordingIn(scene.speech.locale, redirect.router.timeZone);
  const pass = await passOf(deps, redirect, ticket.address);
  const left =
    pass === null ? 0 : document.graceMinutes - Math.floor((now - pass.startedAt) / 60_000);
  await sendOtp(
    deps,
    exchange,
    page,
    {
      step: 'code',
      isRegister: ticket.kind === 'register',
      phone: secret === null ? null : maskedNumber(standing.phone),
      until: wording.clockTime(standing.expiresAt),
      resendIn: Math.max(0, Math.ceil((standing.resendAt - now) / 1000)),
      graceMinutes: left > 0 ? left : null,
      otherWayUrl: otherWay(redirect, page.lang),
    },
    shown.fault,
  );
}

/** The page of a visit that is under way. */
export function pageOfVisit(visit: OtpVisit, lang: string | null): Page {
  const { redirect, document } = visit;
  const page = pageOf(redirect, carryOf(visit), lang ?? document.locale);
  return { ...page, path: pagesOf(visit).page };
}

export function pageOf(redirect: Redirect, carry: Params, lang: string | null): Page {
  return { router: redirect.router, lang, carry, target: redirect.linkLoginOnly };
}

/** The login page without going on with this. */
function otherWay(redirect: Redirect, lang: string | null): string {
  return withQuery('/', {
    ...writeRedirect(redirect),
    way: 'voucher',
    ...(lang === null ? {} : { lang }),
  });
}

function faultOf(deps: PortalDeps, page: Page, { speech }: Scene, fault: OtpFault): Fault {
  const { t, locale } = speech;
  const { code } = CODES[fault.kind];
  const title = (vars = {}): string => t(`fault.otp.${fault.kind}.title`, vars);
  const help = (vars = {}): string => t(`fault.otp.${fault.kind}.help`, vars);
  if (fault.kind === 'phone') {
    const field = { id: 'phone', link: t('otp.field.phone') };
    return { code, title: title(), help: help(), field };
  }
  if (fault.kind === 'wrong') {
    const field = { id: 'code', link: t('otp.field.code') };
    return { code, title: title({ n: fault.triesLeft }), help: help(), field };
  }
  if (fault.kind !== 'limited') return { code, title: title(), help: help(), field: null };
  const seconds = Math.ceil((fault.retryAt - deps.clock.now()) / 1000);
  const wording = deps.wordingIn(locale, page.router?.timeZone ?? null);
  const when =
    seconds <= 120
      ? t('otp.whenSeconds', { n: Math.max(1, seconds) })
      : t('otp.whenClock', { time: wording.clockTime(fault.retryAt) });
  return { code, title: title(), help: help({ when }), field: null };
}
