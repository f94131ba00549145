/**
 * Sessions of logged-in phones: what they used, what ends them, what the NAS reports of them.
 *
 * Octets are counted when they cross the phone's socket. `used` is what the twin really counted;
 * `reported` is what the router believes, which differs only when a fault freezes its counters.
 * A session ends once, for one cause, at the instant that its limit names and not when it was noticed.
 */
import type { Clock } from '../../lib/clock.ts';
import type { TerminateCause } from '../nas/attributes.ts';
import type { Grant } from '../nas/grant.ts';
import type { SessionKeys } from '../nas/incoming.ts';
import type { Nas, ReportKind, Usage } from '../nas/nas.ts';
import { type Agenda, createAgenda } from './agenda.ts';
import type { HotspotConfig } from './config.ts';
import type { Host } from './hosts.ts';
import { type Bucket, createBucket, type Direction } from './shaper.ts';
import { formatDuration } from './values.ts';

export type LoginBy = 'http-pap' | 'http-chap' | 'mac';

export interface Counts {
  input: number;
  output: number;
}

export interface Session {
  readonly acctSessionId: string;
  readonly host: Host;
  readonly hotspot: HotspotConfig;
  readonly username: string;
  readonly loginBy: LoginBy;
  readonly classes: readonly Buffer[];
  readonly startedAt: number;
  readonly used: Counts;
  readonly reported: Counts;
  readonly packets: Counts;
  readonly buckets: Readonly<Record<Direction, Bucket>>;
  sessionTimeoutMs: number | null;
  idleTimeoutMs: number | null;
  readonly keepaliveTimeoutMs: number | null;
  readonly interimMs: number | null;
  totalLimit: number | null;
  inputLimit: number | null;
  outputLimit: number | null;
  lastActiveAt: number;
  interims: number;
  ended: { readonly at: number; readonly cause: TerminateCause } | null;
}

