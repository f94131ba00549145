/**
 * The way between a controller and a router: a relay on loopback with delay, rate and loss, that can be
 * cut at an exact place. It passes octets on as they are and knows nothing of what they mean, but for
 * counting commands.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { plainAddress } from '../../lib/net.ts';
import { FrameError } from '../api/codec.ts';
import { createLane, type Lane, type Path } from './shape.ts';
import { type Asked, createTally, type LinkCounts, type Talk } from './tally.ts';

/** `reset`: RST to both ends. `close`: FIN to both. `silence`: half-open, nothing passes, nothing ends. `none`: only told. */
export type CutKind = 'reset' | 'close' | 'silence' | 'none';

export interface Cut {
  readonly kind: CutKind;
  /** The place: at this write, counted from 1 over all connections … */
  readonly atWrite?: number;
  /** … or after so many octets from the router, which may be in the middle of a sentence. */
  readonly afterOctets?: number;
  /** Whether the router still gets the write; its answer is lost either way. Default: no. */
  readonly delivered?: boolean;
}

export interface LinkOptions {
  readonly target: { readonly host: string; readonly port: number };
  /** Where the link listens. */
  readonly host: string;
  /** Any free one when absent. */
  readonly port?: number;
  /** Source address towards the router; `caller`: the client's own. */
  readonly from?: string;
  /** Instead of {@link Link.path}: how the octets of one more connection travel, in order and whole. */
  readonly carry?: () => { readonly up: Carry; readonly down: Carry };
  readonly random?: () => number;
  /** Called once, when the cut has happened. */
  readonly onCut?: () => void;
}

/** Calls `act` when so many octets are there. */
type Carry = (octets: number, act: () => void) => void;

export interface Link extends AsyncDisposable {
  readonly port: number;
  /** May be changed at any time. */
  readonly path: Path;
  readonly counts: LinkCounts;
  /** Arms a cut. After it new connections meet the same fate until {@link restore}. */
  cut(cut: Cut): void;
  readonly isCut: boolean;
  restore(): void;
}

interface Side {
  readonly client: Socket;
  readonly router: Socket;
}

interface State {
  readonly options: LinkOptions;
  readonly path: Path;
  readonly tally: ReturnType<typeof createTally>;
  readonly lanes: { readonly up: Lane; readonly down: Lane };
  readonly sides: Set<Side>;
  armed: Cut | null;
  /** The cut that has happened. */
  done: Cut | null;
  writes: number;
  octets: number;
}

export async function openLink(options: LinkOptions): Promise<Link> {
  const path: Path = {};
  const random = options.random ?? Math.random;
  const state: State = {
    options,
    path,
    tally: createTally(),
    lanes: { up: createLane(path, random), down: createLane(path, random) },
    sides: new Set(),
    armed: null,
    done: null,
    writes: 0,
    octets: 0,
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) =>
    accept(state, client),
  );
  server.listen(options.port ?? 0, options.host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    path,
    get counts() {
      return state.tally.counts;
    },
    cut: (cut) => {
      state.armed = cut;
      state.writes = 0;
      state.octets = 0;
    },
    get isCut() {
      return state.done !== null;
    },
    restore: () => {
      // What hung half-open is gone for good by now.
      for (const side of state.sides) end(side, 'reset');
      state.done = null;
      state.armed = null;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const side of state.sides) end(side, 'reset');
      await closed;
    },
  };
}

function accept(state: State, client: Socket): void {
  const { target, from } = state.options;
  const gone = state.done;
  const router = connect({
    ...target,
    noDelay: true,
    allowHalfOpen: true,
    ...(from === undefined ? {} : { localAddress: from === 'caller' ? caller(client) : from }),
  });
  const side = { client, router };
  state.sides.add(side);
  for (const socket of [client, router]) {
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      const other = socket === client ? router : client;
      // A half-open end learns nothing of the other.
      if (state.done?.kind !== 'silence') other.destroy();
      if (client.destroyed && router.destroyed) state.sides.delete(side);
    });
  }
  if (gone !== null) {
    end(side, gone.kind);
    if (gone.kind === 'silence') router.destroy();
    client.resume();
    return;
  }
  const talk = state.tally.connected();
  const handshake = performance.now() + (state.path.rttMs ?? 0);
  const carry = state.options.carry?.() ?? {
    up: inOrder(state.lanes.up, handshake),
    down: inOrder(state.lanes.down, 0),
  };
  upwards(state, { side, talk, pass: carry.up });
  downwards(state, { side, talk, pass: carry.down });
}

