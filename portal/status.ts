/** `GET /status` and `POST /logout`: what a phone still has, and its way out. */
import type { Request, Response } from 'express';
import { calendarDay } from '../lib/units.ts';
import type { Account, AccountUsage, Router, Session } from '../store/types.ts';
import { type Allowance, allowance, type Remainder } from './allowance.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  placeOf,
  queryOf,
  routerIn,
  type Scene,
  sceneOf,
  seeOther,
  sessionOf,
} from './context.ts';
import type { Speech } from './frame.ts';
import { chooseLocale } from './i18n.ts';
import { sendMessage } from './messages.ts';
import { pageOfPass } from './otp/visit.ts';
import { withOutage } from './outage.ts';
import type { Gauge, PageFacts, Row } from './pages.ts';
import { forgetPhone, rememberedAt } from './remember.ts';
import { servletUrl } from './router-links.ts';
import { isOwnRequest } from './security.ts';
import { type Params, withQuery } from './urls.ts';
import type { Wording } from './wording.ts';

/** The page renews itself by header: no script, and no `<meta>` that could not be switched off. */
const REFRESH_SECONDS = 60;
/** After the hand-back, Accounting Start may be a moment later than the phone. */
const WAIT_SECONDS = 2;
const MOST_WAITS = 5;

export interface Connected {
  readonly session: Session;
  /** Null when it was removed. */
  readonly router: Router | null;
  /** Null when the account is gone from the store, and for a grace pass, which has none of its own. */
  readonly account: { readonly facts: Account; readonly usage: AccountUsage } | null;
  readonly allowance: Allowance;
}

/** The session behind a request's source address with all that limits it; null when there is none. */
export async function connectedAt(deps: PortalDeps, req: Request): Promise<Connected | null> {
  const session = await sessionOf(deps, req);
  if (session === null) return null;
  const router = await deps.store.routerByName(session.router);
  const account = await accountOf(deps, session, router?.timeZone ?? deps.timeZone);
  return { session, router, account, allowance: allowance(session, account, deps.clock.now()) };
}

export function showStatus(deps: PortalDeps): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const connected = await connectedAt(deps, req);
    const waiting = connected === null ? null : await pageOfPass(deps, connected.session);
    if (waiting !== null) {
      return seeOther(
        res,
        withQuery(waiting, {
          lang: chooseLocale(params.get('lang'), req.headers['accept-language']),
        }),
      );
    }
    const router = connected === null ? await routerIn(deps, params) : connected.router;
    const scene = sceneOf(req, {
      lang: params.get('lang'),
      place: await placeOf(deps, router),
      path: '/status',
      carry: router === null ? {} : { router: router.name },
    });
    if (connected === null)
      await sendOffline(deps, { req, res }, scene, { router, params, path: '/status' });
    else await sendStatus(deps, { req, res }, scene, connected, params);
  };
}

export function logOut(deps: PortalDeps): Handler {
  return async (req, res) => {
    const form = formOf(req);
    const locale = chooseLocale(form.get('lang'), req.headers['accept-language']);
    if (!isOwnRequest(req)) {
      await sendMessage(deps, req, res, 403, 'message.foreign');
      return;
    }
    const session = await sessionOf(deps, req);
    if (session !== null) await forgetPhone(deps, session);
    const router =
      session === null ? await routerIn(deps, form) : await deps.store.routerByName(session.router);
    seeOther(
      res,
      router === null ? withQuery('/status', { lang: locale }) : servletUrl(router, 'logout'),
    );
  };
}

async function accountOf(
  deps: PortalDeps,
  session: Session,
  timeZone: string,
): Promise<Connected['account']> {
  const { accountKind, accountId } = session;
  if (accountKind === null || accountId === null) return null;
  const day = calendarDay(deps.clock.now(), timeZone);
  const [facts, usage] = await Promise.all([
    deps.store.account(accountKind, accountId),
    deps.store.usage(accountKind, accountId, day),
  ]);
  // A pass runs on what is everybody's: nothing of it is this phone's own.
  return facts === null || facts.reserved === true ? null : { facts, usage };
}

/** For a phone without a session; after the hand-back it waits here for its Accounting Start. */
export async function sendOffline(
  deps: PortalDeps,
  exchange: { req: Request; res: Response },
  scene: Scene,
  { router, params, path }: { router: Router | null; params: URLSearchParams; path: string },
): Promise<void> {
  const waits = /^[1-9]$/.test(params.get('wait') ?? '') ? Number(params.get('wait')) : 0;
  const waiting = waits > 0 && waits <= MOST_WAITS && router !== null;
  const next = withQuery(path, {
    ...(router === null ? {} : { router: router.name }),
    lang: scene.speech.locale,
    wait: String(waits + 1),
  });
  const title = scene.frame(waiting ? 'offline.waitTitle' : 'offline.title');
  const frame = waiting ? title : await withOutage(deps, exchange.req, router, scene, title);
  const actionUrl = waiting ? next : router === null ? null : servletUrl(router, 'login');
  const facts = { waiting, actionUrl };
  const headers: Params = waiting ? { Refresh: `${WAIT_SECONDS}; url=${next}` } : {};
  await deps.views.send(exchange, { name: 'offline', frame, facts }, { headers });
}

