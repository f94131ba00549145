/**
 * Who had an address at an instant: what the police ask, with a letter. Pure.
 *
 * A router reports a session every few minutes; between its last report and the moment at which it was taken
 * for gone nobody knows. So an answer is certain, or only probable, and says which.
 */
import type { Session } from '../../store/types.ts';

export interface Holder {
  readonly session: Session;
  /** `probable`: the router's last report of it is older than the instant, and nobody ended it. */
  readonly certainty: 'certain' | 'probable';
}

export interface Holders {
  readonly holders: readonly Holder[];
  /** The last that ended before, and the first that began after: a wrong clock points to one of them. */
  readonly before: Session | null;
  readonly after: Session | null;
}

/** Ends that are concluded from silence, at the last report: the phone may have been there a while longer. */
const SILENT = new Set(['Stale', 'NAS-Reboot', 'Lost-Carrier', 'Lost-Service']);

/** After `silenceMs` without a report a session is over for good. */
export function holdersAt(sessions: readonly Session[], at: number, silenceMs: number): Holders {
  const holders = sessions.flatMap((session): Holder[] => {
    const certainty = certaintyAt(session, at, silenceMs);
    return certainty === null ? [] : [{ session, certainty }];
  });
  const before = sessions.filter((s) => s.stoppedAt !== null && s.stoppedAt < at);
  const after = sessions.filter(({ startedAt }) => startedAt > at);
  return {
    holders,
    before: before.reduce<Session | null>(
      (last, one) => (last === null || one.stoppedAt! > last.stoppedAt! ? one : last),
      null,
    ),
    after: after.reduce<Session | null>(
      (first, one) => (first === null || one.startedAt < first.startedAt ? one : first),
      null,
    ),
  };
}

/** Null when the session was not there. */
function certaintyAt(
  { startedAt, stoppedAt, updatedAt, stopCause, state }: Session,
  at: number,
  silenceMs: number,
): Holder['certainty'] | null {
  if (at < startedAt || state === 'opening') return null;
  if (stoppedAt === null) return at <= updatedAt ? 'certain' : 'probable';
  if (at <= stoppedAt) return 'certain';
  return SILENT.has(stopCause ?? '') && at <= stoppedAt + silenceMs ? 'probable' : null;
}