function caller(client: Socket): string {
  return plainAddress(client.remoteAddress);
}

interface Way {
  readonly side: Side;
  readonly talk: Talk;
  readonly pass: Carry;
}

function upwards(state: State, { side, talk, pass }: Way): void {
  side.client.on('data', (octets: Buffer) => {
    if (state.done !== null) return;
    const writes = commandsIn(talk, octets).filter((asked) => asked.isWrite);
    const { armed } = state;
    const at = (armed?.atWrite ?? Number.POSITIVE_INFINITY) - state.writes;
    state.writes += writes.length;
    const reached = armed !== null && at <= writes.length;
    if (reached && armed.kind !== 'none') {
      cutAtWrite(state, { armed, side, octets, write: writes[at - 1]! });
      return;
    }
    if (reached) {
      state.armed = null;
      state.options.onCut?.();
    }
    pass(octets.length, () => write(state, side.router, octets));
  });
  side.client.on('end', () => pass(0, () => side.router.end()));
}

/** What is no sentence is the router's to refuse, not ours. */
function commandsIn(talk: Talk, octets: Buffer): Asked[] {
  try {
    return talk.up(octets);
  } catch (error) {
    if (error instanceof FrameError) return [];
    throw error;
  }
}

function downwards(state: State, { side, talk, pass }: Way): void {
  side.router.on('data', (octets: Buffer) => {
    if (state.done !== null) return;
    const { armed } = state;
    const room = (armed?.afterOctets ?? Number.POSITIVE_INFINITY) - state.octets;
    state.octets += octets.length;
    const passing = octets.subarray(0, Math.min(octets.length, room));
    if (state.path.slowReader === true) side.router.pause();
    pass(passing.length, () => {
      side.router.resume();
      talk.down(passing);
      write(state, side.client, passing);
      if (armed !== null && passing.length < octets.length) happen(state, armed);
    });
  });
  side.router.on('end', () => pass(0, () => side.client.end()));
}

interface AtWrite {
  readonly armed: Cut;
  readonly side: Side;
  readonly octets: Buffer;
  readonly write: Asked;
}

/** The router gets all that was sent before the write, and the write itself if it is to be delivered. */
function cutAtWrite(state: State, { armed, side, octets, write: asked }: AtWrite): void {
  if (armed.delivered !== true) {
    happen(state, armed);
    return;
  }
  // It is performed and answered; nobody hears the answer.
  side.router.removeAllListeners('data');
  side.router.once('data', () => happen(state, armed));
  side.router.write(octets.subarray(0, asked.end));
}

function happen(state: State, cut: Cut): void {
  if (state.done !== null) return;
  state.done = cut;
  state.armed = null;
  for (const side of state.sides) end(side, cut.kind);
  state.options.onCut?.();
}

function end({ client, router }: Side, kind: CutKind): void {
  if (kind === 'silence' || kind === 'none') return;
  for (const socket of [client, router]) {
    if (kind === 'close') socket.end(() => socket.destroy());
    else socket.resetAndDestroy();
  }
}

function write(state: State, socket: Socket, octets: Buffer): void {
  if (state.done === null && !socket.destroyed) socket.write(octets);
}

/** Each after the one before it, whatever its own delay. */
function inOrder(lane: Lane, notBefore: number): Carry {
  let last = notBefore;
  return (octets, act) => {
    const now = performance.now();
    last = Math.max(last, lane.arrival(octets, now));
    if (last <= now) act();
    else setTimeout(act, last - now);
  };
}
