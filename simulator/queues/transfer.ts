/**
 * A sender that yields to loss, as TCP and QUIC do: slow start, additive increase, a window that shrinks to 0.7
 * at a loss (CUBIC), packets given up for lost after three later ones or a probe time-out that doubles
 * (RFC 9002 §5-7). The receiver answers every second packet, or after 40 ms.
 *
 * What is simpler: no pacing, no receive window, and each answer tells of the last 64 packets.
 */
import type { Timeline } from './timeline.ts';

/** Brings a packet of so many octets to the other end, or loses it. */
export type Carry = (octets: number, arrive: () => void) => void;

export interface TransferOptions {
  readonly timeline: Timeline;
  readonly forth: Carry;
  readonly back: Carry;
  /** Payload. */
  readonly octets: number;
  /** What earlier transfers of the connection have learned; a new one when absent. */
  readonly path?: KnownPath;
  /** All of it is there. */
  readonly done: (at: number) => void;
}

/** Round trip and its variation, ms. */
export interface KnownPath {
  smoothed: number | null;
  variation: number;
}

export interface Transfer {
  stop(): void;
  /** Payload that has arrived. */
  received(): number;
}

const PAYLOAD = 1448;
const HEAD = 52;
const FIRST_WINDOW = 10;
const SHRINK = 0.7;
const LEAST_WINDOW = 2;
const REORDERING = 3;
const TOLD = 64;
const ANSWER_DELAY_MS = 40;
/** Before the round trip is known, and the least there is (RFC 6298 §2, as systems have it). */
const FIRST_TIMEOUT_MS = 1000;
const LEAST_TIMEOUT_MS = 200;
const LONGEST_TIMEOUT_MS = 60_000;

interface State {
  readonly options: TransferOptions;
  readonly segments: number;
  /** By packet number: which segment, sent when. */
  readonly inFlight: Map<number, { readonly segment: number; readonly sentAt: number }>;
  /** Given up for lost; they may come late all the same. */
  readonly presumed: Map<number, { readonly segment: number; readonly sentAt: number }>;
  /** To be sent again. */
  readonly again: number[];
  readonly acknowledged: Set<number>;
  readonly delivered: Set<number>;
  readonly told: number[];
  untold: number;
  nextSegment: number;
  nextPacket: number;
  window: number;
  threshold: number;
  /** Losses of packets up to this one are one event. */
  recoverUntil: number;
  readonly path: KnownPath;
  timeouts: number;
  forgetTimer: () => void;
  over: boolean;
}

export function startTransfer(options: TransferOptions): Transfer {
  const state: State = {
    ...{ options, segments: Math.max(1, Math.ceil(options.octets / PAYLOAD)) },
    ...{ inFlight: new Map(), presumed: new Map(), again: [], acknowledged: new Set() },
    ...{ delivered: new Set(), told: [], untold: 0, timeouts: 0 },
    ...{ nextSegment: 0, nextPacket: 0, window: FIRST_WINDOW, recoverUntil: -1 },
    ...{
      threshold: Number.POSITIVE_INFINITY,
      path: options.path ?? { smoothed: null, variation: 0 },
    },
    ...{ forgetTimer: () => undefined, over: false },
  };
  pump(state);
  return {
    stop: () => {
      state.over = true;
      state.forgetTimer();
    },
    received: () => Math.min(options.octets, state.delivered.size * PAYLOAD),
  };
}

function pump(state: State): void {
  while (state.inFlight.size < Math.floor(state.window)) {
    const segment = missing(state) ?? fresh(state);
    if (segment === null) break;
    send(state, segment);
  }
  arm(state);
}

function missing({ again, acknowledged }: State): number | null {
  for (let segment = again.shift(); segment !== undefined; segment = again.shift()) {
    if (!acknowledged.has(segment)) return segment;
  }
  return null;
}

function fresh(state: State): number | null {
  if (state.nextSegment >= state.segments) return null;
  state.nextSegment += 1;
  return state.nextSegment - 1;
}

