/**
 * A router for one alone: what only its operator can do (adopt, revert, restore, release), and a backup, run under the
 * router's lease, so that neither a controller nor another command writes meanwhile. Nobody goes on with it when the
 * process dies: the lease runs out and the work is given up. Where it may have written (`hand`), the next apply writes
 * everything again.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Store } from '../../store/contract.ts';
import type { HoldKind, HoldResult, Job, JobKind, Router } from '../../store/types.ts';
import { RouterOsError } from '../routeros/errors.ts';
import { leaseOf } from './queue.ts';

export interface HoldOptions {
  readonly store: Pick<Store, 'holdRouter' | 'renewLease' | 'finishJob'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly router: Router;
  readonly link: string;
  /** Default: `hand`. */
  readonly kind?: HoldKind;
  readonly signal: AbortSignal;
  /** Told once, when the router has to be waited for. */
  readonly say?: (line: string) => void;
  /** Machine time. */
  readonly leaseMs?: number;
  /** How long to wait for the router, machine time. */
  readonly waitMs?: number;
}

const LEASE_MS = 60_000;
/** An installation over a slow link takes so long. */
const WAIT_MS = 30 * 60_000;
const LOOK_MS = 200;

export const DOING: Record<JobKind, string> = {
  apply: 'is being applied to',
  check: 'is being read',
  upgrade: 'is being upgraded',
  hand: 'is worked on by another command',
  read: 'is being backed up or forgotten',
};

/** Throws what `work` throws; `ROUTER_BUSY` when the router does not become free, and nothing was done. */
export async function inHand<T>(
  options: HoldOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const owner = randomUUID();
  const { store, clock, log, signal } = options;
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const { id } = await take(options, owner, leaseMs);
  await using lease = leaseOf({ store, owner, leaseMs, log }, id);
  const finish = (outcome: 'done' | 'failed', detail: string | null): Promise<boolean> =>
    store.finishJob({ id, owner, outcome, detail, at: clock.now() });
  let value: T;
  try {
    value = await work(AbortSignal.any([signal, lease.lost]));
  } catch (error) {
    await finish('failed', `${errorCode(error)}: ${errorMessage(error)}`);
    throw error;
  }
  await finish('done', null);
  return value;
}

async function take(options: HoldOptions, owner: string, leaseMs: number): Promise<Job> {
  const { store, clock, router, link, signal, say, kind = 'hand' } = options;
  const until = Date.now() + (options.waitMs ?? WAIT_MS);
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    const leaseAt = Date.now();
    const at = clock.now();
    const result = await store.holdRouter({
      ...{ routerId: router.id, kind, link, owner, at, leaseAt, leaseMs },
    });
    if (result.outcome === 'held') return result.job;
    const why = `${router.name} ${reasonOf(result)}`;
    if (Date.now() >= until) throw new RouterOsError('ROUTER_BUSY', `${why}: try again later`);
    if (attempt === 0) say?.(`${why}; waiting`);
    await delay(LOOK_MS, undefined, { signal });
  }
}

function reasonOf(result: Exclude<HoldResult, { outcome: 'held' }>): string {
  return result.outcome === 'busy' ? DOING[result.kind] : 'reboots for an upgrade';
}
