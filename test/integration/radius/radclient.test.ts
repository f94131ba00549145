/**
 * FreeRADIUS's radclient as a peer: of our codec, for values of every kind both ways, and of a whole
 * server, for logins, accounting and Status-Server.
 */
import { execFile } from 'node:child_process';
import type { Socket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { Code, valueName } from '../../../radius/attributes.ts';
import { chapHolds } from '../../../radius/chap.ts';
import {
  type AttributeValue,
  addressOf,
  authenticatorOf,
  concatOf,
  decodePacket,
  encodePacket,
  interfaceIdOf,
  ipv6Of,
  numberOf,
  octetsOf,
  type Packet,
  prefixOf,
  taggedNumbersOf,
  taggedTextsOf,
  textOf,
} from '../../../radius/codec.ts';
import { revealPassword } from '../../../radius/pap.ts';
import {
  MAC,
  NAS_SECRET,
  SILENT,
  seedRouters,
  seedTariff,
  seedVoucher,
  TIME_ZONE,
} from '../../../radius/radius.fixture.ts';
import { hideSalted, hideTunnelPassword } from '../../../radius/salted.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import { type RadiusServer, startRadius } from '../../../radius/server.ts';
import { accessRequestHolds, requestHolds, signResponse } from '../../../radius/sign.ts';
import { bind, closeSocket } from '../../../radius/sockets.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import { installed } from '../../fixtures/installed.ts';

const hasRadclient = await installed('radclient of FreeRADIUS', 'radclient', ['-v']);

const HOST = '127.0.0.1';
const SECRET = radiusSecret(NAS_SECRET);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'radius-radclient-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What radclient received, as it prints it; empty when it did not believe it, or nothing came. */
async function radclient(
  port: number,
  kind: string,
  attributes: readonly string[],
): Promise<string> {
  const file = join(folder, 'request.txt');
  await writeFile(file, `${attributes.join('\n')}\n`);
  const args = ['-x', '-r', '1', '-t', '5', '-f', file, `${HOST}:${port}`, kind, NAS_SECRET];
  const done = await promisify(execFile)('radclient', args).catch(
    (error: { stdout: string }) => error,
  );
  const at = done.stdout.indexOf('Received ');
  return at === -1 ? '' : done.stdout.slice(at);
}

describe.skipIf(!hasRadclient)('radclient and our codec mean the same', () => {
  let server: Socket;
  /** What the peer last heard. */
  let heard: Packet | undefined;

  beforeAll(async () => {
    server = await bind(HOST, 0);
    server.on('message', (datagram, from) => {
      heard = decodePacket(Buffer.from(datagram));
      const reply = answer(heard);
      if (reply !== null) server.send(reply, from.port, from.address);
    });
  });

  afterAll(() => closeSocket(server));

  const ask = (kind: string, attributes: readonly string[]): Promise<string> => {
    heard = undefined;
    return radclient(server.address().port, kind, attributes);
  };

  it('PAP, of one block and of several', async () => {
    for (const word of ['sandi', 'kata-sandi-yang-panjang-sekali']) {
      const reply = await ask('auth', [
        'User-Name = siti',
        `User-Password = "${word}"`,
        'Message-Authenticator = 0x00',
      ]);
      const hidden = octetsOf(heard!, 'User-Password')!;

      expect(revealPassword(hidden, authenticatorOf(heard!), SECRET).toString()).toBe(word);
      expect(reply).toContain('Access-Accept');
    }
  });

  it.each([
    ['over the Request Authenticator', []],
    ['over a challenge', ['CHAP-Challenge = 0x00112233445566778899aabbccddeeff']],
  ])('CHAP %s', async (_name, more) => {
    const login = ['User-Name = chap', 'Message-Authenticator = 0x00', ...more];

    expect(await ask('auth', [...login, 'CHAP-Password = "sandi-chap"'])).toContain(
      'Access-Accept',
    );
    expect(await ask('auth', [...login, 'CHAP-Password = "sandi-chaq"'])).toContain(
      'Access-Reject',
    );
  });

  it('Accounting, Status-Server, CoA and Disconnect', async () => {
    const session = ['Acct-Session-Id = 80000001', 'User-Name = siti'];
    const signed = 'Message-Authenticator = 0x00';

    expect(await ask('acct', ['Acct-Status-Type = Stop', ...session])).toContain(
      'Accounting-Response',
    );
    expect(await ask('status', [signed])).toContain('Access-Accept');
    expect(await ask('coa', [...session, 'Mikrotik-Rate-Limit = "1M/1M"'])).toContain('CoA-ACK');
    expect(await ask('disconnect', session)).toMatch(
      /Disconnect-NAK[\s\S]*Error-Cause = Session-Context-Not-Found/,
    );
  });

  it('a value of every kind, as it writes it', async () => {
    await ask('auth', [
      'User-Name = "Muara Teladan é"',
      'Message-Authenticator = 0x00',
      'Framed-IP-Address = 172.16.0.9',
      'Session-Timeout = 4294967295',
      'NAS-IPv6-Address = 2001:db8::1',
      'Framed-IPv6-Prefix = 2001:db8:1::/64',
      'Delegated-IPv6-Prefix = 2001:db8:2::/56',
      'Framed-Interface-Id = 1:2:3:4',
      'Tunnel-Type:3 = VLAN',
      'Tunnel-Private-Group-Id:3 = "200"',
      'Tunnel-Private-Group-Id:0 = "201"',
      'NAS-Port-Type = Wireless-802.11',
      'Mikrotik-Rate-Limit = "2M/5M"',
      'Mikrotik-Host-IP = 10.5.50.2',
      'ChilliSpot-Max-Total-Octets = 5',
      'WISPr-Location-ID = "isocc=id"',
      `EAP-Message = 0x${'02'.repeat(400)}`,
    ]);
    const packet = heard!;

    expect({
      name: textOf(packet, 'User-Name'),
      address: addressOf(packet, 'Framed-IP-Address'),
      seconds: numberOf(packet, 'Session-Timeout'),
      ipv6: ipv6Of(packet, 'NAS-IPv6-Address'),
      prefixes: [prefixOf(packet, 'Framed-IPv6-Prefix'), prefixOf(packet, 'Delegated-IPv6-Prefix')],
      interfaceId: interfaceIdOf(packet, 'Framed-Interface-Id'),
      tunnelType: taggedNumbersOf(packet, 'Tunnel-Type'),
      groups: taggedTextsOf(packet, 'Tunnel-Private-Group-ID'),
      port: valueName('NAS-Port-Type', numberOf(packet, 'NAS-Port-Type')!),
      rate: textOf(packet, 'Mikrotik-Rate-Limit'),
      host: addressOf(packet, 'Mikrotik-Host-IP'),
      total: numberOf(packet, 'ChilliSpot-Max-Total-Octets'),
      location: textOf(packet, 'WISPr-Location-ID'),
      eap: concatOf(packet, 'EAP-Message')?.toString('hex'),
    }).toEqual({
      name: 'Muara Teladan é',
      address: '172.16.0.9',
      seconds: 4_294_967_295,
      ipv6: '2001:db8::1',
      prefixes: ['2001:db8:1::/64', '2001:db8:2::/56'],
      interfaceId: '0001:0002:0003:0004',
      tunnelType: [{ tag: 3, value: 13 }],
      groups: [
        { tag: 3, value: '200' },
        { tag: 0, value: '201' },
      ],
      port: 'Wireless-802.11',
      rate: '2M/5M',
      host: '10.5.50.2',
      total: 5,
      location: 'isocc=id',
      eap: '02'.repeat(400),
    });
  });

  it('a value of every kind, as we write it', async () => {
    const reply = await ask('auth', ['User-Name = kinds', 'Message-Authenticator = 0x00']);

    for (const line of [
      'Session-Timeout = 3600',
      'Framed-IP-Address = 172.16.0.9',
      'NAS-IPv6-Address = 2001:db8::1',
      'Framed-IPv6-Prefix = 2001:db8:1::/64',
      'Delegated-IPv6-Prefix = 2001:db8:2::/56',
      'Framed-Interface-Id = 1:2:3:4',
      'Tunnel-Type:3 = VLAN',
      'Tunnel-Private-Group-Id:3 = "200"',
      'Tunnel-Private-Group-Id:0 = "201"',
      'Tunnel-Password:3 = "rahasia"',
      `MS-MPPE-Send-Key = 0x${'07'.repeat(16)}`,
      'Mikrotik-Rate-Limit = "2M/5M"',
      'Mikrotik-Total-Limit-Gigawords = 1',
      'WISPr-Bandwidth-Max-Down = 5000000',
      'ChilliSpot-Bandwidth-Max-Up = 512',
      `Reply-Message = "${'a'.repeat(253)}"`,
      `Reply-Message = "${'a'.repeat(47)}"`,
      'Acct-Interim-Interval = 300',
    ]) {
      expect(reply).toContain(`\t${line}\n`);
    }
  });

  /** Null for what is not signed. */
  function answer(packet: Packet): Buffer | null {
    const isAccess = packet.code === Code.accessRequest || packet.code === Code.statusServer;
    const isSigned = isAccess ? accessRequestHolds(packet, SECRET) : requestHolds(packet, SECRET);
    if (!isSigned) return null;
    const name = textOf(packet, 'User-Name');
    switch (packet.code) {
      case Code.accountingRequest:
        return reply(packet, Code.accountingResponse);
      case Code.coaRequest:
        return reply(packet, Code.coaAck);
      case Code.disconnectRequest:
        return reply(packet, Code.disconnectNak, [['Error-Cause', 503]]);
      default:
        if (name === 'chap' && !chapHolds(packet, 'sandi-chap')) {
          return reply(packet, Code.accessReject);
        }
        return reply(packet, Code.accessAccept, name === 'kinds' ? kinds(packet) : []);
    }
  }

  function reply(
    { identifier, ...to }: Packet,
    code: number,
    attributes: readonly AttributeValue[] = [],
  ): Buffer {
    // FreeRADIUS would compute that of an Accounting-Response over zeros; no RFC asks for it.
    const messageAuthenticator = code !== Code.accountingResponse;
    const bytes = encodePacket({ code, identifier, messageAuthenticator, attributes });
    return signResponse(bytes, authenticatorOf({ identifier, ...to }), SECRET);
  }

  function kinds(to: Packet): AttributeValue[] {
    const over = authenticatorOf(to);
    const tunnel = { tag: 3, value: 'rahasia' };
    return [
      ['Session-Timeout', 3600],
      ['Framed-IP-Address', '172.16.0.9'],
      ['NAS-IPv6-Address', '2001:db8::1'],
      ['Framed-IPv6-Prefix', '2001:db8:1::/64'],
      ['Delegated-IPv6-Prefix', '2001:db8:2::/56'],
      ['Framed-Interface-Id', '1:2:3:4'],
      ['Tunnel-Type', { tag: 3, value: 13 }],
      ['Tunnel-Private-Group-ID', { tag: 3, value: '200' }],
      ['Tunnel-Private-Group-ID', '201'],
      ['Tunnel-Password', hideTunnelPassword(tunnel, 1, over, SECRET)],
      ['MS-MPPE-Send-Key', hideSalted(Buffer.alloc(16, 7), 2, over, SECRET)],
      ['Mikrotik-Rate-Limit', '2M/5M'],
      ['Mikrotik-Total-Limit-Gigawords', 1],
      ['WISPr-Bandwidth-Max-Down', 5_000_000],
      ['ChilliSpot-Bandwidth-Max-Up', 512],
      ['Reply-Message', 'a'.repeat(300)],
      ['Acct-Interim-Interval', 300],
    ];
  }
});

describe.skipIf(!hasRadclient)('radclient at the server', () => {
  let store: Store;
  let server: RadiusServer;
  let voucher: string;

  beforeAll(async () => {
    const opened = await openStore({
      store: `sqlite:${join(folder, 'test.db')}`,
      keyFile: join(folder, 'store.key'),
    });
    store = opened.store;
    await seedRouters(store, HOST);
    const tariff = await seedTariff(store, 'harian', { devices: 9, downKbps: 5000, upKbps: 2000 });
    voucher = (await seedVoucher(store, tariff)).code;
    server = await startRadius({
      auth: { host: HOST, port: 0 },
      acct: { host: HOST, port: 0 },
      store,
      clock: realClock,
      log: SILENT,
      metrics: createMetrics(),
      timeZone: TIME_ZONE,
      interimSeconds: 300,
      portal: { address: '127.0.0.9', secret: 'rahasia-portal-wifi' },
      rejectDelayMs: 0,
    });
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  const login = (...more: string[]): Promise<string> =>
    radclient(server.authPort, 'auth', [
      `User-Name = "${voucher}"`,
      `Calling-Station-Id = "${MAC}"`,
      'Message-Authenticator = 0x00',
      ...more,
    ]);

  it('logs in by PAP, and reads what the tariff grants', async () => {
    const reply = await login(`User-Password = "${voucher}"`);

    expect(reply).toMatch(/^Received Access-Accept/);
    expect(reply).toMatch(/\tClass = 0x[0-9a-f]+\n/);
    expect(reply).toMatch(/\tMikrotik-Rate-Limit = "2000k\/5000k[ "]/);
  });

  it('logs in by CHAP', async () => {
    const reply = await login(`CHAP-Password = "${voucher}"`);

    expect(reply).toMatch(/^Received Access-Accept/);
  });

  it.each(['User-Password', 'CHAP-Password'])('is refused for a wrong %s', async (name) => {
    const reply = await login(`${name} = "XXXX-XXXX"`);

    expect(reply).toMatch(/^Received Access-Reject[\s\S]*Reply-Message = "SW-/);
  });

  it('accounts, and asks both ports for their status', async () => {
    const event = ['Acct-Session-Id = 81', 'User-Name = x', `Calling-Station-Id = "${MAC}"`];
    const status = ['Message-Authenticator = 0x00'];

    const replies = [
      await radclient(server.acctPort, 'acct', ['Acct-Status-Type = Start', ...event]),
      await radclient(server.authPort, 'status', status),
      await radclient(server.acctPort, 'status', status),
    ];

    expect(replies.map((reply) => reply.split(' ')[1])).toEqual([
      'Accounting-Response',
      'Access-Accept',
      'Accounting-Response',
    ]);
  });
});
