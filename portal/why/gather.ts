/** What there is to know about a phone that asks why it is not online. */
import type { Request } from 'express';
import { effectivePolicy } from '../../filter/policy.ts';
import { calendarDay } from '../../lib/units.ts';
import type { Router, Session } from '../../store/types.ts';
import { isBehind, type PortalDeps, sessionOf, sourceOf } from '../context.ts';
import { openingAt } from '../opening.ts';
import { pageOfPass } from '../otp/visit.ts';
import type { RedirectOutcome } from '../redirect-params.ts';
import type { WhyFacts } from './diagnose.ts';

/** How far back a phone's last session is still its own: addresses are leased for a day. */
const LAST_MS = 86_400_000;

export interface Gathered {
  readonly router: Router | null;
  readonly facts: WhyFacts;
  /** When it opens next; null while it is open, and where it never opens. */
  readonly opensAt: number | null;
  /** Of the phone, where the request came from the phone itself. */
  readonly mac: string | null;
}

export async function gather(
  deps: PortalDeps,
  req: Request,
  outcome: RedirectOutcome,
): Promise<Gathered> {
  const at = deps.clock.now();
  const source = sourceOf(req);
  const redirect = outcome.kind === 'complete' ? outcome.redirect : null;
  const session = await sessionOf(deps, req);
  const router = await routerOf(deps, session, outcome);
  const inside = router !== null && isBehind(router, source);
  // A MAC in a query is anybody's word; with the address that it came from it may be the phone's.
  const claimed = redirect !== null && inside && redirect.ip === source ? redirect.mac : null;
  const last = session ?? (inside ? await lastSession(deps, source, claimed, at) : null);
  // Only what the router has told of before is: a neighbour who names a phone learns nothing of it.
  const known = last?.mac === claimed ? claimed : null;
  const [state, account, device, policies, pass] = await Promise.all([
    router === null ? null : deps.store.routerState(router.id),
    last === null ? null : accountOf(deps, last, router?.timeZone ?? deps.timeZone),
    known === null ? null : deps.store.device(known),
    // Of who is not online nobody asks what is blocked.
    session === null ? null : deps.store.listPolicies(),
    session !== null && pageOfPass(deps, session),
  ]);
  const hours = router === null ? null : openingAt(router, router.timeZone ?? deps.timeZone, at);
  return {
    router,
    opensAt: hours?.opensAt ?? null,
    mac: session?.mac ?? claimed ?? last?.mac ?? null,
    facts: {
      at,
      router,
      inside,
      state,
      open: hours?.open ?? null,
      session,
      pass: typeof pass === 'string',
      policy:
        router === null || policies === null
          ? null
          : effectivePolicy(policies, router.villageCode, router.districtCode),
      last: last === null || account === null ? null : { session: last, ...account },
      remembered: known === null ? undefined : device && { until: device.expiresAt },
      rejected: redirect?.error ?? null,
    },
  };
}

async function routerOf(
  deps: PortalDeps,
  session: Session | null,
  outcome: RedirectOutcome,
): Promise<Router | null> {
  if (session !== null) return deps.store.routerByName(session.router);
  if (outcome.kind === 'complete') return outcome.redirect.router;
  return outcome.kind === 'router' ? outcome.router : null;
}

async function lastSession(
  deps: PortalDeps,
  framedIp: string,
  mac: string | null,
  at: number,
): Promise<Session | null> {
  const last = await deps.store.lastSessionAt({ framedIp, since: at - LAST_MS });
  return last !== null && (mac === null || last.mac === mac) ? last : null;
}

async function accountOf(deps: PortalDeps, session: Session, timeZone: string) {
  const { accountKind, accountId } = session;
  if (accountKind === null || accountId === null) return null;
  const [account, usage] = await Promise.all([
    deps.store.account(accountKind, accountId),
    deps.store.usage(accountKind, accountId, calendarDay(deps.clock.now(), timeZone)),
  ]);
  return account === null || account.reserved === true ? null : { account, usage };
}
