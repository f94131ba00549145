/** The Disconnect client against a real socket that plays the NAS. */
import { createHash } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { addressOf, decodePacket, numberOf, type Packet, textOf } from '../../../radius/codec.ts';
import { type Enforcer, startEnforcer } from '../../../radius/enforce.ts';
import { MAC, NAS_SECRET, SILENT, START_MS } from '../../../radius/radius.fixture.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import { requestHolds } from '../../../radius/sign.ts';
import { bind, closeSocket } from '../../../radius/sockets.ts';
import type { Nas, PendingEnforcement, Session } from '../../../store/types.ts';

const HOST = '127.0.0.1';
const cleanup: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of cleanup.splice(0).toReversed()) await close();
});

type NasAnswer = 'ack' | 'gone' | 'refuse' | 'silence' | 'forge';

/** A NAS that answers the n-th Disconnect-Request with the n-th answer, then with the last. */
async function startNas(answers: readonly NasAnswer[]) {
  const socket = await bind(HOST, 0);
  const heard: Buffer[] = [];
  socket.on('message', (datagram: Buffer, from: RemoteInfo) => {
    const answer = answers[Math.min(heard.length, answers.length - 1)]!;
    heard.push(datagram);
    if (answer !== 'silence') socket.send(reply(datagram, answer), from.port, from.address);
  });
  cleanup.push(() => closeSocket(socket));
  return { port: socket.address().port, heard };
}

/** Written with node:crypto, so that our own signing cannot vouch for itself. */
function reply(request: Buffer, answer: NasAnswer): Buffer {
  const cause = { ack: '', gone: '6506000001f7', refuse: '6506000001f5', forge: '', silence: '' };
  const attributes = Buffer.from(cause[answer], 'hex');
  const head = Buffer.from([answer === 'ack' || answer === 'forge' ? 41 : 42, request[1]!, 0, 0]);
  head.writeUInt16BE(20 + attributes.length, 2);
  const authenticator = createHash('md5')
    .update(Buffer.concat([head, request.subarray(4, 20), attributes]))
    .update(answer === 'forge' ? 'another secret' : NAS_SECRET)
    .digest();
  return Buffer.concat([head, authenticator, attributes]);
}

function pendingOn(
  routerId: string,
  coaPort: number,
  id: string,
  attempts = 0,
): PendingEnforcement {
  const nas: Nas = {
    routerId,
    router: routerId,
    village: 'v',
    district: 'd',
    address: HOST,
    coaPort,
    secret: NAS_SECRET,
    requireMessageAuthenticator: 'yes',
    limitProxyState: 'yes',
    openingHours: null,
    timeZone: null,
  };
  const session: Session = {
    id,
    routerId,
    router: routerId,
    villageCode: 'v',
    accountKind: 'voucher',
    accountId: 'a',
    username: 'sw-abc',
    mac: MAC,
    framedIp: '172.16.0.9',
    acctSessionId: '80000001',
    state: 'open',
    startedAt: START_MS,
    updatedAt: START_MS,
    stoppedAt: null,
    stopCause: null,
    inputOctets: 0,
    outputOctets: 0,
    seconds: 0,
    sessionTimeoutSeconds: null,
    totalLimitOctets: null,
    tariffId: null,
    rate: null,
  };
  const limits = { rate: null, sessionTimeoutSeconds: null, totalLimitOctets: null };
  const action = 'disconnect';
  return { session, nas, action, limits, requestedAt: START_MS, reason: 'revoked', attempts };
}

interface Setup {
  readonly enforcer: Enforcer;
  readonly recorded: string[];
  readonly clock: SteppedClock;
  readonly outcomes: () => Promise<Record<string, number>>;
}

function setup(pending: readonly PendingEnforcement[], timeoutMs = 1000): Setup {
  const clock = steppedClock(START_MS);
  const metrics = createMetrics();
  const recorded: string[] = [];
  const settled = new Set<string>();
  const put = new Map<string, number>();
  const enforcer = startEnforcer({
    store: {
      enforcementWaits: async () => true,
      claimEnforcement: async ({ at }) =>
        pending.filter((p) => !settled.has(p.session.id) && (put.get(p.nas.routerId) ?? 0) <= at),
      recordEnforcement: async ({ sessionId, outcome }) => {
        recorded.push(`${sessionId} ${outcome}`);
        if (outcome !== 'failed') settled.add(sessionId);
      },
      deferEnforcement: async ({ routerId, until }) => void put.set(routerId, until),
      requestDisconnect: async () => true,
    },
    clock,
    log: SILENT,
    metrics,
    sourceAddress: HOST,
    timeoutMs,
    tries: 3,
  });
  cleanup.push(async () => enforcer[Symbol.asyncDispose]());
  const outcomes = async (): Promise<Record<string, number>> => {
    const all = await metrics.json();
    const family = all.find((m) => m.name === 'smartwifi_radius_disconnects_total');
    return Object.fromEntries((family?.values ?? []).map((v) => [`${v.labels.outcome}`, v.value]));
  };
  return { enforcer, recorded, clock, outcomes };
}

