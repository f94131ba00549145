/**
 * Mid-session limits: what other phones of an account used, a step of fair use, a day that turned, an
 * account or tariff that was changed. After each report, next-limits.ts decides; what it says goes to the
 * store, and enforce.ts sends it.
 *
 * A session that has its account for itself, or whose tariff counts nothing over a period, is looked at
 * when there is something to see: at the next step of fair use, on another day, when its account or the
 * hours of its village changed. Until then a report costs look-ups in memory. Where several phones share
 * an account, each report costs two reads.
 */
import type { Clock } from '../lib/clock.ts';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Hours } from '../settings/hours.ts';
import type { LocalTime } from '../settings/local-time.ts';
import type { Store } from '../store/contract.ts';
import type { Account, InvalidationKind, Nas, Session } from '../store/types.ts';
import { type BoundedMap, boundedMap } from './bounded-map.ts';
import { type Calm, calmOf, nextStep } from './next-limits.ts';

export interface LimitsDeps {
  readonly store: Pick<
    Store,
    'session' | 'account' | 'usage' | 'requestDisconnect' | 'requestChange' | 'onInvalidate'
  >;
  readonly clock: Clock;
  readonly log: Logger;
  /** By IANA zone; null = the configuration's. */
  readonly timesOf: (timeZone: string | null) => LocalTime;
  readonly hoursOf: (text: string | null) => Hours | null;
}

/** Where a session is. */
export type LimitsPlace = Pick<Nas, 'village' | 'openingHours' | 'timeZone'>;

/** What a report said that the session has used. */
export type ReportedUse = Pick<Session, 'inputOctets' | 'outputOctets' | 'seconds'>;

export interface Limits extends Disposable {
  /** Looks after the reply; nothing waits for it. A session that is being looked at is not looked at twice. */
  check(sessionId: string, use: ReportedUse, place: LimitsPlace): void;
  /** The same for a session that was read, because its account or tariff was changed. */
  review(session: Session, place: LimitsPlace): Promise<void>;
  /** Resolves when nothing is being looked at. */
  settled(): Promise<void>;
}

interface Known {
  readonly kind: Account['kind'];
  readonly accountId: string;
  /** The account and hours with which the session was found in order. */
  account: Account | null;
  hours: string | null;
  calm: Calm | null;
}

interface Cached {
  readonly account: Account | null;
  readonly text: string;
  readonly readAt: number;
  readonly generation: number;
}

interface State {
  readonly deps: LimitsDeps;
  /** By session; null for one without an account. */
  readonly sessions: BoundedMap<Known | 'nobody'>;
  readonly accounts: BoundedMap<Cached>;
  /** Of all accounts; what was read before the last one is read again. */
  generation: number;
}

/** Looked at the same time; what comes on top waits for its next report. */
const MAX_CHECKS = 256;
const REMEMBERED = 32_768;
/** An account is read again after so long, in case word of a change was lost. */
const KEPT_MS = 15 * 60_000;
const CHANGES: ReadonlySet<InvalidationKind> = new Set(['tariff', 'subscriber', 'voucher']);

export function createLimits(deps: LimitsDeps): Limits {
  const state: State = {
    deps,
    sessions: boundedMap(REMEMBERED),
    accounts: boundedMap(REMEMBERED),
    generation: 0,
  };
  const unsubscribe = deps.store.onInvalidate((kind, id) => forget(state, kind, id));
  const running = new Map<string, Promise<void>>();
  return {
    check: (sessionId, use, place) => {
      if (running.has(sessionId) || running.size >= MAX_CHECKS) return;
      const work = checkSession(state, sessionId, use, place)
        .catch((error: unknown) => {
          const about = { code: errorCode(error), reason: errorMessage(error) };
          deps.log.error(about, 'limit not checked');
        })
        .finally(() => running.delete(sessionId));
      running.set(sessionId, work);
    },
    review: async (session, place) => {
      const known = knownOf(session);
      if (known !== 'nobody') await look(state, session, known, place, true);
    },
    settled: async () => {
      await Promise.all(running.values());
    },
    [Symbol.dispose]: unsubscribe,
  };
}

