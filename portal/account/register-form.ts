/** The form of `/register`: what it asks in this village, and what was wrong with what was typed. */
import { type PortalDeps, placeOf, sceneOf } from '../context.ts';
import type { Exchange, Visit } from '../hand-back.ts';
import type { RegisterFault } from '../pages.ts';
import { type Redirect, writeRedirect } from '../redirect-params.ts';
import { settingsOf } from '../village-settings.ts';
import type { NikAsked } from './application.ts';

export interface Rules {
  /** Null: nobody registers here. */
  readonly tariff: string | null;
  readonly nik: NikAsked;
}

/** What is not the citizen's to mend; else 422. */
const FAULT_STATUS: Partial<Record<RegisterFault, number>> = {
  limited: 429,
  down: 503,
  unavailable: 503,
};

export async function rulesAt(
  deps: PortalDeps,
  { router }: Pick<Redirect, 'router'>,
): Promise<Rules> {
  const settings = await settingsOf(deps, router);
  return { tariff: settings.get('portal.tariff.self'), nik: settings.get('portal.nik') ?? 'off' };
}

/** `form`: what was typed, or what the address says. A password never comes back. */
export async function sendForm(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  showing: { readonly fault: RegisterFault | null; readonly form: URLSearchParams },
): Promise<void> {
  const { redirect, locale } = visit;
  const { fault, form } = showing;
  const carry = writeRedirect(redirect);
  const place = await placeOf(deps, redirect.router);
  const scene = sceneOf(exchange.req, { lang: locale, place, path: '/register', carry });
  const reset = form.get('for') === 'reset' && deps.codes !== null;
  const own: Record<string, string> = reset ? { for: 'reset' } : {};
  const fields = { ...carry, ...own, lang: scene.speech.locale };
  const facts = {
    hidden: Object.entries(fields).map(([name, value]) => ({ name, value })),
    fault,
    reset,
    byVoucher: deps.codes === null,
    nik: reset ? ('off' as const) : (await rulesAt(deps, redirect)).nik,
    phone: (form.get('phone') ?? '').slice(0, 32),
    name: (form.get('name') ?? '').slice(0, 60),
    voucher: fault === null ? '' : (form.get('voucher') ?? '').slice(0, 64),
  };
  const frame = scene.frame(reset ? 'register.resetTitle' : 'register.title', own);
  await deps.views.send(
    exchange,
    { name: 'register', frame, facts },
    {
      status: fault === null ? 200 : (FAULT_STATUS[fault] ?? 422),
      formTargets: [new URL(redirect.linkLoginOnly).origin, deps.publicOrigin],
    },
  );
}
