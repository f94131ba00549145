import { hash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createRadiusClient } from '../../../../simulator/nas/client.ts';
import type { RadiusServer } from '../../../../simulator/nas/config.ts';
import { createIncoming } from '../../../../simulator/nas/incoming.ts';

const SECRET = 'a-secret-of-the-village';
const AUTHENTICATOR = Buffer.alloc(16, 7);

/** Answers each request with an Access-Accept without Message-Authenticator. */
async function unsignedServer(secret = SECRET) {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let requests = 0;
  socket.on('message', (request, peer) => {
    requests += 1;
    const head = Buffer.concat([Buffer.from([2, request[1]!, 0, 20]), AUTHENTICATOR]);
    const sum = hash('md5', Buffer.concat([head, Buffer.from(secret)]), 'buffer');
    socket.send(Buffer.concat([head.subarray(0, 4), sum]), peer.port, peer.address);
  });
  return {
    port: socket.address().port,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => void socket.close(),
  };
}

async function ask(server: Partial<RadiusServer>, port: number, owned = true) {
  const client = createRadiusClient({
    address: '127.0.0.1',
    owns: () => owned,
    locate: (host, at) => ({ host, port: at }),
  });
  const row: RadiusServer = {
    address: '127.0.0.1',
    secret: SECRET,
    authPort: port,
    acctPort: port,
    timeoutMs: 200,
    sourceAddress: null,
    requireMessageAuth: true,
    ...server,
  };
  const reply = await client.exchange(row, port, (id) => ({
    bytes: Buffer.concat([Buffer.from([1, id, 0, 20]), AUTHENTICATOR]),
    authenticator: AUTHENTICATOR,
  }));
  client.reset();
  return { code: reply?.code ?? null, ...client.counters };
}

describe('a RADIUS reply', () => {
  it('without Message-Authenticator is no reply where the row requires one', async () => {
    await using server = await unsignedServer();

    expect(await ask({}, server.port)).toMatchObject({ code: null, badReplies: 3, timeouts: 1 });
    expect(server.requests()).toBe(3);
  });

  it('without Message-Authenticator will do where the row does not', async () => {
    await using server = await unsignedServer();

    const row = { requireMessageAuth: false, timeoutMs: 10_000 };

    expect(await ask(row, server.port)).toMatchObject({ code: 2, sent: 1 });
  });

  it('of someone who lacks the secret is none', async () => {
    await using server = await unsignedServer('guess');

    expect(await ask({ requireMessageAuth: false }, server.port)).toMatchObject({ code: null });
  });
});

describe('a router', () => {
  it('sends nothing from an address that it does not have', async () => {
    await using server = await unsignedServer();

    expect(await ask({ sourceAddress: '127.0.0.9' }, server.port, false)).toMatchObject({
      sent: 0,
    });
    expect(await ask({ sourceAddress: '192.0.2.9' }, server.port)).toMatchObject({ code: null });
    expect(server.requests()).toBe(0);
  });

  it('survives a port for Disconnect-Requests that is taken', async () => {
    await using server = await unsignedServer();
    const incoming = createIncoming({
      address: '127.0.0.1',
      servers: () => [],
      admits: () => true,
      disconnect: () => true,
      change: () => true,
    });

    incoming.listen(server.port);
    await new Promise((resolve) => setImmediate(resolve));
    incoming.listen(null);

    expect(incoming.counters.dropped).toBe(0);
  });
});
