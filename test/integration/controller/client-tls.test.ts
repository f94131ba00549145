/** API-SSL: who is at the other end is decided before a byte is sent. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, createServer, TLSSocket, type TlsOptions } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  connectRouter,
  type RouterOsConnection,
  type RouterTls,
  readFingerprint,
} from '../../../controller/routeros/client.ts';
import { type TestPeer, testPeer } from '../../../controller/routeros/test-peer.ts';
import { ADMIN, startTwin } from '../../../simulator/api/test-twin.ts';
import { startApiSsl } from '../../../simulator/fleet/api-ssl.ts';
import {
  type Authority,
  type CertificateFiles,
  createAuthority,
} from '../../fixtures/certificates.ts';
import { eventually } from '../../fixtures/eventually.ts';

const NAME = 'kayuara-01.router.test';
const ANONYMOUS: RouterTls = { kind: 'anonymous' };
const open: AsyncDisposable[] = [];
let folder = '';
let authority: Authority;
let good: CertificateFiles;
let expired: CertificateFiles;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'router-tls-'));
  authority = await createAuthority(folder, 'fleet');
  good = await authority.issue('good', { commonName: NAME, names: [NAME] });
  expired = await authority.issue('expired', { commonName: NAME, names: [NAME], days: -1 });
});

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function peerWith(options: TlsOptions): Promise<TestPeer> {
  const peer = await testPeer(undefined, {
    server: (onSocket) => createServer(options, onSocket),
  });
  open.push(peer);
  return peer;
}

function shows(files: CertificateFiles): TlsOptions {
  return { cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) };
}

const WITHOUT_CERTIFICATE: TlsOptions = {
  ciphers: 'ADH-AES256-GCM-SHA384:@SECLEVEL=0',
  maxVersion: 'TLSv1.2',
  dhparam: 'auto',
};

async function connect(port: number, tls: RouterTls): Promise<RouterOsConnection> {
  const user = { user: ADMIN.name, password: ADMIN.password };
  const connection = await connectRouter({ host: '127.0.0.1', port, tls, ...user });
  open.push(connection);
  return connection;
}

/** As OpenSSL prints it: `AB:CD:…`. */
async function opensslFingerprint({ certFile }: CertificateFiles): Promise<string> {
  const args = ['x509', '-in', certFile, '-noout', '-fingerprint', '-sha256'];
  const { stdout } = await promisify(execFile)('openssl', args);
  return stdout.trim().split('=')[1] ?? '';
}

const withCode = (code: string): unknown => expect.objectContaining({ code });

describe('a pinned router', () => {
  it('is known by the fingerprint that OpenSSL prints, however it is written', async () => {
    const peer = await peerWith(shows(good));
    const printed = await opensslFingerprint(good);

    for (const sha256 of [printed, printed.replaceAll(':', '').toLowerCase()]) {
      const connection = await connect(peer.port, { kind: 'pinned', sha256 });
      await expect(connection.run('/x')).resolves.toEqual([]);
    }
  });

  it('is known though its certificate has expired: a router may have lost the time', async () => {
    const peer = await peerWith(shows(expired));

    const sha256 = await opensslFingerprint(expired);

    await expect(connect(peer.port, { kind: 'pinned', sha256 })).resolves.toBeDefined();
  });

  it('is not another one of the same authority: not even the name of our user is sent', async () => {
    const peer = await peerWith(shows(good));
    const sha256 = await opensslFingerprint(expired);

    const dialled = connect(peer.port, { kind: 'pinned', sha256 });

    await expect(dialled).rejects.toEqual(withCode('ROUTER_CERTIFICATE'));
    expect(peer.received).toEqual([]);
  });

  it('is not one without a certificate', async () => {
    const peer = await peerWith(WITHOUT_CERTIFICATE);
    const sha256 = await opensslFingerprint(good);

    const dialled = connect(peer.port, { kind: 'pinned', sha256 });

    await expect(dialled).rejects.toEqual(withCode('ROUTER_UNREACHABLE'));
    expect(peer.received).toEqual([]);
  });

  it.each(['', 'x', 'ab'])('is nobody under the fingerprint "%s"', async (sha256) => {
    const peer = await peerWith(shows(good));

    const dialled = connect(peer.port, { kind: 'pinned', sha256 });

    await expect(dialled).rejects.toEqual(withCode('ROUTER_CERTIFICATE'));
  });
});

