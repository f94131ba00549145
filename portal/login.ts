/** `GET /` and `POST /login`: from the router's redirect to the hand-back with a one-time token. */
import type { Request, Response } from 'express';
import type { Way } from '../settings/portal.ts';
import type { Router } from '../store/types.ts';
import { accountName } from './account/name.ts';
import { registerLinks } from './account/register-links.ts';
import { offerRelease } from './account/release.ts';
import { offerTopUp } from './account/top-up.ts';
import { asksAnew } from './consent/anew.ts';
import { legalTextsAt } from './consent/texts.ts';
import { readTicks, type Ticks } from './consent/ticks.ts';
import {
  formOf,
  type Handler,
  isBehind,
  type PortalDeps,
  placeOf,
  queryOf,
  redirectIn,
  routerIn,
  type Scene,
  sceneOf,
  seeOther,
  sessionOf,
  sourceOf,
} from './context.ts';
import { readCredentials, type Typed } from './credentials.ts';
import { emptyFault, loginFault, oidcFault, redirectFault, typoFault } from './faults.ts';
import type { Exchange, Visit } from './hand-back.ts';
import type { Locale } from './i18n.ts';
import { letIn } from './let-in.ts';
import { sendMessage } from './messages.ts';
import { openingAt } from './opening.ts';
import { hearsWords } from './otp/show.ts';
import { isPass, pageOfWaiting } from './otp/visit.ts';
import { withOutage } from './outage.ts';
import type { Fault, LoginMethod } from './pages.ts';
import { provesItself } from './proven-phone.ts';
import { type Redirect, writeRedirect } from './redirect-params.ts';
import { REJECT_STATUS, type RejectCode, rejectCode } from './reject-codes.ts';
import { rememberBox } from './remember.ts';
import { servletUrl } from './router-links.ts';
import { grouped, scannedBy } from './scan.ts';
import { isOwnRequest } from './security.ts';
import type { LoginAnswer } from './types.ts';
import { withQuery } from './urls.ts';
import { waysAt } from './ways.ts';

/** What the login page is shown for. */
interface Showing {
  readonly fault: Fault | null;
  /** The way whose form is open; null: the first one. */
  readonly way: Way | null;
  readonly username: string;
  /** As it was typed. */
  readonly voucher: string;
  readonly status: number;
}

export function showLogin(deps: PortalDeps): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const outcome = await redirectIn(deps, req, params);
    if (outcome.kind === 'refused') {
      const router = await routerIn(deps, params);
      await sendJoin(deps, req, res, { router, refused: true, params });
      return;
    }
    if (outcome.kind === 'complete') {
      // A window that was closed while its code was waited for goes on there.
      const waiting = await pageOfWaiting(deps, req, outcome.redirect, params);
      if (waiting !== null && !(await isOnline(deps, req, outcome.redirect))) {
        seeOther(
          res,
          withQuery(waiting, { ...writeRedirect(outcome.redirect), ...keep(params, 'lang') }),
        );
        return;
      }
      const scene = await loginScene(deps, req, outcome.redirect, params);
      const visit: Visit = { redirect: outcome.redirect, locale: scene.speech.locale };
      const isOther = params.get('other') === '1';
      if (!isOther && (await asksAnew(deps, { req, res }, visit))) return;
      // Said before anything is typed, too.
      const code = outcome.redirect.error ?? (isClosed(deps, outcome.redirect) ? 'SW-HOURS' : null);
      const fault = code === null ? null : faultOf(deps, outcome.redirect, scene, code, null);
      const showing: Showing = { fault, way: null, ...NOTHING, status: 200 };
      await sendLogin(deps, { req, res }, outcome.redirect, scene, showing);
      return;
    }
    const router = outcome.kind === 'router' ? outcome.router : null;
    if ((await sessionOf(deps, req)) !== null) {
      seeOther(res, withQuery('/status', keep(params, 'router', 'lang')));
    } else if (router !== null && isBehind(router, sourceOf(req))) {
      // Only the router can say which phone this is; its login page comes back here with all of it.
      seeOther(res, servletUrl(router, 'login'));
    } else {
      await sendJoin(deps, req, res, { router, refused: false, params });
    }
  };
}

