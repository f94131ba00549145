/** Sessions: what is reported of them, what they are, what must become of them, what is kept of them. */
import type { AccountKind, Nas, SessionLimits } from './types.ts';

/** One Accounting-Request after decoding. Totals are running totals of the session, never increments. */
export interface AccountingEvent {
  readonly routerId: string;
  readonly status: 'start' | 'interim' | 'stop';
  readonly acctSessionId: string;
  readonly username: string;
  /** The Class of the Access-Accept, that is, the session id; null when the NAS did not echo one. */
  readonly sessionId: string | null;
  readonly mac: string;
  readonly framedIp: string | null;
  /** From the phone. */
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly seconds: number;
  /** When it happened: arrival minus Acct-Delay-Time. */
  readonly eventAt: number;
  /** Calendar day and hour in the village's time zone that the increment counts to. */
  readonly day: string;
  /** `2026-11-24T10` */
  readonly hour: string;
  /** Acct-Terminate-Cause by name, on stop. */
  readonly cause: string | null;
}

export type SessionState = 'opening' | 'open' | 'closed';

export interface Session {
  readonly id: string;
  readonly routerId: string;
  readonly router: string;
  readonly villageCode: string;
  readonly accountKind: AccountKind | null;
  readonly accountId: string | null;
  readonly username: string;
  readonly mac: string;
  readonly framedIp: string | null;
  readonly acctSessionId: string | null;
  readonly state: SessionState;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly stoppedAt: number | null;
  /**
   * Acct-Terminate-Cause by name (RFC 2866 §5.10); `Data-Limit` where a NAS reports the end of its
   * octets as Session-Timeout; `Stale` for a session that fell silent (reversible).
   */
  readonly stopCause: string | null;
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly seconds: number;
  /** Tariff at login; null for a session that this store did not open. */
  readonly tariffId: string | null;
  /** In force, as the NAS last acknowledged them. */
  readonly rate: string | null;
  readonly sessionTimeoutSeconds: number | null;
  readonly totalLimitOctets: number | null;
  /** Its end was asked for, and the NAS has not told of it yet: its address proves nobody any more. */
  readonly ending?: true;
}

/** A session that must change (CoA-Request) or end (Disconnect-Request), with all that needs. */
export interface PendingEnforcement {
  readonly session: Session;
  readonly nas: Nas;
  readonly action: 'change' | 'disconnect';
  /** What a change must bring about; the limits in force for a disconnect. */
  readonly limits: SessionLimits;
  readonly requestedAt: number;
  readonly reason: string;
  readonly attempts: number;
}

/** What of a session waits to be sent or acknowledged, for an operator. */
export interface WaitingEnforcement extends Omit<PendingEnforcement, 'nas'> {
  /** When it is tried next; null = not again, unless something else is wanted. */
  readonly nextAt: number | null;
  /** Why the last attempt failed: an Error-Cause by name, or `no answer`; null before one did. */
  readonly error: string | null;
}

export type RollupKind = 'router' | 'tariff' | 'account';

/** Usage of a router, tariff or account in one hour or day of the village's time zone. */
export interface Rollup {
  readonly kind: RollupKind;
  readonly id: string;
  /** `2026-11-24T10` or `2026-11-24`. */
  readonly bucket: string;
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly seconds: number;
  /** Sessions that began. */
  readonly sessions: number;
}

/** What retention takes away once it is old. Open sessions are never purged. */
export type Purgeable =
  | 'sessions'
  | 'hourly'
  | 'daily'
  | 'tokens'
  | 'devices'
  | 'tickets'
  | 'otp'
  | 'cases'
  | 'appeals'
  | 'consents'
  | 'jobs'
  | 'rollouts'
  /** Names that an answered appeal has opened; `before` is when their time must have been over. */
  | 'allowances';