async function checkSession(
  state: State,
  sessionId: string,
  use: ReportedUse,
  place: LimitsPlace,
): Promise<void> {
  const known = state.sessions.get(sessionId);
  if (known === 'nobody') return;
  if (known !== undefined && (await inOrder(state, known, use, place))) return;
  const session = await state.deps.store.session(sessionId);
  if (session === null || session.state === 'closed') {
    state.sessions.delete(sessionId);
    return;
  }
  const whose = known ?? knownOf(session);
  state.sessions.set(sessionId, whose);
  if (whose === 'nobody') return;
  const account = await accountOf(state, whose);
  const changed = whose.account !== null && whose.account !== account;
  await look(state, session, whose, place, changed);
}

async function inOrder(
  state: State,
  known: Known,
  use: ReportedUse,
  place: LimitsPlace,
): Promise<boolean> {
  const { calm } = known;
  if (calm === null || known.hours !== place.openingHours) return false;
  const { clock, timesOf } = state.deps;
  const now = clock.now();
  if (now >= calm.until || use.seconds >= calm.seconds) return false;
  if (use.inputOctets + use.outputOctets >= calm.octets) return false;
  if (calm.day !== null && calm.day !== timesOf(place.timeZone)(now).day) return false;
  return known.account !== null && known.account === (await accountOf(state, known));
}

async function look(
  state: State,
  session: Session,
  known: Known,
  place: LimitsPlace,
  exact: boolean,
): Promise<void> {
  const { store, clock, timesOf, hoursOf } = state.deps;
  const account = await accountOf(state, known);
  if (account === null) return;
  const now = clock.now();
  const { day, minuteOfWeek } = timesOf(place.timeZone)(now);
  const usage = await store.usage(account.kind, account.id, day);
  const { village, openingHours } = place;
  const hours = hoursOf(openingHours);
  const { mac } = session;
  const facts = { account, usage, village, hours, minuteOfWeek, mac, session };
  const step = nextStep(facts, exact, now);
  if (step.kind === 'change') {
    const { limits, reason } = step;
    await store.requestChange({ sessionId: session.id, limits, reason, at: now });
  } else if (step.kind === 'end') {
    const ids = step.everyPhone ? usage.open.map(({ id }) => id) : [session.id];
    for (const sessionId of new Set([session.id, ...ids])) {
      await store.requestDisconnect({ sessionId, reason: step.reason, at: now });
    }
  }
  known.account = account;
  known.hours = openingHours;
  known.calm = calmOf(facts, step, day, now);
}

/** The same object as long as nothing of it changed. */
async function accountOf(state: State, { kind, accountId }: Known): Promise<Account | null> {
  const { deps, accounts, generation } = state;
  const key = `${kind}:${accountId}`;
  const cached = accounts.get(key);
  const now = deps.clock.now();
  const fresh = cached?.generation === generation && now - cached.readAt < KEPT_MS;
  if (fresh) return cached.account;
  const account = await deps.store.account(kind, accountId);
  const text = JSON.stringify(account);
  const kept = cached?.text === text ? cached.account : account;
  // A read that began before a change is one of the generation before.
  accounts.set(key, { account: kept, text, readAt: now, generation });
  return kept;
}

function forget(state: State, kind: InvalidationKind, id: string): void {
  if (kind === 'tariff' || (CHANGES.has(kind) && id === '*')) {
    state.generation += 1;
    return;
  }
  if (!CHANGES.has(kind)) return;
  const key = `${kind}:${id}`;
  const cached = state.accounts.get(key);
  if (cached !== undefined) state.accounts.set(key, { ...cached, generation: -1 });
}

function knownOf({ accountKind, accountId }: Session): Known | 'nobody' {
  if (accountKind === null || accountId === null) return 'nobody';
  return { kind: accountKind, accountId, account: null, hours: null, calm: null };
}
