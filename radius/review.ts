/**
 * An operator changed a tariff or opening hours, or gave a subscriber another tariff: the open sessions
 * concerned are looked at without waiting for their next report. Several nodes may do so for the same change, which asks for the
 * same limits. What does not fit in one review (a tariff with very many phones online) follows with the
 * reports.
 */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { type LocalTime, localTimes } from '../settings/local-time.ts';
import type { Store } from '../store/contract.ts';
import type { Session } from '../store/types.ts';
import { hoursReader } from './hours.ts';
import { createLimits, type Limits, type LimitsDeps } from './limits.ts';
import { startPeriodic } from './periodic.ts';

export interface ReviewOptions {
  readonly store: LimitsDeps['store'] &
    Pick<Store, 'listTariffs' | 'listOpeningHours' | 'listSessions' | 'nasByName' | 'onInvalidate'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timeZone: string;
  /** Pause between two looks at what changed, on the clock; 1000 by default. */
  readonly pollMs?: number;
}

export interface Review extends AsyncDisposable {
  /** Resolves when what has changed so far is dealt with. */
  reviewNow(): Promise<void>;
}

interface State {
  readonly options: ReviewOptions;
  readonly limits: Limits;
  readonly local: LocalTime;
  /** Every tariff as it was last seen, by id. */
  readonly tariffs: Map<string, string>;
  readonly subscribers: Set<string>;
  tariffsChanged: boolean;
  /** All opening hours as they were last seen; null before. */
  hours: string | null;
  hoursChanged: boolean;
}

const MAX_SESSIONS = 10_000;
/** More at once are left to the next report of their sessions. */
const MAX_SUBSCRIBERS = 10_000;
/** Between two of these, others get their turn. */
const AT_ONCE = 32;

export function startReview(options: ReviewOptions): Review {
  const { store, clock, log } = options;
  const timesOf = localTimes(options.timeZone);
  const state: State = {
    options,
    limits: createLimits({ ...options, timesOf, hoursOf: hoursReader() }),
    local: timesOf(null),
    tariffs: new Map(),
    subscribers: new Set(),
    tariffsChanged: true,
    hours: null,
    hoursChanged: true,
  };
  const unsubscribe = store.onInvalidate((kind, id) => {
    if (kind === 'tariff') state.tariffsChanged = true;
    // A change of hours makes every NAS stale, and little else does.
    else if (kind === 'router' && id === '*') state.hoursChanged = true;
    else if (kind === 'subscriber' && id !== '*' && state.subscribers.size < MAX_SUBSCRIBERS) {
      state.subscribers.add(id);
    }
  });
  let last: Promise<void> = Promise.resolve();
  const review = (): Promise<void> => {
    // One after the other, and a failure is its caller's.
    last = last.catch(() => undefined).then(() => reviewChanges(state));
    return last;
  };
  const polling = startPeriodic({
    clock,
    log,
    everyMs: options.pollMs ?? 1000,
    name: 'review of open sessions',
    work: review,
  });
  return {
    reviewNow: review,
    [Symbol.asyncDispose]: async () => {
      unsubscribe();
      await polling[Symbol.asyncDispose]();
      state.limits[Symbol.dispose]();
    },
  };
}

async function reviewChanges(state: State): Promise<void> {
  if (state.tariffsChanged) {
    state.tariffsChanged = false;
    try {
      await reviewTariffs(state);
    } catch (error) {
      state.tariffsChanged = true;
      throw error;
    }
  }
  if (state.hoursChanged) {
    state.hoursChanged = false;
    try {
      await reviewHours(state);
    } catch (error) {
      state.hoursChanged = true;
      throw error;
    }
  }
  for (const id of [...state.subscribers]) {
    await reviewSubscriber(state, id);
    state.subscribers.delete(id);
  }
}

async function reviewTariffs(state: State): Promise<void> {
  const { options, tariffs } = state;
  for (const tariff of await options.store.listTariffs()) {
    const text = JSON.stringify(tariff);
    const before = tariffs.get(tariff.id);
    if (before !== undefined && before !== text) {
      const asked = { tariffId: tariff.id, openOnly: true, limit: MAX_SESSIONS };
      const sessions = await options.store.listSessions(asked);
      options.log.info(
        { tariff: tariff.name, sessions: sessions.length },
        'tariff changed: its open sessions are reviewed',
      );
      await reviewSessions(state, sessions);
    }
    tariffs.set(tariff.id, text);
  }
}

async function reviewHours(state: State): Promise<void> {
  const { store, log } = state.options;
  const text = JSON.stringify(await store.listOpeningHours());
  if (state.hours !== null && state.hours !== text) {
    const sessions = await store.listSessions({ openOnly: true, limit: MAX_SESSIONS });
    log.info({ sessions: sessions.length }, 'opening hours changed: open sessions are reviewed');
    await reviewSessions(state, sessions);
  }
  state.hours = text;
}

async function reviewSubscriber(state: State, id: string): Promise<void> {
  const { store, clock } = state.options;
  const { open } = await store.usage('subscriber', id, state.local(clock.now()).day);
  const sessions = await Promise.all(open.map((session) => store.session(session.id)));
  await reviewSessions(
    state,
    sessions.filter((session) => session !== null),
  );
}

async function reviewSessions(state: State, sessions: readonly Session[]): Promise<void> {
  for (let at = 0; at < sessions.length; at += AT_ONCE) {
    const some = sessions.slice(at, at + AT_ONCE);
    await Promise.all(some.map((session) => reviewSession(state, session)));
    await new Promise(setImmediate);
  }
}

async function reviewSession({ options, limits }: State, session: Session): Promise<void> {
  if (session.state !== 'open') return;
  const nas = await options.store.nasByName(session.router);
  if (nas !== null) await limits.review(session, nas);
}
