/**
 * A store with open sessions, and a socket that plays the NAS of RFC 5176. Its answers are signed with
 * node:crypto, so that our own signing cannot vouch for itself.
 */
import { createHash } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import type { Metrics } from '../../../lib/metrics.ts';
import { decodePacket, type Packet } from '../../../radius/codec.ts';
import {
  NAS_SECRET,
  START_MS,
  seedRouters,
  seedTariff,
  seedVoucher,
} from '../../../radius/radius.fixture.ts';
import { bind, closeSocket } from '../../../radius/sockets.ts';
import type { Store } from '../../../store/contract.ts';
import type { AccountingEvent, NewTariff, Router, SessionLimits } from '../../../store/types.ts';

export const HOST = '127.0.0.1';
export const DAY = '2026-09-21';
export const NO_LIMITS: SessionLimits = {
  rate: null,
  sessionTimeoutSeconds: null,
  totalLimitOctets: null,
};

/** A number is the Error-Cause of a NAK; `forge` signs an ACK with another secret. */
export type NasAnswer = 'ack' | 'silence' | 'forge' | 'not-an-answer' | number;

export interface CoaNas extends AsyncDisposable {
  readonly port: number;
  readonly heard: Buffer[];
  /** By code: 40 is a Disconnect-Request, 43 a CoA-Request. */
  packets(code: number): Packet[];
  answer: (request: Buffer, count: number) => NasAnswer;
  /** Resolves once so many requests have come. */
  until(count: number): Promise<void>;
}

/** A NAS that answers the n-th request with the n-th answer, then with the last. */
export async function startNas(answers: readonly NasAnswer[], host = HOST): Promise<CoaNas> {
  const socket = await bind(host, 0);
  const heard: Buffer[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (datagram: Buffer, from: RemoteInfo) => {
    const answer = nas.answer(datagram, heard.length);
    heard.push(datagram);
    for (const look of waiting) look();
    if (answer !== 'silence') socket.send(reply(datagram, answer), from.port, from.address);
  });
  const nas: CoaNas = {
    port: socket.address().port,
    heard,
    packets: (code) => heard.filter((bytes) => bytes[0] === code).map((b) => decodePacket(b)),
    answer: (_request, count) => answers[Math.min(count, answers.length - 1)]!,
    until: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (heard.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: () => closeSocket(socket),
  };
  return nas;
}

function reply(request: Buffer, answer: NasAnswer): Buffer {
  const attributes = Buffer.from(typeof answer === 'number' ? '650600000000' : '', 'hex');
  if (typeof answer === 'number') attributes.writeUInt32BE(answer, 2);
  const ack = answer === 'not-an-answer' ? 2 : request[0]! + 1;
  const head = Buffer.from([typeof answer === 'number' ? request[0]! + 2 : ack, request[1]!, 0, 0]);
  head.writeUInt16BE(20 + attributes.length, 2);
  const authenticator = createHash('md5')
    .update(Buffer.concat([head, request.subarray(4, 20), attributes]))
    .update(answer === 'forge' ? 'another secret' : NAS_SECRET)
    .digest();
  return Buffer.concat([head, authenticator, attributes]);
}

export interface Village {
  readonly router: Router;
  /** Opens a session of a voucher of its own, or of `accountId`, as far as Accounting Start. */
  online(over?: Partial<Online>): Promise<{ sessionId: string; accountId: string; mac: string }>;
  /** An interim report. */
  report(
    session: { sessionId: string; mac: string },
    over: Partial<AccountingEvent>,
  ): Promise<void>;
}

export interface Online extends SessionLimits {
  readonly accountId: string;
  readonly routerId: string;
  readonly at: number;
}

/** The tariff of the vouchers is called `desa`. */
export async function seedVillage(
  store: Store,
  coaPort: number,
  tariff: Partial<NewTariff> = {},
): Promise<Village> {
  const { router } = await seedRouters(store, HOST, coaPort);
  await seedTariff(store, 'desa', { devices: 9, ...tariff });
  let phones = 0;
  const event = (sessionId: string, mac: string): AccountingEvent => ({
    routerId: router.id,
    status: 'start',
    acctSessionId: `8000${sessionId.slice(-4)}`,
    username: 'warga',
    sessionId,
    mac,
    framedIp: `172.16.0.${phones}`,
    inputOctets: 0,
    outputOctets: 0,
    seconds: 0,
    eventAt: START_MS,
    day: DAY,
    hour: `${DAY}T21`,
    cause: null,
  });
  return {
    router,
    online: async (over = {}) => {
      const accountId = over.accountId ?? (await seedVoucher(store, 'desa')).id;
      phones += 1;
      const mac = `AA:BB:CC:00:01:${phones.toString(16).padStart(2, '0').toUpperCase()}`;
      const opened = await store.openLogin({
        proof: { kind: 'account', accountKind: 'voucher', accountId, username: 'warga' },
        ...NO_LIMITS,
        validUntil: null,
        routerId: router.id,
        devices: 9,
        whenFull: 'refuse',
        at: START_MS,
        ...over,
        mac,
      });
      if (opened.outcome !== 'opened') throw new Error(opened.outcome);
      const { sessionId } = opened;
      const routerId = over.routerId ?? router.id;
      await store.recordAccounting({ ...event(sessionId, mac), routerId });
      return { sessionId, accountId, mac };
    },
    report: async ({ sessionId, mac }, over) => {
      await store.recordAccounting({ ...event(sessionId, mac), status: 'interim', ...over });
    },
  };
}

/** Values of a counter, by the values of its labels joined with a space. */
export async function counted(
  metrics: Metrics,
  name: string,
): Promise<Readonly<Record<string, number>>> {
  const family = (await metrics.json()).find((metric) => metric.name === name);
  return Object.fromEntries(
    (family?.values ?? []).map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  );
}
