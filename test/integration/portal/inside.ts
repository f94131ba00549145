/**
 * By which answer it is seen that a request got past the door of its route: a status or page that only the inside
 * gives. A route that has no inside, since it only leads on, says where to.
 */

import { refreshOf } from './live.ts';
import type { Written } from './requests.ts';
import type { Answer, Route } from './routes.ts';

export type Inside = (answer: Answer, written: Written) => boolean;

const leadsTo =
  (pattern: RegExp): Inside =>
  ({ status, location }) =>
    status === 303 && pattern.test(location ?? '');
const shows =
  (text: string | RegExp, status = 200): Inside =>
  (answer) =>
    answer.status === status && answer.body.search(text) >= 0;
const either =
  (...all: readonly Inside[]): Inside =>
  (answer, written) =>
    all.some((one) => one(answer, written));
/** From a form of a page, since the answer is the same as outside. */
const further =
  (inside: Inside): Inside =>
  (answer, written) =>
    written.further && inside(answer, written);

const form = (action: string): string => `action="${action}"`;
const HANDED_BACK = leadsTo(/\/login\?username=[^&]+&password=/);
const LET_IN = either(HANDED_BACK, shows(form('/consent')));
const TO_START = leadsTo(/^\/(?:\?|$)/);
const ACCOUNT = shows('href="/account/data');
/** The page of the account, and that it was done. */
const DONE = shows('role="status"');
const DATA = shows(form('/account/export'));

/** From the number to its proof, as a login by number and a registration have it. */
function byCode(base: '/otp' | '/register'): Record<string, Inside> {
  const toPage = leadsTo(new RegExp(`^${base}\\?`));
  const page = shows(form(`${base}/code`));
  const anew = base === '/otp' ? page : either(page, shows(form(base)));
  return {
    [`GET ${base}`]: anew,
    [`POST ${base}`]: either(leadsTo(new RegExp(`^${base}\\?ticket=`)), HANDED_BACK),
    [`POST ${base}/code`]: LET_IN,
    [`POST ${base}/again`]: either(toPage, shows(form(`${base}/code`), 429)),
    [`POST ${base}/other`]: either(toPage, shows(form(base))),
    // Without a visit it leads to the beginning.
    [`GET ${base}/go`]: either(
      LET_IN,
      toPage,
      (one) => refreshOf(one)?.includes(`${base}/go`) === true,
    ),
    [`GET ${base}/link`]: shows(form(`${base}/link`)),
    [`POST ${base}/link`]: LET_IN,
    ...Object.fromEntries(
      ['code', 'again', 'other'].map((step) => [
        `GET ${base}/${step}`,
        either(page, shows(form(base))),
      ]),
    ),
  };
}

export const INSIDE: Readonly<Record<string, Inside>> = {
  'GET /': shows('name="voucher"'),
  'POST /login': HANDED_BACK,
  'GET /login': TO_START,
  'POST /click': LET_IN,
  'GET /click': TO_START,
  'GET /oidc': leadsTo(/\/auth\?.*code_challenge=/),
  'GET /oidc/callback': (answer) => answer.body.includes('data-code="SW-BADCRED"'),
  'GET /v/:code': leadsTo(/^http:\/\/login\./),
  'GET /account': ACCOUNT,
  'GET /account/data': DATA,
  'GET /account/number': shows(form('/account/number')),
  'POST /account/number': shows('name="code"'),
  ...byCode('/register'),
  'POST /choose': HANDED_BACK,
  'GET /choose': shows(form('/choose')),
  'GET /release': shows(form('/release'), 403),
  'POST /release': LET_IN,
  'GET /topup': shows(form('/topup')),
  'POST /topup': either(LET_IN, shows(form('/topup'), 422)),
  'POST /account/release': DONE,
  'POST /account/topup': DONE,
  'POST /account/password': DONE,
  'POST /account/export': ({ status, type }) =>
    status === 200 && type.startsWith('application/json'),
  'POST /account/name': DONE,
  'POST /account/withdraw': DONE,
  'POST /account/erase': shows(form('/account/keep')),
  'POST /account/keep': shows(form('/account/erase')),
  'POST /account/code': shows('name="ticket"'),
  ...Object.fromEntries(
    ['release', 'topup', 'password', 'export', 'name', 'withdraw', 'erase', 'keep', 'code'].map(
      (act) => [`GET /account/${act}`, ACCOUNT],
    ),
  ),
  ...byCode('/otp'),
  'POST /otp/message': either(leadsTo(/^\/otp\?ticket=/), HANDED_BACK),
  'GET /otp/message': either(shows(form('/otp/code')), shows(form('/otp'))),
  'GET /hooks/otp/:gateway': shows('1158201444'),
  'POST /hooks/otp/:gateway': shows('{}'),
  'POST /consent': HANDED_BACK,
  'GET /consent': shows(form('/consent')),
  'GET /status': shows(form('/logout')),
  'POST /logout': leadsTo(/^http:\/\/login\..*\/logout/),
  'GET /logout': leadsTo(/^\/status/),
  'POST /remember': further(leadsTo(/^\/status/)),
  'GET /remember': leadsTo(/^\/status/),
  'POST /forget': further(leadsTo(/^\/status/)),
  'GET /forget': leadsTo(/^\/status/),
  'GET /blocked': shows(form('/appeal')),
  'POST /appeal': leadsTo(/^\/blocked\?.*sent=1/),
  'GET /appeal': TO_START,
  'GET /welcome': shows('href="/status'),
  'GET /bye': shows('<h1'),
  'GET /help': shows('<h1'),
  'GET /why': shows('class="case"'),
  'GET /capport/:router': shows('"captive":false'),
  'GET /terms': shows('<h1'),
  'GET /privacy': shows('<h1'),
};

/** As it is counted by. */
export function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

/** The route of a path that was sent. */
export function routeAt(routes: readonly Route[], { method, path }: Route): Route | null {
  const matches = ({ path: pattern }: Route): boolean =>
    new RegExp(`^${pattern.replaceAll(/:\w+/g, '[^/]*')}$`).test(path);
  return routes.find((route) => route.method === method && matches(route)) ?? null;
}
