/** How a connection comes about and what bounds it: addresses, time-outs, abort, keep-alive, places, size. */
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  apiPort,
  type ConnectOptions,
  connectRouter,
  type RouterOsConnection,
} from '../../../controller/routeros/client.ts';
import {
  frame,
  type PeerCommand,
  type PeerOptions,
  type TestPeer,
  testPeer,
} from '../../../controller/routeros/test-peer.ts';
import { eventually } from '../../fixtures/eventually.ts';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function peerWith(
  script?: (command: PeerCommand) => void,
  options?: PeerOptions,
): Promise<TestPeer> {
  const peer = await testPeer(script, options);
  open.push(peer);
  return peer;
}

async function connect(
  peer: Pick<TestPeer, 'port'>,
  options: Partial<ConnectOptions> = {},
): Promise<RouterOsConnection> {
  const to = { host: '127.0.0.1', port: peer.port, user: 'admin', password: 'pw' };
  const connection = await connectRouter({ ...to, ...options });
  open.push(connection);
  return connection;
}

/** How many connections stay open at the peer. */
function closed(peer: TestPeer): Promise<number> {
  return eventually(
    async () => peer.sockets.size,
    (size) => size === 0,
    5000,
  );
}

const withCode = (code: string): unknown => expect.objectContaining({ code });

describe('apiPort', () => {
  it('is 8729 with TLS, 8728 without, or the one that is given', () => {
    expect(apiPort({ tls: { kind: 'anonymous' } })).toBe(8729);
    expect(apiPort({})).toBe(8728);
    expect(apiPort({ tls: { kind: 'anonymous' }, port: 1 })).toBe(1);
  });
});

describe('connectRouter', () => {
  it('says ROUTER_UNREACHABLE when nobody listens', async () => {
    const peer = await testPeer();
    await peer[Symbol.asyncDispose]();

    await expect(connect(peer)).rejects.toEqual(withCode('ROUTER_UNREACHABLE'));
  });

  it.each([
    ['a port that is none', { port: 70_000 }],
    ['a source address that is none', { localAddress: 'nowhere' }],
    ['a name that is none', { host: 'no such name' }],
  ])('says ROUTER_UNREACHABLE for %s', async (_name, options) => {
    await expect(connect({ port: 1 }, options)).rejects.toEqual(withCode('ROUTER_UNREACHABLE'));
  });

  it('comes from the address that it is told to use', async () => {
    const from: (string | undefined)[] = [];
    const peer = await peerWith(undefined, { onConnect: (one) => from.push(one.remoteAddress) });

    await connect(peer, { localAddress: '127.0.0.9' });

    expect(from).toEqual(['127.0.0.9']);
  });

  it('gives up a TLS handshake that never ends, and closes', async () => {
    const peer = await peerWith();

    const dialled = connect(peer, { tls: { kind: 'anonymous' }, connectTimeoutMs: 50 });

    await expect(dialled).rejects.toEqual(withCode('ROUTER_UNREACHABLE'));
    await expect(closed(peer)).resolves.toBe(0);
  });

  it('has a time of its own for the login', async () => {
    const peer = await peerWith(undefined, { onLogin: () => undefined });

    const login = connect(peer, { connectTimeoutMs: 60_000, loginTimeoutMs: 20 });

    await expect(login).rejects.toEqual(withCode('ROUTER_TIMEOUT'));
    await expect(closed(peer)).resolves.toBe(0);
  });

  it('counts the login to the connection when it has no time of its own', async () => {
    const peer = await peerWith(undefined, { onLogin: () => undefined });

    const login = connect(peer, { connectTimeoutMs: 300 });

    await expect(login).rejects.toEqual(withCode('ROUTER_TIMEOUT'));
  });

  it('gives up at once when its signal says so, before, while it connects and in the login', async () => {
    const peer = await peerWith(undefined, { onLogin: () => stop.abort() });
    const stop = new AbortController();
    const silent = await peerWith(undefined, { onConnect: () => stopHandshake.abort() });
    const stopHandshake = new AbortController();

    const before = connect(peer, { signal: AbortSignal.abort() });
    const login = connect(peer, { signal: stop.signal });
    const handshake = connect(silent, {
      tls: { kind: 'anonymous' },
      signal: stopHandshake.signal,
    });

    const aborted = { status: 'rejected', reason: withCode('ROUTER_ABORTED') };
    await expect(Promise.allSettled([before, login, handshake])).resolves.toEqual([
      aborted,
      aborted,
      aborted,
    ]);
    await expect(closed(peer)).resolves.toBe(0);
    await expect(closed(silent)).resolves.toBe(0);
  });

  it('says ROUTER_PROTOCOL when the login is answered with no challenge', async () => {
    const peer = await peerWith(undefined, { onLogin: (c) => c.reply('!done', '=ret=../../etc') });

    await expect(connect(peer)).rejects.toEqual(withCode('ROUTER_PROTOCOL'));
  });

  it('answers a challenge once', async () => {
    const challenge = `=ret=${'0'.repeat(32)}`;
    const peer = await peerWith(undefined, { onLogin: (c) => c.reply('!done', challenge) });

    await expect(connect(peer)).rejects.toEqual(withCode('ROUTER_LOGIN'));
    expect(peer.received).toHaveLength(2);
  });
});

