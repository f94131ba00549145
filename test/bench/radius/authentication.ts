/** The portal's question, logins at a router, the first login of a hardened password; and half the peak. */
import {
  addRows,
  against,
  type Bench,
  type ClosedLoad,
  checkShots,
  closedRounds,
  present,
} from './bench.ts';
import { closedLoop, closeSockets, openLoop, openSockets } from './generator.ts';
import {
  authenticate,
  authenticateCold,
  logins,
  portalAddresses,
  routerAddresses,
} from './loads.ts';
import { COLD_SUBSCRIBERS, SUBSCRIBERS } from './people.ts';
import { awake, measure } from './rounds.ts';
import type { Server } from './server.ts';

const WINDOW = 64;
const WARM_UP_MS = 1000;
const FULL_WARM_UP_MS = 15_000;
/** Above what any server reaches here. */
const MOST_ASKED_PER_SECOND = 32_000;
const MOST_LOGINS_PER_SECOND = 20_000;
const HALF_PEAK_SECONDS = 3;
const HALF_PEAK_P99_MS = 20;

export async function portalQuestions(bench: Bench): Promise<void> {
  const { ours, oursPostgres, files, sqliteMany, sqliteOne, postgres } = bench.servers;
  const load: ClosedLoad = {
    load: 'Authenticate-Only',
    servers: present([ours, oursPostgres, files, sqliteMany, sqliteOne, postgres]),
    addresses: portalAddresses,
    packets: authenticate,
    perRound: MOST_ASKED_PER_SECOND * bench.options.seconds,
    window: WINDOW,
    warmUp: { count: SUBSCRIBERS, ms: warmUpMs(bench) },
  };
  const figures = await closedRounds(bench, load);
  const sqlite = [sqliteMany, sqliteOne];
  const versus = (rivals: readonly (Server | undefined)[], of: Parameters<typeof against>[3]) =>
    against(figures, ours, rivals, of);
  const checks = [
    ...versus([files], {
      name: 'FreeRADIUS files',
      figure: 'perSecond',
      bound: 'least',
      target: 1,
    }),
    ...versus([files], {
      name: 'FreeRADIUS files',
      figure: 'cpuMicros',
      bound: 'most',
      target: 0.7,
    }),
    ...versus(sqlite, {
      name: 'best FreeRADIUS sqlite',
      figure: 'perSecond',
      bound: 'least',
      target: 4,
    }),
    ...versus(sqlite, {
      name: 'best FreeRADIUS sqlite',
      figure: 'cpuMicros',
      bound: 'most',
      target: 0.2,
    }),
  ];
  addRows(bench, load.load, figures, new Map([[ours, checks]]));
  await halfPeak(bench, load, ours, figures.get(ours)!.perSecond);
}

export async function routerLogins(bench: Bench): Promise<void> {
  const { ours, oursPostgres, sqliteMany, sqliteOne, postgres } = bench.servers;
  const load: ClosedLoad = {
    load: 'NAS login',
    servers: present([ours, oursPostgres, sqliteMany, sqliteOne, postgres]),
    addresses: routerAddresses,
    packets: logins,
    perRound: MOST_LOGINS_PER_SECOND * bench.options.seconds,
    window: WINDOW,
    warmUp: { count: SUBSCRIBERS, ms: warmUpMs(bench) },
  };
  const figures = await closedRounds(bench, load);
  const checks = against(figures, ours, [sqliteMany, sqliteOne], {
    name: 'best FreeRADIUS sqlite',
    figure: 'cpuMicros',
    bound: 'most',
    target: 0.35,
  });
  addRows(bench, load.load, figures, new Map([[ours, checks]]));
  await halfPeak(bench, load, ours, figures.get(ours)!.perSecond);
}

/** Each subscriber once; the work of argon2id is on purpose, so nothing is checked but the answers. */
export async function coldLogins(bench: Bench): Promise<void> {
  const { ours } = bench.servers;
  const warmUp = 32;
  const load: ClosedLoad = {
    load: 'cold argon2id',
    servers: [ours],
    addresses: portalAddresses,
    packets: authenticateCold,
    perRound: Math.floor((COLD_SUBSCRIBERS - warmUp) / bench.options.rounds),
    window: WINDOW,
    warmUp: { count: warmUp, ms: () => WARM_UP_MS },
  };
  addRows(bench, load.load, await closedRounds(bench, load), new Map());
}

/** An open loop at half of what the closed loop reached: how long does an accept take then? */
async function halfPeak(
  bench: Bench,
  load: ClosedLoad,
  server: Server,
  peak: number,
): Promise<void> {
  const name = `${load.load}, half`;
  bench.progress(`${name}: ${Math.round(peak / 2)}/s for ${HALF_PEAK_SECONDS} s`);
  const { warmUp } = load;
  const used = warmUp.count + bench.options.rounds * load.perRound;
  const rate = Math.max(1, peak / 2);
  const warm = load.packets(used, warmUp.count);
  const packets = load.packets(used + warmUp.count, Math.ceil(rate * HALF_PEAK_SECONDS));
  const sockets = await openSockets(load.addresses);
  const port = server.authPort;
  const check = checkShots(bench, name);
  const fire = () => openLoop({ sockets, port, packets }, rate);
  const figures = await awake(server, async () => {
    // New sockets: the kernel may give them to another thread, which has not seen everybody yet.
    check(
      server,
      await closedLoop({ sockets, port, packets: warm }, load.window, warmUp.ms(server)),
    );
    return measure({ server, fire }, check);
  });
  closeSockets(sockets);
  bench.rows.push({
    load: name,
    server: server.name,
    figures,
    checks: [{ what: 'p99 ms', value: figures.p99, bound: 'most', target: HALF_PEAK_P99_MS }],
  });
}

function warmUpMs(bench: Bench): (server: Server) => number {
  const { ours, oursPostgres } = bench.servers;
  return (server) => (server === ours || server === oursPostgres ? FULL_WARM_UP_MS : WARM_UP_MS);
}