export function submitLogin(deps: PortalDeps): Handler {
  return async (req, res) => {
    // Else a page of another site could log a phone in with an account of its own.
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const outcome = await redirectIn(deps, req, form);
    if (outcome.kind !== 'complete') {
      if (outcome.kind !== 'none') deps.metrics.login('SW-ERROR');
      const router = await routerIn(deps, form);
      await sendJoin(deps, req, res, { router, refused: true, params: form });
      return;
    }
    const { redirect } = outcome;
    const scene = await loginScene(deps, req, redirect, form);
    const typed = readCredentials(form);
    const refuse = async (fault: Fault): Promise<void> => {
      deps.metrics.login(fault.code);
      const status = REJECT_STATUS[fault.code];
      const showing = { fault, way: typed.method, ...typedIn(form, typed.method), status };
      await sendLogin(deps, { req, res }, redirect, scene, showing);
    };
    if (typed.kind === 'empty') {
      await refuse(emptyFault(typed.method, scene.speech));
      return;
    }
    if (!(await waysAt(deps, redirect.router)).includes(typed.method)) {
      await refuse(faultOf(deps, redirect, scene, 'SW-WAY', null));
      return;
    }
    if (isMistyped(deps, typed)) {
      await refuse(typoFault(scene.speech));
      return;
    }
    const verdict = await judge(deps, req, redirect, typed);
    const { locale } = scene.speech;
    if (typeof verdict === 'string') {
      if (await offerHelp(deps, { req, res }, { redirect, locale }, typed, verdict)) {
        deps.metrics.login(verdict);
        return;
      }
      await refuse(faultOf(deps, redirect, scene, verdict, typed.method));
      return;
    }
    await letIn(deps, { req, res }, { redirect, locale }, verdict.account, typed.method);
  };
}

/** RADIUS says so only of credentials that are right: their owner may mend it here and now. */
async function offerHelp(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  typed: Exclude<Typed, { kind: 'empty' }>,
  why: RejectCode,
): Promise<boolean> {
  if (typed.kind === 'impossible') return false;
  if (why === 'SW-DEVICES') return offerRelease(deps, exchange, visit, typed);
  const { method, username } = typed;
  return method === 'account' && offerTopUp(deps, exchange, visit, { username, why });
}

const NOTHING = { username: '', voucher: '' };

/** For the form that is shown again: twelve characters are not typed twice. A password never comes back. */
function typedIn(form: URLSearchParams, method: LoginMethod): typeof NOTHING {
  const name = method === 'account' ? 'username' : 'voucher';
  return { ...NOTHING, [name]: (form.get(name) ?? '').slice(0, 64) };
}

/** The accepted account, or the code of the refusal. */
async function judge(
  deps: PortalDeps,
  req: Request,
  redirect: Redirect,
  typed: Exclude<Typed, { kind: 'empty' }>,
): Promise<Extract<LoginAnswer, { kind: 'accept' }> | RejectCode> {
  const router = redirect.router.name;
  const attempt = { address: sourceOf(req), mac: redirect.mac, router };
  if (!deps.admitLogin(attempt, deps.clock.now())) return 'SW-LIMIT';
  if (typed.kind === 'impossible') return 'SW-BADCRED';
  const answer = await deps.radius.authenticate({
    ...(await secretOf(deps, req, redirect, typed)),
    router,
    mac: redirect.mac,
    framedIp: sourceOf(req),
  });
  if (answer.kind === 'accept') return answer;
  if (answer.kind === 'reject') return rejectCode(answer.code);
  deps.log.warn({ router }, 'RADIUS did not answer a login');
  return 'SW-ERROR';
}

