/**
 * Two RADIUS processes on one port and one PostgreSQL. One is killed in a load of logins and
 * accounting; the NAS sends again what was not answered, the same bytes, and the other answers.
 */
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { AcctStatus, Code } from '../../../radius/attributes.ts';
import { type AttributeValue, decodePacket, type Packet, textOf } from '../../../radius/codec.ts';
import { accessRequest, accountingRequest, seedTariff } from '../../../radius/radius.fixture.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { Router } from '../../../store/types.ts';
import { type Cluster, postgresInstalled, startCluster } from '../../fixtures/postgres.ts';
import { newRouter, village } from '../../fixtures/rows.ts';
import { type ServeProcess, serveProcess } from '../../fixtures/serve-process.ts';

const hasPostgres = await postgresInstalled();

const HOST = '127.0.0.1';
const NAS = '127.0.0.77';
const SECRET = newRouter.nasSecret;
/** NAS sockets: the kernel spreads them over the two processes. */
const LANES = 24;
const SESSIONS_PER_LANE = 2;
/** These begin, with a login each, when the first process no longer answers. */
const LATE_LANES = 12;
const FREEZE_AFTER = 60;
const RETRANSMIT_MS = 1000;
const TOTALS = [1000, 4000, 9000] as const;

let directory: string;
let cluster: Cluster;
let store: Store;
let router: Router;
let voucher: string;
let ports: { auth: number; acct: number };
let processes: ChildProcess[];

beforeAll(async () => {
  if (!hasPostgres) return;
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-processes-'));
  cluster = await startCluster();
  const options = { store: await cluster.database(), keyFile: join(directory, 'store.key') };
  ({ store } = await openStore(options));
  await store.importVillages({ villages: [village], at: Date.now() });
  router = await store.addRouter({ ...newRouter, address: NAS, at: Date.now() });
  const tariff = await seedTariff(store, 'G', { devices: 999 });
  const batch = { tariff, count: 1, villageCode: null, batch: 'a', at: Date.now() };
  voucher = (await store.createVouchers(batch))[0]!.id;
  const first = await serve(options, { auth: 0, acct: 0 });
  const second = await serve(options, first.ports);
  ({ ports } = first);
  processes = [first.child, second.child];
}, 120_000);

