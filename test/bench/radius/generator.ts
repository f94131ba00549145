/**
 * The load generator: sends packets that were built ahead, matches replies by socket and identifier,
 * keeps every latency and verifies every sixteenth reply. A NAS's behaviour on silence is part of it:
 * the same bytes again after 3 s, given up after 8 s.
 */
import { createSocket, type Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { CODE, type Packet, refusalOf, replyHolds } from './packets.ts';
import { SERVER_ADDRESS } from './people.ts';

export interface Shooting {
  readonly sockets: readonly Socket[];
  readonly port: number;
  readonly packets: readonly Packet[];
  /** Sees every good reply. */
  readonly onReply?: (index: number, reply: Buffer) => void;
}

export interface Shots {
  /** Packets sent, the first of the list; retransmits not counted. */
  readonly sent: number;
  readonly answered: number;
  /** 1 for each packet, by index, that was answered. */
  readonly answers: Uint8Array;
  readonly retransmitted: number;
  readonly lost: number;
  /** Replies whose authenticators do not hold. */
  readonly forged: number;
  readonly verified: number;
  /** Access-Rejects by why. */
  readonly refused: Readonly<Record<string, number>>;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU of this process as a share of one core. */
  readonly generatorShare: number;
}

const RETRANSMIT_MS = 3000;
const GIVE_UP_MS = 8000;
const SCAN_MS = 250;
const VERIFY_EVERY = 16;
const RECEIVE_BYTES = 4 << 20;

/** One socket for each address; close them with {@link closeSockets}. */
export function openSockets(addresses: readonly string[]): Promise<Socket[]> {
  return Promise.all(
    addresses.map(async (address) => {
      const socket = createSocket({
        type: 'udp4',
        recvBufferSize: RECEIVE_BYTES,
        // Only literal addresses are sent to: no look-up per datagram.
        lookup: (name, options, callback) => {
          const done = (typeof options === 'function' ? options : callback) as typeof callback;
          done(null, name, 4);
        },
      });
      await new Promise<void>((bound, failed) => {
        socket.once('error', failed);
        socket.bind(0, address, () => {
          socket.removeListener('error', failed);
          bound();
        });
      });
      return socket;
    }),
  );
}

export function closeSockets(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.close();
}

/** So many outstanding at any time, until `ms` have passed or nothing is left; then the rest is awaited. */
export function closedLoop(shooting: Shooting, window: number, ms: number): Promise<Shots> {
  const total = shooting.packets.length;
  const started = performance.now();
  const deadline = started + ms;
  let next = 0;
  let atDeadline = -1;
  const pump = (flight: Flight): void => {
    const now = performance.now();
    if (now >= deadline && atDeadline === -1) atDeadline = flight.answered();
    while (now < deadline && next < total && flight.inFlight() < window && flight.free(next)) {
      flight.send(next, now);
      next += 1;
    }
  };
  const over = (): boolean => next === total || performance.now() >= deadline;
  return fly(shooting, pump, over, (flight) => {
    const elapsed = performance.now() - started;
    return atDeadline === -1 ? (flight.answered() / elapsed) * 1000 : (atDeadline / ms) * 1000;
  });
}

/** A fixed rate, whatever the server does; latency counts from when a packet was due. */
export function openLoop(shooting: Shooting, perSecond: number): Promise<Shots> {
  const total = shooting.packets.length;
  const started = performance.now();
  let sentAll = started;
  let next = 0;
  const pump = (flight: Flight): void => {
    const due = Math.min(total, Math.floor(((performance.now() - started) * perSecond) / 1000));
    while (next < due && flight.free(next)) {
      flight.send(next, started + ((next + 1) * 1000) / perSecond);
      next += 1;
      if (next === total) sentAll = performance.now();
    }
  };
  return fly(
    shooting,
    pump,
    () => next === total,
    () => (total / (sentAll - started)) * 1000,
    1,
  );
}

interface Flight {
  readonly answered: () => number;
  readonly inFlight: () => number;
  /** Whether the identifier of packet `index` is free on its socket. */
  readonly free: (index: number) => boolean;
  readonly send: (index: number, since: number) => void;
  /** Sends again what is overdue and gives up what is too old. */
  readonly sweep: () => void;
  readonly result: () => Omit<Shots, 'sent' | 'perSecond' | 'generatorShare'> & { sent: number };
  readonly end: () => void;
}

/** Runs `pump` on every reply and tick until all is over and nothing is outstanding. */
function fly(
  shooting: Shooting,
  pump: (flight: Flight) => void,
  over: () => boolean,
  rate: (flight: Flight) => number,
  tickMs = 20,
): Promise<Shots> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    let sweptAt = startedAt;
    let timer: NodeJS.Timeout | undefined;
    const step = (): void => {
      pump(flight);
      if (!over() || flight.inFlight() > 0) return;
      clearTimeout(timer);
      flight.end();
      const used = process.cpuUsage(cpu);
      const elapsed = performance.now() - startedAt;
      const generatorShare = (used.user + used.system) / 1000 / elapsed;
      resolve({ ...flight.result(), perSecond: rate(flight), generatorShare });
    };
    const tick = (): void => {
      timer = setTimeout(tick, tickMs);
      if (performance.now() - sweptAt >= SCAN_MS) {
        sweptAt = performance.now();
        flight.sweep();
      }
      step();
    };
    const flight = createFlight(shooting, step, (error) => {
      clearTimeout(timer);
      flight.end();
      reject(error);
    });
    tick();
  });
}

