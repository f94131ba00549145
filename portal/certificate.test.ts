import { writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createRenewal, readCertificate } from './certificate.ts';
import { openTestPortal } from './portal.fixture.ts';
import { selfSigned, tlsFolder } from './self-signed.fixture.ts';

const OLD_END = new Date(Date.UTC(2040, 0, 1));
const NEW_END = new Date(Date.UTC(2041, 0, 1));
const old = selfSigned('old.example', OLD_END);
const renewed = selfSigned('new.example', NEW_END);

interface TlsAnswer {
  readonly name: string | undefined;
  readonly status: number | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
}

async function ask(port: number, headers: Record<string, string> = {}): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false, agent: false, headers };
    const sent = request(options, (res) => {
      const socket = res.socket as import('node:tls').TLSSocket;
      const name = socket.getPeerCertificate().subject?.CN;
      res.resume();
      res.on('end', () =>
        resolve({ name: String(name), status: res.statusCode, headers: res.headers }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('readCertificate', () => {
  it('reads a pair and when it ends', async () => {
    await using folder = await tlsFolder(old);

    expect((await readCertificate(folder.files)).expiresAt).toBe(OLD_END.getTime());
  });

  it('refuses files that are missing, no PEM, or not a pair', async () => {
    await using folder = await tlsFolder(old);
    const refused = { code: 'PORTAL_CERTIFICATE' };

    await expect(
      readCertificate({ ...folder.files, keyFile: '/nonexistent' }),
    ).rejects.toMatchObject(refused);
    await folder.write({ cert: old.cert, key: renewed.key });
    await expect(readCertificate(folder.files)).rejects.toMatchObject(refused);
    await folder.write({ cert: 'nothing', key: old.key });
    await expect(readCertificate(folder.files)).rejects.toMatchObject(refused);
  });
});

describe('createRenewal', () => {
  it('takes new files into use without a restart, and keeps the old ones while new ones are broken', async () => {
    await using folder = await tlsFolder(old);
    const pair = await readCertificate(folder.files);
    await using stack = new AsyncDisposableStack();
    const server = createServer(pair, (_req, res) => res.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stack.defer(async () => new Promise<void>((resolve) => server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const refusals: unknown[] = [];
    const renew = createRenewal(
      {
        files: folder.files,
        install: (next) => server.setSecureContext(next),
        refuse: (error) => refusals.push(error),
      },
      pair,
    );

    expect([await renew(), (await ask(port)).name]).toEqual(['unchanged', 'old.example']);

    await writeFile(folder.files.certFile, renewed.cert);
    expect([await renew(), await renew(), (await ask(port)).name]).toEqual([
      'refused',
      'refused',
      'old.example',
    ]);
    expect(refusals).toHaveLength(1);

    await writeFile(folder.files.keyFile, renewed.key);
    expect([await renew(), (await ask(port)).name]).toEqual(['renewed', 'new.example']);
    expect(await renew()).toBe('unchanged');
  });
});

describe('a portal with a certificate', () => {
  it('speaks TLS, tells how long, and leads plain HTTP to it', async () => {
    await using folder = await tlsFolder(old);
    await using test = await openTestPortal({
      tls: folder.files,
      publicUrl: 'https://wifi.example.go.id',
      plainListen: { host: '127.0.0.1', port: 0 },
    });
    const port = test.portal.plainPort!;
    const own = { Host: 'wifi.example.go.id' };

    const secure = await ask(test.portal.port, own);
    const plain = await test.fetch('/status?lang=en', { port, headers: own });
    const blocked = await test.fetch('/', { port, headers: { Host: 'judi.example' } });
    const post = await test.fetch('/login', { port, method: 'POST', headers: own });
    const strange = await test.fetch('http://wifi.example.go.id/x', { port, headers: own });

    expect(secure).toMatchObject({ name: 'old.example', status: 200 });
    expect(secure.headers['strict-transport-security']).toBe('max-age=86400');
    expect(secure.headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(plain).toMatchObject({ status: 308 });
    expect(plain.headers.location).toBe('https://wifi.example.go.id/status?lang=en');
    expect(blocked.status).toBe(451);
    expect(post).toMatchObject({
      status: 303,
      headers: { location: 'https://wifi.example.go.id/' },
    });
    expect(strange.headers.location).toBe('https://wifi.example.go.id/');
    expect(await test.metricsPage()).toContain(
      `smartwifi_portal_certificate_expiry_timestamp_seconds ${OLD_END.getTime() / 1000}\n`,
    );
  });

  it('does not start with files that cannot be used', async () => {
    await using folder = await tlsFolder({ cert: old.cert, key: renewed.key });

    await expect(openTestPortal({ tls: folder.files })).rejects.toMatchObject({
      code: 'PORTAL_CERTIFICATE',
    });
  });
});
