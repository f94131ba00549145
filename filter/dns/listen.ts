/**
 * The two sockets of the resolver: UDP and TCP (RFC 7766) on one port. TCP connections are bounded in
 * number, in questions at once and in idle time; the rest is the handler's.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup } from 'node:dns';
import { once } from 'node:events';
import { createServer, isIP, type Server, type Socket } from 'node:net';
import { errorCode } from '../../lib/errors.ts';

export type Transport = 'udp' | 'tcp';

/** `reply` is called once or never. */
export type Handler = (
  packet: Uint8Array,
  from: string,
  transport: Transport,
  reply: (answer: Uint8Array) => void,
) => void;

export type ListenTrouble = 'malformed' | 'send_failed' | 'tcp_connections' | 'tcp_oversize';

export interface ListenOptions {
  readonly host: string;
  /** 0 = any port that is free for both. */
  readonly port: number;
  readonly handle: Handler;
  readonly onTrouble: (reason: ListenTrouble) => void;
}

export interface Listener extends AsyncDisposable {
  readonly port: number;
}

const RECEIVE_BUFFER_OCTETS = 1024 * 1024;
const MAX_CONNECTIONS = 256;
const MAX_PIPELINED = 32;
const MAX_UNREAD_OCTETS = 256 * 1024;
const IDLE_MS = 10_000;
/** No honest question is longer. */
const MAX_QUERY_OCTETS = 4096;
const PORT_TRIES = 10;

export async function listen(options: ListenOptions): Promise<Listener> {
  for (let tries = 1; ; tries += 1) {
    const udp = await bindUdp(options);
    const { port } = udp.address();
    try {
      const tcp = await bindTcp(options, port);
      return { port, [Symbol.asyncDispose]: () => closeBoth(udp, tcp) };
    } catch (error) {
      await closeUdp(udp);
      const taken = errorCode(error) === 'EADDRINUSE';
      if (!taken || options.port !== 0 || tries === PORT_TRIES) throw error;
    }
  }
}

async function bindUdp(options: ListenOptions): Promise<UdpSocket> {
  const socket = createSocket({
    type: options.host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BUFFER_OCTETS,
    // An answer goes to an address, and must not wait a turn of the loop to learn that.
    lookup: (host, settings, callback) => {
      const family = isIP(host);
      if (family === 0) lookup(host, settings, callback);
      else callback(null, host, family);
    },
  });
  const sent = (error: Error | null): void => {
    if (error !== null) options.onTrouble('send_failed');
  };
  let open = true;
  socket.on('close', () => {
    open = false;
  });
  socket.on('message', (packet, from) => {
    if (from.port === 0) {
      // Nobody can be answered there; a forged source must not reach `send`, which throws on it.
      options.onTrouble('malformed');
      return;
    }
    options.handle(packet, from.address, 'udp', (answer) => {
      if (!open) return;
      socket.send(answer, from.port, from.address, sent);
    });
  });
  const listening = once(socket, 'listening');
  socket.bind(options.port, options.host);
  await listening;
  // From here on an error concerns one datagram that could not go out.
  socket.on('error', () => options.onTrouble('send_failed'));
  return socket;
}

interface TcpListener {
  readonly server: Server;
  readonly connections: Set<Socket>;
}

async function bindTcp(options: ListenOptions, port: number): Promise<TcpListener> {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serve(socket, options);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', () => options.onTrouble('tcp_connections'));
  server.listen(port, options.host);
  await once(server, 'listening');
  return { server, connections };
}

function serve(socket: Socket, options: ListenOptions): void {
  let received = Buffer.alloc(0);
  let pending = 0;
  const from = socket.remoteAddress ?? '';
  const take = (): void => {
    while (pending < MAX_PIPELINED && received.length >= 2) {
      const length = received.readUInt16BE(0);
      if (length > MAX_QUERY_OCTETS) {
        options.onTrouble('tcp_oversize');
        socket.destroy();
        return;
      }
      if (received.length < 2 + length) return;
      const packet = received.subarray(2, 2 + length);
      received = received.subarray(2 + length);
      pending += 1;
      options.handle(packet, from, 'tcp', (answer) => {
        pending -= 1;
        const size = Buffer.alloc(2);
        size.writeUInt16BE(answer.length, 0);
        if (socket.writable) socket.write(Buffer.concat([size, answer]));
        // Who asks on and on without reading would otherwise fill the memory.
        if (socket.writableLength > MAX_UNREAD_OCTETS) socket.destroy();
        else socket.resume();
      });
    }
    if (pending >= MAX_PIPELINED) socket.pause();
  };
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  // A phone that goes away mid-question is no fault of anybody's; 'close' follows.
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    take();
  });
  socket.on('resume', () => setImmediate(take));
}

async function closeBoth(udp: UdpSocket, { server, connections }: TcpListener): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const socket of connections) socket.destroy();
  await closeUdp(udp);
  await closed;
}

async function closeUdp(socket: UdpSocket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}
