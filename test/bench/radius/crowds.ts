/** Two crowds: many people online at once (memory), and many who guess passwords while others log in. */
import type { Socket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../../../store/open.ts';
import { type Bench, checkShots } from './bench.ts';
import {
  closedLoop,
  closeSockets,
  openLoop,
  openSockets,
  type Shooting,
  type Shots,
} from './generator.ts';
import {
  authenticate,
  guesses,
  portalAddresses,
  routerAddresses,
  sessionLogins,
  starts,
} from './loads.ts';
import { type OurServer, startOnSqlite } from './ours.ts';
import { classOf, nasLogin, type Packet } from './packets.ts';
import { macOf, ROUTERS, routerName, SUBSCRIBERS, username } from './people.ts';
import { memoryMb } from './processes.ts';
import type { Figures } from './rounds.ts';

const CROWD = 100_000;
const ONLINE = 50_000;
const CROWD_WINDOW = 256;
const CROWD_MS = 120_000;
const MEMORY_MB = 200;

const GUESSES_PER_SECOND = 500;
const TOKENS_PER_SECOND = 20;
const GUESSING_SECONDS = 6;
const TOKEN_P99_MS = 20;
const TOKEN_LIFE_MS = 300_000;
/** Phones of token logins are apart from all others. */
const TOKEN_PHONES = 200_000_000;
/** Longer than a server takes to notice that another process wrote. */
const NOTICED_MS = 400;

/** Resident memory of a server of its own, after it took the crowd in by logins and Starts. */
export async function memory(bench: Bench): Promise<void> {
  bench.progress(`memory: ${CROWD} subscribers are imported`);
  const server = await ownServer(bench, 'ours-crowd', CROWD);
  const nas = await openSockets(routerAddresses);
  const portal = await openSockets(portalAddresses);
  const check = checkShots(bench, 'memory');
  const shoot = async (
    sockets: readonly Socket[],
    port: number,
    packets: readonly Packet[],
    ms = CROWD_MS,
    onReply: Shooting['onReply'] = () => {},
  ): Promise<void> =>
    check(server, await closedLoop({ sockets, port, packets, onReply }, CROWD_WINDOW, ms));
  const classes: Buffer[] = [];
  bench.progress(`memory: ${ONLINE} phones log in and start sessions`);
  await shoot(nas, server.authPort, sessionLogins(0, ONLINE, CROWD), CROWD_MS, (index, reply) => {
    classes[index] = classOf(reply);
  });
  await shoot(nas, server.acctPort, starts(0, classes, CROWD));
  await shoot(portal, server.authPort, authenticate(0, CROWD, CROWD), bench.options.seconds * 1000);
  closeSockets([...nas, ...portal]);
  const { all } = await server.sessions();
  if (all < ONLINE) bench.failures.push(`memory: ${all} of ${ONLINE} sessions are in the database`);
  const { now, peak } = memoryMb(server.roots[0]!);
  bench.rows.push({
    load: 'memory',
    server: server.name,
    figures: {},
    checks: [{ what: 'peak resident MB', value: peak, bound: 'most', target: MEMORY_MB }],
    note: `${CROWD} subscribers, ${all} open sessions; ${now.toFixed(0)} MB at the end`,
  });
  await server[Symbol.asyncDispose]();
}

/** 500 wrong passwords/s, each of another subscriber, spread over all routers; beside them token logins. */
export async function wrongPasswords(bench: Bench): Promise<void> {
  // A server of its own: another's sweep of logins that no Start followed would be measured with it.
  const ours = await ownServer(bench, 'ours-guessed', SUBSCRIBERS);
  bench.progress(`wrong passwords: ${GUESSES_PER_SECOND}/s for ${GUESSING_SECONDS} s`);
  const logins = await tokenLogins(ours);
  await delay(NOTICED_MS);
  const own = await openSockets(routerAddresses);
  const others = await openSockets(routerAddresses);
  const packets = guesses(0, GUESSES_PER_SECOND * GUESSING_SECONDS);
  const [wrong, tokens] = await Promise.all([
    openLoop({ sockets: others, port: ours.authPort, packets }, GUESSES_PER_SECOND),
    openLoop({ sockets: own, port: ours.authPort, packets: logins }, TOKENS_PER_SECOND),
  ]);
  closeSockets([...own, ...others]);
  await ours[Symbol.asyncDispose]();
  checkShots(bench, 'token logins')(ours, tokens);
  if (wrong.forged > 0)
    bench.failures.push(`wrong passwords: ${wrong.forged} replies do not verify`);
  const refused = Object.values(wrong.refused).reduce((sum, count) => sum + count, 0);
  if (refused < wrong.answered) {
    bench.failures.push(`wrong passwords: ${wrong.answered - refused} were accepted`);
  }
  const errors = ((wrong.refused['SW-ERROR'] ?? 0) / Math.max(1, wrong.answered)) * 100;
  bench.rows.push(
    {
      load: 'wrong passwords',
      server: ours.name,
      figures: figuresOf(wrong),
      checks: [
        { what: 'SW-ERROR, % (surplus gets SW-LIMIT)', value: errors, bound: 'most', target: 0 },
      ],
      note: sharesOf(wrong),
    },
    {
      load: '+ token logins',
      server: ours.name,
      figures: figuresOf(tokens),
      checks: [{ what: 'p99 ms', value: tokens.p99, bound: 'most', target: TOKEN_P99_MS }],
    },
  );
}

async function ownServer(bench: Bench, label: string, subscribers: number): Promise<OurServer> {
  const { threads } = bench.options;
  const note = (why: string): void => void bench.skipped.push(why);
  const { base } = bench;
  return bench.stack.use(await startOnSqlite(label, { base, subscribers, threads, note }));
}

/** Tokens as the portal hands them out, issued beside the running server. */
async function tokenLogins(server: OurServer): Promise<Packet[]> {
  const opened = await openStore(server.storeOptions);
  await using store = opened.store;
  const packets: Packet[] = [];
  for (let i = 0; i < TOKENS_PER_SECOND * GUESSING_SECONDS; i += 1) {
    const router = i % ROUTERS;
    const phone = TOKEN_PHONES + i;
    const account = await store.subscriberByUsername(username(SUBSCRIBERS - 1 - i));
    const station = await store.routerByName(routerName(router));
    const issued = await store.issueToken({
      accountKind: 'subscriber',
      accountId: account!.id,
      mac: macOf(phone),
      routerId: station!.id,
      at: Date.now(),
      ttlMs: TOKEN_LIFE_MS,
    });
    const login = { username: issued.username, password: issued.token, router, phone };
    packets.push(nasLogin(login, router, Math.floor(i / ROUTERS) & 255));
  }
  return packets;
}

function figuresOf(shots: Shots): Partial<Figures> {
  const { perSecond, p50, p99, generatorShare, lost, answered, retransmitted } = shots;
  return { perSecond, p50, p99, generatorShare, lost, answered, retransmitted };
}

function sharesOf({ refused, answered }: Shots): string {
  return Object.entries(refused)
    .map(([why, count]) => `${why} ${((count / answered) * 100).toFixed(1)} %`)
    .join(', ');
}