/** A session as the twin counted it, for comparison with what the server stored. */
export interface SessionRecord {
  readonly acctSessionId: string;
  readonly mac: string;
  readonly ip: string;
  readonly username: string;
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly seconds: number;
  /** Null while it runs, and for one that a power cut took. */
  readonly cause: TerminateCause | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface SessionFaults {
  readonly dropAccountingStop: boolean;
  readonly freezeCounters: boolean;
  readonly accountingOff: boolean;
}

export interface SessionsOptions {
  readonly clock: Clock;
  readonly nas: Nas;
  readonly faults: SessionFaults;
  readonly changed: () => void;
}

export interface Sessions {
  /** The next Acct-Session-Id; each login attempt takes one. */
  nextId(): string;
  open(
    host: Host,
    hotspot: HotspotConfig,
    login: { acctSessionId: string; username: string; loginBy: LoginBy; grant: Grant },
  ): Session;
  /** How many of `octets` may pass, counted. Fewer than asked for, or 0 left: the session must end. */
  take(session: Session, direction: Direction, octets: number): { allowed: number; last: boolean };
  end(session: Session, cause: TerminateCause, at?: number): void;
  /** The running session that every given key matches. */
  find(keys: SessionKeys): Session | null;
  change(session: Session, grant: Grant): void;
  /** A deadline may have moved closer: the host left, or a limit changed. */
  reconsider(): void;
  running(): readonly Session[];
  records(): SessionRecord[];
  /** Power is gone: nothing is sent, running sessions end without a cause. */
  forget(): void;
}

const FIRST_ID = 0x8000_0001;
const MAX_RECORDS = 4096;

export function createSessions(options: SessionsOptions): Sessions {
  const { clock, faults } = options;
  const running = new Set<Session>();
  const past: SessionRecord[] = [];
  let counter = FIRST_ID;

  const archive = (session: Session, cause: TerminateCause | null, at: number): void => {
    past.push(recordOf(session, cause, at));
    if (past.length > MAX_RECORDS) past.shift();
  };
  const report = (session: Session, kind: ReportKind): void => {
    if (!session.hotspot.accounting || !session.hotspot.useRadius || faults.accountingOff) return;
    const { host, username, classes, acctSessionId, hotspot } = session;
    const { mac, ip } = host;
    void options.nas.report({ nas: hotspot.nas, acctSessionId, username, mac, ip, classes }, kind);
  };
  const end = (session: Session, cause: TerminateCause, at = clock.now()): void => {
    if (session.ended !== null) return;
    session.ended = { at, cause };
    running.delete(session);
    archive(session, cause, at);
    const { host } = session;
    if (host.session === session) host.session = null;
    for (const flow of [...host.flows]) if (!flow.free) flow.finish();
    if (!faults.dropAccountingStop) {
      report(session, { status: 'stop', usage: usageOf(session, at), cause });
    }
    options.changed();
  };
  const agenda: Agenda = createAgenda(clock, () => {
    let next = Number.POSITIVE_INFINITY;
    for (const session of [...running]) {
      const due = dueEnd(session, clock.now());
      if (due !== null) {
        end(session, due.cause, due.at);
        continue;
      }
      next = Math.min(next, interim(session), ...endings(session).map(({ at }) => at));
    }
    return next === Number.POSITIVE_INFINITY ? null : next;
  });
  /** Sends an interim report that is due; returns when the next one is. */
  const interim = (session: Session): number => {
    if (session.interimMs === null) return Number.POSITIVE_INFINITY;
    const passed = Math.floor((clock.now() - session.startedAt) / session.interimMs);
    if (passed > session.interims) {
      session.interims = passed;
      report(session, { status: 'interim', usage: usageOf(session, clock.now()) });
    }
    return session.startedAt + (session.interims + 1) * session.interimMs;
  };

  return {
    nextId: () => {
      const id = counter.toString(16).padStart(8, '0');
      counter += 1;
      return id;
    },
    open: (host, hotspot, login) => {
      const session = newSession(clock, host, hotspot, login);
      running.add(session);
      host.session = session;
      report(session, { status: 'start' });
      options.changed();
      agenda.kick();
      return session;
    },
    take: (session, direction, octets) => {
      const allowed = Math.min(octets, remaining(session, direction));
      session.used[direction] += allowed;
      session.packets[direction] += 1;
      if (!faults.freezeCounters) session.reported[direction] += allowed;
      session.lastActiveAt = clock.now();
      return { allowed, last: remaining(session, direction) === 0 };
    },
    end,
    find: (keys) => [...running].find((session) => matches(session, keys)) ?? null,
    change: (session, grant) => {
      session.sessionTimeoutMs = grant.sessionTimeoutMs ?? session.sessionTimeoutMs;
      session.idleTimeoutMs = grant.idleTimeoutMs ?? session.idleTimeoutMs;
      session.totalLimit = grant.totalLimit ?? session.totalLimit;
      session.inputLimit = grant.inputLimit ?? session.inputLimit;
      session.outputLimit = grant.outputLimit ?? session.outputLimit;
      if (grant.rate !== null) {
        session.buckets.input.setRate(grant.rate.rxBps);
        session.buckets.output.setRate(grant.rate.txBps);
      }
      if (remaining(session, 'input') === 0 || remaining(session, 'output') === 0) {
        end(session, 'NAS-Request');
      }
      agenda.kick();
    },
    reconsider: () => agenda.kick(),
    running: () => [...running],
    records: () => [
      ...past,
      ...[...running].map((session) => recordOf(session, null, null, clock.now())),
    ],
    forget: () => {
      const at = clock.now();
      for (const session of running) archive(session, null, at);
      running.clear();
      counter = FIRST_ID;
      agenda.stop();
    },
  };
}

function newSession(
  clock: Clock,
  host: Host,
  hotspot: HotspotConfig,
  login: { acctSessionId: string; username: string; loginBy: LoginBy; grant: Grant },
): Session {
  const { grant } = login;
  const profile = hotspot.profile(grant.group);
  const rate = grant.rate ?? profile.rate;
  const startedAt = clock.now();
  return {
    acctSessionId: login.acctSessionId,
    host,
    hotspot,
    username: login.username,
    loginBy: login.loginBy,
    classes: grant.classes,
    startedAt,
    used: { input: 0, output: 0 },
    reported: { input: 0, output: 0 },
    packets: { input: 0, output: 0 },
    buckets: { input: createBucket(clock, rate.rxBps), output: createBucket(clock, rate.txBps) },
    sessionTimeoutMs: grant.sessionTimeoutMs ?? profile.sessionTimeoutMs,
    idleTimeoutMs: grant.idleTimeoutMs ?? profile.idleTimeoutMs,
    keepaliveTimeoutMs: profile.keepaliveTimeoutMs,
    interimMs: hotspot.interim === 'received' ? grant.interimMs : hotspot.interim,
    totalLimit: grant.totalLimit,
    inputLimit: grant.inputLimit,
    outputLimit: grant.outputLimit,
    lastActiveAt: startedAt,
    interims: 0,
    ended: null,
  };
}

function remaining(session: Session, direction: Direction): number {
  const { used, totalLimit, inputLimit, outputLimit } = session;
  const total = (totalLimit ?? Number.POSITIVE_INFINITY) - used.input - used.output;
  const own = (direction === 'input' ? inputLimit : outputLimit) ?? Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(total, own - used[direction]));
}

