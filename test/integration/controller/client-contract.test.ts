/** One contract, two peers: bytes written by hand after MikroTik's manual, and the twin. */
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { ADMIN, startTwin } from '../../../simulator/api/test-twin.ts';
import { startApiSsl } from '../../../simulator/fleet/api-ssl.ts';
import { playBytes } from '../../fixtures/routeros-bytes.ts';
import { connector, type Scene, SIXTEEN, USER } from './client-cases.ts';
import { MORE } from './client-cases-more.ts';

const CASES = [...SIXTEEN, ...MORE];
const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

describe('the client against bytes written by hand', () => {
  it.each(CASES)('$title [$id]', async ({ id, run }) => {
    const script = await playBytes(id);
    opened.push(script);
    const nothing = (): void => undefined;
    const scene = { port: script.port, hurt: nothing, heal: nothing };

    await run(connector(scene, opened), scene);

    await expect(script.played).resolves.toBeUndefined();
  });

  it('leaves no script unused', () => {
    const scripts = readdirSync(new URL('../../fixtures/routeros', import.meta.url));

    expect(scripts.toSorted()).toEqual(CASES.map(({ id }) => `${id}.txt`).toSorted());
  });
});

/** What no router of the versions that the twin plays ever says. */
const NOT_THE_TWIN = [
  'old-login',
  'old-bad-login',
  'not-logged-in',
  'listen-dead-yes',
  'words',
  'trap-lines',
  'control-byte',
  'word-too-long',
  // Where a segment ends is the kernel's choice; `bytewise` splits lengths too.
  'split',
];

const OF_THE_TWIN = CASES.filter(({ id }) => !NOT_THE_TWIN.includes(id));

describe('the client against the twin', () => {
  it.each(OF_THE_TWIN)('$title [$id]', async ({ id, run }) => {
    const scene = await twinIn(id);

    await expect(run(connector(scene, opened), scene)).resolves.toBeUndefined();
  });
});

describe('the client against the twin over API-SSL without a certificate', () => {
  it.each(OF_THE_TWIN)('$title [$id]', async ({ id, run }) => {
    const plain = await twinIn(id);
    const address = '127.0.0.1';
    const ssl = await startApiSsl({ address, port: 0, apiPort: plain.port });
    opened.push(ssl);
    const scene: Scene = { ...plain, port: ssl.port, tls: { kind: 'anonymous' } };

    await expect(run(connector(scene, opened), scene)).resolves.toBeUndefined();
  });
});

type Twin = Awaited<ReturnType<typeof startTwin>>;

/** A twin in its factory state, named `desa`, and in the situation of the case. */
async function twinIn(id: string): Promise<Scene> {
  const ended = Promise.withResolvers<void>();
  const twin: Twin = await startTwin(
    { identity: 'desa', version: id === 'empty-before-7.18' ? '7.16.2' : '7.20.8' },
    // Power is gone at once: every connection ends.
    { onPower: () => ended.resolve(twin.api[Symbol.asyncDispose]()) },
  );
  opened.push(twin);
  PREPARE[id]?.(twin);
  const { faults } = twin.api;
  return {
    port: twin.api.port,
    hurt: () => Object.assign(faults, HURT[id]),
    heal: () => {
      faults.halfOpen = false;
    },
  };
}

const PREPARE: Readonly<Record<string, (twin: Twin) => void>> = {
  'close-in-login': ({ tree }) => {
    const service = tree.rows('/ip/service').find(({ values }) => values.name === 'api')!;
    tree.set('/ip/service', [service.id], new Map([['address', '10.0.0.0/8']]), { user: '' });
  },
  bytewise: ({ tree, api }) => {
    tree.setSingle('/system/note', new Map([['note', 'x'.repeat(200)]]));
    api.faults.byteAtATime = true;
  },
};

const HURT: Readonly<Record<string, Twin['api']['faults']>> = {
  'reset-in-flight': { resetAfterBytes: 60 },
  'close-hang': { halfOpen: true },
  'late-replies': { latencyMs: 20 },
  timeout: { halfOpen: true },
  stuck: { halfOpen: true },
};

describe('the bench itself', () => {
  it('logs in to both peers as the same user', () => {
    expect(USER).toEqual({ user: ADMIN.name, password: ADMIN.password });
  });

  it('notices a client that says anything else', async () => {
    await using script = await playBytes('bad-login');
    const nothing = { port: script.port, hurt: () => undefined, heal: () => undefined };

    const login = connector(nothing, opened)({ password: 'lain' });

    await expect(script.played).rejects.toThrow('expected');
    await expect(login).rejects.toMatchObject({ code: 'ROUTER_LOST' });
  });
});
