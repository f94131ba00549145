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
import { createAgenda } from './agenda.ts';
import type { HotspotConfig } from './config.ts';
import type { Host } from './hosts.ts';
import { type Bucket, createBucket, type Direction } from './shaper.ts';
import { formatDuration } from './values.ts';

export type LoginBy = 'http-pap' | 'http-chap' | 'mac' | 'mac-cookie' | 'trial';

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
  /** Where the phone's address stands in `/ip/firewall/address-list` as long as this lasts. */
  readonly addressList: string | null;
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

interface Table {
  readonly options: SessionsOptions;
  readonly running: Set<Session>;
  readonly past: SessionRecord[];
  nextNumber: number;
}

export function createSessions(options: SessionsOptions): Sessions {
  const { clock } = options;
  const table: Table = { options, running: new Set(), past: [], nextNumber: FIRST_ID };
  const { running, past } = table;
  const agenda = createAgenda(clock, () => runDue(table));
  return {
    nextId: () => {
      const id = table.nextNumber.toString(16).padStart(8, '0');
      table.nextNumber += 1;
      return id;
    },
    open: (host, hotspot, login) => {
      const session = newSession(clock, host, hotspot, login);
      running.add(session);
      host.session = session;
      report(table, session, { status: 'start' });
      options.changed();
      agenda.kick();
      return session;
    },
    take: (session, direction, octets) => take(table, session, direction, octets),
    end: (session, cause, at) => end(table, session, cause, at),
    find: (keys) => [...running].find((session) => matches(session, keys)) ?? null,
    change: (session, grant) => {
      applyGrant(session, grant);
      if (remaining(session, 'input') === 0 || remaining(session, 'output') === 0) {
        end(table, session, 'NAS-Request');
      } else if (isOverdue(session, clock.now())) {
        // The limit is new: what was used before it was not beyond it.
        end(table, session, 'Session-Timeout');
      }
      options.changed();
      agenda.kick();
    },
    reconsider: () => agenda.kick(),
    running: () => [...running],
    records: () => [
      ...past,
      ...[...running].map((session) => recordOf(session, null, null, clock.now())),
    ],
    forget: () => {
      for (const session of running) archive(table, session, null, clock.now());
      running.clear();
      table.nextNumber = FIRST_ID;
      agenda.stop();
    },
  };
}

/** Ends what is over, reports what is due; the next instant at which something will be. */
function runDue(table: Table): number | null {
  const now = table.options.clock.now();
  let next = Number.POSITIVE_INFINITY;
  for (const session of [...table.running]) {
    const due = dueEnd(session, now);
    if (due !== null) {
      end(table, session, due.cause, due.at);
      continue;
    }
    const ends = endings(session).map(({ at }) => at);
    next = Math.min(next, interimAt(table, session, now), ...ends);
  }
  return next === Number.POSITIVE_INFINITY ? null : next;
}

/** Sends an interim report that is due; returns when the next one is. */
function interimAt(table: Table, session: Session, now: number): number {
  if (session.interimMs === null) return Number.POSITIVE_INFINITY;
  const passed = Math.floor((now - session.startedAt) / session.interimMs);
  if (passed > session.interims) {
    session.interims = passed;
    report(table, session, { status: 'interim', usage: usageOf(session, now) });
  }
  return session.startedAt + (session.interims + 1) * session.interimMs;
}

function take(
  { options }: Table,
  session: Session,
  direction: Direction,
  octets: number,
): { allowed: number; last: boolean } {
  const allowed = Math.min(octets, remaining(session, direction));
  session.used[direction] += allowed;
  session.packets[direction] += 1;
  if (!options.faults.freezeCounters) session.reported[direction] += allowed;
  session.lastActiveAt = options.clock.now();
  return { allowed, last: remaining(session, direction) === 0 };
}

function end(
  table: Table,
  session: Session,
  cause: TerminateCause,
  at = table.options.clock.now(),
): void {
  if (session.ended !== null) return;
  session.ended = { at, cause };
  table.running.delete(session);
  archive(table, session, cause, at);
  const { host } = session;
  if (host.session === session) host.session = null;
  for (const flow of [...host.flows]) if (!flow.free) flow.finish();
  if (!table.options.faults.dropAccountingStop) {
    report(table, session, { status: 'stop', usage: usageOf(session, at), cause });
  }
  table.options.changed();
}

function archive(
  { past }: Table,
  session: Session,
  cause: TerminateCause | null,
  at: number,
): void {
  past.push(recordOf(session, cause, at));
  if (past.length > MAX_RECORDS) past.shift();
}

function report({ options }: Table, session: Session, kind: ReportKind): void {
  const { host, hotspot, username, classes, acctSessionId } = session;
  if (!hotspot.accounting || !hotspot.useRadius || options.faults.accountingOff) return;
  const { mac, ip } = host;
  void options.nas.report({ nas: hotspot.nas, acctSessionId, username, mac, ip, classes }, kind);
}

/** What a CoA-Request says replaces what the session had; the rest stays. */
function applyGrant(session: Session, grant: Grant): void {
  session.sessionTimeoutMs = grant.sessionTimeoutMs ?? session.sessionTimeoutMs;
  session.idleTimeoutMs = grant.idleTimeoutMs ?? session.idleTimeoutMs;
  session.totalLimit = grant.totalLimit ?? session.totalLimit;
  session.inputLimit = grant.inputLimit ?? session.inputLimit;
  session.outputLimit = grant.outputLimit ?? session.outputLimit;
  if (grant.rate === null) return;
  session.buckets.input.setRate(grant.rate.rxBps);
  session.buckets.output.setRate(grant.rate.txBps);
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
    addressList: grant.addressList,
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

function isOverdue({ startedAt, sessionTimeoutMs }: Session, now: number): boolean {
  return sessionTimeoutMs !== null && startedAt + sessionTimeoutMs < now;
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
