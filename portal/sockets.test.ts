import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openTestPortal } from './portal.fixture.ts';
import { closeServer, listenOn, SOCKET_LIMITS, type SocketLimits } from './sockets.ts';

const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n';

/** Everything that comes back until the other side ends. */
async function talk(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(bytes, 'latin1');
  return heard(socket);
}

async function heard(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.once('error', () => resolve());
  });
  return Buffer.concat(chunks).toString('latin1');
}

async function listening(over: Partial<SocketLimits>) {
  const limits = { ...SOCKET_LIMITS, ...over };
  let refused = 0;
  const server = createServer(limits.http, (req, res) => {
    req.resume().once('end', () => res.end('whole'));
  });
  const door = {
    networkOf: () => 'outside',
    refused: () => {
      refused += 1;
    },
  };
  await listenOn(server, { host: '127.0.0.1', port: 0 }, limits, door);
  return {
    port: (server.address() as AddressInfo).port,
    refused: () => refused,
    [Symbol.asyncDispose]: async () => closeServer(server),
  };
}

const HASTY = {
  http: {
    ...SOCKET_LIMITS.http,
    requestTimeout: 60,
    headersTimeout: 50,
    connectionsCheckingInterval: 10,
  },
};

describe('listenOn', () => {
  it.each([
    ['headers that do not end', 'GET / HTTP/1.1\r\nHost: a\r\nX: '],
    [
      'a body that does not come',
      `POST / HTTP/1.1\r\nHost: a\r\n${FORM}Content-Length: 9\r\n\r\nab`,
    ],
  ])('ends a connection with %s', async (_what, bytes) => {
    await using server = await listening(HASTY);
    const socket = connect(server.port, '127.0.0.1');
    socket.write(bytes);

    const answer = await heard(socket);

    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('X-Content-Type-Options: nosniff');
  });

  it.each([
    ['what is no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01', '400 Bad Request'],
    [
      'headers without end',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(9000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
  ])('answers %s as it answers all, and ends', async (_what, bytes, status) => {
    await using server = await listening({});

    const answer = await talk(server.port, bytes);

    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status}\r\n`));
    expect(answer).toContain("Content-Security-Policy: default-src 'none'");
    expect(answer).toContain('Connection: close');
  });

  it('turns away, and counts, what is beyond the share of an address', async () => {
    const share = { floor: 2, part: 1 / 8 };
    const connections = { total: 3, address: share, network: share };
    await using server = await listening({ connections });
    const kept = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')];
    await Promise.all(
      kept.map(async (socket) => new Promise((done) => socket.once('connect', done))),
    );

    expect(await talk(server.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('');
    expect(server.refused()).toBe(1);

    const left = new Promise((done) => kept[0]!.once('close', done));
    kept[0]!.resume().end();
    await left;
    expect(await talk(server.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toContain('whole');
    kept[1]!.destroy();
  });
});

const HEAD = 'POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n';
const SMUGGLED = 'GET /zqj HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const CHUNKED = `0\r\n\r\n${SMUGGLED}`;

describe('a request in two readings', () => {
  it.each([
    [
      'with a length and chunks',
      `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}`,
    ],
    [
      'with two lengths',
      `Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    ],
    ['with a length that is a list', `Content-Length: 0, 5\r\n\r\n${SMUGGLED}`],
    ['with a length that is signed', `Content-Length: +5\r\n\r\n${SMUGGLED}`],
    ['with an unknown coding', `Transfer-Encoding: xchunked\r\n\r\n${CHUNKED}`],
    ['with chunks that are not last', `Transfer-Encoding: chunked, identity\r\n\r\n${CHUNKED}`],
    ['with a space before the colon', `Transfer-Encoding : chunked\r\n\r\n${CHUNKED}`],
    [
      'with a folded header',
      `Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n${CHUNKED}`,
    ],
    ['with a line that ends in LF alone', `X: a\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}`],
    [
      'with a size of a chunk that is none',
      `Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n${CHUNKED}`,
    ],
  ])('%s is refused, and nothing behind it is read', async (_what, rest) => {
    await using test = await openTestPortal();

    const answer = await talk(test.portal.port, `${HEAD}${FORM}${rest}`);

    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 400']);
    expect(answer).toContain('Connection: close');
    expect(test.world.questions).toEqual([]);
  });
});

describe('a target that is no plain path', () => {
  it.each([
    ['//zqj.example/'],
    ['//zqj.example/%2e%2e/login'],
    ['/\\zqj.example/'],
    ['http://zqj.example/login'],
    ['/%2F%2Fzqj.example'],
    ['/;@zqj.example/'],
    ['*'],
    ['/login/../../../etc/passwd'],
    ['/v/%00'],
    ['/v/%ff%fe'],
    ['/%'],
  ])('%s leads nowhere else, without a fault', async (target) => {
    await using test = await openTestPortal();
    const own = `Host: 127.0.0.1:${test.portal.port}\r\nConnection: close\r\n\r\n`;

    const answer = await talk(test.portal.port, `GET ${target} HTTP/1.1\r\n${own}`);

    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? [];
    expect(Number(status)).toBeLessThan(500);
    expect(/^Location: (.*)$/im.exec(answer)?.[1] ?? '/').toMatch(/^\/(?![/\\])/);
  });
});
