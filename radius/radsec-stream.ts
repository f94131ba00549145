/** Packets in and replies out on one connection, with an end to everything that waits. */
import type { Duplex } from 'node:stream';
import { createFrames } from './frames.ts';

/** The part of a TLS socket that this needs. */
export interface StreamSocket extends Duplex {
  setTimeout(ms: number, callback: () => void): unknown;
}

export interface StreamOptions {
  /** Machine time. */
  readonly idleMs: number;
  /** Machine time in which a packet that has begun must be whole. */
  readonly frameMs: number;
  /** What came cannot be a packet, or was not finished in time; ends the connection. */
  broken(): void;
  /** The reply, or null for none; never rejects. */
  answer(packet: Buffer): Promise<Buffer | null>;
}

/** Requests of one connection being answered at once; it is not read from beyond. */
const MAX_OPEN = 256;
/** Replies that the peer has not taken yet; it is not read from beyond. */
const MAX_UNSENT_BYTES = 1 << 18;

export function serveStream(socket: StreamSocket, options: StreamOptions): void {
  const frames = createFrames();
  let open = 0;
  let frameTimer: NodeJS.Timeout | undefined;

  const stopTimer = (): void => {
    clearTimeout(frameTimer);
    frameTimer = undefined;
  };
  /** Reads on, or not; the peer is not to blame for what is not read. */
  const flow = (): void => {
    if (open >= MAX_OPEN || socket.writableLength > MAX_UNSENT_BYTES) {
      socket.pause();
      stopTimer();
      return;
    }
    socket.resume();
    if (frames.unfinished) frameTimer ??= setTimeout(() => options.broken(), options.frameMs);
  };
  const serve = async (packet: Buffer): Promise<void> => {
    open += 1;
    const reply = await options.answer(packet);
    open -= 1;
    if (socket.destroyed) return;
    if (reply !== null) socket.write(reply);
    flow();
  };
  socket.on('data', (chunk: Buffer) => {
    const packets = frames.push(chunk);
    if (packets === null) {
      options.broken();
      return;
    }
    if (packets.length > 0 || !frames.unfinished) stopTimer();
    for (const packet of packets) void serve(packet);
    flow();
  });
  socket.on('drain', flow);
  // A peer that goes without a word is its own affair; what it asked for is in the store.
  socket.on('error', () => undefined);
  socket.on('close', stopTimer);
  socket.setTimeout(options.idleMs, () => socket.destroy());
}
