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
  /** Octets of the request that are counted already. */
  readonly counted: number;
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
  /** Passes what the phone has sent so far: `octets` of it, forwarded as `bytes`. */
  pass(bytes: Buffer, octets: number): void;
  /** Writes to the phone in the router's stead, counted like the rest. */
  reply(bytes: Buffer): void;
}

interface State {
  readonly options: FlowOptions;
  /** Ends what waits for its turn. */
  readonly ending: AbortController;
  /** Octets of both directions, counted or not. */
  seen: number;
  /** Chunks that wait for their turn. */
  waiting: number;
  over: boolean;
  /** Called after each of them. */
  passed: () => void;
}

export function startFlow(options: FlowOptions): RunningFlow {
  const { host, phone, upstream, sessions } = options;
  const state: State = {
    options,
    ending: new AbortController(),
    seen: options.counted,
    waiting: 0,
    over: false,
    passed: () => {
      if (upstream.closed && state.waiting === 0) flow.finish();
    },
  };
  const leave = (): void => {
    state.over = true;
    host.flows.delete(flow);
    state.ending.abort();
    upstream.destroy();
  };
  const flow: RunningFlow = {
    free: options.free,
    finish: () => {
      if (state.over) return;
      leave();
      drain(phone);
    },
    destroy: () => {
      leave();
      phone.destroy();
    },
    pass: (bytes, octets) => {
      const { session } = host;
      options.meter('input', octets);
      const { allowed, last } = count(state, 'input', octets - options.counted);
      if (allowed === octets - options.counted) upstream.write(bytes);
      if (last && session !== null) sessions.end(session, 'NAS-Request');
    },
    reply: (bytes) => put(state, phone, 'output', bytes),
  };
  host.flows.add(flow);
  pump(state, phone, upstream, 'input');
  pump(state, upstream, phone, 'output');
  // A broken side breaks the other: the phone of a reset connection sees the reset.
  upstream.on('error', () => {
    if (!state.over) phone.resetAndDestroy();
  });
  phone.once('close', flow.destroy);
  upstream.once('close', () => state.passed());
  return flow;
}

function pump(state: State, source: Socket, sink: Socket, direction: Direction): void {
  const writeOn = (chunk: Buffer): void => {
    if (state.over || put(state, sink, direction, chunk) || state.over) return;
    source.pause();
    sink.once('drain', () => source.resume());
  };
  /** The chunk that waits for its turn, and the end that came behind it (a pause does not hold it). */
  let waiting = false;
  let ended = false;
  const end = (): void => {
    if (!state.over && !sink.destroyed) sink.end();
  };
  source.on('data', (chunk: Buffer) => {
    if (state.over) return;
    const ms = waitFor(state, direction, chunk.length);
    if (ms < 1) {
      writeOn(chunk);
      return;
    }
    source.pause();
    waiting = true;
    state.waiting += 1;
    state.options.clock.sleep(ms, state.ending.signal).then(
      () => {
        waiting = false;
        state.waiting -= 1;
        source.resume();
        writeOn(chunk);
        if (ended) end();
        state.passed();
      },
      () => {
        // The connection ended meanwhile: the chunk never crossed, and is not counted.
      },
    );
  });
  source.once('end', () => {
    ended = true;
    if (!waiting) end();
  });
}

/** Counts and writes as much as the session allows; ends the session with its last octet. */
function put(state: State, sink: Socket, direction: Direction, bytes: Buffer): boolean {
  const { host, free, sessions, meter } = state.options;
  const { session } = host;
  const { allowed, last } = count(state, direction, bytes.length);
  const passed = free || allowed === bytes.length ? bytes : bytes.subarray(0, allowed);
  meter(direction, passed.length);
  const ready = sink.write(passed);
  if (last && session !== null) sessions.end(session, 'NAS-Request');
  return ready;
}

/** How much of `octets` may pass; the fasttracked part of a connection is not even asked about. */
function count(
  state: State,
  direction: Direction,
  octets: number,
): { allowed: number; last: boolean } {
  const { host, fasttrack, sessions } = state.options;
  const counted = fasttrack ? Math.min(octets, Math.max(0, FASTTRACK_AFTER - state.seen)) : octets;
  state.seen += octets;
  if (host.session === null || counted <= 0) return { allowed: octets, last: false };
  const taken = sessions.take(host.session, direction, counted);
  return taken.last ? taken : { allowed: octets, last: false };
}

/** Milliseconds of the clock until the session's queue lets these octets through. */
function waitFor({ options }: State, direction: Direction, octets: number): number {
  const { session } = options.host;
  return session === null || options.fasttrack ? 0 : session.buckets[direction].book(octets);
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
