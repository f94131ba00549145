/** A RADIUS server for tests, made with node:crypto alone and sharing nothing with the NAS it answers. */
import { createHmac, hash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export const SECRET = 'a-secret-of-the-village';

export interface SeenPacket {
  readonly code: number;
  readonly from: string;
  readonly bytes: Buffer;
  readonly text: (type: number) => string | undefined;
  readonly int: (type: number) => number | undefined;
  readonly types: readonly number[];
}

/** What to answer: a code and encoded attributes, or nothing. */
export type Decide = (packet: SeenPacket) => { code: number; attributes?: Buffer } | null;

export interface RadiusPeer extends AsyncDisposable {
  readonly seen: SeenPacket[];
  decide: Decide;
  secret: string;
  /** Accounting-Requests seen so far by Acct-Status-Type. */
  accounting(status: number): SeenPacket[];
  /** Resolves with the first packet, seen or to come, that passes. */
  until(wanted: (packet: SeenPacket) => boolean): Promise<SeenPacket>;
  /** Sends a request (Disconnect, CoA) to the router and gives its answer; null after 100 ms. */
  send(code: number, attributes: Buffer, to: string): Promise<SeenPacket | null>;
  readonly port: number;
}

export const attr = (type: number, value: string | number | Buffer): Buffer => {
  const number = Buffer.alloc(4);
  if (typeof value === 'number') number.writeUInt32BE(value);
  const bytes = typeof value === 'number' ? number : Buffer.from(value as string);
  return Buffer.concat([Buffer.from([type, bytes.length + 2]), bytes]);
};
export const vsa = (vendor: number, type: number, value: string | number): Buffer => {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(vendor);
  return attr(26, Buffer.concat([id, attr(type, value)]));
};
export const STATUS = { start: 1, stop: 2, interim: 3 } as const;

function view(bytes: Buffer, from: string): SeenPacket {
  const values = new Map<number, Buffer>();
  const types: number[] = [];
  for (let at = 20; at < bytes.length; at += bytes[at + 1]!) {
    types.push(bytes[at]!);
    values.set(bytes[at]!, bytes.subarray(at + 2, at + bytes[at + 1]!));
  }
  return {
    code: bytes[0]!,
    from,
    bytes,
    types,
    text: (type) => values.get(type)?.toString(),
    int: (type) => values.get(type)?.readUInt32BE(),
  };
}

function reply(request: Buffer, code: number, attributes: Buffer, secret: string): Buffer {
  const ma = Buffer.concat([Buffer.from([80, 18]), Buffer.alloc(16)]);
  const body = code === 5 ? attributes : Buffer.concat([ma, attributes]);
  const head = Buffer.concat([Buffer.from([code, request[1]!, 0, 0]), request.subarray(4, 20)]);
  head.writeUInt16BE(20 + body.length, 2);
  const packet = Buffer.concat([head, body]);
  if (code !== 5) createHmac('md5', secret).update(packet).digest().copy(packet, 22);
  hash('md5', Buffer.concat([packet, Buffer.from(secret)]), 'buffer').copy(packet, 4);
  return packet;
}

export async function startRadius(address: string): Promise<RadiusPeer> {
  const seen: SeenPacket[] = [];
  const waiting = new Set<(packet: SeenPacket) => void>();
  const sockets: Socket[] = [];
  const open = async (port: number): Promise<Socket> => {
    const socket = createSocket('udp4');
    socket.bind(port, address);
    await once(socket, 'listening');
    sockets.push(socket);
    return socket;
  };
  const answer = (socket: Socket) => (bytes: Buffer, from: { address: string; port: number }) => {
    const packet = view(bytes, from.address);
    seen.push(packet);
    for (const hear of waiting) hear(packet);
    const decided = peer.decide(packet);
    if (decided === null) return;
    const attributes = decided.attributes ?? Buffer.alloc(0);
    socket.send(reply(bytes, decided.code, attributes, peer.secret), from.port, from.address);
  };
  for (const port of [1812, 1813]) {
    const socket = await open(port);
    socket.on('message', answer(socket));
  }
  const outgoing = await open(0);
  const peer: RadiusPeer = {
    seen,
    secret: SECRET,
    port: outgoing.address().port,
    decide: (packet) => (packet.code === 1 ? { code: 2 } : { code: 5 }),
    accounting: (status) => seen.filter((p) => p.code === 4 && p.int(40) === status),
    until: async (wanted) => {
      const known = seen.find(wanted);
      if (known !== undefined) return known;
      const { promise, resolve } = Promise.withResolvers<SeenPacket>();
      const hear = (packet: SeenPacket): void => {
        if (wanted(packet)) resolve(packet);
      };
      waiting.add(hear);
      return promise.finally(() => waiting.delete(hear));
    },
    send: async (code, attributes, to) => {
      const packet = Buffer.alloc(20 + attributes.length);
      packet[0] = code;
      packet[1] = seen.length & 255;
      packet.writeUInt16BE(packet.length, 2);
      attributes.copy(packet, 20);
      const sum = hash('md5', Buffer.concat([packet, Buffer.from(peer.secret)]), 'buffer');
      sum.copy(packet, 4);
      outgoing.send(packet, 3799, to);
      const signal = AbortSignal.timeout(100);
      const got = await once(outgoing, 'message', { signal }).catch(() => null);
      return got === null ? null : view(got[0] as Buffer, to);
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.close();
    },
  };
  return peer;
}