async function sendStatus(
  deps: PortalDeps,
  exchange: { req: Request; res: Response },
  scene: Scene,
  connected: Connected,
  params: URLSearchParams,
): Promise<void> {
  const { locale } = scene.speech;
  const { router } = connected;
  const wording = deps.wordingIn(locale, router?.timeZone ?? null);
  const refreshing = params.get('refresh') !== 'off';
  const own = { ...(router === null ? {} : { router: router.name }), lang: locale };
  const facts: PageFacts['status'] = {
    gauges: gaugesOf(connected, scene.speech, wording),
    rows: rowsOf(connected, scene.speech, wording),
    hidden: Object.entries(own).map(([name, value]) => ({ name, value })),
    remembered: await rememberedFacts(deps, connected, scene.speech, wording),
    updatedAt: wording.clockTime(deps.clock.now()),
    refreshing,
    refreshUrl: withQuery('/status', refreshing ? { ...own, refresh: 'off' } : own),
  };
  const frame = scene.frame('status.title', refreshing ? {} : { refresh: 'off' });
  const target = router === null ? [] : [new URL(servletUrl(router, 'logout')).origin];
  await deps.views.send(
    exchange,
    { name: 'status', frame, facts },
    {
      formTargets: [...target, deps.publicOrigin],
      // Named in full: the wait for the session must not be renewed along with the page.
      headers: refreshing
        ? { Refresh: `${REFRESH_SECONDS}; url=${withQuery('/status', own)}` }
        : {},
    },
  );
}

async function rememberedFacts(
  deps: PortalDeps,
  { session, router }: Connected,
  { t }: Speech,
  wording: Wording,
): Promise<PageFacts['status']['remembered']> {
  const remembered = await rememberedAt(deps, session, router);
  if (remembered === null) return null;
  return remembered.kind === 'yes'
    ? { isKept: true, text: t('remember.until', { instant: wording.instant(remembered.until) }) }
    : { isKept: false, text: t('remember.short', { days: remembered.days }) };
}

export function gaugesOf(connected: Connected, { t }: Speech, wording: Wording): Gauge[] {
  const { seconds, octets } = connected.allowance;
  const validUntil = connected.account?.facts.validUntil ?? null;
  return [
    gauge(t('status.timeLeft'), seconds, wording.seconds, t('status.unlimited'), (by) =>
      by === 'validity' && validUntil !== null
        ? t('status.until', { instant: wording.instant(validUntil) })
        : t(`status.by.${by}`),
    ),
    gauge(t('status.dataLeft'), octets, wording.octets, t('status.unlimited'), (by) =>
      t(`status.by.${by}`),
    ),
  ];
}

function gauge(
  label: string,
  remainder: Remainder | null,
  say: (amount: number) => string,
  unlimited: string,
  note: (by: Remainder['by']) => string,
): Gauge {
  if (remainder === null) return { label, value: unlimited, note: null, percent: null };
  const { left, of, by } = remainder;
  const percent = of === null || of <= 0 ? null : Math.min(100, Math.round((left / of) * 100));
  return { label, value: say(left), note: note(by), percent };
}

function rowsOf({ session, account }: Connected, { t }: Speech, wording: Wording): Row[] {
  const sessionOctets = session.inputOctets + session.outputOctets;
  const rows: Row[] = [
    account === null
      ? { label: t('status.usedNow'), value: wording.octets(sessionOctets) }
      : {
          label: t('status.usedToday'),
          value: wording.octets(account.usage.dayOctets + (account.usage.creditOctets ?? 0)),
        },
  ];
  if (account !== null) {
    const { tariff, validUntil } = account.facts;
    const downKbps = rateInForce(session) ?? tariff.downKbps;
    if (downKbps !== null) rows.push({ label: t('status.speed'), value: wording.rate(downKbps) });
    if (validUntil !== null) {
      rows.push({ label: t('status.validity'), value: wording.instant(validUntil) });
    }
    const online = Math.max(1, account.usage.open.length);
    const devices = t('status.devicesOf', { n: online, of: tariff.devices });
    rows.push({ label: t('status.devices'), value: devices });
  }
  rows.push({ label: t('status.since'), value: wording.instant(session.startedAt) });
  rows.push({ label: t('status.device'), value: session.mac });
  return rows;
}

/** kbit/s to the phone as its router was last told (`2000k/5000k …`, upload first): fair use slows down. */
function rateInForce({ rate }: Session): number | null {
  const down = /^[^/\s]+\/(\d+)k/.exec(rate ?? '')?.[1];
  return down === undefined ? null : Number(down);
}
