/** The first contact with a twin as it comes out of its box, over real sockets. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ContactOptions, firstContact } from '../../../../controller/enrol/first-contact.ts';
import { openLink } from '../../../../controller/link.ts';
import { realClock } from '../../../../lib/clock.ts';
import { ADMIN, startTwin } from '../../../../simulator/api/test-twin.ts';
import type { Store } from '../../../../store/contract.ts';
import { openStore } from '../../../../store/open.ts';
import { type CertificateFiles, createAuthority } from '../../../fixtures/certificates.ts';
import { AT, newRouter, village } from '../../../fixtures/rows.ts';

let directory = '';
let store: Store;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-contact-'));
  const file = join(directory, 's.db');
  ({ store } = await openStore({ store: `sqlite:${file}`, keyFile: join(directory, 'k') }));
  await store.importVillages({ villages: [village], at: AT });
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function routerAt(apiPort: number, name = 'kayu-ara-1', address = '127.0.0.1') {
  const user = { apiUser: ADMIN.name, apiPassword: ADMIN.password };
  return store.addRouter({ ...newRouter, ...user, name, address, apiPort });
}

function contact(router: Awaited<ReturnType<typeof routerAt>>, over: Partial<ContactOptions> = {}) {
  const said: string[] = [];
  const seen = firstContact({
    store,
    router,
    apiUser: 'sw-ctl',
    clock: realClock,
    waitMs: 5000,
    activationMs: 20_000,
    pauseMs: 10,
    signal: new AbortController().signal,
    say: (line) => void said.push(line),
    ...over,
  });
  return { said, seen };
}

/** API-SSL in front of a twin, with a certificate. */
async function tlsInFront(apiPort: number, { certFile, keyFile }: CertificateFiles) {
  const files = { cert: await readFile(certFile), key: await readFile(keyFile) };
  const server = createServer(files, (outside) => {
    const inside = connect(apiPort, '127.0.0.1');
    outside.pipe(inside).pipe(outside);
    for (const socket of [inside, outside]) socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    show: async (files: CertificateFiles) =>
      server.setSecureContext({
        cert: await readFile(files.certFile),
        key: await readFile(files.keyFile),
      }),
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('the first contact', () => {
  it('pins the certificate of API-SSL, and every later connection refuses another one', async () => {
    const authority = await createAuthority(directory, 'fleet');
    const [one, other] = await Promise.all(
      ['one', 'other'].map((name) => authority.issue(name, { commonName: name, names: [name] })),
    );
    await using twin = await startTwin({ serial: 'HEX1' });
    await using front = await tlsInFront(twin.api.port, one!);
    const made = await routerAt(twin.api.port);
    await store.setApiSsl({ routerId: made.id, apiSsl: true, apiPort: front.port });
    const router = (await store.routerByName(made.name))!;
    const link = () => openLink({ store, router, apiUser: 'sw-ctl' });
    const refused = { code: 'ROUTER_CERTIFICATE' };

    await expect(link()).rejects.toMatchObject(refused);
    const { certificate } = await contact(router).seen;
    expect(certificate).toMatch(/^[0-9a-f]{64}$/);
    expect(await store.enrolment(router.id)).toMatchObject({
      pin: { serial: 'HEX1', certificate },
    });
    await (await link())[Symbol.asyncDispose]();

    await front.show(other!);
    await expect(link()).rejects.toMatchObject(refused);

    // An operator says that it is right: the board is the same.
    const again = await contact(router).seen;
    expect(again).toMatchObject({ isFirst: false });
    expect(again.certificate).not.toBe(certificate);
    await (await link())[Symbol.asyncDispose]();
  });

  it('pins the board, and every later connection refuses another one', async () => {
    await using twin = await startTwin({ serial: 'HEX1' });
    const router = await routerAt(twin.api.port);

    expect(await contact(router).seen).toMatchObject({ serial: 'HEX1', isFirst: true });
    expect(await contact(router).seen).toMatchObject({ isFirst: false });

    twin.tree.assign('/system/routerboard', '', { 'serial-number': 'HEX2' });
    await expect(openLink({ store, router, apiUser: 'sw-ctl' })).rejects.toMatchObject({
      code: 'ROUTER_IDENTITY',
    });
    await expect(contact(router).seen).rejects.toMatchObject({ code: 'ROUTER_IDENTITY' });
    expect(await store.enrolment(router.id)).toMatchObject({ pin: { serial: 'HEX1' } });
  });

  it('refuses a board that is another router already', async () => {
    await using twin = await startTwin({ serial: 'HEX1' });
    await contact(await routerAt(twin.api.port)).seen;
    await using again = await startTwin({ serial: 'HEX1' }, { host: '127.0.0.2' });
    const second = await routerAt(again.api.port, 'kayu-ara-2', '127.0.0.2');

    await expect(contact(second).seen).rejects.toMatchObject({
      code: 'ROUTER_IDENTITY',
      message: expect.stringContaining('kayu-ara-1'),
    });
  });

  it('waits for a tunnel that is not up yet', async () => {
    await using first = await startTwin();
    const { port } = first.api;
    await first[Symbol.asyncDispose]();
    const router = await routerAt(port);
    let twin: Awaited<ReturnType<typeof startTwin>> | null = null;
    const { seen, said } = contact(router, {
      clock: {
        ...realClock,
        // The router comes up while we wait.
        sleep: async () => {
          twin ??= await startTwin({ serial: 'HEX1' }, { port });
        },
      },
    });

    expect(await seen).toMatchObject({ serial: 'HEX1' });
    expect(said[0]).toContain('waiting for kayu-ara-1');
    await twin![Symbol.asyncDispose]();
  });

  it('does not wait for ever', async () => {
    await using first = await startTwin();
    const { port } = first.api;
    await first[Symbol.asyncDispose]();

    await expect(contact(await routerAt(port), { waitMs: 0 }).seen).rejects.toMatchObject({
      code: 'ROUTER_UNREACHABLE',
    });
  });
});

describe('device-mode', () => {
  it('tells when to cut the power, and believes only a re-read', async () => {
    await using twin = await startTwin({ deviceMode: 'home' });
    const router = await routerAt(twin.api.port);
    const heard: string[] = [];
    const said: string[] = [];
    const seen = contact(router, {
      say: (line) => {
        said.push(line);
        // The third time that it is asked for, somebody does it.
        if (line.includes('left to cut') && heard.push(line) === 3) twin.api.confirmDeviceMode();
      },
    });

    expect(await seen.seen).toMatchObject({ hotspotAllowed: true });
    expect(heard).toHaveLength(3);
    expect(said.at(-1)).toContain('now allows the hotspot');
    expect(twin.tree.single('/system/device-mode').mode).toBe('advanced');
  });

  it('says so when nobody cut the power', async () => {
    await using twin = await startTwin({ deviceMode: 'home' });
    const router = await routerAt(twin.api.port);
    let now = 0;
    const sleep = async (ms: number): Promise<void> => {
      now += ms;
    };
    const clock = { ...realClock, now: () => now, sleep };
    const { seen, said } = contact(router, { clock, activationMs: 60_000, pauseMs: 20_000 });

    await expect(seen).rejects.toMatchObject({ code: 'ROUTER_DEVICE_MODE' });
    expect(said.filter((line) => line.includes('left to cut'))).toEqual([
      expect.stringContaining(' 60 s '),
      expect.stringContaining(' 40 s '),
      expect.stringContaining(' 20 s '),
    ]);
    expect(twin.tree.single('/system/device-mode').mode).toBe('home');
  });
});
