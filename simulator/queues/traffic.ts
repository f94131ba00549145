/** Phones that use a link as hard as they can, and exchanges of questions and answers over it. */
import type { Packet } from './packet.ts';
import type { Timeline } from './timeline.ts';
import { type Carry, type KnownPath, startTransfer, type Transfer } from './transfer.ts';
import type { Wan } from './wan.ts';

interface Place {
  readonly timeline: Timeline;
  readonly wan: Pick<Wan, 'send'>;
}

/** Who talks to whom: the first asks, the second answers. */
export type Talkers = Pick<
  Packet,
  'from' | 'to' | 'protocol' | 'source' | 'destination' | 'sourcePort' | 'port'
>;

export interface HungryPhone {
  readonly address: string;
  /** Connections at once, each with one object after another. */
  readonly downloads: number;
  readonly uploads: number;
  readonly objectOctets: number;
}

export interface Hunger {
  readonly address: string;
  /** Payload so far. */
  received(): number;
  sent(): number;
  stop(): void;
}

const INTERNET = '198.51.100.7';
const HTTPS = 443;

export function startPhone(place: Place, phone: HungryPhone): Hunger {
  let port = 40_000;
  let isOver = false;
  const streams: { way: 'down' | 'up'; done: number; running: Transfer }[] = [];
  const begin = (way: 'down' | 'up'): void => {
    const stream: (typeof streams)[number] = { way, done: 0, running: NOTHING };
    const next = (): void => {
      if (isOver) return;
      port += 1;
      const talkers: Talkers = {
        ...{ from: 'phone', to: 'internet', protocol: 'tcp', source: phone.address },
        ...{ destination: INTERNET, sourcePort: port, port: HTTPS },
      };
      const [up, down] = [carrier(place, talkers), carrier(place, reversed(talkers))];
      stream.running = startTransfer({
        ...{ timeline: place.timeline, octets: phone.objectOctets },
        ...(way === 'up' ? { forth: up, back: down } : { forth: down, back: up }),
        done: () => {
          stream.done += phone.objectOctets;
          stream.running = NOTHING;
          next();
        },
      });
    };
    streams.push(stream);
    next();
  };
  for (let i = 0; i < phone.downloads; i += 1) begin('down');
  for (let i = 0; i < phone.uploads; i += 1) begin('up');
  const payload = (way: 'down' | 'up'): number =>
    streams
      .filter((stream) => stream.way === way)
      .reduce((sum, { done, running }) => sum + done + running.received(), 0);
  return {
    address: phone.address,
    received: () => payload('down'),
    sent: () => payload('up'),
    stop: () => {
      isOver = true;
      for (const { running } of streams) running.stop();
    },
  };
}

const NOTHING: Transfer = { stop: () => undefined, received: () => 0 };

/** One round after another: each question is answered before the next. */
export interface Round {
  /** Payload; 0 is a packet without any, as of a handshake. */
  readonly asked: number;
  readonly answered: number;
  /** How long the answer is thought about. */
  readonly thinkMs: number;
}

/** Calls `done` when the last answer is there; `stop` gives it up. */
export function exchange(
  place: Place,
  talkers: Talkers,
  rounds: readonly Round[],
  done: (at: number) => void,
): { stop(): void } {
  const forth = carrier(place, talkers);
  const back = carrier(place, reversed(talkers));
  const { timeline } = place;
  const transfers: Transfer[] = [];
  const [pathForth, pathBack] = [newPath(), newPath()];
  let isOver = false;
  const ask = (index: number): void => {
    const round = rounds[index];
    if (isOver) return;
    if (round === undefined) {
      done(timeline.now());
      return;
    }
    const answer = (): void => {
      if (isOver) return;
      const octets = round.answered;
      transfers.push(
        startTransfer({
          ...{ timeline, forth: back, back: forth, octets, path: pathBack },
          done: () => ask(index + 1),
        }),
      );
    };
    transfers.push(
      startTransfer({
        ...{ timeline, forth, back, octets: round.asked, path: pathForth },
        done: (at) => void timeline.at(at + round.thinkMs, answer),
      }),
    );
  };
  ask(0);
  return {
    stop: () => {
      isOver = true;
      for (const one of transfers) one.stop();
    },
  };
}

function newPath(): KnownPath {
  return { smoothed: null, variation: 0 };
}

export function reversed(talkers: Talkers): Talkers {
  const { from, to, source, destination, sourcePort, port } = talkers;
  return {
    ...{ protocol: talkers.protocol, from: to, to: from, source: destination, destination: source },
    ...{ sourcePort: port, port: sourcePort },
  };
}

function carrier({ wan }: Place, talkers: Talkers): Carry {
  return (octets, arrive) => wan.send({ ...talkers, octets, arrive });
}
