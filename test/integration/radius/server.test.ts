/** The server over real sockets: our own client, FreeRADIUS's radclient and npm `radius` as peers. */
import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../../lib/clock.ts';
import { createMetrics, type Metrics } from '../../../lib/metrics.ts';
import { createRadiusClient } from '../../../radius/client.ts';
import { textOf } from '../../../radius/codec.ts';
import {
  accessRequest,
  accountingRequest,
  decodeReply,
  MAC,
  NAS_SECRET,
  SILENT,
  seedRouters,
  seedSubscriber,
  seedTariff,
  seedVoucher,
  TIME_ZONE,
} from '../../../radius/radius.fixture.ts';
import { type RadiusServer, startRadius } from '../../../radius/server.ts';
import { bind, closeSocket } from '../../../radius/sockets.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import { installed } from '../../fixtures/installed.ts';

const hasRadclient = await installed('radclient of FreeRADIUS', 'radclient', ['-v']);

const HOST = '127.0.0.1';
const PORTAL_SECRET = 'rahasia-portal-wifi';
let folder: string;
let store: Store;
let metrics: Metrics;
/** The NAS is at 127.0.0.1. */
let server: RadiusServer;
/** The portal is at 127.0.0.1. */
let portalServer: RadiusServer;
let voucher: { id: string; code: string };
let nas: Socket;

function start(over: Store, portalAddress: string, registry: Metrics): Promise<RadiusServer> {
  return startRadius({
    auth: { host: HOST, port: 0 },
    acct: { host: HOST, port: 0 },
    store: over,
    clock: realClock,
    log: SILENT,
    metrics: registry,
    timeZone: TIME_ZONE,
    interimSeconds: 300,
    portal: { address: portalAddress, secret: PORTAL_SECRET },
    rejectDelayMs: 30,
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'radius-server-'));
  const opened = await openStore({
    store: `sqlite:${join(folder, 'test.db')}`,
    keyFile: join(folder, 'store.key'),
  });
  store = opened.store;
  await seedRouters(store, HOST);
  voucher = await seedVoucher(store, await seedTariff(store, 'G', { devices: 9 }));
  await seedSubscriber(store, 'siti', 'sandi-siti', 'G');
  metrics = createMetrics();
  server = await start(store, '127.0.0.9', metrics);
  portalServer = await start(store, HOST, createMetrics());
  nas = await bind(HOST, 0);
});

