/**
 * Who asks on the pages of "my account": the phone at this source address has an open session, and its
 * account is theirs (docs/security.md). What cannot be undone, or shows everything, asks for the voucher or
 * password again.
 */
import type { Request, Response } from 'express';
import type { Account, Profile, Router, Session } from '../../store/types.ts';
import {
  type Handler,
  type PortalDeps,
  placeOf,
  queryOf,
  type Scene,
  sceneOf,
  seeOther,
  sourceOf,
} from '../context.ts';
import { connectedAt } from '../status.ts';
import { withQuery } from '../urls.ts';
import { provesByCode } from './own-code.ts';

export interface Self {
  readonly session: Session;
  readonly router: Router | null;
  readonly account: Account;
  /** Null for a voucher. */
  readonly profile: Profile | null;
}

export type Proof = 'voucher' | 'password' | 'code' | 'none';

/** A page of one's own; a phone that is not online is shown why. */
export function ownPage(
  deps: PortalDeps,
  show: (
    exchange: { readonly req: Request; readonly res: Response },
    self: Self,
    lang: string | null,
  ) => Promise<void>,
): Handler {
  return async (req, res) => {
    const lang = queryOf(req).get('lang');
    const self = await selfAt(deps, req);
    if (self !== null) return show({ req, res }, self, lang);
    seeOther(res, withQuery('/status', lang === null ? {} : { lang: lang.slice(0, 2) }));
  };
}

export async function selfAt(deps: PortalDeps, req: Request): Promise<Self | null> {
  const connected = await connectedAt(deps, req);
  if (connected === null || connected.account === null) return null;
  // A phone that was let go of, by its owner or by whoever proved the number, does nothing more in that name.
  if (connected.session.ending === true) return null;
  const { session, router } = connected;
  const account = connected.account.facts;
  const profile = account.kind === 'voucher' ? null : await deps.store.profile(account.id);
  return { session, router, account, profile };
}

export async function sceneOfSelf(
  deps: PortalDeps,
  req: Request,
  { router }: Pick<Self, 'router'>,
  page: {
    readonly path: '/account' | '/account/data' | '/account/number';
    readonly lang: string | null;
  },
): Promise<Scene> {
  const carry: Record<string, string> = router === null ? {} : { router: router.name };
  const { path, lang } = page;
  return sceneOf(req, { lang, place: await placeOf(deps, router), path, carry });
}

/** `code`: to the own number, where codes can be sent and there is no password. */
export function proofOf({ codes }: Pick<PortalDeps, 'codes'>, { account, profile }: Self): Proof {
  if (account.kind === 'voucher') return 'voucher';
  if (profile?.hasPassword === true) return 'password';
  return codes !== null && profile?.phoneProved === true && profile.phone !== null
    ? 'code'
    : 'none';
}

/**
 * Whether the form's `secret` is the account's own. Counts as an attempt; RADIUS counts guesses of passwords, too.
 * `down`: nobody could be asked, which says nothing about the secret.
 */
export async function proves(
  deps: PortalDeps,
  req: Request,
  self: Self,
  form: URLSearchParams,
): Promise<'proved' | 'wrong' | 'limited' | 'down'> {
  const { session, account, profile } = self;
  const attempt = { address: sourceOf(req), mac: session.mac, router: session.router };
  const proof = proofOf(deps, self);
  const secret = form.get('secret') ?? '';
  if (proof === 'none') return 'proved';
  if (!deps.admitLogin(attempt, deps.clock.now())) return 'limited';
  if (secret === '' || secret.length > 128) return 'wrong';
  if (proof === 'code') {
    const ticket = form.get('ticket') ?? '';
    return (await provesByCode(deps, self, { ticket, typed: secret })) ? 'proved' : 'wrong';
  }
  if (proof === 'voucher') {
    return (await deps.store.voucherByCode(secret))?.id === account.id ? 'proved' : 'wrong';
  }
  const answer = await deps.radius.authenticate({
    username: profile?.username ?? '',
    password: secret,
    router: session.router,
    mac: session.mac,
    framedIp: sourceOf(req),
  });
  if (answer.kind === 'accept') return answer.account.id === account.id ? 'proved' : 'wrong';
  if (answer.kind === 'unreachable') {
    deps.log.warn({ router: session.router }, 'RADIUS did not answer about a password');
    return 'down';
  }
  if (answer.code === 'SW-LIMIT') return 'limited';
  if (answer.code === 'SW-ERROR') return 'down';
  // Any other refusal comes after the password was found to be right.
  return answer.code === 'SW-BADCRED' ? 'wrong' : 'proved';
}