describe('a router of the authority', () => {
  const by = (ca: Authority, name: string): RouterTls => ({
    kind: 'authority',
    authority: readFileSync(ca.certFile, 'utf8'),
    name,
  });

  it('is known by the name in its certificate', async () => {
    const peer = await peerWith(shows(good));

    const connection = await connect(peer.port, by(authority, NAME));

    await expect(connection.run('/x')).resolves.toEqual([]);
  });

  it('is refused under another name, when expired, and of another authority', async () => {
    const peer = await peerWith(shows(good));
    const late = await peerWith(shows(expired));
    const other = await createAuthority(folder, 'other');

    const dialled = await Promise.allSettled([
      connect(peer.port, by(authority, 'other.router.test')),
      connect(late.port, by(authority, NAME)),
      connect(peer.port, by(other, NAME)),
    ]);

    expect(dialled).toEqual(
      Array.from({ length: 3 }, () => ({
        status: 'rejected',
        reason: withCode('ROUTER_CERTIFICATE'),
      })),
    );
    expect([...peer.received, ...late.received]).toEqual([]);
  });
});

describe('a router without a certificate', () => {
  it('is served over anonymous Diffie-Hellman, as the twin offers it', async () => {
    const twin = await startTwin({ identity: 'désa ☕' });
    const host = '127.0.0.1';
    const ssl = await startApiSsl({ address: host, port: 0, apiPort: twin.api.port });
    open.push(twin, ssl);

    const connection = await connect(ssl.port, ANONYMOUS);

    await expect(connection.run('/system/identity/print')).resolves.toEqual([{ name: 'désa ☕' }]);
    await connection.close();
  });

  it('is not one that shows a certificate', async () => {
    const peer = await peerWith(shows(good));

    await expect(connect(peer.port, ANONYMOUS)).rejects.toEqual(withCode('ROUTER_UNREACHABLE'));
  });
});

describe('readFingerprint', () => {
  it('reads what OpenSSL prints, says nothing and closes', async () => {
    const peer = await peerWith(shows(good));

    const fingerprint = await readFingerprint({ host: '127.0.0.1', port: peer.port });

    const printed = await opensslFingerprint(good);
    expect(fingerprint).toBe(printed.replaceAll(':', '').toLowerCase());
    expect(peer.received).toEqual([]);
    const left = await eventually(
      async () => peer.sockets.size,
      (size) => size === 0,
      5000,
    );
    expect(left).toBe(0);
  });

  it('fails for a router without a certificate', async () => {
    const peer = await peerWith(WITHOUT_CERTIFICATE);

    const read = readFingerprint({ host: '127.0.0.1', port: peer.port });

    await expect(read).rejects.toEqual(withCode('ROUTER_UNREACHABLE'));
  });
});

describe('a broken TLS stream', () => {
  it.each([
    ['in the answer to the greeting', false],
    ['right after the handshake', true],
  ])('%s rejects and harms nothing else', async (_name, handshake) => {
    const server = createTcpServer((raw) => {
      raw.on('error', () => raw.destroy());
      const spoil = (): void => void raw.write(Buffer.alloc(300, 0xf7));
      if (!handshake) raw.once('data', spoil);
      else {
        const secure = new TLSSocket(raw, {
          isServer: true,
          secureContext: createSecureContext(shows(good)),
        });
        secure.on('secure', spoil);
        secure.on('error', () => raw.destroy());
        secure.resume();
      }
    });
    await listening(server);
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;

    const sha256 = await opensslFingerprint(good);
    const dialled = connect(port, { kind: 'pinned', sha256 });

    await expect(dialled).rejects.toMatchObject({
      code: expect.stringMatching(/^ROUTER_(?:LOST|UNREACHABLE)$/),
    });
  });
});

async function listening(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  });
}
