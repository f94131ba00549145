/**
 * The router as a RADIUS client: asks for a login and reports sessions. Servers are asked in the
 * order of their rows; the second is the standby of the first. Reports are repeated until answered,
 * at most {@link MAX_REPORT_ROUNDS} rounds, with a growing Acct-Delay-Time.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import {
  ATTR,
  type Attribute,
  addressAttribute,
  integerAttribute,
  MIKROTIK,
  MIKROTIK_ATTR,
  TERMINATE_CAUSE,
  type TerminateCause,
  textAttribute,
  textOf,
  vendorAttribute,
  WISPR,
  WISPR_ATTR,
} from './attributes.ts';
import type { RadiusClient, SignedRequest } from './client.ts';
import type { RadiusServer } from './config.ts';
import { type Grant, readGrant } from './grant.ts';
import {
  CODE,
  hidePassword,
  type Packet,
  signAccessRequest,
  signAccountingRequest,
} from './packet.ts';
import { machineTime, type Waits } from './udp.ts';

/** What the configuration says about this NAS and one of its hotspot servers. */
export interface NasIdentity {
  readonly identity: string;
  /** Name of the hotspot server, the Called-Station-Id. */
  readonly hotspot: string;
  readonly interface: string;
  readonly nasPortType: number;
  readonly locationId: string;
  readonly locationName: string;
}

export interface Credentials {
  readonly username: string;
  readonly password:
    | { readonly kind: 'pap'; readonly text: string }
    | { readonly kind: 'chap'; readonly response: Buffer; readonly challenge: Buffer };
}

/** A hotspot session as the NAS reports it. */
export interface ReportedSession {
  readonly nas: NasIdentity;
  readonly acctSessionId: string;
  readonly username: string;
  /** `AA:BB:CC:DD:EE:FF`. */
  readonly mac: string;
  readonly ip: string;
  readonly classes: readonly Buffer[];
}

export interface Usage {
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly inputPackets: number;
  readonly outputPackets: number;
  readonly seconds: number;
}

export type LoginAnswer =
  | { readonly kind: 'accept'; readonly grant: Grant }
  | { readonly kind: 'reject'; readonly message: string | null }
  | { readonly kind: 'timeout' }
  /** No server is configured for the hotspot. */
  | { readonly kind: 'none' };

export type ReportKind =
  | { readonly status: 'start' }
  | { readonly status: 'interim'; readonly usage: Usage }
  | { readonly status: 'stop'; readonly usage: Usage; readonly cause: TerminateCause };

export interface NasOptions {
  readonly client: RadiusClient;
  readonly servers: () => readonly RadiusServer[];
  /** NAS-IP-Address when the row names no source address. */
  readonly address: string;
  readonly clock: Clock;
  /** The router's own clock, epoch ms, which may be wrong. */
  readonly routerNow: () => number;
  /** Machine time when absent. */
  readonly waits?: Waits;
}

export interface Nas {
  login(
    session: Omit<ReportedSession, 'username' | 'classes'>,
    credentials: Credentials,
  ): Promise<LoginAnswer>;
  /** Resolves when a server has answered, or false when the report was given up. */
  report(session: ReportedSession, kind: ReportKind): Promise<boolean>;
  /** Resolves when no report waits any more. */
  idle(): Promise<void>;
  /** Forgets every report that waits, as a power cut does. */
  forget(): void;
  readonly counters: { reportsGivenUp: number; reportsDropped: number };
}

export const MAX_REPORT_ROUNDS = 10;
const MAX_WAITING_REPORTS = 256;
/** Shortest time between two rounds of one report, in the time of {@link NasOptions.waits}. */
const MIN_ROUND_MS = 200;
const STATUS = { start: 1, stop: 2, interim: 3 } as const;
const SERVICE_TYPE_LOGIN = 1;
const AUTHENTIC_RADIUS = 1;

