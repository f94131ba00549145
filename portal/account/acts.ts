/** What a citizen does on "my account": lets go of a phone, tops up, changes the password. */
import type { Request, Response } from 'express';
import { calendarDay } from '../../lib/units.ts';
import { formOf, type Handler, type PortalDeps, seeOther, sourceOf } from '../context.ts';
import { sendMessage } from '../messages.ts';
import type { AccountNotice } from '../pages.ts';
import { isOwnRequest } from '../security.ts';
import { lookUpCode } from '../typed-code.ts';
import { withQuery } from '../urls.ts';
import { noticeStatus } from './notices.ts';
import { sendAccount } from './page.ts';
import { weakness } from './password-rules.ts';
import { proofOf, proves, type Self, selfAt } from './self.ts';

type Act = (
  deps: PortalDeps,
  req: Request,
  self: Self,
  form: URLSearchParams,
) => Promise<AccountNotice>;

const HANDLE = /^[0-9a-f]{20}$/;

export function releaseOwnPhone(deps: PortalDeps): Handler {
  return acting(deps, async (_deps, _req, { account }, form) => {
    const handle = form.get('handle') ?? '';
    const at = deps.clock.now();
    const gone = HANDLE.test(handle) && (await deps.store.releasePhone({ account, handle, at }));
    return gone ? 'released' : 'releaseGone';
  });
}

export function topUpOwn(deps: PortalDeps): Handler {
  return acting(deps, async (_deps, req, { account, session, router }, form) => {
    if (account.kind !== 'subscriber') return 'topUpRefused';
    const at = deps.clock.now();
    const attempt = { address: sourceOf(req), mac: session.mac, router: session.router };
    if (!deps.admitLogin(attempt, at)) return 'limited';
    const code = form.get('voucher') ?? '';
    const phone = { router: session.router, mac: session.mac, framedIp: sourceOf(req) };
    const typed = await lookUpCode(deps, code, phone);
    if (typed === 'limited' || typed === 'down') return typed;
    const { outcome } = await deps.store.topUp({
      subscriberId: account.id,
      // A code that is none is asked about like one that was spent: the work tells nothing either.
      code: typed === 'none' ? '' : code.slice(0, 64),
      villageCode: session.villageCode,
      day: calendarDay(at, router?.timeZone ?? deps.timeZone),
      at,
    });
    if (outcome === 'added') return 'topUpAdded';
    return outcome === 'nothing' ? 'topUpNothing' : 'topUpRefused';
  });
}

export function changeOwnPassword(deps: PortalDeps): Handler {
  return acting(deps, async (_deps, req, self, form) => {
    const { account, profile } = self;
    if (account.kind !== 'subscriber' || profile === null) return 'proofWrong';
    // Whoever once had its address would shut its owner out of everything that asks for the password then.
    if (proofOf(deps, self) === 'none') return 'proofWrong';
    const password = form.get('password') ?? '';
    const weak = weakness(password, profile.phone);
    if (weak !== null) return `password.${weak}`;
    const proof = await proves(deps, req, self, form);
    if (proof !== 'proved') return proof === 'wrong' ? 'proofWrong' : proof;
    await deps.store.setPassword({ subscriberId: account.id, password, at: deps.clock.now() });
    return 'passwordChanged';
  });
}

/** Only from a page of ours, and from a phone that is online. */
function acting(deps: PortalDeps, act: Act): Handler {
  return async (req: Request, res: Response) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const lang = form.get('lang') === 'en' ? 'en' : 'id';
    const self = await selfAt(deps, req);
    if (self === null) return seeOther(res, withQuery('/status', { lang }));
    const notice = await act(deps, req, self, form);
    const status = noticeStatus(notice);
    const voucher = status === 200 ? '' : (form.get('voucher') ?? '').slice(0, 64);
    await sendAccount(deps, { req, res }, self, { lang, notice, status, voucher });
  };
}
