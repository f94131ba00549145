/**
 * Trial users: a phone logs in as `T-<its MAC>` without anybody being asked, for so much time in all, which
 * begins anew when the first login is so long ago (`trial-uptime-limit`, `trial-uptime-reset`).
 */
import type { Grant } from '../nas/grant.ts';
import type { Session } from './sessions.ts';

/** Null in a hotspot: its profile has no trial. */
export interface TrialConfig {
  readonly limitMs: number;
  readonly resetMs: number;
  /** `trial-user-profile`. */
  readonly profile: string;
}

export interface Trials {
  /** What a phone may still have; null when its time is used up. */
  grant(mac: string, trial: TrialConfig, now: number): Grant | null;
  opened(mac: string, session: Session): void;
}

interface Used {
  since: number;
  ms: number;
  last: Session | null;
}

export function isTrialName(username: string, mac: string): boolean {
  return username.toUpperCase() === `T-${mac.toUpperCase()}`;
}

export function createTrials(): Trials {
  const phones = new Map<string, Used>();
  return {
    grant: (mac, trial, now) => {
      let used = phones.get(mac);
      if (used === undefined || now - used.since >= trial.resetMs) {
        used = { since: now, ms: 0, last: null };
        phones.set(mac, used);
      }
      const { last } = used;
      if (last !== null) used.ms += (last.ended?.at ?? now) - last.startedAt;
      used.last = null;
      const left = trial.limitMs - used.ms;
      return left <= 0 ? null : grantOf(left, trial.profile);
    },
    opened: (mac, session) => {
      const used = phones.get(mac);
      if (used !== undefined) used.last = session;
    },
  };
}

function grantOf(sessionTimeoutMs: number, group: string): Grant {
  return {
    sessionTimeoutMs,
    idleTimeoutMs: null,
    interimMs: null,
    totalLimit: null,
    inputLimit: null,
    outputLimit: null,
    rate: null,
    group,
    addressList: null,
    classes: [],
  };
}