/** What a power cut takes: reports that wait, and who waits for them. */
interface Memory {
  life: AbortController;
  waiting: number;
  readonly idlers: Set<() => void>;
}

export function createNas(options: NasOptions): Nas {
  const counters = { reportsGivenUp: 0, reportsDropped: 0 };
  const memory: Memory = { life: new AbortController(), waiting: 0, idlers: new Set() };
  const wakeIdlers = (): void => {
    for (const wake of memory.idlers) wake();
    memory.idlers.clear();
  };

  return {
    counters,
    login: (session, credentials) => login(options, memory.life.signal, session, credentials),
    report: async (session, kind) => {
      if (memory.waiting >= MAX_WAITING_REPORTS) {
        counters.reportsDropped += 1;
        return false;
      }
      memory.waiting += 1;
      const { signal } = memory.life;
      const answered = await report(options, signal, session, kind);
      if (signal.aborted) return false;
      if (!answered) counters.reportsGivenUp += 1;
      memory.waiting -= 1;
      if (memory.waiting === 0) wakeIdlers();
      return answered;
    },
    idle: () => {
      if (memory.waiting === 0) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      memory.idlers.add(resolve);
      return promise;
    },
    forget: () => {
      memory.life.abort();
      memory.life = new AbortController();
      memory.waiting = 0;
      wakeIdlers();
    },
  };
}

/** Asks the servers in turn; the first that answers decides. */
async function ask(
  { client, servers }: NasOptions,
  signal: AbortSignal,
  port: 'authPort' | 'acctPort',
  sign: (server: RadiusServer, id: number) => SignedRequest,
): Promise<Packet | null> {
  for (const server of servers()) {
    const reply = await client.exchange(server, server[port], (id) => sign(server, id));
    if (reply !== null || signal.aborted) return reply;
  }
  return null;
}

async function login(
  options: NasOptions,
  signal: AbortSignal,
  session: Omit<ReportedSession, 'username' | 'classes'>,
  credentials: Credentials,
): Promise<LoginAnswer> {
  if (options.servers().length === 0) return { kind: 'none' };
  const reply = await ask(options, signal, 'authPort', (server, id) => {
    const authenticator = randomBytes(16);
    const attributes = [
      ...credentialAttributes(credentials, authenticator, server.secret),
      ...sessionAttributes(session, server.sourceAddress ?? options.address),
    ];
    const bytes = signAccessRequest(id, authenticator, attributes, server.secret);
    return { bytes, authenticator };
  });
  if (reply === null) return { kind: 'timeout' };
  if (reply.code === CODE.accessAccept)
    return { kind: 'accept', grant: readGrant(reply.attributes) };
  return { kind: 'reject', message: textOf(reply.attributes, ATTR.replyMessage) };
}

/** Whether a server answered, at last. */
async function report(
  options: NasOptions,
  signal: AbortSignal,
  session: ReportedSession,
  kind: ReportKind,
): Promise<boolean> {
  const { clock, waits = machineTime } = options;
  const eventAt = clock.now();
  const stampedAt = options.routerNow();
  // A later interim replaces an unanswered one, so only Start and Stop are worth further rounds.
  const rounds = kind.status === 'interim' ? 1 : MAX_REPORT_ROUNDS;
  for (let round = 0; round < rounds && !signal.aborted; round += 1) {
    if (options.servers().length === 0) return false;
    const began = waits.now();
    const delaySeconds = Math.floor((clock.now() - eventAt) / 1000);
    const reply = await ask(options, signal, 'acctPort', (server, id) => {
      const attributes = [
        ...reportAttributes(session, kind, stampedAt, delaySeconds),
        ...sessionAttributes(session, server.sourceAddress ?? options.address),
      ];
      const bytes = signAccountingRequest(id, attributes, server.secret);
      return { bytes, authenticator: bytes.subarray(4, 20) };
    });
    if (reply !== null) return true;
    // A server that cannot be reached at all fails without waiting: give it time to come back.
    if (waits.now() - began < MIN_ROUND_MS) await pause(waits, MIN_ROUND_MS, signal);
  }
  return false;
}

