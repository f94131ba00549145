/** Accounting: Start, three Interim-Updates and a Stop of 2,000 sessions at a time; rows are counted after. */
import type { Socket } from 'node:dgram';
import { addRows, against, type Bench, checkShots, present } from './bench.ts';
import { closedLoop, closeSockets, openSockets, type Shots } from './generator.ts';
import {
  type AccountingStream,
  createAccounting,
  foreignClass,
  routerAddresses,
  sessionLogins,
} from './loads.ts';
import { classOf } from './packets.ts';
import { SUBSCRIBERS } from './people.ts';
import type { Check } from './report.ts';
import { awake, interleave } from './rounds.ts';
import type { Server } from './server.ts';

const WINDOWS = [128, 512] as const;
const LOGIN_WINDOW = 128;
const LOGIN_MS = 60_000;
/** Past the time when the first sessions stop, where the mixture of reports becomes steady. */
const WARM_UP_PACKETS = 5000;
const WARM_UP_MS = 5000;
const SPARE = 1.5;
const UNKNOWN_RATE = 12_000;
/** A server that stalled for a round may run again in the next. */
const LEAST_RATE = 3000;

interface Accounted {
  readonly server: Server;
  readonly sockets: readonly Socket[];
  readonly stream: AccountingStream;
  /** Class of each session, where a login hands one out. */
  readonly classes: Uint8Array[] | null;
  /** Packets/s of the last round. */
  rate: number;
}

export async function accounting(bench: Bench): Promise<void> {
  const { ours, oursPostgres, sqliteMany, sqliteOne, postgres } = bench.servers;
  const all: Accounted[] = [];
  for (const server of present([ours, oursPostgres, sqliteMany, sqliteOne, postgres])) {
    const sockets = await openSockets(routerAddresses);
    const classes = server === ours || server === oursPostgres ? [] : null;
    all.push({ server, sockets, stream: createAccounting(), classes, rate: UNKNOWN_RATE });
  }
  for (const each of all) {
    bench.progress(`accounting: ${each.server.name} warms up`);
    await awake(each.server, async () => {
      await logInSessions(bench, each, WARM_UP_PACKETS);
      await each.server.analyze?.();
      await report(each, WINDOWS[0], WARM_UP_PACKETS, WARM_UP_MS);
      await each.server.analyze?.();
    });
  }
  for (const window of WINDOWS) await rounds(bench, all, window);
  for (const each of all) await countRows(bench, each);
  for (const { sockets } of all) closeSockets(sockets);
}

async function rounds(bench: Bench, all: readonly Accounted[], window: number): Promise<void> {
  const load = `accounting, window ${window}`;
  const ms = bench.options.seconds * 1000;
  const enough = (each: Accounted): number =>
    Math.ceil((Math.max(each.rate * SPARE, LEAST_RATE) * ms) / 1000);
  bench.progress(`${load}: ${bench.options.rounds} rounds of ${all.length} servers`);
  const figures = await interleave(
    all.map((each) => ({
      server: each.server,
      prepare: () => logInSessions(bench, each, enough(each)),
      fire: () => report(each, window, enough(each), ms),
    })),
    bench.options.rounds,
    checkShots(bench, load),
  );
  const { ours, oursPostgres, sqliteMany, sqliteOne, postgres } = bench.servers;
  const checks = new Map<Server, Check[]>();
  const sqlite = {
    name: 'best FreeRADIUS sqlite',
    figure: 'perSecond',
    bound: 'least',
    target: 3,
  } as const;
  checks.set(ours, against(figures, ours, [sqliteMany, sqliteOne], sqlite));
  if (oursPostgres !== undefined) {
    const name = 'FreeRADIUS postgres';
    checks.set(oursPostgres, [
      ...against(figures, oursPostgres, [postgres], {
        name,
        figure: 'perSecond',
        bound: 'least',
        target: 3,
      }),
      ...against(figures, oursPostgres, [postgres], {
        name,
        figure: 'cpuMicros',
        bound: 'most',
        target: 0.2,
      }),
    ]);
  }
  addRows(bench, load, figures, checks);
}

/** Sessions that the next packets begin are logged in first: their Class is in every report. */
async function logInSessions(bench: Bench, each: Accounted, count: number): Promise<void> {
  const { server, sockets, stream, classes } = each;
  if (classes === null) return;
  const from = classes.length;
  const packets = sessionLogins(from, Math.max(0, stream.begunAfter(count) - from), SUBSCRIBERS);
  const onReply = (index: number, reply: Buffer): void => {
    classes[from + index] = classOf(reply);
  };
  const shots = await closedLoop(
    { sockets, port: server.authPort, packets, onReply },
    LOGIN_WINDOW,
    LOGIN_MS,
  );
  if (packets.length > 0) checkShots(bench, 'login before accounting')(server, shots);
  if (shots.answered < packets.length) {
    throw new Error(`${server.name} answered ${shots.answered} of ${packets.length} logins`);
  }
}

async function report(each: Accounted, window: number, count: number, ms: number): Promise<Shots> {
  const { server, sockets, stream, classes } = each;
  const packets = stream.next(count, classes === null ? foreignClass : (i) => classes[i]!);
  const shots = await closedLoop({ sockets, port: server.acctPort, packets }, window, ms);
  stream.took(shots);
  each.rate = shots.perSecond;
  return shots;
}

/** What was acknowledged must be there, once. */
async function countRows(bench: Bench, { server, stream }: Accounted): Promise<void> {
  const { begun, acknowledged, stopped } = stream.counts;
  const { all, closed } = await awake(server, server.sessions);
  bench.progress(
    `accounting: ${server.name} has ${all} sessions (${closed} closed) of ${begun} sent, ${acknowledged} (${stopped}) acknowledged`,
  );
  if (all < acknowledged || closed < stopped) {
    bench.failures.push(
      `accounting, ${server.name}: ${acknowledged} sessions (${stopped} closed) were acknowledged, ${all} (${closed}) are in the database`,
    );
  }
  if (all > begun) {
    bench.failures.push(`accounting, ${server.name}: ${begun} sessions became ${all} rows`);
  }
}
