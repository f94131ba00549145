/** Interleaved rounds: A, B, C, A, B, C …; who is not being measured is stopped. Figures are medians. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Shots } from './generator.ts';
import { cpuMs, signalTree } from './processes.ts';
import type { Server } from './server.ts';

export interface Contender {
  readonly server: Server;
  /** Before each round, and not measured. */
  readonly prepare?: () => Promise<void>;
  readonly fire: () => Promise<Shots>;
}

export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU of all processes and threads of the server for one request, µs. */
  readonly cpuMicros: number;
  readonly generatorShare: number;
  readonly answered: number;
  readonly retransmitted: number;
  readonly lost: number;
}

export type Verify = (server: Server, shots: Shots) => void;

const SETTLE_MS = 150;

/** A round that warms up, then `rounds` that count; `check` sees every one of them. */
export async function interleave(
  contenders: readonly Contender[],
  rounds: number,
  check: Verify,
): Promise<Map<Server, Figures>> {
  const measured = new Map<Server, Figures[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      const { server } = contender;
      const figures = await awake(server, () => measure(contender, check));
      measured.set(server, [...(measured.get(server) ?? []), figures]);
    }
  }
  return new Map([...measured].map(([server, all]) => [server, medians(all)]));
}

/** Lets a stopped server run for as long as `work` takes. */
export async function awake<T>(server: Server, work: () => Promise<T>): Promise<T> {
  signalTree(server.roots, 'SIGCONT');
  await delay(SETTLE_MS);
  try {
    return await work();
  } finally {
    signalTree(server.roots, 'SIGSTOP');
  }
}

export async function measure(contender: Contender, check: Verify): Promise<Figures> {
  const { server, prepare, fire } = contender;
  await prepare?.();
  const before = cpuMs(server.roots);
  const shots = await fire();
  const used = cpuMs(server.roots) - before;
  check(server, shots);
  const { perSecond, p50, p99, generatorShare, answered, retransmitted, lost } = shots;
  const cpuMicros = (used * 1000) / answered;
  return { perSecond, p50, p99, cpuMicros, generatorShare, answered, retransmitted, lost };
}

function medians(all: readonly Figures[]): Figures {
  const of = (name: keyof Figures): number => {
    const sorted = all.map((figures) => figures[name]).toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1]!;
  };
  const sum = (name: keyof Figures): number => all.reduce((total, each) => total + each[name], 0);
  return {
    perSecond: of('perSecond'),
    p50: of('p50'),
    p99: of('p99'),
    cpuMicros: of('cpuMicros'),
    generatorShare: of('generatorShare'),
    answered: sum('answered'),
    retransmitted: sum('retransmitted'),
    lost: sum('lost'),
  };
}