function send(state: State, segment: number): void {
  const { options, inFlight, segments } = state;
  const packet = state.nextPacket;
  state.nextPacket += 1;
  inFlight.set(packet, { segment, sentAt: options.timeline.now() });
  const last = segment === segments - 1;
  const payload = last ? Math.max(0, options.octets - segment * PAYLOAD) : PAYLOAD;
  options.forth(HEAD + payload, () => receive(state, packet, segment));
}

function receive(state: State, packet: number, segment: number): void {
  const { options, delivered, told, segments } = state;
  if (state.over) return;
  const isComplete = delivered.size === segments;
  delivered.add(segment);
  told.push(packet);
  if (told.length > TOLD) told.shift();
  state.untold += 1;
  const completes = !isComplete && delivered.size === segments;
  if (state.untold >= 2 || completes) answer(state);
  else if (state.untold === 1) {
    options.timeline.at(options.timeline.now() + ANSWER_DELAY_MS, () => {
      if (state.untold > 0) answer(state);
    });
  }
  if (completes) options.done(options.timeline.now());
}

function answer(state: State): void {
  if (state.over) return;
  state.untold = 0;
  const told = [...state.told];
  state.options.back(HEAD, () => hear(state, told));
}

function hear(state: State, told: readonly number[]): void {
  const { inFlight, presumed, acknowledged, options } = state;
  if (state.over) return;
  let heard = 0;
  let isNews = false;
  for (const packet of told) {
    const known = inFlight.get(packet) ?? presumed.get(packet);
    if (known === undefined) continue;
    if (inFlight.delete(packet)) heard += 1;
    presumed.delete(packet);
    acknowledged.add(known.segment);
    isNews = true;
    // The round trip is that of the packet which was answered, not of those told of once more.
    if (packet === told.at(-1)) measure(state.path, options.timeline.now() - known.sentAt);
  }
  if (!isNews) return;
  state.timeouts = 0;
  const grows = state.window < state.threshold ? heard : heard / state.window;
  state.window += grows;
  const latest = told.at(-1)!;
  const lost = [...inFlight.keys()].filter((packet) => packet <= latest - REORDERING);
  if (lost.length > 0) lose(state, lost);
  if (acknowledged.size === state.segments) {
    state.over = true;
    state.forgetTimer();
    return;
  }
  pump(state);
}

function lose(state: State, packets: readonly number[]): void {
  for (const packet of packets) {
    const known = state.inFlight.get(packet)!;
    state.again.push(known.segment);
    state.presumed.set(packet, known);
    state.inFlight.delete(packet);
  }
  if (packets.at(-1)! <= state.recoverUntil) return;
  state.recoverUntil = state.nextPacket - 1;
  state.window = Math.max(LEAST_WINDOW, state.window * SHRINK);
  state.threshold = state.window;
}

function measure(path: KnownPath, rtt: number): void {
  if (path.smoothed === null) {
    path.smoothed = rtt;
    path.variation = rtt / 2;
    return;
  }
  path.variation = 0.75 * path.variation + 0.25 * Math.abs(path.smoothed - rtt);
  path.smoothed = 0.875 * path.smoothed + 0.125 * rtt;
}

function arm(state: State): void {
  const { options, inFlight, timeouts } = state;
  const { smoothed, variation } = state.path;
  state.forgetTimer();
  if (state.over || inFlight.size === 0) return;
  const first =
    smoothed === null
      ? FIRST_TIMEOUT_MS
      : Math.max(LEAST_TIMEOUT_MS, smoothed + 4 * variation + ANSWER_DELAY_MS);
  const waitMs = Math.min(LONGEST_TIMEOUT_MS, first * 2 ** timeouts);
  state.forgetTimer = options.timeline.at(options.timeline.now() + waitMs, () => {
    timedOut(state);
  });
}

/** The oldest is sent again whatever the window; a second time nothing at all is known any more. */
function timedOut(state: State): void {
  const { inFlight } = state;
  state.timeouts += 1;
  const packets = state.timeouts > 1 ? [...inFlight.keys()] : [...inFlight.keys()].slice(0, 1);
  lose(state, packets);
  if (state.timeouts > 1) state.window = LEAST_WINDOW;
  const segment = missing(state);
  if (segment !== null) send(state, segment);
  pump(state);
}