describe('the enforcer', () => {
  it('names the session as RFC 5176 asks and signs in the right order', async () => {
    const nas = await startNas(['ack']);
    const { enforcer, recorded } = setup([pendingOn('r1', nas.port, 's1')]);

    await enforcer.enforceNow();

    const request: Packet = decodePacket(nas.heard[0]!);
    expect(request.code).toBe(40);
    expect(request.messageAuthenticatorAt).toBe(22);
    expect(requestHolds(request, radiusSecret(NAS_SECRET))).toBe(true);
    expect(textOf(request, 'User-Name')).toBe('sw-abc');
    expect(textOf(request, 'Acct-Session-Id')).toBe('80000001');
    expect(addressOf(request, 'Framed-IP-Address')).toBe('172.16.0.9');
    expect(addressOf(request, 'NAS-IP-Address')).toBe(HOST);
    expect(numberOf(request, 'Event-Timestamp')).toBe(START_MS / 1000);
    expect(recorded).toEqual(['s1 acked']);
  });

  it.each([
    ['acked', 'ack', 'acked'],
    ['gone', 'gone', 'gone'],
    ['failed', 'refuse', 'refused'],
  ] as const)('records %s when the NAS says %s', async (outcome, answer, counted) => {
    const nas = await startNas([answer]);
    const { enforcer, recorded, outcomes } = setup([pendingOn('r1', nas.port, 's1')]);

    await enforcer.enforceNow();

    expect(recorded).toEqual([`s1 ${outcome}`]);
    expect(await outcomes()).toEqual({ [counted]: 1 });
  });

  it('repeats the same octets until there is an answer', async () => {
    const nas = await startNas(['silence', 'silence', 'ack']);
    const { enforcer, recorded } = setup([pendingOn('r1', nas.port, 's1')], 100);

    await enforcer.enforceNow();

    expect(nas.heard).toHaveLength(3);
    expect(nas.heard[2]).toEqual(nas.heard[0]);
    expect(recorded).toEqual(['s1 acked']);
  });

  it('does not believe an answer under another secret', async () => {
    const nas = await startNas(['forge']);
    const { enforcer, recorded, outcomes } = setup([pendingOn('r1', nas.port, 's1')], 20);

    await enforcer.enforceNow();

    expect(recorded).toEqual(['s1 failed']);
    expect(await outcomes()).toEqual({ unanswered: 1 });
  });

  it('a silent router costs one session an attempt, delays no other, and is left alone a while', async () => {
    const silent = await startNas(['silence']);
    const lively = await startNas(['ack']);
    const { enforcer, recorded, clock } = setup(
      [
        pendingOn('r1', silent.port, 's1'),
        pendingOn('r1', silent.port, 's2'),
        pendingOn('r2', lively.port, 's3'),
      ],
      100,
    );

    await enforcer.enforceNow();
    const first = [...recorded];
    await enforcer.enforceNow();
    const second = [...recorded];
    clock.advance(2000);
    await enforcer.enforceNow();

    expect(first.toSorted()).toEqual(['s1 failed', 's3 acked']);
    expect(first[0]).toBe('s3 acked');
    expect(second).toEqual(first);
    expect(recorded.at(-1)).toBe('s1 failed');
    expect(recorded).toHaveLength(3);
  });

  it('gives every request of one NAS an identifier of its own', async () => {
    const nas = await startNas(['ack']);
    const many = Array.from({ length: 20 }, (_, i) => pendingOn('r1', nas.port, `s${i}`));
    const { enforcer, recorded } = setup(many);

    await enforcer.enforceNow();

    expect(recorded).toHaveLength(20);
    expect(new Set(nas.heard.map((datagram) => datagram[1])).size).toBe(20);
  });
});