describe.skipIf(process.platform !== 'linux')('keep-alive', () => {
  it('is left to the kernel, after 30 s of silence', async () => {
    let port = 0;
    const peer = await peerWith(undefined, {
      onConnect: (socket) => {
        port = socket.remotePort ?? 0;
      },
    });

    await connect(peer);

    const timer = await eventually(
      () => timerOf(port, peer.port),
      ({ kind }) => kind === KEEP_ALIVE,
      5000,
    );
    expect(timer.kind).toBe(KEEP_ALIVE);
    expect(timer.seconds).toBeLessThanOrEqual(30);
    expect(timer.seconds).toBeGreaterThan(15);
  });
});

const KEEP_ALIVE = '02';

/** The timer of a connection over loopback: columns `tr` and `tm->when` of proc(5). */
async function timerOf(from: number, to: number): Promise<{ kind: string; seconds: number }> {
  const [local, remote] = [from, to].map(
    (port) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`,
  );
  const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n');
  const columns = rows.map((row) => row.trim().split(/\s+/));
  const timer = columns.find((row) => row[1] === local && row[2] === remote)?.[5] ?? '';
  const [kind = '', hundredths = ''] = timer.split(':');
  return { kind, seconds: Number.parseInt(hundredths, 16) / 100 };
}

describe('commands side by side', () => {
  it('are eight at most, and answered in any order', async () => {
    const held: PeerCommand[] = [];
    let most = 0;
    const peer = await peerWith((c) => {
      held.push(c);
      most = Math.max(most, held.length);
      setImmediate(() => {
        const next = held.pop();
        next?.reply('!done', `=ret=${next.words[1]}`);
      });
    });
    const connection = await connect(peer);

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => connection.runFor('/n', { i: String(i) })),
    );

    expect(answers.map((answer) => answer.ret)).toEqual(
      Array.from({ length: 40 }, (_, i) => `=i=${i}`),
    );
    expect(most).toBe(8);
  });

  it('are eight at most while the router works on what was given up', async () => {
    const running = new Set<string>();
    let most = 0;
    const peer = await peerWith((c) => {
      if (c.words[0] === '/cancel') {
        const tag = c.words[1]?.slice('=tag='.length) ?? '';
        // The router takes its time to stop what it does.
        setTimeout(() => {
          running.delete(tag);
          c.reply('!done');
        }, 10);
        return;
      }
      running.add(c.tag);
      most = Math.max(most, running.size);
    });
    const connection = await connect(peer);

    const ask = (): Promise<unknown> => connection.run('/slow', {}, { timeoutMs: 5 });
    for (let round = 0; round < 3; round++) {
      await Promise.allSettled(Array.from({ length: 8 }, ask));
    }

    expect(most).toBe(8);
  });

  it.each([
    ['the end of the /cancel', (c: PeerCommand) => c.reply('!done')],
    [
      'the end of the command',
      (c: PeerCommand) => {
        const tag = c.words[1]?.slice('=tag='.length) ?? '';
        c.socket.write(frame(['!done', `.tag=${tag}`]));
      },
    ],
  ])('have their places back by %s alone', async (_name, confirm) => {
    const peer = await peerWith((c) => {
      if (c.words[0] === '/cancel') confirm(c);
      else if (c.words[0] === '/quick') c.reply('!done', '=ret=now');
    });
    const connection = await connect(peer);
    const ask = (): Promise<unknown> => connection.run('/slow', {}, { timeoutMs: 5 });

    await Promise.allSettled(Array.from({ length: 8 }, ask));

    await expect(connection.runFor('/quick')).resolves.toEqual({ rows: [], ret: 'now' });
  });

  it('are rejected when we close, and told so', async () => {
    const peer = await peerWith(() => undefined);
    const connection = await connect(peer);

    const settled = Promise.allSettled([connection.run('/x')]);
    await connection.close();

    const reason = { code: 'ROUTER_LOST', message: 'closed by us' };
    expect(await settled).toMatchObject([{ status: 'rejected', reason }]);
    await expect(connection.lost).resolves.toMatchObject(reason);
  });

  it('are refused with ROUTER_BUSY when too many wait', async () => {
    const peer = await peerWith(() => undefined);
    const connection = await connect(peer);

    const answers = Array.from({ length: 8 + 4096 + 1 }, () => connection.run('/x'));
    const settled = Promise.allSettled(answers);
    await connection.close();

    const codes = (await settled).map((one) => one.status === 'rejected' && one.reason.code);
    expect(codes.at(-1)).toBe('ROUTER_BUSY');
    expect(new Set(codes.slice(0, -1))).toEqual(new Set(['ROUTER_LOST']));
  });

  it.each([
    ['text that is no Unicode', { name: 'a\ud800' }],
    ['a name with "="', { 'a=b': 'c' }],
    ['a word over 16 MiB', { contents: 'x'.repeat(16 * 1024 * 1024) }],
  ])('are not sent with %s', async (_name, attributes) => {
    const peer = await peerWith();
    const connection = await connect(peer);

    const said = connection.run('/x', attributes);

    await expect(said).rejects.toEqual(withCode('ROUTER_PROTOCOL'));
    await expect(connection.run('/y')).resolves.toEqual([]);
    expect(peer.received.map(([command]) => command)).toEqual(['/login', '/y']);
  });

  it('end with the connection when an answer has no end', async () => {
    const peer = await peerWith((c) => {
      const rows = (): void => {
        if (c.socket.destroyed) return;
        for (let i = 0; i < 10_000; i++) c.reply('!re', '=a=b');
        if (c.socket.writableNeedDrain) c.socket.once('drain', rows);
        else setImmediate(rows);
      };
      rows();
    });
    const connection = await connect(peer);

    const endless = connection.run('/x/print', {}, { timeoutMs: 60_000 });

    await expect(endless).rejects.toEqual(withCode('ROUTER_PROTOCOL'));
    expect(connection.open).toBe(false);
  });
});
