/** RADIUS over TLS: who may connect, and what a stream of packets gets. */
import { once } from 'node:events';
import { copyFile, readFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Code } from '../../../radius/attributes.ts';
import { authenticatorOf, decodePacket, encodePacket, type Packet } from '../../../radius/codec.ts';
import { createFrames } from '../../../radius/frames.ts';
import {
  accessRequest,
  accountingRequest,
  MAC,
  seedVoucher,
} from '../../../radius/radius.fixture.ts';
import type { RadsecServerOptions } from '../../../radius/radsec.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import { responseHolds, signAccessRequest } from '../../../radius/sign.ts';
import {
  type Authority,
  type CertificateFiles,
  createAuthority,
} from '../../fixtures/certificates.ts';
import { installed } from '../../fixtures/installed.ts';
import {
  counted,
  HOST,
  radiusStand,
  type Served,
  type Stand,
} from '../../fixtures/radius-stand.ts';

const hasOpenssl = await installed('openssl', 'openssl', ['version']);

const SECRET = 'radsec';
const ROUTER = 'rt-teladan';
const CONNECTIONS = 'smartwifi_radius_radsec_connections';
const DROPPED = 'smartwifi_radius_dropped_total';

let stand: Stand;
let authority: Authority;
let own: CertificateFiles;
let router: CertificateFiles;
let voucher: { code: string };

beforeAll(async () => {
  if (!hasOpenssl) return;
  stand = await radiusStand({ routerAddress: '127.0.0.2' });
  authority = await createAuthority(stand.folder, 'desa-digital');
  own = await authority.issue('server', { commonName: 'radius.wifi.home.arpa' });
  router = await authority.issue('router', { commonName: ROUTER });
  voucher = await seedVoucher(stand.store, 'G');
});

afterAll(() => stand?.[Symbol.asyncDispose]());

function serve(over: Partial<RadsecServerOptions> = {}): Promise<Served> {
  const listen = { host: HOST, port: 0 };
  return stand.serve({ radsec: { listen, ...own, caFile: authority.certFile, ...over } });
}

async function dial(
  { radsec }: Served,
  files: CertificateFiles | null,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const identity =
    files === null
      ? {}
      : { cert: await readFile(files.certFile), key: await readFile(files.keyFile) };
  const socket = connect({
    host: HOST,
    port: radsec!.port,
    ca: await readFile(authority.certFile),
    checkServerIdentity: () => undefined,
    ...identity,
    ...options,
  });
  socket.on('error', () => undefined);
  return socket;
}

/** Every packet that comes until there are `count`; fewer when the connection ends before. */
function packets(socket: Socket, count: number): Promise<Packet[]> {
  const frames = createFrames();
  const out: Packet[] = [];
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      out.push(...frames.push(chunk)!.map(decodePacket));
      if (out.length >= count) resolve(out);
    });
    socket.once('close', () => resolve(out));
  });
}

const login = (identifier: number): Buffer => {
  const { code } = voucher;
  return accessRequest({ username: code, password: code, secret: SECRET, identifier }).bytes;
};

const start = (identifier: number): Buffer =>
  accountingRequest(
    [
      ['Acct-Status-Type', 1],
      ['Acct-Session-Id', `8000${identifier}`],
      ['User-Name', 'x'],
      ['Calling-Station-Id', MAC],
    ],
    radiusSecret(SECRET),
    identifier,
  );

function statusServer(identifier: number): Buffer {
  const code = Code.statusServer;
  const bytes = encodePacket({ code, identifier, messageAuthenticator: true, attributes: [] });
  return signAccessRequest(bytes, Buffer.alloc(16, 7), radiusSecret(SECRET));
}

describe.skipIf(!hasOpenssl)('a router with a certificate', () => {
  it.each([
    ['in one write', Number.POSITIVE_INFINITY],
    ['octet by octet', 1],
  ])('logs in, accounts and asks for the status on one connection, %s', async (_name, step) => {
    const server = await serve();
    const socket = await dial(server, router);
    const answered = packets(socket, 3);
    const requests = [login(1), start(2), statusServer(3)];
    const stream = Buffer.concat(requests);
    socket.setNoDelay(true);
    for (let at = 0; at < stream.length; at += step) {
      if (!socket.write(stream.subarray(at, at + step))) await once(socket, 'drain');
    }

    const replies = await answered;
    const connected = await counted(server.metrics, CONNECTIONS);
    socket.destroy();

    const codes = Object.fromEntries(replies.map(({ identifier, code }) => [identifier, code]));
    expect(codes).toEqual({
      1: Code.accessAccept,
      2: Code.accountingResponse,
      3: Code.accessAccept,
    });
    for (const reply of replies) {
      const request = decodePacket(requests[reply.identifier - 1]!);
      expect(responseHolds(reply, authenticatorOf(request), radiusSecret(SECRET))).toBe(true);
    }
    expect(connected).toBe(1);
    await expect.poll(() => counted(server.metrics, CONNECTIONS)).toBe(0);
  });

  it('may be named by a DNS name of its certificate', async () => {
    const files = await authority.issue('by-dns', {
      commonName: 'x',
      names: ['a.example', ROUTER],
    });
    const socket = await dial(await serve(), files);
    socket.write(login(1));

    expect(await packets(socket, 1)).toMatchObject([{ code: Code.accessAccept }]);
    socket.destroy();
  });

  it('gets the same reply for the same packet', async () => {
    const socket = await dial(await serve(), router);
    const bytes = login(9);
    socket.write(Buffer.concat([bytes]));
    const [first] = await packets(socket, 1);
    socket.write(bytes);
    const [again] = await packets(socket, 1);
    socket.destroy();

    expect(again!.bytes).toEqual(first!.bytes);
  });
});

