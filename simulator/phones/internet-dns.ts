/**
 * The stand-in's DNS server, UDP and TCP on one port: every name has one address (the stand-in's, unless told),
 * names under `.invalid` do not exist (RFC 6761), other types than A have no data.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { errorCode } from '../../lib/errors.ts';
import { DNS_TYPES, decodeQuestion, encodeAnswer, MalformedDns } from './dns.ts';

export interface InternetDns extends AsyncDisposable {
  readonly port: number;
  /** Questions that arrived for this name, whatever their type. */
  queries(name: string): number;
}

const TTL_SECONDS = 60;
const NXDOMAIN = 3;
/** Names that are counted one by one; later ones are answered, not counted. */
const MAX_NAMES = 50_000;
const MAX_TCP_MESSAGE = 4096;
const PORT_TRIES = 20;

export async function startInternetDns(
  address: string,
  port: number,
  elsewhere: Readonly<Record<string, string>> = {},
): Promise<InternetDns> {
  const counts = new Map<string, number>();
  const reply = (query: Buffer): Buffer | null => {
    try {
      return answerQuery(query, (name) => elsewhere[name] ?? address, counts);
    } catch (error) {
      if (error instanceof MalformedDns) return null;
      throw error;
    }
  };
  const { udp, tcp, connections } = await bindBoth(address, port, reply);
  return {
    port: udp.address().port,
    queries: (name) => counts.get(name.toLowerCase().replace(/\.$/, '')) ?? 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of connections) socket.destroy();
      const closed = [once(udp, 'close'), once(tcp, 'close')];
      udp.close();
      tcp.close();
      await Promise.all(closed);
    },
  };
}

function answerQuery(
  query: Buffer,
  addressOf: (name: string) => string,
  counts: Map<string, number>,
): Buffer {
  const { name, type } = decodeQuestion(query);
  if (counts.has(name) || counts.size < MAX_NAMES) counts.set(name, (counts.get(name) ?? 0) + 1);
  const exists = name !== 'invalid' && !name.endsWith('.invalid');
  const addresses = exists && type === DNS_TYPES.A ? [addressOf(name)] : [];
  return encodeAnswer(query, { rcode: exists ? 0 : NXDOMAIN, addresses, ttl: TTL_SECONDS });
}

interface Bound {
  readonly udp: UdpSocket;
  readonly tcp: Server;
  readonly connections: ReadonlySet<Socket>;
}

/** With port 0 the system picks the TCP port; where its UDP twin is taken, another is tried. */
async function bindBoth(
  address: string,
  port: number,
  reply: (query: Buffer) => Buffer | null,
): Promise<Bound> {
  const connections = new Set<Socket>();
  for (let attempt = 1; ; attempt += 1) {
    const tcp = createServer((socket) => {
      connections.add(socket);
      socket.once('close', () => connections.delete(socket));
      serveTcp(socket, reply);
    });
    tcp.listen({ host: address, port });
    await once(tcp, 'listening');
    const bound = tcp.address();
    const udp = createSocket('udp4');
    try {
      udp.bind({ address, port: typeof bound === 'object' && bound !== null ? bound.port : port });
      await once(udp, 'listening');
    } catch (error) {
      tcp.close();
      if (port !== 0 || errorCode(error) !== 'EADDRINUSE' || attempt >= PORT_TRIES) throw error;
      continue;
    }
    udp.on('message', (message, peer) => {
      const answer = reply(message);
      if (answer !== null) udp.send(answer, peer.port, peer.address);
    });
    return { udp, tcp, connections };
  }
}

/** RFC 1035 §4.2.2: two octets of length before each message. */
function serveTcp(socket: Socket, reply: (query: Buffer) => Buffer | null): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const answer = reply(pending.subarray(2, end));
      pending = pending.subarray(end);
      if (answer === null) {
        socket.destroy();
        return;
      }
      socket.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]));
    }
    if (pending.length > MAX_TCP_MESSAGE) socket.destroy();
  });
}
