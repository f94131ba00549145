/**
 * One forwarded connection: bytes both ways, counted and shaped for the session that the phone has at
 * that moment. Counting is exact: what is counted is written to the phone's socket (or came from it),
 * and at a limit the connection ends gracefully, so that it arrives.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import type { Flow, Host } from './hosts.ts';
import type { Sessions } from './sessions.ts';
import type { Direction } from './shaper.ts';

export interface FlowOptions {
  readonly host: Host;
  readonly phone: Socket;
  readonly upstream: Socket;
  readonly free: boolean;
  /** Past counters and queues after the first octets. */
  readonly fasttrack: boolean;
  readonly clock: Clock;
  readonly sessions: Sessions;
  /** Every octet that crosses the router, whoever it belongs to. */
  readonly meter: (direction: Direction, octets: number) => void;
}

/** A fasttracked connection shows this much of itself before it takes the short way. */
const FASTTRACK_AFTER = 4096;
/** How long a connection that was ended may take to drain, machine time. */
const DRAIN_MS = 5000;

export interface RunningFlow extends Flow {
  /** Passes what the phone had already sent: counted as `octets`, forwarded as `bytes`. */
  pass(bytes: Buffer, octets: number): void;
  /** Writes to the phone in the router's stead, counted like the rest. */
  reply(bytes: Buffer): void;
}

export function startFlow(options: FlowOptions): RunningFlow {
  const { host, phone, upstream } = options;
  const ending = new AbortController();
  let seen = 0;
  let over = false;

  const leave = (): void => {
    over = true;
    host.flows.delete(flow);
    ending.abort();
  };
  const finish = (): void => {
    if (over) return;
    leave();
    upstream.destroy();
    drain(phone);
  };
  const destroy = (): void => {
    leave();
    upstream.destroy();
    phone.destroy();
  };
  /** How much of `octets` the session lets pass; ends the session with its last octet. */
  const count = (direction: Direction, octets: number): { allowed: number; last: boolean } => {
    const { session } = host;
    const unseen = options.fasttrack ? Math.max(0, FASTTRACK_AFTER - seen) : octets;
    seen += octets;
    if (session === null) return { allowed: octets, last: false };
    const counted = Math.min(octets, unseen);
    if (counted === 0) return { allowed: octets, last: false };
    const taken = options.sessions.take(session, direction, counted);
    return taken.last ? taken : { allowed: octets, last: false };
  };
  const put = (sink: Socket, direction: Direction, bytes: Buffer): boolean => {
    const { session } = host;
    const { allowed, last } = count(direction, bytes.length);
    const passed = options.free || allowed === bytes.length ? bytes : bytes.subarray(0, allowed);
    options.meter(direction, passed.length);
    const ready = sink.write(passed);
    if (last && session !== null) options.sessions.end(session, 'NAS-Request');
    return ready;
  };
  const wait = (direction: Direction, octets: number): number => {
    const { session } = host;
    if (session === null || (options.fasttrack && seen >= FASTTRACK_AFTER)) return 0;
    return session.buckets[direction].book(octets);
  };
  const pump = (source: Socket, sink: Socket, direction: Direction): void => {
    const writeOn = (chunk: Buffer): void => {
      if (over || put(sink, direction, chunk) || over) return;
      source.pause();
      sink.once('drain', () => source.resume());
    };
    source.on('data', (chunk: Buffer) => {
      if (over) return;
      const ms = wait(direction, chunk.length);
      if (ms < 1) {
        writeOn(chunk);
        return;
      }
      // Paused, the source emits neither more data nor its end before this chunk has passed.
      source.pause();
      options.clock.sleep(ms, ending.signal).then(
        () => {
          source.resume();
          writeOn(chunk);
        },
        () => {
          // The connection ended meanwhile: the chunk never crossed, and is not counted.
        },
      );
    });
    source.once('end', () => {
      if (!over && !sink.destroyed) sink.end();
    });
  };
  const flow: RunningFlow = {
    free: options.free,
    finish,
    destroy,
    pass: (bytes, octets) => {
      const { session } = host;
      const { allowed, last } = count('input', octets);
      options.meter('input', allowed);
      if (allowed === octets) upstream.write(bytes);
      if (last && session !== null) options.sessions.end(session, 'NAS-Request');
    },
    reply: (bytes) => put(phone, 'output', bytes),
  };
  host.flows.add(flow);
  pump(phone, upstream, 'input');
  pump(upstream, phone, 'output');
  // A broken side breaks the other: the phone of a reset connection sees the reset.
  upstream.on('error', () => {
    if (!over) phone.resetAndDestroy();
  });
  phone.once('close', destroy);
  upstream.once('close', finish);
  return flow;
}

/** Sends what was written, then closes; what still comes in is thrown away. */
export function drain(phone: Socket): void {
  phone.end();
  phone.removeAllListeners('data');
  phone.on('data', () => undefined);
  phone.resume();
  phone.once('end', () => phone.destroy());
  phone.setTimeout(DRAIN_MS, () => phone.destroy());
}