/** Nobody's code can be this: its check character says so, before anybody is asked and any attempt counted. */
function isMistyped({ store }: PortalDeps, typed: Exclude<Typed, { kind: 'empty' }>): boolean {
  if (typed.method !== 'voucher') return false;
  return typed.kind === 'impossible' || store.voucherForm(typed.username) === null;
}

/** A code that was read from its card comes with what proves so, and is no guess then. */
async function secretOf(
  deps: PortalDeps,
  req: Request,
  redirect: Redirect,
  { method, username, password }: Extract<Typed, { kind: 'credentials' }>,
): Promise<{ username: string; password: string }> {
  const scanned = method === 'voucher' ? await scannedBy(deps, req, redirect) : null;
  if (method === 'account') return { username: await accountName(deps, username), password };
  const isSame = scanned !== null && scanned.code === deps.store.voucherForm(username);
  const seal = isSame ? scanned.seal : null;
  return { username, password: seal === null ? password : `${username}.${seal}` };
}

/** The login page again, for a way in that has its own route. */
export async function refuseWay(
  deps: PortalDeps,
  exchange: { req: Request; res: Response },
  redirect: Redirect,
  code: RejectCode,
  way: Way,
): Promise<void> {
  const { req } = exchange;
  const params = req.method === 'POST' ? formOf(req) : queryOf(req);
  const scene = await loginScene(deps, req, redirect, params);
  deps.metrics.login(code);
  const fault = faultOf(deps, redirect, scene, code, null);
  const showing = { fault, way, ...NOTHING, status: REJECT_STATUS[code] };
  await sendLogin(deps, exchange, redirect, scene, showing);
}

export type OidcFailure = 'cancelled' | 'refused' | 'down';

const OIDC_CODES = { cancelled: 'SW-BADCRED', refused: 'SW-BADCRED', down: 'SW-ERROR' } as const;

/** The same, when the provider has not said who it is. */
export async function refuseOidc(
  deps: PortalDeps,
  exchange: { req: Request; res: Response },
  redirect: Redirect,
  why: OidcFailure,
  locale?: Locale,
): Promise<void> {
  const { req } = exchange;
  const params = new URLSearchParams(queryOf(req));
  if (locale !== undefined) params.set('lang', locale);
  const scene = await loginScene(deps, req, redirect, params);
  const code = OIDC_CODES[why];
  deps.metrics.login(code);
  const fault = oidcFault(why, code, deps.oidc?.label ?? '', scene.speech);
  const showing = { fault, way: 'oidc', ...NOTHING, status: REJECT_STATUS[code] } as const;
  await sendLogin(deps, exchange, redirect, scene, showing);
}

async function loginScene(
  deps: PortalDeps,
  req: Request,
  redirect: Redirect,
  params: URLSearchParams,
): Promise<Scene> {
  return sceneOf(req, {
    lang: params.get('lang'),
    place: await placeOf(deps, redirect.router),
    path: '/',
    carry: writeRedirect(redirect),
  });
}

function isClosed({ clock, timeZone }: PortalDeps, { router }: Redirect): boolean {
  return openingAt(router, router.timeZone ?? timeZone, clock.now())?.open === false;
}

function faultOf(
  deps: PortalDeps,
  { router }: Redirect,
  scene: Scene,
  code: RejectCode,
  method: LoginMethod | null,
): Fault {
  const { speech } = scene;
  const wording = deps.wordingIn(speech.locale, router.timeZone);
  const nowMs = deps.clock.now();
  const opensAt = openingAt(router, router.timeZone ?? deps.timeZone, nowMs)?.opensAt ?? null;
  return loginFault(code, method, speech, wording, { nowMs, opensAt });
}

