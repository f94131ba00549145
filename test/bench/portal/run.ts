/**
 * Whole logins under load, on the real protocols: what a mini-browser and a router do until the phone is
 * online. First a fixed rate over all villages (80 % cards, 15 % accounts that are warm, 5 % whose password must
 * be hashed), then a village of 300 phones that comes back from a power cut within 10 seconds.
 *
 * Ends with 1 when a login is refused, a session is missing, or a target is MISSED.
 */
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { openSockets } from '../radius/generator.ts';
import { describeMachine } from '../radius/machine.ts';
import {
  COLD_PASSWORD,
  coldUsername,
  password,
  routerAddress,
  username,
} from '../radius/people.ts';
import { cpuMs, memoryMb } from '../radius/processes.ts';
import { type PortalServer, startPortalServer, VILLAGES } from './server.ts';
import { openRouters, type Routers, type Visitor, visit } from './visit.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '20' },
    profile: { type: 'string' },
  },
});

const WARM_UP = 400;
const PHONES = 300;
const RETURN_MS = 10_000;

interface Crowd {
  readonly name: string;
  readonly visitors: readonly Visitor[];
  readonly perSecond: number;
  readonly p99TargetMs: number;
}

async function main(): Promise<number> {
  const rate = Number(values.rate);
  const logins = rate * Number(values.seconds);
  const cards = logins + WARM_UP + PHONES;
  for (const line of await describeMachine('not used', `${rate}/s for ${values.seconds} s`)) {
    process.stdout.write(`${line}\n`);
  }
  await using server = await startPortalServer({ cards, profileDirectory: values.profile });
  const routers = openRouters(
    await openSockets(Array.from({ length: VILLAGES }, (_, i) => routerAddress(i))),
  );
  const people = createPeople(server);
  const crowds: Crowd[] = [
    {
      name: 'all villages',
      visitors: people.mixed(logins),
      perSecond: rate,
      p99TargetMs: 500,
    },
    {
      name: 'one village returns',
      visitors: people.village(PHONES),
      perSecond: (PHONES * 1000) / RETURN_MS,
      p99TargetMs: 5000,
    },
  ];
  await attend(server, routers, {
    name: 'warm-up',
    visitors: people.mixed(WARM_UP),
    perSecond: 50,
    p99TargetMs: Number.POSITIVE_INFINITY,
  });
  let failed = false;
  for (const crowd of crowds) failed = !(await attend(server, routers, crowd)) || failed;
  const { now, peak } = memoryMb(server.pid);
  process.stdout.write(`memory    ${now.toFixed(0)} MB, ${peak.toFixed(0)} MB at its highest\n`);
  routers.close();
  return failed ? 1 : 0;
}

/** Lets them come, prints what became of them, and says whether all are online, and in time. */
async function attend(server: PortalServer, routers: Routers, crowd: Crowd): Promise<boolean> {
  const { visitors, perSecond } = crowd;
  const before = { sessions: server.sessions(), cpu: cpuMs([server.pid]), own: process.cpuUsage() };
  const startedAt = performance.now();
  const latencies: number[] = [];
  const results = new Map<string, number>();
  let octets = 0;
  let requests = 0;
  const come = async (visitor: Visitor, dueAt: number): Promise<void> => {
    const said = await visit(server, routers, visitor).catch((error: unknown) => ({
      result: error instanceof Error ? error.message : String(error),
      pages: 0,
      octets: 0,
    }));
    latencies.push(performance.now() - dueAt);
    results.set(said.result, (results.get(said.result) ?? 0) + 1);
    octets += said.octets;
    requests += said.pages;
  };
  const visits: Promise<void>[] = [];
  for (const [i, visitor] of visitors.entries()) {
    const dueAt = startedAt + (i * 1000) / perSecond;
    const early = dueAt - performance.now();
    if (early > 0) await new Promise((due) => setTimeout(due, early));
    visits.push(come(visitor, dueAt));
  }
  await Promise.all(visits);
  const elapsedMs = performance.now() - startedAt;
  const own = process.cpuUsage(before.own);
  const online = results.get('online') ?? 0;
  const opened = server.sessions() - before.sessions;
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (q: number): number => sorted[Math.floor(q * (sorted.length - 1))]!;
  const isInTime = at(0.99) < crowd.p99TargetMs;
  const verdict = isInTime ? '' : `  MISSED: p99 under ${crowd.p99TargetMs} ms`;
  process.stdout.write(
    `${crowd.name}: ${visitors.length} logins at ${perSecond.toFixed(0)}/s, ${online} online, ${opened} sessions opened; ` +
      `p50 ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms, longest ${at(1).toFixed(0)} ms; ` +
      `${((cpuMs([server.pid]) - before.cpu) / visitors.length).toFixed(2)} ms CPU a login, ` +
      `generator ${Math.round((own.user + own.system) / 10 / elapsedMs)} % of a core; ` +
      `${(requests / visitors.length).toFixed(1)} requests and ${(octets / visitors.length / 1000).toFixed(1)} kB of HTTP a login` +
      `${verdict}\n`,
  );
  for (const [result, count] of results) {
    if (result !== 'online') process.stdout.write(`  ${count} not online: ${result}\n`);
  }
  return online === visitors.length && opened === online && isInTime;
}

/** Each card, account and phone once, but the warm accounts. */
function createPeople(server: PortalServer) {
  let phones = 0;
  let cards = 0;
  let cold = 0;
  let warm = 0;
  const next = (router: number, typed: Visitor['typed']): Visitor => {
    phones += 1;
    return { phone: phones, router, typed };
  };
  const card = (): Visitor['typed'] => {
    cards += 1;
    return { voucher: server.codes[cards - 1]! };
  };
  const coldAccount = (): Visitor['typed'] => {
    cold += 1;
    return { username: coldUsername(cold), password: COLD_PASSWORD };
  };
  const warmAccount = (): Visitor['typed'] => {
    warm += 1;
    return { username: username(warm % 400), password: password(warm % 400) };
  };
  const mixed = (count: number): Visitor[] =>
    Array.from({ length: count }, (_, i) => {
      const share = i % 20;
      const typed = share < 16 ? card() : share < 19 ? warmAccount() : coldAccount();
      return next(i % VILLAGES, typed);
    });
  return {
    mixed,
    /** A quarter of them cold. */
    village: (count: number): Visitor[] =>
      Array.from({ length: count }, (_, i) => next(7, i % 4 === 0 ? coldAccount() : card())),
  };
}

if (availableParallelism() < 2) process.stdout.write('one core only: server and phones share it\n');
process.exitCode = await main();