afterAll(async () => {
  await closeSocket(nas);
  await server[Symbol.asyncDispose]();
  await portalServer[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function ask(bytes: Buffer, port: number): Promise<Buffer> {
  const answered = once(nas, 'message');
  nas.send(bytes, port, HOST);
  const [datagram] = (await answered) as [Buffer];
  return datagram;
}

async function dropped(reason: string): Promise<number> {
  const family = (await metrics.json()).find((m) => m.name === 'smartwifi_radius_dropped_total');
  return family?.values.find((v) => v.labels.reason === reason)?.value ?? 0;
}

describe('the server', () => {
  it('lets a phone in and repeats its reply, octet for octet', async () => {
    const { bytes } = accessRequest({ username: voucher.code, password: voucher.code });

    const replies = [await ask(bytes, server.authPort), await ask(bytes, server.authPort)];

    expect(decodeReply(replies[0]!).code).toBe(2);
    expect(replies[1]).toEqual(replies[0]);
  });

  it('answers accounting from the port that was asked', async () => {
    const bytes = accountingRequest([
      ['Acct-Status-Type', 1],
      ['Acct-Session-Id', '80000009'],
      ['User-Name', 'x'],
      ['Calling-Station-Id', MAC],
    ]);

    expect(decodeReply(await ask(bytes, server.acctPort)).code).toBe(5);
  });

  it('gives no reply to what it cannot read, and goes on', async () => {
    const before = await dropped('malformed');
    const good = accessRequest({ username: MAC, password: '' }).bytes;
    const answers: Buffer[] = [];
    const listen = (datagram: Buffer): void => void answers.push(datagram);
    nas.on('message', listen);
    for (const bytes of [Buffer.alloc(1), good.subarray(0, 25), Buffer.alloc(4000)]) {
      nas.send(bytes, server.authPort, HOST);
    }
    const [reply] = await Promise.all([ask(good, server.authPort)]);
    nas.off('message', listen);

    expect(decodeReply(reply).code).toBe(3);
    expect(answers).toHaveLength(1);
    expect(await dropped('malformed')).toBe(before + 3);
  });

  it('holds a wrong password back without holding up the next request', async () => {
    const order: string[] = [];
    const wrong = accessRequest({ username: 'AB-CD', password: 'AB-CD', identifier: 7 }).bytes;
    const right = accessRequest({ username: MAC, password: '', identifier: 8 }).bytes;
    const listen = (datagram: Buffer): void => void order.push(`${datagram[1]}`);
    nas.on('message', listen);
    nas.send(wrong, server.authPort, HOST);
    await ask(right, server.authPort);
    await once(nas, 'message');
    nas.off('message', listen);

    expect(order).toEqual(['8', '7']);
  });

  it('says which address could not be bound', async () => {
    const taken = { host: HOST, port: server.authPort };
    const options = { auth: taken, acct: { host: HOST, port: 0 }, store, clock: realClock };
    const rest = {
      log: SILENT,
      metrics: createMetrics(),
      timeZone: TIME_ZONE,
      interimSeconds: 300,
    };
    const portal = { address: HOST, secret: PORTAL_SECRET };

    await expect(startRadius({ ...options, ...rest, portal })).rejects.toMatchObject({
      code: 'RADIUS_LISTEN',
    });
  });

  it('on a wildcard, replies from the very address that was asked', async () => {
    const wild = await startRadius({
      auth: { host: '0.0.0.0', port: 0 },
      acct: { host: '0.0.0.0', port: 0 },
      store,
      clock: realClock,
      log: SILENT,
      metrics: createMetrics(),
      timeZone: TIME_ZONE,
      interimSeconds: 300,
      portal: { address: '127.0.0.9', secret: PORTAL_SECRET },
    });
    await using _ = wild;
    const { bytes } = accessRequest({ username: MAC, password: '' });
    const answered = once(nas, 'message');
    nas.send(bytes, wild.authPort, HOST);

    const [, from] = (await answered) as [Buffer, { address: string; port: number }];

    expect(from).toMatchObject({ address: HOST, port: wild.authPort });
  });
});

describe('the client', () => {
  const request = { router: 'rt-teladan', mac: MAC, framedIp: '172.16.0.9' };
  const client = (port: number, secret = PORTAL_SECRET) =>
    createRadiusClient({ server: { host: HOST, port }, secret, timeoutMs: 2000, tries: 2 });

  it('learns the account of a voucher and of a subscriber', async () => {
    await using radius = client(portalServer.authPort);

    const byVoucher = await radius.authenticate({
      ...request,
      username: voucher.code,
      password: voucher.code,
    });
    const byName = await radius.authenticate({
      ...request,
      username: 'siti',
      password: 'sandi-siti',
    });

    expect(byVoucher).toMatchObject({ account: { kind: 'voucher', id: voucher.id, epoch: 0 } });
    expect(byName).toMatchObject({ kind: 'accept', account: { kind: 'subscriber' } });
  });

  it('learns the code and the text of a refusal', async () => {
    await using radius = client(portalServer.authPort);

    const result = await radius.authenticate({ ...request, username: 'siti', password: 'salah' });

    expect(result).toEqual({
      kind: 'reject',
      code: 'SW-BADCRED',
      text: 'Nama pengguna, kata sandi, atau kode voucher salah',
    });
  });

  it('asks 280 questions at once, each on an identifier of its own', async () => {
    await using radius = client(portalServer.authPort);
    const vouchers = await store.createVouchers({
      tariff: 'G',
      count: 280,
      villageCode: null,
      batch: 'banyak',
      at: realClock.now(),
    });

    const results = await Promise.all(
      vouchers.map(({ code }, i) =>
        radius.authenticate({
          ...request,
          mac: `AA:BB:CC:01:${Math.floor(i / 90) + 10}:${(i % 90) + 10}`,
          username: code,
          password: code,
        }),
      ),
    );

    const accounts = results.flatMap((r) => (r.kind === 'accept' ? [r.account.id] : []));
    expect(accounts).toEqual(vouchers.map(({ id }) => id));
  });

  it.each([
    ['a password over 128 octets', { username: 'a', password: 'x'.repeat(129) }],
    ['a name over 253 octets', { username: 'x'.repeat(254), password: 'x' }],
    ['no password', { username: 'a', password: '' }],
  ])('refuses %s without sending it', async (_name, login) => {
    await using radius = client(9);

    expect(await radius.authenticate({ ...request, ...login })).toMatchObject({
      kind: 'reject',
      code: 'SW-BADCRED',
    });
  });

  it('is told "unreachable" when nobody answers', async () => {
    const deaf = await bind(HOST, 0);
    const heard: Buffer[] = [];
    deaf.on('message', (datagram) => void heard.push(datagram));
    await using radius = createRadiusClient({
      server: { host: HOST, port: deaf.address().port },
      secret: PORTAL_SECRET,
      timeoutMs: 20,
      tries: 3,
    });

    const result = await radius.authenticate({ ...request, username: 'a', password: 'b' });
    while (heard.length < 3) await once(deaf, 'message');
    await closeSocket(deaf);

    expect(result).toEqual({ kind: 'unreachable' });
    expect(heard).toHaveLength(3);
    expect(heard[1]).toEqual(heard[0]);
  });

  it('asks another server about people, and never shows it a voucher, sealed or not', async () => {
    const other = await bind(HOST, 0);
    let asked = 0;
    other.on('message', () => {
      asked += 1;
    });
    await using radius = createRadiusClient({
      ...{ server: { host: HOST, port: portalServer.authPort }, secret: PORTAL_SECRET },
      elsewhere: {
        ...{ server: { host: HOST, port: other.address().port }, secret: 'rahasia-kampus-lama' },
        ...{ timeoutMs: 20, tries: 1, accountOf: async () => 'SW-ERROR' },
      },
    });
    const ask = async (username: string, password: string): Promise<number> => {
      await radius.authenticate({ ...request, username, password });
      return asked;
    };

    const vouchers = [await ask('ACDEFGHJKMN3', 'ACDEFGHJKMN3'), await ask('ACDE', 'ACDE.x1y2')];
    await ask('pegawai', 'sandi orang lain');
    while (asked === 0) await once(other, 'message');
    await closeSocket(other);

    expect(vouchers).toEqual([0, 0]);
    expect(asked).toBe(1);
  });

  it('takes no reply that is forged, unsigned or for another request', async () => {
    const forger = await bind(HOST, 0);
    forger.on('message', (datagram, from) => {
      const accept = Buffer.from([2, datagram[1]!, 0, 20, ...datagram.subarray(4, 20)]);
      forger.send(accept, from.port, from.address);
      forger.send(Buffer.alloc(3), from.port, from.address);
    });
    await using radius = createRadiusClient({
      server: { host: HOST, port: forger.address().port },
      secret: PORTAL_SECRET,
      timeoutMs: 20,
      tries: 2,
    });

    const result = await radius.authenticate({ ...request, username: 'a', password: 'b' });
    await closeSocket(forger);

    expect(result).toEqual({ kind: 'unreachable' });
  });
});

describe('oracles', () => {
  const run = promisify(execFile);
  it.skipIf(!hasRadclient)(
    'radclient of FreeRADIUS logs in, is refused, accounts and asks for the status',
    async () => {
      const radclient = async (what: string, port: number, attributes: string): Promise<string> => {
        const file = join(folder, `${what}-${port}-${attributes.length}.txt`);
        await writeFile(file, `${attributes}\n`);
        const target = `${HOST}:${port}`;
        const args = ['-x', '-r', '2', '-t', '2', '-f', file, target, what, NAS_SECRET];
        const done = await run('radclient', args).catch((error: { stdout: string }) => error);
        return done.stdout;
      };
      const login = `User-Name=${voucher.code},User-Password=${voucher.code},Calling-Station-Id=${MAC},Message-Authenticator=0x00`;
      const signed = 'Message-Authenticator=0x00';
      const interim = `Acct-Status-Type=Interim-Update,Acct-Session-Id=81,User-Name=x,Calling-Station-Id=${MAC},Acct-Input-Octets=5`;

      const [accepted, refused, accounted, status] = await Promise.all([
        radclient('auth', server.authPort, login),
        radclient('auth', server.authPort, `User-Name=x-y,User-Password=x-y,${signed}`),
        radclient('acct', server.acctPort, interim),
        radclient('status', server.authPort, signed),
      ]);

      expect(accepted).toMatch(/Received Access-Accept[\s\S]*Message-Authenticator[\s\S]*Class/);
      expect(refused).toMatch(/Received Access-Reject[\s\S]*Reply-Message = "SW-BADCRED /);
      expect(accounted).toContain('Received Accounting-Response');
      expect(status).toContain('Received Access-Accept');
    },
  );

  it('npm radius reads our reply and makes a request that we read', async () => {
    const oracle = createRequire(import.meta.url)('radius') as RadiusOracle;
    const packet = oracle.encode({
      code: 'Access-Request',
      secret: NAS_SECRET,
      identifier: 77,
      attributes: [
        ['User-Name', voucher.code],
        ['User-Password', voucher.code],
        ['Calling-Station-Id', MAC],
      ],
      add_message_authenticator: true,
    });
    const socket = createSocket('udp4');
    const answered = once(socket, 'message');
    socket.send(packet, server.authPort, HOST);
    const [reply] = (await answered) as [Buffer];
    await closeSocket(socket);

    const decoded = oracle.decode({ packet: reply, secret: NAS_SECRET });
    const verified = oracle.verify_response({
      request: packet,
      response: reply,
      secret: NAS_SECRET,
    });

    expect(decoded.code).toBe('Access-Accept');
    expect(decoded.attributes.Class.toString()).toBe(textOf(decodeReply(reply), 'Class'));
    expect(verified).toBe(true);
  });
});

interface RadiusOracle {
  encode(packet: object): Buffer;
  decode(what: object): { code: string; attributes: { Class: Buffer } };
  verify_response(what: object): boolean;
}