afterAll(async () => {
  if (!hasPostgres) return;
  for (const child of processes ?? []) child.kill('SIGKILL');
  await store[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function serve(
  options: { store: string; keyFile: string },
  at: { auth: number; acct: number },
): Promise<ServeProcess> {
  const file = join(directory, 'smartwifi.yaml');
  const radius = {
    auth: `${HOST}:${at.auth}`,
    acct: `${HOST}:${at.acct}`,
    portalSecret: 'shared-with-a-portal-elsewhere',
  };
  const rest = { metrics: { listen: `${HOST}:0` }, log: { level: 'silent' } };
  await writeFile(file, stringify({ ...options, radius, ...rest }));
  return serveProcess(['radius'], { cwd: directory, file });
}

interface Load {
  answered: number;
  /** Logins that were sent more than once. */
  repeatedLogins: Set<string>;
  onAnswer: () => void;
  onRepeatedLogin: () => void;
}

/** A phone whose session the portal has already let in: what is left is the NAS's part. */
interface Arrival {
  readonly acctSessionId: string;
  readonly mac: string;
  readonly username: string;
  readonly token: string;
}

/** One packet at a time from a socket of its own; the same bytes again until there is an answer. */
async function lane(load: Load, name: string, arrivals: readonly Arrival[]): Promise<void> {
  const socket = createSocket('udp4').bind(0, NAS);
  await once(socket, 'listening');
  let identifier = 0;
  const exchange = async (bytes: Buffer, port: number): Promise<Packet> => {
    let sent = 0;
    const send = (): void => {
      sent += 1;
      socket.send(bytes, port, HOST);
      if (sent > 1 && bytes[0] === Code.accessRequest) {
        load.repeatedLogins.add(`${name}/${bytes[1]}`);
        load.onRepeatedLogin();
      }
    };
    const again = setInterval(send, RETRANSMIT_MS);
    send();
    for (;;) {
      const [datagram] = (await once(socket, 'message')) as [Buffer];
      if (datagram[1] !== bytes[1]) continue;
      clearInterval(again);
      load.answered += 1;
      load.onAnswer();
      return decodePacket(datagram);
    }
  };
  for (const arrival of arrivals) {
    const reply = await exchange(login(arrival, identifier++), ports.auth);
    for (const packet of accountingOf(arrival, sessionOf(reply))) {
      await exchange(packet(identifier++), ports.acct);
    }
  }
  socket.close();
}

/**
 * Tokens for every session, before any process stops answering: one that is frozen keeps the locks of what
 * it was writing until PostgreSQL gives it up, and this test is about the NAS, which only has to ask again.
 */
async function arrivalsOf(name: string, sessions: number): Promise<Arrival[]> {
  return await Promise.all(
    Array.from({ length: sessions }, async (_, i) => {
      const mac = `02:00:00:${name.slice(0, 2)}:${name.slice(2)}:0${i}`.toUpperCase();
      const { username, token } = await store.issueToken({
        accountKind: 'voucher',
        accountId: voucher,
        mac,
        routerId: router.id,
        at: Date.now(),
        ttlMs: 120_000,
      });
      return { acctSessionId: `${name}${i}`, mac, username, token };
    }),
  );
}

/** With a token, as the portal hands phones back. */
function login({ mac, username, token }: Arrival, identifier: number): Buffer {
  const more: AttributeValue[] = [['Calling-Station-Id', mac]];
  return accessRequest({ username, password: token, secret: SECRET, identifier, more }).bytes;
}

function sessionOf(reply: Packet): string {
  if (reply.code === Code.accessAccept) return textOf(reply, 'Class')!;
  throw new Error(`a login was refused: ${textOf(reply, 'Reply-Message')}`);
}

function accountingOf(
  { acctSessionId, mac }: Arrival,
  bound: string,
): ((identifier: number) => Buffer)[] {
  const statuses = [AcctStatus.start, AcctStatus.interim, AcctStatus.interim, AcctStatus.stop];
  return statuses.map((status, i) => (identifier: number) => {
    const attributes: AttributeValue[] = [
      ['Acct-Status-Type', status],
      ['Acct-Session-Id', acctSessionId],
      ['User-Name', 'sw'],
      ['Calling-Station-Id', mac],
      ['Class', bound],
      ['Acct-Input-Octets', i === 0 ? 0 : TOTALS[i - 1]!],
    ];
    return accountingRequest(attributes, radiusSecret(SECRET), identifier);
  });
}

it.skipIf(!hasPostgres)(
  'the other process answers what the killed one did not; nothing is lost or doubled',
  async () => {
    const [first, second] = processes as [ChildProcess, ChildProcess];
    const frozen = Promise.withResolvers<void>();
    const repeated = Promise.withResolvers<void>();
    const load: Load = {
      answered: 0,
      repeatedLogins: new Set(),
      onAnswer: () => {
        if (load.answered !== FREEZE_AFTER) return;
        first.kill('SIGSTOP');
        frozen.resolve();
      },
      onRepeatedLogin: repeated.resolve,
    };
    const name = (i: number): string => i.toString(16).padStart(4, '0');
    const arrivals = await Promise.all(
      Array.from({ length: LANES + LATE_LANES }, (_, i) =>
        arrivalsOf(name(i), i < LANES ? SESSIONS_PER_LANE : 1),
      ),
    );
    const begin = async (from: number, to: number): Promise<void> => {
      await Promise.all(
        arrivals.slice(from, to).map((some, i) => lane(load, name(from + i), some)),
      );
    };
    const early = begin(0, LANES);
    await Promise.race([frozen.promise, early]);
    const late = begin(LANES, LANES + LATE_LANES);
    const all = Promise.all([early, late]);
    await Promise.race([repeated.promise, all]);
    const ended = once(first, 'exit');
    first.kill('SIGKILL');
    await ended;

    await all;

    const logins = LANES * SESSIONS_PER_LANE + LATE_LANES;
    expect(load.repeatedLogins.size).toBeGreaterThan(0);
    expect(second.exitCode).toBeNull();
    const sessions = await store.listSessions({ routerId: router.id, limit: 9999 });
    const total = TOTALS[2];
    expect(sessions).toHaveLength(logins);
    expect(new Set(sessions.map(({ inputOctets }) => inputOctets))).toEqual(new Set([total]));
    expect(sessions.filter(({ stoppedAt }) => stoppedAt === null)).toEqual([]);
    const [totals] = await store.routerTotals();
    expect(totals).toMatchObject({ inputOctets: logins * total });
  },
  240_000,
);