interface Ending {
  readonly at: number;
  readonly cause: TerminateCause;
}

function endings(session: Session): Ending[] {
  const found: Ending[] = [];
  const { sessionTimeoutMs, idleTimeoutMs, keepaliveTimeoutMs, host } = session;
  if (sessionTimeoutMs !== null) {
    found.push({ at: session.startedAt + sessionTimeoutMs, cause: 'Session-Timeout' });
  }
  if (idleTimeoutMs !== null) {
    found.push({ at: session.lastActiveAt + idleTimeoutMs, cause: 'Idle-Timeout' });
  }
  if (keepaliveTimeoutMs !== null && host.goneAt !== null) {
    found.push({ at: host.goneAt + keepaliveTimeoutMs, cause: 'Lost-Service' });
  }
  return found;
}

/** The first ending that has come. */
function dueEnd(session: Session, now: number): Ending | null {
  const due = endings(session).filter(({ at }) => at <= now);
  return due.toSorted((a, b) => a.at - b.at)[0] ?? null;
}

export function secondsOf(session: Session, at: number): number {
  return Math.max(0, Math.floor((at - session.startedAt) / 1000));
}

function usageOf(session: Session, at: number): Usage {
  return {
    inputOctets: session.reported.input,
    outputOctets: session.reported.output,
    inputPackets: session.packets.input,
    outputPackets: session.packets.output,
    seconds: secondsOf(session, at),
  };
}

function recordOf(
  session: Session,
  cause: TerminateCause | null,
  endedAt: number | null,
  now = endedAt ?? session.startedAt,
): SessionRecord {
  const { acctSessionId, host, username, used, startedAt } = session;
  return {
    acctSessionId,
    mac: host.mac,
    ip: host.ip,
    username,
    inputOctets: used.input,
    outputOctets: used.output,
    seconds: secondsOf(session, now),
    cause,
    startedAt,
    endedAt,
  };
}

function matches({ username, acctSessionId, host }: Session, keys: SessionKeys): boolean {
  return (
    (keys.username === null || keys.username === username) &&
    (keys.acctSessionId === null || keys.acctSessionId === acctSessionId) &&
    (keys.framedIp === null || keys.framedIp === host.ip)
  );
}

/** The row of `/ip/hotspot/active`; what changes from second to second comes from {@link liveValues}. */
export function activeRow({ hotspot, username, host, loginBy }: Session): Record<string, string> {
  return {
    server: hotspot.name,
    user: username,
    address: host.ip,
    'mac-address': host.mac,
    'login-by': loginBy,
    radius: 'true',
  };
}

export function liveValues(session: Session, now: number): Record<string, string> {
  const { sessionTimeoutMs, reported, packets } = session;
  const up = now - session.startedAt;
  return {
    uptime: formatDuration(up),
    'bytes-in': String(reported.input),
    'bytes-out': String(reported.output),
    'packets-in': String(packets.input),
    'packets-out': String(packets.output),
    ...(sessionTimeoutMs !== null && {
      'session-time-left': formatDuration(sessionTimeoutMs - up),
    }),
  };
}
