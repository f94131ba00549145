/** What every scenario is given: the servers, the options, and where rows and failures go. */
import type { Socket } from 'node:dgram';
import { closedLoop, closeSockets, openSockets, type Shots } from './generator.ts';
import type { OurServer } from './ours.ts';
import type { Packet } from './packets.ts';
import type { Check, Row } from './report.ts';
import { awake, type Contender, type Figures, interleave } from './rounds.ts';
import type { Server } from './server.ts';

export interface Options {
  readonly rounds: number;
  /** Of each round. */
  readonly seconds: number;
  readonly threads: number;
  readonly profileDirectory: string | undefined;
}

/** Undefined = not there, for a reason that was noted. */
export interface Servers {
  readonly ours: OurServer;
  readonly oursPostgres: OurServer | undefined;
  readonly files: Server | undefined;
  readonly sqliteMany: Server | undefined;
  readonly sqliteOne: Server | undefined;
  readonly postgres: Server | undefined;
}

export interface Bench {
  readonly options: Options;
  readonly servers: Servers;
  readonly base: string;
  readonly rows: Row[];
  readonly skipped: string[];
  readonly failures: string[];
  readonly progress: (line: string) => void;
  /** Disposed of at the end, and when a signal ends the run. */
  readonly stack: AsyncDisposableStack;
}

/** The same packets to every server in a closed loop. */
export interface ClosedLoad {
  readonly load: string;
  readonly servers: readonly Server[];
  readonly addresses: readonly string[];
  /** Packets number `from` and on; those of a round are shared by all servers. */
  readonly packets: (from: number, count: number) => Packet[];
  /** Most that a round can use. */
  readonly perRound: number;
  readonly window: number;
  /** Packets that a server is warmed up with: ours has caches that are warm when all were asked once. */
  readonly warmUp: { readonly count: number; readonly ms: (server: Server) => number };
}

/** Medians by server. Sockets stay the same over all rounds, so that each server's threads keep theirs. */
export async function closedRounds(bench: Bench, load: ClosedLoad): Promise<Map<Server, Figures>> {
  const { rounds, seconds } = bench.options;
  const opened: Socket[] = [];
  const packetsOf = sharedByRound((round) =>
    load.packets(load.warmUp.count + round * load.perRound, load.perRound),
  );
  const check = checkShots(bench, load.load);
  try {
    const contenders: Contender[] = [];
    for (const server of load.servers) {
      const sockets = await openSockets(load.addresses);
      opened.push(...sockets);
      let round = 0;
      const fire = (packets: readonly Packet[], ms: number): Promise<Shots> =>
        closedLoop({ sockets, port: server.authPort, packets }, load.window, ms);
      bench.progress(`${load.load}: ${server.name} warms up`);
      const warm = load.packets(0, load.warmUp.count);
      await awake(server, async () => {
        check(server, await fire(warm, load.warmUp.ms(server)));
        await server.analyze?.();
      });
      contenders.push({ server, fire: () => fire(packetsOf(round++), seconds * 1000) });
    }
    bench.progress(`${load.load}: ${rounds} rounds of ${contenders.length} servers`);
    return await interleave(contenders, rounds, check);
  } finally {
    closeSockets(opened);
  }
}

/** Notes what makes a round void. */
export function checkShots(bench: Bench, load: string) {
  return (server: Server, shots: Shots): void => {
    const fail = (why: string): void => {
      bench.failures.push(`${load}, ${server.name}: ${why}`);
    };
    if (shots.answered === 0) fail('nothing was answered');
    if (shots.forged > 0) fail(`${shots.forged} of ${shots.verified} replies do not verify`);
    const refused = Object.entries(shots.refused);
    if (refused.length > 0) {
      fail(`refused: ${refused.map(([why, count]) => `${count} × ${why}`).join(', ')}`);
    }
  };
}

/** A row for each server; ours come with what is checked of them. */
export function addRows(
  bench: Bench,
  load: string,
  figures: ReadonlyMap<Server, Figures>,
  checks: ReadonlyMap<Server, readonly Check[]>,
): void {
  for (const [server, of] of figures) {
    bench.rows.push({ load, server: server.name, figures: of, checks: checks.get(server) ?? [] });
  }
}

/** Ours against the best of those servers that there are figures of; nothing where there is none. */
export function against(
  figures: ReadonlyMap<Server, Figures>,
  ours: Server,
  rivals: readonly (Server | undefined)[],
  comparison: {
    readonly name: string;
    readonly figure: 'perSecond' | 'cpuMicros';
    readonly bound: Check['bound'];
    readonly target: number;
  },
): Check[] {
  const { name, figure, bound, target } = comparison;
  const own = figures.get(ours)?.[figure];
  const theirs = rivals
    .filter((rival) => rival !== undefined)
    .map((rival) => figures.get(rival)?.[figure])
    .filter((value) => value !== undefined);
  if (own === undefined || theirs.length === 0) return [];
  const best = figure === 'perSecond' ? Math.max(...theirs) : Math.min(...theirs);
  const label = figure === 'perSecond' ? 'per s' : 'CPU';
  return [{ what: `${label} ÷ ${name}`, value: own / best, bound, target }];
}

export function present(servers: readonly (Server | undefined)[]): Server[] {
  return servers.filter((server) => server !== undefined);
}

/** Every server fires the same packets in its round number n; only those of the latest are kept. */
function sharedByRound(make: (round: number) => Packet[]): (round: number) => Packet[] {
  let kept: { readonly round: number; readonly packets: Packet[] } | undefined;
  return (round) => {
    if (kept?.round !== round) kept = { round, packets: make(round) };
    return kept.packets;
  };
}