/** Cut short by the signal. */
async function pause(waits: Waits, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const forget = waits.later(ms, resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  forget();
}

function credentialAttributes(
  { username, password }: Credentials,
  authenticator: Buffer,
  secret: string,
): Attribute[] {
  const user = textAttribute(ATTR.userName, username);
  if (password.kind === 'pap') {
    const value = hidePassword(password.text, authenticator, secret);
    return [user, { type: ATTR.userPassword, value }];
  }
  return [
    user,
    { type: ATTR.chapPassword, value: password.response },
    { type: ATTR.chapChallenge, value: password.challenge },
  ];
}

function sessionAttributes(
  session: Omit<ReportedSession, 'username' | 'classes'>,
  nasAddress: string,
): Attribute[] {
  const { nas, acctSessionId, mac, ip } = session;
  const attributes = [
    addressAttribute(ATTR.nasIpAddress, nasAddress),
    textAttribute(ATTR.nasIdentifier, nas.identity),
    integerAttribute(ATTR.nasPort, Number.parseInt(acctSessionId, 16)),
    textAttribute(ATTR.nasPortId, nas.interface),
    integerAttribute(ATTR.nasPortType, nas.nasPortType),
    textAttribute(ATTR.calledStationId, nas.hotspot),
    textAttribute(ATTR.callingStationId, mac),
    addressAttribute(ATTR.framedIpAddress, ip),
    integerAttribute(ATTR.serviceType, SERVICE_TYPE_LOGIN),
    textAttribute(ATTR.acctSessionId, acctSessionId),
    vendorAttribute(MIKROTIK, addressAttribute(MIKROTIK_ATTR.hostIp, ip)),
  ];
  if (nas.locationId !== '') {
    attributes.push(vendorAttribute(WISPR, textAttribute(WISPR_ATTR.locationId, nas.locationId)));
  }
  if (nas.locationName !== '') {
    const name = textAttribute(WISPR_ATTR.locationName, nas.locationName);
    attributes.push(vendorAttribute(WISPR, name));
  }
  return attributes;
}

function reportAttributes(
  session: ReportedSession,
  kind: ReportKind,
  stampedAt: number,
  delaySeconds: number,
): Attribute[] {
  const attributes = [
    integerAttribute(ATTR.acctStatusType, STATUS[kind.status]),
    textAttribute(ATTR.userName, session.username),
    integerAttribute(ATTR.acctAuthentic, AUTHENTIC_RADIUS),
    integerAttribute(ATTR.eventTimestamp, Math.max(0, Math.floor(stampedAt / 1000))),
    integerAttribute(ATTR.acctDelayTime, delaySeconds),
    ...session.classes.map((value) => ({ type: ATTR.class, value })),
  ];
  if (kind.status === 'start') return attributes;
  const { usage } = kind;
  attributes.push(
    integerAttribute(ATTR.acctSessionTime, usage.seconds),
    integerAttribute(ATTR.acctInputOctets, usage.inputOctets % 2 ** 32),
    integerAttribute(ATTR.acctInputGigawords, Math.floor(usage.inputOctets / 2 ** 32)),
    integerAttribute(ATTR.acctOutputOctets, usage.outputOctets % 2 ** 32),
    integerAttribute(ATTR.acctOutputGigawords, Math.floor(usage.outputOctets / 2 ** 32)),
    integerAttribute(ATTR.acctInputPackets, usage.inputPackets),
    integerAttribute(ATTR.acctOutputPackets, usage.outputPackets),
  );
  if (kind.status === 'stop') {
    attributes.push(integerAttribute(ATTR.acctTerminateCause, TERMINATE_CAUSE[kind.cause]));
  }
  return attributes;
}
