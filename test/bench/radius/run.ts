/**
 * RADIUS under load, ours beside FreeRADIUS: one table of medians over interleaved rounds, with what was
 * asked of ours and whether it is so. test/README.md says how to read it.
 *
 * Ends with 1 when a reply does not verify, a request is refused that should not be, or an acknowledged
 * session is missing; a missed target is printed as MISSED.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accounting } from './accounting.ts';
import { coldLogins, portalQuestions, routerLogins } from './authentication.ts';
import type { Bench, Options, Servers } from './bench.ts';
import { memory, wrongPasswords } from './crowds.ts';
import { freeradiusVersion, startFiles, startPostgres, startSqlite } from './freeradius.ts';
import { describeMachine, loadText } from './machine.ts';
import { startOnPostgres, startOnSqlite } from './ours.ts';
import { SUBSCRIBERS } from './people.ts';
import { signalTree } from './processes.ts';
import { asJson, render } from './report.ts';
import { type Server, Unavailable } from './server.ts';

/** In the order in which they run: who guesses passwords comes last, since budgets stay spent. */
const SCENARIOS = {
  auth: portalQuestions,
  logins: routerLogins,
  cold: coldLogins,
  accounting,
  memory,
  wrong: wrongPasswords,
} as const;
type Scenario = keyof typeof SCENARIOS;
const COMPARED: readonly Scenario[] = ['auth', 'logins', 'accounting'];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    threads: { type: 'string', default: String(availableParallelism()) },
    only: { type: 'string', default: Object.keys(SCENARIOS).join(',') },
    alone: { type: 'boolean', default: false },
    profile: { type: 'string' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

function scenarios(): Scenario[] {
  const asked = values.only.split(',');
  const unknown = asked.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0) {
    throw new Error(`--only knows ${Object.keys(SCENARIOS).join(', ')}, not ${unknown.join(', ')}`);
  }
  return asked as Scenario[];
}

async function main(): Promise<number> {
  const wanted = scenarios();
  const options: Options = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    threads: Number(values.threads),
    profileDirectory: values.profile,
  };
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const base = await mkdtemp(join(tmpdir(), 'smartwifi-bench-'));
  await chmod(base, 0o711); // PostgreSQL's own user passes through.
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    if (values.keep) progress(`kept: ${base}`);
    else await rm(base, { recursive: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stack.disposeAsync().finally(() => process.exit(1)));
  }
  const freeradius = await freeradiusVersion().catch((error: unknown) => String(error));
  const header = await describeMachine(freeradius, settingsText(options));
  const skipped: string[] = [];
  const servers = await startServers({ base, options, wanted, skipped, progress, stack });
  const bench: Bench = {
    options,
    servers,
    base,
    rows: [],
    skipped,
    failures: [],
    progress,
    stack,
  };
  for (const name of Object.keys(SCENARIOS) as Scenario[]) {
    if (wanted.includes(name)) await SCENARIOS[name](bench);
  }
  header.push(`load      ${loadText()} at the end`);
  const report = { header, rows: bench.rows, skipped, failures: bench.failures };
  process.stdout.write(
    values.json ? `${JSON.stringify(asJson(report), null, 2)}\n` : `${render(report)}\n`,
  );
  return bench.failures.length === 0 ? 0 : 1;
}

interface Starting {
  readonly base: string;
  readonly options: Options;
  readonly wanted: readonly Scenario[];
  readonly skipped: string[];
  readonly progress: (line: string) => void;
  readonly stack: AsyncDisposableStack;
}

/** Starts what the scenarios need, stopped until its turn; what cannot be had is noted. */
async function startServers(starting: Starting): Promise<Servers> {
  const { base, options, wanted, skipped, progress, stack } = starting;
  const own = {
    base,
    subscribers: SUBSCRIBERS,
    threads: options.threads,
    profileDirectory: options.profileDirectory,
    note: (why: string) => void skipped.push(why),
  };
  const use = <S extends Server>(server: S): S => {
    stack.use(server);
    // Neither a server nor the database that it ends its connections with could end while it is stopped.
    stack.defer(() => signalTree(server.roots, 'SIGCONT'));
    signalTree(server.roots, 'SIGSTOP');
    return server;
  };
  const attempt = async <S extends Server>(what: string, start: () => Promise<S>) => {
    progress(`starting ${what}`);
    try {
      return use(await start());
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      skipped.push(`${what}: ${error.message}`);
      return undefined;
    }
  };
  progress('starting ours');
  const ours = use(await startOnSqlite('ours', own));
  const compared = wanted.some((name) => COMPARED.includes(name));
  const only = <S extends Server>(needed: boolean, what: string, start: () => Promise<S>) =>
    needed ? attempt(what, start) : Promise.resolve(undefined);
  const rivals = compared && !values.alone;
  return {
    ours,
    oursPostgres: await only(compared, 'ours on PostgreSQL', () => startOnPostgres(own)),
    files: await only(rivals && wanted.includes('auth'), 'FreeRADIUS files', () =>
      startFiles(base),
    ),
    sqliteMany: await only(rivals, 'FreeRADIUS sqlite', () => startSqlite(base, 'many')),
    sqliteOne: await only(rivals, 'FreeRADIUS sqlite, one thread', () => startSqlite(base, 'one')),
    postgres: await only(rivals, 'FreeRADIUS postgres', () => startPostgres(base)),
  };
}

function settingsText({ rounds, seconds, threads }: Options): string {
  return `${rounds} interleaved rounds of ${seconds} s, medians; ${SUBSCRIBERS} subscribers; ${threads} RADIUS threads of ours`;
}

process.exitCode = await main();
