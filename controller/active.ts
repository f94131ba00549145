/**
 * Who is online, by the router itself. After a time in which nobody heard of it, sessions may have ended
 * without a word (a Stop is sent a few times, then it is lost): what the router does not have any more is
 * closed at the time it was last heard of. Should we be wrong, its next report opens it again.
 */

import type { Clock } from '../lib/clock.ts';
import { normalizeMac } from '../lib/mac.ts';
import type { Store } from '../store/contract.ts';
import type { RouterOsConnection } from './routeros/client.ts';

export interface ActiveDeps {
  readonly store: Pick<Store, 'closeAbsentSessions'>;
  readonly clock: Clock;
}

/** Gives the number of sessions closed; throws what the connection throws. */
export async function reconcileSessions(
  { store, clock }: ActiveDeps,
  routerId: string,
  connection: RouterOsConnection,
  signal: AbortSignal,
): Promise<number> {
  // A session that begins while the router answers is heard of after this.
  const before = clock.now();
  const rows = await connection.run(
    '/ip/hotspot/active/print',
    {},
    { proplist: ['mac-address'], signal },
  );
  const present = rows.flatMap((row) => normalizeMac(row['mac-address'] ?? '') ?? []);
  return store.closeAbsentSessions({ routerId, present, before, at: clock.now() });
}