describe.skipIf(!hasOpenssl)('a connection is refused', () => {
  it.each([
    ['without a certificate', async () => null, {}],
    [
      'from another authority',
      async () =>
        (await createAuthority(stand.folder, 'asing')).issue('asing-router', {
          commonName: ROUTER,
        }),
      {},
    ],
    [
      'with an expired certificate',
      () => authority.issue('expired', { commonName: ROUTER, days: -1 }),
      {},
    ],
    [
      'for a router that is not ours',
      () => authority.issue('unknown', { commonName: 'rt-lain' }),
      {},
    ],
    ['below TLS 1.3', async () => router, { maxVersion: 'TLSv1.2' }],
  ] as [string, () => Promise<CertificateFiles | null>, ConnectionOptions][])(
    '%s',
    async (_name, files, options) => {
      const server = await serve();
      const socket = await dial(server, await files(), options);
      socket.write(login(1));

      expect(await packets(socket, 1)).toEqual([]);
      await expect
        .poll(() => counted(server.metrics, DROPPED, { reason: 'radsec_peer' }))
        .toBeGreaterThan(0);
      await expect.poll(() => counted(server.metrics, CONNECTIONS)).toBe(0);
    },
  );

  it('beyond the most that are served at once', async () => {
    const server = await serve({ maxConnections: 1 });
    const first = await dial(server, router);
    await once(first, 'secureConnect');
    const second = await dial(server, router);

    expect(await packets(second, 1)).toEqual([]);
    first.destroy();

    expect(await counted(server.metrics, DROPPED, { reason: 'radsec_limit' })).toBe(1);
  });
});

describe.skipIf(!hasOpenssl)('a connection ends', () => {
  it.each([
    ['a length below 20', () => Buffer.from([1, 1, 0, 19]), 'radsec_framing'],
    ['a length above 4096', () => Buffer.from([1, 1, 0x10, 1]), 'radsec_framing'],
    ['octets that are no packet', () => Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'radsec_framing'],
    [
      'a wrong signature',
      () => accessRequest({ username: 'a', password: 'b', secret: 'xsec' }).bytes,
      'bad_authenticator',
    ],
    [
      'an unsigned login',
      () =>
        accessRequest({
          username: 'a',
          password: 'b',
          secret: SECRET,
          messageAuthenticator: false,
        }).bytes,
      'missing_message_authenticator',
    ],
    [
      'attributes that do not fit',
      () => Buffer.concat([Buffer.from([1, 1, 0, 22]), Buffer.alloc(16), Buffer.from([1, 9])]),
      'malformed',
    ],
  ])('at %s', async (_name, bytes, reason) => {
    const server = await serve();
    const socket = await dial(server, router);
    socket.write(bytes());

    expect(await packets(socket, 1)).toEqual([]);
    expect(await counted(server.metrics, DROPPED, { reason })).toBe(1);
  });

  it('when a packet that has begun is not finished in time', async () => {
    const server = await serve({ frameMs: 20 });
    const socket = await dial(server, router);
    socket.write(login(1).subarray(0, 30));

    expect(await packets(socket, 1)).toEqual([]);
    expect(await counted(server.metrics, DROPPED, { reason: 'radsec_framing' })).toBe(1);
  });

  it('when the peer is silent for long', async () => {
    const socket = await dial(await serve({ idleMs: 20 }), router);

    expect(await packets(socket, 1)).toEqual([]);
  });

  it('with the server, handshakes that never finish included', async () => {
    const server = await serve();
    const dumb = connectTcp(server.radsec!.port, HOST);
    await once(dumb, 'connect');
    const socket = await dial(server, router);
    await once(socket, 'secureConnect');
    const ended = Promise.all([once(dumb, 'close'), once(socket, 'close')]);

    await server[Symbol.asyncDispose]();

    expect(await ended).toHaveLength(2);
  });

  it('when its router is removed', async () => {
    await using other = await radiusStand({ routerAddress: '127.0.0.3' });
    const listen = { host: HOST, port: 0 };
    const radsec = { listen, ...own, caFile: authority.certFile };
    const socket = await dial(await other.serve({ radsec }), router);
    socket.write(statusServer(1));
    const [before] = await packets(socket, 1);
    await other.store.removeRouter({ routerId: other.router.id, at: 1 });
    socket.write(statusServer(2));

    expect(before!.code).toBe(Code.accessAccept);
    expect(await packets(socket, 1)).toEqual([]);
  });
});

describe.skipIf(!hasOpenssl)('certificate files', () => {
  it('that change are used for the next connection; bad ones are not', async () => {
    const files = await authority.issue('live', { commonName: 'lama' });
    const next = await authority.issue('next', { commonName: 'baru' });
    const server = await serve(files);
    const nameOf = async (): Promise<unknown> => {
      const socket = await dial(server, router);
      await once(socket, 'secureConnect');
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return CN;
    };
    const names = [await nameOf()];

    await copyFile(next.certFile, files.certFile);
    const mismatched = await server.radsec!.reload();
    names.push(await nameOf());
    await copyFile(next.keyFile, files.keyFile);
    const renewed = await server.radsec!.reload();
    names.push(await nameOf());

    expect([mismatched, renewed]).toEqual([false, true]);
    expect(names).toEqual(['lama', 'lama', 'baru']);
  });

  it('that cannot be used stop the start, named', async () => {
    const broken = serve({ keyFile: join(stand.folder, 'none.key') });

    await expect(broken).rejects.toMatchObject({
      code: 'RADIUS_CERTIFICATE',
      message: expect.stringContaining('none.key'),
    });
  });
});