async function sendLogin(
  deps: PortalDeps,
  exchange: { req: Request; res: Response },
  redirect: Redirect,
  scene: Scene,
  showing: Showing,
): Promise<void> {
  const { fault, way, username, voucher, status } = showing;
  const { router } = redirect;
  const offered = await waysAt(deps, router);
  // The form at fault comes first, so that nothing has to be opened or looked for.
  const open = offered.filter((one) => one === way);
  const ways = [...open, ...offered.filter((one) => one !== way)];
  const scanned = ways.includes('voucher') ? await scannedBy(deps, exchange.req, redirect) : null;
  const fields = { ...writeRedirect(redirect), lang: scene.speech.locale };
  const hidden = Object.entries(fields).map(([name, value]) => ({ name, value }));
  const frame =
    fault === null
      ? scene.frame('login.title')
      : scene.frame('login.titleFault', { error: fault.code });
  const boxes = await boxesFor(deps, exchange.req, redirect);
  const facts = {
    ...{ fault, ways, username, hidden, boxes },
    ...(await registerLinks(deps, router, fields)),
    voucher: voucher || (scanned === null ? '' : grouped(scanned.code)),
    remember: await rememberBox(deps, exchange.req, router),
    byMessage: ways.includes('otp') && (await hearsWords(deps, router)),
    onlineUrl: fault === null ? await onlineUrl(deps, exchange.req, redirect, scene) : null,
    oidc: deps.oidc === null ? null : { label: deps.oidc.label, url: withQuery('/oidc', fields) },
  };
  const page = { name: 'login' as const, frame, facts };
  await deps.views.send(exchange, page, {
    status,
    formTargets: [new URL(redirect.linkLoginOnly).origin, deps.publicOrigin],
    ...(status === 429 ? { headers: { 'Retry-After': '60' } } : {}),
  });
}

/**
 * Who pressed Back after a login comes with the redirect of before it: nothing tells that from a redirect of a
 * router that has just said that the phone is not online. So the form stays, and what we know stands above it.
 */
async function onlineUrl(
  deps: PortalDeps,
  req: Request,
  redirect: Redirect,
  { speech }: Scene,
): Promise<string | null> {
  if (!(await isOnline(deps, req, redirect))) return null;
  return withQuery('/status', { router: redirect.router.name, lang: speech.locale });
}

/** As far as we know, and with more than a pass. */
async function isOnline(
  deps: PortalDeps,
  req: Request,
  { mac, router }: Redirect,
): Promise<boolean> {
  const session = await sessionOf(deps, req);
  return session?.mac === mac && session.router === router.name && !isPass(session);
}

/**
 * A phone that has agreed to the texts in force is not shown their boxes again, once its address has shown
 * which phone it is: else anybody could learn from the page whose phones have been here.
 */
async function boxesFor(deps: PortalDeps, req: Request, redirect: Redirect): Promise<Ticks | null> {
  const { router, mac } = redirect;
  const { terms, privacy } = await legalTextsAt(deps, router);
  const hashes = { terms: terms.hash, privacy: privacy.hash };
  const agreed =
    (await provesItself(deps, req, redirect)) &&
    (await deps.store.hasConsented({ ...hashes, account: null, mac }));
  return agreed ? null : readTicks(formOf(req));
}

/** The way to the login leads through the WiFi: for visitors without a redirect in order. */
async function sendJoin(
  deps: PortalDeps,
  req: Request,
  res: Response,
  visit: { router: Router | null; refused: boolean; params: URLSearchParams },
): Promise<void> {
  const { router, refused, params } = visit;
  const scene = sceneOf(req, {
    lang: params.get('lang'),
    place: await placeOf(deps, router),
    path: '/',
    carry: router === null ? {} : { router: router.name },
  });
  const facts = {
    fault: refused ? redirectFault(scene.speech) : null,
    loginUrl: router === null ? null : servletUrl(router, 'login'),
  };
  const frame = await withOutage(deps, req, router, scene, scene.frame('join.title'));
  const page = { name: 'join' as const, frame, facts };
  await deps.views.send({ req, res }, page, { status: refused ? 400 : 200 });
}

function keep(params: URLSearchParams, ...names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = params.get(name);
      return value === null ? [] : [[name, value.slice(0, 64)]];
    }),
  );
}