function createFlight(
  { sockets, port, packets, onReply }: Shooting,
  onSettled: () => void,
  onError: (error: Error) => void,
): Flight {
  const slots = sockets.map(() => new Int32Array(256).fill(-1));
  const since = new Float64Array(packets.length);
  const sentAt = new Float64Array(packets.length);
  const latencies = new Float64Array(packets.length);
  const answers = new Uint8Array(packets.length);
  const refused: Record<string, number> = {};
  let [sent, answered, inFlight, retransmitted, lost, forged, verified] = [0, 0, 0, 0, 0, 0, 0];

  const shoot = ({ bytes, socket }: Packet): void =>
    sockets[socket]!.send(bytes, port, SERVER_ADDRESS);
  const received = (slot: Int32Array, reply: Buffer): void => {
    const index = slot[reply[1]!]!;
    if (index === -1) return; // The answer to a retransmit of something answered already.
    slot[reply[1]!] = -1;
    inFlight -= 1;
    latencies[answered] = performance.now() - since[index]!;
    answered += 1;
    answers[index] = 1;
    if (answered % VERIFY_EVERY === 0) {
      verified += 1;
      if (!replyHolds(packets[index]!.bytes, reply)) forged += 1;
    }
    if (reply[0] === CODE.reject) {
      const why = refusalOf(reply);
      refused[why] = (refused[why] ?? 0) + 1;
    }
    onReply?.(index, reply);
    onSettled();
  };
  const listeners = slots.map((slot) => (reply: Buffer) => received(slot, reply));
  for (const [i, socket] of sockets.entries()) {
    socket.on('message', listeners[i]!).on('error', onError);
  }
  const sweep = (): void => {
    const now = performance.now();
    for (const slot of slots) {
      slot.forEach((index, id) => {
        if (index === -1) return;
        if (now - since[index]! >= GIVE_UP_MS) {
          slot[id] = -1;
          inFlight -= 1;
          lost += 1;
        } else if (now - sentAt[index]! >= RETRANSMIT_MS) {
          sentAt[index] = now;
          retransmitted += 1;
          shoot(packets[index]!);
        }
      });
    }
  };
  return {
    answered: () => answered,
    inFlight: () => inFlight,
    free: (index) => slots[packets[index]!.socket]![packets[index]!.bytes[1]!] === -1,
    send: (index, from) => {
      const packet = packets[index]!;
      slots[packet.socket]![packet.bytes[1]!] = index;
      since[index] = from;
      sentAt[index] = performance.now();
      inFlight += 1;
      sent += 1;
      shoot(packet);
    },
    sweep,
    result: () => {
      const sorted = latencies.subarray(0, answered).sort();
      const [p50, p99] = [0.5, 0.99].map((q) => sorted[Math.floor(q * answered)] ?? Number.NaN);
      const counts = { sent, answered, retransmitted, lost, forged, verified };
      return { ...counts, answers, refused, p50: p50!, p99: p99! };
    },
    end: () => {
      for (const [i, socket] of sockets.entries()) {
        socket.removeListener('message', listeners[i]!).removeListener('error', onError);
      }
    },
  };
}
