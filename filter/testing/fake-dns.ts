/** For tests: an upstream whose every answer a test decides, and a client, on real loopback sockets. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { decodeAnswer, encodeQuery, type TestAnswer, type TestQuery } from './dns-text.ts';

export interface SeenQuery {
  readonly name: string;
  readonly type: number;
  readonly transport: 'udp' | 'tcp';
  readonly fromPort: number;
  readonly bytes: Uint8Array;
}

/** Null: silence. Several: sent one after the other. */
export type Script = (
  seen: SeenQuery,
) => Uint8Array | readonly Uint8Array[] | null | Promise<Uint8Array | null>;

export interface FakeUpstream extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly seen: SeenQuery[];
}

export async function startFakeUpstream(script: Script): Promise<FakeUpstream> {
  const seen: SeenQuery[] = [];
  const run = async (seenQuery: SeenQuery, reply: (bytes: Uint8Array) => void): Promise<void> => {
    seen.push(seenQuery);
    const result = await script(seenQuery);
    if (result === null) return;
    for (const bytes of result instanceof Uint8Array ? [result] : result) reply(bytes);
  };
  const { udp, tcp } = await bindBoth();
  const { port } = udp.address();
  udp.on('message', (bytes, from) => {
    void run(describe(bytes, 'udp', from.port), (answer) => {
      udp.send(answer, from.port, from.address);
    });
  });
  const sockets = new Set<Socket>();
  tcp.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      void run(describe(chunk.subarray(2), 'tcp', socket.remotePort ?? 0), (answer) => {
        // In two pieces, as TCP may.
        const framed = frame(answer);
        socket.write(framed.subarray(0, 5));
        setImmediate(() => socket.write(framed.subarray(5)));
      });
    });
  });
  return {
    host: '127.0.0.1',
    port,
    seen,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = [once(udp, 'close'), once(tcp, 'close')];
      udp.close();
      tcp.close();
      await Promise.all(closed);
    },
  };
}

/** A port that is free for both; somebody else may take the TCP one in between. */
async function bindBoth(): Promise<{ udp: UdpSocket; tcp: Server }> {
  for (let tries = 1; ; tries += 1) {
    const udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    const tcp = createServer();
    tcp.listen(udp.address().port, '127.0.0.1');
    try {
      await once(tcp, 'listening');
      return { udp, tcp };
    } catch (error) {
      udp.close();
      if (tries === 20) throw error;
    }
  }
}

/** Sends one datagram from a loopback address and waits for the one that comes back. */
export async function askUdp(
  port: number,
  query: TestQuery | Uint8Array,
  from = '127.0.0.1',
): Promise<TestAnswer> {
  return decodeAnswer(await askUdpRaw(port, query, from));
}

export async function askUdpRaw(
  port: number,
  query: TestQuery | Uint8Array,
  from = '127.0.0.1',
): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    socket.bind(0, from);
    await once(socket, 'listening');
    const answer = once(socket, 'message', { signal: AbortSignal.timeout(20_000) });
    socket.send(query instanceof Uint8Array ? query : encodeQuery(query), port, '127.0.0.1');
    const [bytes] = (await answer) as [Buffer];
    return bytes;
  } finally {
    socket.close();
  }
}

/** Sends one datagram and does not wait. */
export async function tellUdp(port: number, query: TestQuery): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise((resolve) => {
    socket.send(encodeQuery(query), port, '127.0.0.1', resolve);
  });
  socket.close();
}

/** Sends all queries at once over one connection; the answers in order of arrival. */
export async function askTcp(port: number, queries: readonly TestQuery[]): Promise<TestAnswer[]> {
  const socket = connect({ host: '127.0.0.1', port, signal: AbortSignal.timeout(20_000) });
  socket.write(Buffer.concat(queries.map((query) => frame(encodeQuery(query)))));
  const answers: TestAnswer[] = [];
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const length = received.readUInt16BE(0);
      answers.push(decodeAnswer(received.subarray(2, 2 + length)));
      received = received.subarray(2 + length);
    }
    if (answers.length === queries.length) break;
  }
  socket.destroy();
  return answers;
}

function describe(bytes: Uint8Array, transport: 'udp' | 'tcp', fromPort: number): SeenQuery {
  const query = Buffer.from(bytes);
  const { question } = decodeAnswer(Buffer.concat([query]));
  let end = 12;
  while (query[end] !== 0) end += query[end]! + 1;
  return { name: question, type: query.readUInt16BE(end + 1), transport, fromPort, bytes: query };
}

function frame(bytes: Uint8Array): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16BE(bytes.length, 0);
  return Buffer.concat([size, bytes]);
}
