/** A living router without sockets, in a clock that moves by hand: for the tests of this folder. */
import { type SteppedClock, steppedClock } from '../../lib/clock.ts';
import { createLogger } from '../../lib/log.ts';
import { type FactoryOptions, factoryTree } from '../menu/factory.ts';
import type { Trap } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { createSystem, type Surroundings, type System } from './system.ts';

export interface LivingRouter {
  readonly tree: WritableTree;
  readonly clock: SteppedClock;
  readonly system: System;
  /** Sets the router's clock wrong by so much, without its knowing. */
  misset(offsetMs: number): void;
  /** What it was told to do with its power. */
  readonly power: string[];
  /** Runs a script as the administrator; null, or what stopped it. */
  script(source: string): Promise<Trap | null>;
  /** Moves the clock and lets what became due run to its end. */
  advance(ms: number): Promise<void>;
  /** Messages of the log under topics that start with `topics`. */
  logged(topics: string): string[];
}

const EVERYTHING = 'ftp,reboot,read,write,policy,test,password,sniff,sensitive,romon,api';

export function livingRouter(
  factory: FactoryOptions = {},
  outside: Partial<Surroundings> = {},
): LivingRouter {
  const clock = steppedClock();
  const tree = factoryTree({ now: clock.now, ...factory });
  let offset = 0;
  tree.useClock(() => clock.now() + offset);
  const power: string[] = [];
  const system = createSystem({
    tree,
    clock,
    log: createLogger('twin', 'silent'),
    onPower: (kind) => void power.push(kind),
    surroundings: {
      address: '127.0.0.1',
      answers: async () => true,
      lookup: async (host) => host,
      locate: () => null,
      wireguard: null,
      releases: () => null,
      adjustClock: (ms) => {
        offset += ms;
      },
      ...outside,
    },
  });
  system.powerOn();
  const user = { name: 'admin', group: 'full', rights: new Set(EVERYTHING.split(',')) };
  return {
    tree,
    clock,
    system,
    power,
    misset: (ms) => {
      offset = ms;
    },
    script: async (source) => (await system.jobs.run({ source, user }))?.trap ?? null,
    advance: async (ms) => {
      await turns();
      clock.advance(ms);
      await turns();
    },
    logged: (topics) =>
      tree
        .rows('/log')
        .filter(({ values }) => values.topics?.startsWith(topics))
        .map(({ values }) => values.message ?? ''),
  };
}

/** What a wake starts goes on in turns of the loop, and may start more. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function add(tree: WritableTree, path: string, values: Record<string, string>): string {
  return tree.add(path, new Map(Object.entries(values)));
}

export function set(tree: WritableTree, path: string, values: Record<string, string>): void {
  tree.setSingle(path, new Map(Object.entries(values)));
}

/** Values of one column of a menu, in order. */
export function column(tree: WritableTree, path: string, name: string): string[] {
  return tree.rows(path).map(({ values }) => values[name] ?? '');
}
