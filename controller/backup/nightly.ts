/**
 * A backup of every router every night: each at its own minute between one and three o'clock where it
 * stands, or as soon as it can be reached again. Survives a restart, since the store says when it was last.
 * A router is read under its lease: never while somebody writes to it, and by one of several controllers.
 */
import type { Clock } from '../../lib/clock.ts';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Store } from '../../store/contract.ts';
import type { Router } from '../../store/types.ts';
import { type HoldOptions, inHand } from '../fleet/hold.ts';
import { linkKey, linkSettings } from '../fleet/link-key.ts';
import { createGate } from '../gate.ts';
import { type LinkOptions, openLink } from '../link.ts';
import { inFlightFor, type LinkProfile, linkOf, timeoutsFor } from '../settings/link.ts';
import { readSources, type SourceStore } from '../village.ts';
import { type BackupDeps, backUpRouter } from './back-up.ts';

export type NightlyStore = BackupDeps['store'] &
  LinkOptions['store'] &
  HoldOptions['store'] &
  SourceStore &
  Pick<Store, 'latestBackups'>;

export interface NightlyOptions {
  readonly store: NightlyStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of our user on the routers. */
  readonly apiUser: string;
  /** Of routers whose village does not tell. */
  readonly timeZone: string;
  readonly isUp: (routerId: string) => boolean;
  readonly counted: NonNullable<BackupDeps['counted']>;
  readonly connect?: LinkOptions['connect'];
  /** Machine time. */
  readonly leaseMs?: number;
}

export interface NightlyBackups extends AsyncDisposable {
  /** Starts what is due; resolves before it is done. */
  pass(routers: readonly Router[]): Promise<void>;
}

const START_HOUR = 1;
const SPREAD_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;
/** After a failure. */
const AGAIN_MS = 3_600_000;
/** While somebody else works on it. */
const BUSY_MS = 120_000;
/** Exports take the CPU of small boards and, over a satellite, a while. */
const AT_ONCE = 4;

export function createNightlyBackups(options: NightlyOptions): NightlyBackups {
  const { store, clock, log, isUp } = options;
  const stop = new AbortController();
  const gate = createGate(AT_ONCE);
  const running = new Map<string, Promise<void>>();
  const notBefore = new Map<string, number>();

  const start = (router: Router, checkedAt: number | undefined): void => {
    const work = gate
      .enter(() => backUp(options, { router, checkedAt }, stop.signal), stop.signal)
      .then(() => void notBefore.delete(router.id))
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        const [code, detail] = [errorCode(error), errorMessage(error)];
        const isBusy = code === 'ROUTER_BUSY';
        notBefore.set(router.id, clock.now() + (isBusy ? BUSY_MS : AGAIN_MS));
        if (isBusy) return;
        options.counted('refused');
        log.warn({ router: router.name, code, detail }, 'no nightly backup');
      })
      .finally(() => running.delete(router.id));
    running.set(router.id, work);
  };

  return {
    pass: async (routers) => {
      const now = clock.now();
      const latest = new Map(
        (await store.latestBackups()).map((one) => [one.routerId, one.checkedAt]),
      );
      if (stop.signal.aborted) return;
      // Reading a zone takes longer than all else here, and there are three.
      const zones = new Map<string, number>();
      const offsetOf = (zone: string): number => {
        const offset = zones.get(zone) ?? offsetMs(zone, now);
        zones.set(zone, offset);
        return offset;
      };
      for (const router of routers) {
        if (running.has(router.id) || !isUp(router.id)) continue;
        if (now < (notBefore.get(router.id) ?? 0)) continue;
        const offset = offsetOf(router.timeZone ?? options.timeZone);
        const checkedAt = latest.get(router.id);
        if (isBackupDue(router, checkedAt ?? null, now, offset)) start(router, checkedAt);
      }
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all(running.values());
    },
  };
}

/**
 * Pure. `offset`: of where it stands to UTC, milliseconds. A router without any backup waits for its first
 * apply, which takes one; then the nights count.
 */
export function isBackupDue(
  router: Pick<Router, 'id' | 'createdAt'>,
  checkedAt: number | null,
  now: number,
  offset: number,
): boolean {
  return (checkedAt ?? router.createdAt) < lastTurn(router.id, now, offset);
}

/** The router's minute of this night, or of the last one when that is still to come. */
function lastTurn(id: string, now: number, offset: number): number {
  const local = now + offset;
  const turn = local - (local % DAY_MS) + START_HOUR * 3_600_000 + phaseOf(id);
  return (turn <= local ? turn : turn - DAY_MS) - offset;
}

/** Milliseconds into the spread, the same every night. */
function phaseOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % SPREAD_MS;
  return sum;
}

/** Of a zone to UTC at an instant; Indonesia's three do not change. */
export function offsetMs(timeZone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(
    of('year'),
    of('month') - 1,
    of('day'),
    of('hour'),
    of('minute'),
    of('second'),
  );
  return wall - Math.floor(at / 1000) * 1000;
}

async function backUp(
  options: NightlyOptions,
  { router, checkedAt }: { readonly router: Router; readonly checkedAt: number | undefined },
  stop: AbortSignal,
): Promise<void> {
  const { store, clock, log, leaseMs } = options;
  const { settings } = await readSources(store);
  const hold: HoldOptions = {
    ...{ store, clock, log, router, signal: stop, kind: 'read', waitMs: 0 },
    link: linkKey(router, settings),
    ...(leaseMs === undefined ? {} : { leaseMs }),
  };
  await inHand(hold, async (signal) => {
    // Another controller may have been there first.
    const last = (await store.latestBackups()).find((one) => one.routerId === router.id);
    if (last?.checkedAt !== checkedAt) return;
    await read(options, router, linkOf(linkSettings(router, settings)), signal);
  });
}

async function read(
  { store, clock, log, apiUser, counted, connect }: NightlyOptions,
  router: Router,
  profile: LinkProfile,
  signal: AbortSignal,
): Promise<void> {
  await using link = await openLink({
    ...{ store, router, apiUser, signal },
    timeouts: { ...timeoutsFor(profile), inFlight: inFlightFor(profile) },
    ...(connect === undefined ? {} : { connect }),
  });
  const { connection } = link;
  const [resource] = await connection.run(
    '/system/resource/print',
    {},
    { proplist: ['version'], signal },
  );
  const version = resource?.version?.split(' ')[0] ?? '';
  await backUpRouter(
    { store, clock, log, signal, counted },
    router,
    { connection, version },
    'nightly',
  );
}
