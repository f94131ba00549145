/**
 * The model of a link beside living sockets: its timeline follows the machine's time, streams of octets cross
 * it as transfers, datagrams as packets. Thin: what waits and what is lost, the model decides.
 */
import type { Datagrams, OpenDatagrams } from '../nas/udp.ts';
import type { Packet } from './packet.ts';
import type { Timeline } from './timeline.ts';
import type { Carry } from './transfer.ts';
import { startTransfer } from './transfer.ts';
import type { Wan } from './wan.ts';

export interface LiveModel {
  readonly timeline: Timeline;
  readonly wan: Wan;
}

/** How often the model catches up with the machine, ms: below what a link's round trip shows. */
const TICK_MS = 4;
/** A machine that slept is not made up for. */
const MOST_BEHIND_MS = 2000;

/** Lets the timeline go with the machine's time, until it is disposed of. Begins at the timeline's now. */
export function keepUp(timeline: Timeline): Disposable {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    timeline.runUntil(timeline.now() + Math.min(MOST_BEHIND_MS, now - last));
    last = now;
  }, TICK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Who sends to whom. */
export type Ends = Omit<Packet, 'octets' | 'arrive' | 'lost'>;

/** One direction of a connection: octets arrive whole and in order, when the model lets them. */
export function streamOver(
  { timeline, wan }: LiveModel,
  forth: Ends,
  back: Ends,
): (octets: number, act: () => void) => void {
  const carry =
    (ends: Ends): Carry =>
    (octets, arrive) =>
      wan.send({ ...ends, octets, arrive });
  const path = { smoothed: null, variation: 0 };
  const waiting: { act: () => void; isThere: boolean }[] = [];
  return (octets, act) => {
    const chunk = { act, isThere: false };
    waiting.push(chunk);
    startTransfer({
      ...{ timeline, octets, path, forth: carry(forth), back: carry(back) },
      done: () => {
        chunk.isThere = true;
        while (waiting[0]?.isThere === true) waiting.shift()!.act();
      },
    });
  };
}

/** IP and UDP. */
const HEAD = 28;

/** Datagrams of the router to the server and back. */
export function datagramsOver({ wan }: Pick<LiveModel, 'wan'>, open: OpenDatagrams): OpenDatagrams {
  return (source, { heard, failed }): Datagrams => {
    let isOpen = true;
    const under = open(source, {
      failed,
      heard: (datagram, host, port) =>
        wan.send({
          ...{ from: 'server', to: 'router', protocol: 'udp', octets: datagram.length + HEAD },
          ...{ source: host, destination: source, sourcePort: port, port: 0 },
          arrive: () => {
            if (isOpen) heard(datagram, host, port);
          },
        }),
    });
    return {
      send: (bytes, port, host) =>
        wan.send({
          ...{ from: 'router', to: 'server', protocol: 'udp', octets: bytes.length + HEAD },
          ...{ source, destination: host, sourcePort: 0, port },
          arrive: () => {
            if (isOpen) under.send(bytes, port, host);
          },
        }),
      close: () => {
        isOpen = false;
        under.close();
      },
    };
  };
}
