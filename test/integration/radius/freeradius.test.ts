/** The two set-ups of docs/radius.md with a real FreeRADIUS, from the files in config/examples. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import { realClock } from '../../../lib/clock.ts';
import type { RadiusClient } from '../../../radius/client.ts';
import { authenticatorOf, decodePacket, type Packet, textOf } from '../../../radius/codec.ts';
import {
  accessRequest,
  accountingRequest,
  MAC,
  SILENT,
  seedSubscriber,
  seedTariff,
  seedVoucher,
} from '../../../radius/radius.fixture.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import { responseHolds } from '../../../radius/sign.ts';
import { portalRadiusClient } from '../../../scripts/serve/radius-role.ts';
import { freeUdpPort, startFreeRadius } from '../../fixtures/freeradius.ts';
import { installed } from '../../fixtures/installed.ts';
import {
  counted,
  HOST,
  type NasSocket,
  PORTAL_SECRET,
  radiusStand,
  type Served,
  type Stand,
} from '../../fixtures/radius-stand.ts';

const hasFreeRadius = await installed('freeradius', 'freeradius', ['-v']);

const EXAMPLES = join(import.meta.dirname, '../../../config/examples/freeradius');
const ROUTER_SECRET = 'ganti-rahasia-router-ini';
const PROXY_SECRET = 'ganti-rahasia-proxy-ini';
const CAMPUS_SECRET = 'ganti-rahasia-portal-ini';
const RESPONSES = 'smartwifi_radius_responses_total';
const RETRANSMIT_MS = 3000;
const MAX_SENDS = 8;

/** The example's files, with what differs on loopback put in its place. */
async function example(
  name: string,
  changes: readonly (readonly [string, string])[],
): Promise<Record<string, string>> {
  const folder = join(EXAMPLES, name);
  const files: Record<string, string> = {};
  for (const file of await readdir(folder))
    files[file] = await readFile(join(folder, file), 'utf8');
  for (const [was, is] of changes) {
    const found = Object.keys(files).filter((file) => files[file]!.includes(was));
    if (found.length === 0) throw new Error(`the example has no ${was}`);
    for (const file of found) files[file] = files[file]!.replaceAll(was, is);
  }
  return files;
}

/** As a router does: the same bytes again until there is an answer to them. */
function insist({ socket }: NasSocket, bytes: Buffer, port: number): Promise<Packet> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    const send = (): void => {
      sent += 1;
      if (sent > MAX_SENDS) end(() => reject(new Error(`no reply to packet ${bytes[1]}`)));
      else socket.send(bytes, port, HOST);
    };
    const hear = (datagram: Buffer): void => {
      if (datagram[1] === bytes[1]) end(() => resolve(decodePacket(datagram)));
    };
    const again = setInterval(send, RETRANSMIT_MS);
    const end = (then: () => void): void => {
      clearInterval(again);
      socket.off('message', hear);
      then();
    };
    socket.on('message', hear);
    send();
  });
}

