/** Whether a request comes from the phone that its query names: a MAC in a link is anybody's word. */
import type { Request } from 'express';
import { type PortalDeps, sessionOf, sourceOf } from './context.ts';
import type { Redirect } from './redirect-params.ts';

/** As long as a router keeps an address for a phone (controller/desired, DHCP leases). */
const LEASE_MS = 24 * 3_600_000;

/**
 * The router has named this MAC for this source address before, and no other since: in the session that is
 * open there, or in the last one that was, while its lease lasts.
 */
export async function provesItself(
  deps: PortalDeps,
  req: Request,
  { mac, router }: Pick<Redirect, 'mac' | 'router'>,
): Promise<boolean> {
  const since = deps.clock.now() - LEASE_MS;
  const last =
    (await sessionOf(deps, req)) ??
    (await deps.store.lastSessionAt({ framedIp: sourceOf(req), since }));
  return last !== null && last.mac === mac && last.router === router.name;
}
