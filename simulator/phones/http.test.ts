import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { httpExchange } from './http.ts';

const HOST = '127.0.0.1';
const servers: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) continue;
    server.close();
    await once(server, 'close');
  }
});

async function start(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  servers.push({ server, sockets });
  server.listen({ host: HOST, port: 0 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const web = (listener: RequestListener): Promise<number> => start(createServer(listener));
const tcp = (listener: (socket: Socket) => void): Promise<number> =>
  start(createTcpServer((socket) => listener(socket.on('error', () => undefined))));

const get = (port: number, more: Partial<Parameters<typeof httpExchange>[0]> = {}) =>
  httpExchange({
    host: HOST,
    port,
    method: 'GET',
    target: '/',
    headers: { Host: 'x.test' },
    timeoutMs: 5000,
    ...more,
  });

describe('httpExchange', () => {
  it('reads a chunked answer of a real server and counts every octet both ways', async () => {
    let counted = { read: 0, written: 0 };
    const port = await web((request, response) => {
      const { socket } = request;
      socket.once('close', () => {
        counted = { read: socket.bytesRead, written: socket.bytesWritten };
      });
      response.write('first ');
      response.end('second');
    });

    const exchange = await get(port);

    expect(exchange.response?.body.toString()).toBe('first second');
    expect({ read: exchange.sentOctets, written: exchange.receivedOctets }).toEqual(counted);
  });

  it('sends a form and its length, and no cookie, even after one was set', async () => {
    const seen: { body: string; cookie: string | undefined; length: string | undefined }[] = [];
    const port = await web((request, response) => {
      const { cookie, 'content-length': length } = request.headers;
      void text(request).then((body) => {
        seen.push({ body, cookie, length });
        response.setHeader('Set-Cookie', 'id=1').end();
      });
    });

    await get(port, { method: 'POST', body: 'nama=Désa' });
    await get(port, { method: 'POST', body: 'x' });

    expect(seen).toEqual([
      { body: 'nama=Désa', cookie: undefined, length: '10' },
      { body: 'x', cookie: undefined, length: '1' },
    ]);
  });

  it('speaks from the address that it was given', async () => {
    const port = await web((request, response) => response.end(request.socket.remoteAddress));

    const exchange = await get(port, { localAddress: '127.9.8.7' });

    expect(exchange.response?.body.toString()).toBe('127.9.8.7');
  });

  it('puts split packets together', async () => {
    const port = await tcp((socket) => {
      socket.setNoDelay(true);
      const parts = ['HTTP/1.', '1 200 OK\r\nContent-Le', 'ngth: 4\r\n\r', '\nab', 'cd'];
      const next = (): void => {
        const part = parts.shift();
        if (part === undefined) socket.end();
        else socket.write(part, () => setImmediate(next));
      };
      next();
    });

    const exchange = await get(port);

    expect(exchange.response?.body.toString()).toBe('abcd');
    expect(exchange.receivedOctets).toBe(42);
  });

  it('tells an answer that was cut short, with what came of it', async () => {
    const port = await tcp((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
    );

    const exchange = await get(port);

    expect(exchange).toMatchObject({
      response: null,
      failure: 'closed',
      status: 200,
      receivedOctets: 41,
    });
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['a reset', (socket) => socket.once('data', () => socket.resetAndDestroy()), 'reset'],
    ['bytes that are not HTTP', (socket) => socket.end('220 smtp ready\r\n\r\n'), 'malformed'],
  ])('tells %s', async (_what, listener, failure) => {
    const port = await tcp(listener);

    const exchange = await get(port);

    expect(exchange).toMatchObject({ response: null, failure });
  });

  it('tells a closed port', async () => {
    const port = await tcp(() => undefined);
    const { server } = servers.at(-1)!;
    server.close();
    await once(server, 'close');

    const exchange = await get(port);

    expect(exchange).toMatchObject({ failure: 'refused', sentOctets: 0, receivedOctets: 0 });
  });

  it('gives up on a server that says nothing', async () => {
    const port = await tcp(() => undefined);

    const exchange = await get(port, { timeoutMs: 30 });

    expect(exchange).toMatchObject({ response: null, failure: 'timeout' });
  });
});