describe.skipIf(!hasFreeRadius)('FreeRADIUS in front of two nodes', () => {
  let stand: Stand;
  let nodes: Served[];
  let ports: { auth: number; acct: number };

  beforeAll(async () => {
    stand = await radiusStand({ routerAddress: '127.0.0.2' });
    const proxies = [{ address: HOST, secret: PROXY_SECRET }];
    nodes = [await stand.serve({ proxies }), await stand.serve({ proxies })];
    ports = { auth: await freeUdpPort(), acct: await freeUdpPort() };
  });

  afterAll(() => stand[Symbol.asyncDispose]());

  const front = (directory: string): Promise<Record<string, string>> => {
    const node = (at: string, type: string, port: number, is: number): [string, string] => [
      `type = ${type}\n  ipaddr = ${at}\n  port = ${port}\n`,
      `type = ${type}\n  ipaddr = ${HOST}\n  port = ${is}\n`,
    ];
    const [one, two] = nodes;
    return example('front', [
      ['raddbdir = /etc/freeradius/smartwifi', `raddbdir = ${directory}`],
      ['/var/log/freeradius', directory],
      ['/run/freeradius', directory],
      ['ipaddr = 10.255.0.0/16', `ipaddr = 127.0.0.0/8`],
      [
        'type = auth\n    ipaddr = 10.255.0.10\n    port = 1812',
        `type = auth\n    ipaddr = ${HOST}\n    port = ${ports.auth}`,
      ],
      [
        'type = acct\n    ipaddr = 10.255.0.10\n    port = 1813',
        `type = acct\n    ipaddr = ${HOST}\n    port = ${ports.acct}`,
      ],
      node('10.255.0.11', 'auth', 1812, one!.authPort),
      node('10.255.0.11', 'acct', 1813, one!.acctPort),
      node('10.255.0.12', 'auth', 1812, two!.authPort),
      node('10.255.0.12', 'acct', 1813, two!.acctPort),
    ]);
  };

  it('a node dies and nobody notices; nothing is counted twice', async () => {
    const directory = join(stand.folder, 'front');
    await using _ = await startFreeRadius(directory, await front(directory));
    const { store } = stand;
    const nas = await stand.nas('127.0.0.2');
    const secret = radiusSecret(ROUTER_SECRET);
    const router = ['NAS-Identifier', 'rt-teladan'] as const;
    const voucher = await seedVoucher(store, 'G');
    const logIn = (identifier: number, mac: string): Buffer =>
      accessRequest({
        username: voucher.code,
        password: voucher.code,
        secret: ROUTER_SECRET,
        identifier,
        more: [['Calling-Station-Id', mac], router],
      }).bytes;
    const account = (identifier: number, status: number, octets: number, bound: string): Buffer =>
      accountingRequest(
        [
          router,
          ['Acct-Status-Type', status],
          ['Acct-Session-Id', '80000001'],
          ['User-Name', voucher.code],
          ['Calling-Station-Id', MAC],
          ['Acct-Input-Octets', octets],
          ['Class', bound],
        ],
        secret,
        identifier,
      );
    const login = logIn(1, MAC);

    const accepted = await insist(nas, login, ports.auth);
    const bound = textOf(accepted, 'Class')!;
    await insist(nas, account(2, 1, 0, bound), ports.acct);
    await nodes[0]![Symbol.asyncDispose]();
    const interim = await insist(nas, account(3, 3, 5000, bound), ports.acct);
    await insist(nas, account(4, 3, 5000, bound), ports.acct);
    const second = await insist(nas, logIn(5, 'AA:BB:CC:00:00:09'), ports.auth);
    const stop = await insist(nas, account(6, 2, 7000, bound), ports.acct);

    expect([accepted, interim, second, stop].map(({ code }) => code)).toEqual([2, 5, 2, 5]);
    expect(accepted.messageAuthenticatorAt).not.toBe(-1);
    expect(responseHolds(accepted, authenticatorOf(decodePacket(login)), secret)).toBe(true);
    expect(await counted(nodes[0]!.metrics, RESPONSES, { code: 'access_accept' })).toBe(1);
    expect(await counted(nodes[1]!.metrics, RESPONSES, { code: 'access_accept' })).toBe(1);
    const sessions = await store.listSessions({ routerId: stand.router.id, limit: 9 });
    expect(sessions).toHaveLength(2);
    expect(sessions.find(({ id }) => id === bound)).toMatchObject({ inputOctets: 7000 });
    const usage = await store.usage('voucher', voucher.id, sessionDay());
    expect(usage.dayOctets).toBe(7000);
  }, 60_000);
});

function sessionDay(): string {
  return new Date(realClock.now() + 7 * 3_600_000).toISOString().slice(0, 10);
}

