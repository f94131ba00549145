/** The 16 contract cases of our RouterOS notes, by number, against a scripted peer. */
import { createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import {
  apiPort,
  type ConnectOptions,
  connectRouter,
} from '../../../../controller/routeros/client.ts';
import type { RouterOsConnection } from '../../../../controller/routeros/connection.ts';
import {
  frame,
  type PeerCommand,
  type PeerOptions,
  type TestPeer,
  testPeer,
} from '../../../../controller/routeros/test-peer.ts';

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
  peer: TestPeer,
  options: Partial<ConnectOptions> = {},
): Promise<RouterOsConnection> {
  const connection = await connectRouter({
    host: '127.0.0.1',
    port: peer.port,
    user: 'admin',
    password: 'pw',
    ...options,
  });
  open.push(connection);
  return connection;
}

const withCode = (code: string): unknown => expect.objectContaining({ code });

describe('the contract of the RouterOS client', () => {
  it('1: an empty print (`!empty` then `!done`) gives no rows', async () => {
    const peer = await peerWith((c) => {
      c.reply('!empty');
      c.reply('!done');
    });
    const connection = await connect(peer);

    await expect(connection.run('/ip/pool/print')).resolves.toEqual([]);
  });

  it('2: a peer that closes before it answers the login rejects', async () => {
    const peer = await peerWith(undefined, { onLogin: (c) => c.socket.end() });

    await expect(connect(peer)).rejects.toEqual(withCode('ROUTER_LOST'));
  });

  it('3: FIN while a command runs rejects it and settles lost', async () => {
    const peer = await peerWith((c) => c.socket.end());
    const connection = await connect(peer);

    await expect(connection.run('/system/reboot')).rejects.toEqual(withCode('ROUTER_LOST'));
    await expect(connection.lost).resolves.toEqual(withCode('ROUTER_LOST'));
    expect(connection.open).toBe(false);
  });

  it('4: RST while a command runs rejects it', async () => {
    const peer = await peerWith((c) => c.socket.resetAndDestroy());
    const connection = await connect(peer);

    await expect(connection.run('/x/print')).rejects.toEqual(withCode('ROUTER_LOST'));
  });

  it('5: an idle connection outlives its command timeout', async () => {
    const peer = await peerWith();
    const connection = await connect(peer, { commandTimeoutMs: 5 });

    await new Promise((resolve) => setTimeout(resolve, 15));

    expect(connection.open).toBe(true);
  });

  it('6: close resolves although the peer never closes, and twice', async () => {
    const peer = await peerWith(undefined, {
      server: (onSocket) => createHalfOpenServer(onSocket),
    });
    const connection = await connect(peer);

    await expect(connection.close()).resolves.toBeUndefined();
    await expect(connection.close()).resolves.toBeUndefined();
    await expect(connection.run('/x')).rejects.toEqual(withCode('ROUTER_LOST'));
  });

  it('7: UTF-8 is exact both ways', async () => {
    const peer = await peerWith((c) => {
      c.reply('!re', c.words.find((word) => word.startsWith('=comment=')) ?? '');
      c.reply('!done');
    });
    const connection = await connect(peer);

    await expect(connection.run('/echo', { comment: 'Désa ☕ Sungai' })).resolves.toEqual([
      { comment: 'Désa ☕ Sungai' },
    ]);
  });

  it.each([
    ['8: a length prefix split over segments is read', [1, 5, 1000]],
    ['9: one byte a segment is read', [1]],
  ])('%s', async (_name, sizes) => {
    const peer = await peerWith((c) => {
      const bytes = Buffer.concat([
        frame(['!re', `.tag=${c.tag}`, `=v=${'x'.repeat(200)}`]),
        frame(['!done', `.tag=${c.tag}`]),
      ]);
      void trickle(c.socket, bytes, sizes);
    });
    const connection = await connect(peer);

    await expect(connection.run('/x/print')).resolves.toEqual([{ v: 'x'.repeat(200) }]);
  });

  it('10: `!fatal` rejects with its reason', async () => {
    const peer = await peerWith((c) => {
      c.socket.end(frame(['!fatal', 'session terminated on request']));
    });
    const connection = await connect(peer);

    await expect(connection.run('/quit')).rejects.toThrow('session terminated on request');
  });

  it('11: late replies of a cancelled command are ignored', async () => {
    let first: PeerCommand | undefined;
    const peer = await peerWith((c) => {
      if (c.words[0] === '/slow') first = c;
      else if (c.words[0] === '/cancel') c.reply('!done');
      else {
        first?.reply('!re', '=late=yes');
        first?.reply('!done');
        c.reply('!done', '=ret=now');
      }
    });
    const connection = await connect(peer);

    const stopped = connection.run('/slow', {}, { signal: AbortSignal.timeout(5) });
    await expect(stopped).rejects.toEqual(withCode('ROUTER_ABORTED'));

    await expect(connection.runFor('/quick')).resolves.toEqual({ rows: [], ret: 'now' });
    expect(peer.received).toContainEqual(['/cancel', '=tag=2']);
  });

  it('12: attributes are copied, never changed', async () => {
    const peer = await peerWith();
    const connection = await connect(peer);
    const attributes = Object.freeze({ name: 'a' });

    await connection.run('/x/add', attributes);
    await connection.run('/x/add', attributes);

    expect(attributes).toEqual({ name: 'a' });
  });

  it('13: a trap carries its category and every message', async () => {
    const peer = await peerWith((c) => {
      c.reply('!trap', '=category=0', '=message=no such command or directory (caps-man)');
      c.reply('!trap', '=message=no such command prefix');
      c.reply('!done');
    });
    const connection = await connect(peer);

    await expect(connection.run('/caps-man/print')).rejects.toMatchObject({
      code: 'ROUTER_TRAP',
      category: 0,
      missing: true,
      messages: ['no such command or directory (caps-man)', 'no such command prefix'],
    });
    expect(connection.open).toBe(true);
  });

  it('14: TLS without a port means 8729, plain 8728', () => {
    expect(apiPort({ tls: { kind: 'anonymous' } })).toBe(8729);
    expect(apiPort({})).toBe(8728);
    expect(apiPort({ tls: { kind: 'anonymous' }, port: 1 })).toBe(1);
  });

  it('14: speaks the anonymous TLS of a router without a certificate', async () => {
    const ciphers = 'ADH-AES256-GCM-SHA384:@SECLEVEL=0';
    const peer = await peerWith(undefined, {
      server: (onSocket) =>
        createTlsServer({ ciphers, maxVersion: 'TLSv1.2', dhparam: 'auto' }, onSocket),
    });
    const connection = await connect(peer, { tls: { kind: 'anonymous' } });

    await expect(connection.run('/x')).resolves.toEqual([]);
  });

  it('15: an unanswered command rejects, and the connection serves on', async () => {
    const peer = await peerWith((c) => {
      if (c.words[0] === '/quick') c.reply('!done');
    });
    const connection = await connect(peer);

    const hung = connection.run('/hang', {}, { timeoutMs: 5 });
    await expect(hung).rejects.toEqual(withCode('ROUTER_TIMEOUT'));
    await expect(connection.run('/quick')).resolves.toEqual([]);
  });

  it('16: a wrong password rejects and the socket is closed', async () => {
    const peer = await peerWith(undefined, {
      onLogin: (c) => {
        c.reply('!trap', '=message=invalid user name or password (6)');
        c.reply('!done');
      },
    });

    await expect(connect(peer)).rejects.toEqual(withCode('ROUTER_LOGIN'));
  });
});

