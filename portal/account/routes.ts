/** Addresses of accounts: register, my account, my data. */
import type { Express } from 'express';
import type { Handler, PortalDeps } from '../context.ts';
import { showGo, showLink, submitCode, submitLink } from '../otp/finish.ts';
import type { RouteParts } from '../otp/routes.ts';
import { sendAgain } from '../otp/start.ts';
import { changeOwnPassword, releaseOwnPhone, topUpOwn } from './acts.ts';
import { showChoice, submitChoice } from './choose.ts';
import {
  askForErasure,
  correctName,
  exportData,
  keepData,
  sendCodeToSelf,
  showData,
  withdrawConsent,
} from './data.ts';
import { showNumber, submitNumber } from './number.ts';
import { showAccount } from './page.ts';
import { showRegister, submitRegister } from './register.ts';
import { changeApplication, REGISTER } from './register-code.ts';
import { showRelease, submitRelease } from './release.ts';
import { showTopUp, submitTopUp } from './top-up.ts';

export function addAccountRoutes(app: Express, deps: PortalDeps, { at, form }: RouteParts): void {
  app.get('/account', at('/account', showAccount(deps)));
  app.get('/account/data', at('/account/data', showData(deps)));
  app.get('/account/number', at('/account/number', showNumber(deps)));
  app.post('/account/number', at('/account/number'), ...form, submitNumber(deps));
  addRegisterRoutes(app, deps, { at, form });
  app.post('/choose', at('/choose'), ...form, submitChoice(deps));
  app.get('/choose', at('/choose', showChoice(deps)));
  app.post('/release', at('/release'), ...form, submitRelease(deps));
  app.get('/release', at('/release', showRelease(deps)));
  app.post('/topup', at('/topup'), ...form, submitTopUp(deps));
  app.get('/topup', at('/topup', showTopUp(deps)));
  const acts: Readonly<Record<string, Handler>> = {
    '/account/release': releaseOwnPhone(deps),
    '/account/topup': topUpOwn(deps),
    '/account/password': changeOwnPassword(deps),
    '/account/export': exportData(deps),
    '/account/name': correctName(deps),
    '/account/withdraw': withdrawConsent(deps),
    '/account/erase': askForErasure(deps),
    '/account/keep': keepData(deps),
    '/account/code': sendCodeToSelf(deps),
  };
  for (const [path, act] of Object.entries(acts)) {
    app.post(path, at('/account/act'), ...form, act);
    // A reload, or a window that is opened again on the answer of a form.
    app.get(path, at('/account/act', showAccount(deps)));
  }
}

function addRegisterRoutes(app: Express, deps: PortalDeps, { at, form }: RouteParts): void {
  const route = at('/register');
  app.get('/register', at('/register', showRegister(deps)));
  app.post('/register', route, ...form, submitRegister(deps));
  app.post('/register/code', route, ...form, submitCode(deps, REGISTER));
  app.post('/register/again', route, ...form, sendAgain(deps, REGISTER));
  app.post('/register/other', route, ...form, changeApplication(deps));
  app.get('/register/go', at('/register', showGo(deps, REGISTER)));
  app.get('/register/link', at('/register', showLink(deps, REGISTER)));
  app.post('/register/link', route, ...form, submitLink(deps, REGISTER));
  // A reload of a page that answered a form.
  for (const path of ['/register/code', '/register/again', '/register/other']) {
    app.get(path, at('/register', showRegister(deps)));
  }
}