describe.skipIf(!hasFreeRadius)('the portal asks FreeRADIUS about whom we do not know', () => {
  let stand: Stand;
  let server: Served;
  let port: number;
  let campus: AsyncDisposable;

  beforeAll(async () => {
    stand = await radiusStand({ routerAddress: '127.0.0.2' });
    await seedTariff(stand.store, 'pegawai', { downKbps: 8000, upKbps: 4000 });
    await seedSubscriber(stand.store, 'siti', 'sandi-siti', 'G');
    server = await stand.serve({ portal: { address: HOST, secret: PORTAL_SECRET } });
    port = await freeUdpPort();
    const directory = join(stand.folder, 'campus');
    const files = await example('campus', [
      ['raddbdir = /etc/freeradius/campus', `raddbdir = ${directory}`],
      ['/var/log/freeradius', directory],
      ['/run/freeradius', directory],
      ['ipaddr = 10.255.0.0/16', 'ipaddr = 127.0.0.0/8'],
      ['ipaddr = 10.1.0.5\n    port = 1812', `ipaddr = ${HOST}\n    port = ${port}`],
      [
        'guru.ani ',
        'siti Cleartext-Password := "sandi-lain"\nguru.budi Cleartext-Password := "sandi-guru-budi"\nguru.ani ',
      ],
    ]);
    campus = await startFreeRadius(directory, files);
  });

  afterAll(async () => {
    await campus[Symbol.asyncDispose]();
    await stand[Symbol.asyncDispose]();
  });

  function client(over: { port?: number; secret?: string; tariff?: string } = {}): RadiusClient {
    const config = loadConfig({ cwd: stand.folder, env: {} });
    return portalRadiusClient({
      config: {
        ...config,
        radius: { ...config.radius, auth: { host: HOST, port: server.authPort } },
        portal: {
          ...config.portal,
          radius: {
            server: { host: HOST, port: over.port ?? port },
            secret: over.secret ?? CAMPUS_SECRET,
            tariff: over.tariff ?? 'pegawai',
          },
        },
      },
      portalSecret: PORTAL_SECRET,
      authPort: server.authPort,
      store: stand.store,
      clock: realClock,
      log: SILENT,
    });
  }

  const ask = (radius: RadiusClient, username: string, password: string) =>
    radius.authenticate({ username, password, router: 'rt-teladan', mac: MAC, framedIp: '' });

  it('someone it accepts gets an account here, and goes online under its tariff', async () => {
    await using radius = client();

    const answer = await ask(radius, 'guru.ani', 'sandi-guru-ani');
    const again = await ask(radius, 'guru.ani', 'sandi-guru-ani');

    const account = (await stand.store.subscriberByUsername('guru.ani'))!;
    expect(answer).toMatchObject({
      kind: 'accept',
      account: { kind: 'subscriber', id: account.id },
    });
    expect(again).toEqual(answer);
    expect(account.tariff.name).toBe('pegawai');

    const { username, token } = await stand.store.issueToken({
      accountKind: 'subscriber',
      accountId: account.id,
      mac: MAC,
      routerId: stand.router.id,
      at: realClock.now(),
      ttlMs: 60_000,
    });
    const nas = await stand.nas('127.0.0.2');
    const login = accessRequest({ username, password: token }).bytes;
    const reply = decodePacket(await nas.ask(login, server.authPort));
    expect(reply.code).toBe(2);
    expect(textOf(reply, 'Mikrotik-Rate-Limit')).toBe('4000k/8000k');
  });

  it.each([
    ['a wrong password', 'guru.ani', 'salah'],
    ['a name that neither knows', 'siapa', 'salah'],
    ['its own person of a name that is ours', 'siti', 'sandi-lain'],
    ['a voucher that is not ours', 'AB-CD', 'AB-CD'],
  ])('%s is a wrong password', async (_name, username, password) => {
    await using radius = client();

    expect(await ask(radius, username, password)).toMatchObject({
      kind: 'reject',
      code: 'SW-BADCRED',
    });
  });

  it.each([
    ['its secret is another', { secret: 'rahasia-yang-lain-sama-sekali' }],
    ['it is not there', { port: 9 }],
    ['the tariff is not', { tariff: 'tiada' }],
  ])('when %s, our own people come in as ever, others are told of a fault', async (_name, over) => {
    await using radius = client(over);

    const [own, other] = await Promise.all([
      ask(radius, 'siti', 'sandi-siti'),
      ask(radius, 'guru.budi', 'sandi-guru-budi'),
    ]);

    expect(own).toMatchObject({ kind: 'accept' });
    expect(other).toMatchObject({ kind: 'reject', code: 'SW-ERROR' });
  });
});