describe('connectRouter', () => {
  it('says ROUTER_UNREACHABLE when nobody listens', async () => {
    const peer = await testPeer();
    await peer[Symbol.asyncDispose]();

    await expect(connect(peer)).rejects.toEqual(withCode('ROUTER_UNREACHABLE'));
  });

  it('comes from the address that it is told to use', async () => {
    const from: (string | undefined)[] = [];
    const peer = await peerWith(undefined, { onConnect: (one) => from.push(one.remoteAddress) });

    await connect(peer, { localAddress: '127.0.0.1' });

    expect(from).toEqual(['127.0.0.1']);
  });

  it('says ROUTER_TIMEOUT when the login is never answered', async () => {
    const peer = await peerWith(undefined, { onLogin: () => undefined });

    await expect(connect(peer, { connectTimeoutMs: 20 })).rejects.toEqual(
      withCode('ROUTER_TIMEOUT'),
    );
  });

  it('ends the connection on bytes that are not the protocol', async () => {
    const peer = await peerWith((c) => c.socket.write(Buffer.from([0xff, 0xff])));
    const connection = await connect(peer);

    await expect(connection.run('/x')).rejects.toEqual(withCode('ROUTER_PROTOCOL'));
  });
});

describe('pipelining', () => {
  it('holds at most eight commands in flight and answers all, in any order', async () => {
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
    expect(most).toBeLessThanOrEqual(8);
  });

  it('sends proplist and queries', async () => {
    const peer = await peerWith();
    const connection = await connect(peer);

    await connection.run(
      '/x/print',
      { detail: '' },
      { proplist: ['a', 'b'], queries: ['a=1', '-b'] },
    );

    expect(peer.received.at(-1)).toEqual(['/x/print', '=detail=', '=.proplist=a,b', '?a=1', '?-b']);
  });
});

describe('listen', () => {
  it('hands over rows until it is stopped', async () => {
    const peer = await peerWith((c) => {
      if (c.words[0] !== '/cancel') c.reply('!re', '=name=a');
    });
    const connection = await connect(peer);
    const stop = new AbortController();
    const rows: unknown[] = [];

    await connection.listen(
      '/interface/listen',
      {},
      {
        signal: stop.signal,
        onRow: (row) => {
          rows.push(row);
          stop.abort();
        },
      },
    );

    expect(rows).toEqual([{ name: 'a' }]);
  });

  it('rejects when the router is lost', async () => {
    const peer = await peerWith((c) => c.socket.destroy());
    const connection = await connect(peer);

    const listening = connection.listen(
      '/interface/listen',
      {},
      {
        signal: new AbortController().signal,
        onRow: () => undefined,
      },
    );

    await expect(listening).rejects.toEqual(withCode('ROUTER_LOST'));
  });
});

async function trickle(
  socket: PeerCommand['socket'],
  bytes: Buffer,
  sizes: readonly number[],
): Promise<void> {
  socket.setNoDelay(true);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    socket.write(bytes.subarray(at, at + size));
    at += size;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function createHalfOpenServer(onSocket: (socket: PeerCommand['socket']) => void): Server {
  return createServer({ allowHalfOpen: true }, onSocket);
}
