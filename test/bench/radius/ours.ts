/**
 * The product as a server under test: `smartwifi serve radius` in a process of its own, on a store that
 * was filled before, with policy, metrics and logging as an operator has them.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { stringify } from 'yaml';
import { forEachLimited } from '../../../lib/retry.ts';
import { hardenedPassword, unhardenedKey } from '../../../radius/password.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { NewSubscriber, Village } from '../../../store/types.ts';
import {
  COLD_PASSWORD,
  COLD_SUBSCRIBERS,
  coldUsername,
  LAN_POOL,
  password,
  ROUTERS,
  routerAddress,
  routerName,
  SECRET,
  SERVER_ADDRESS,
  tariffOf,
  tariffs,
  username,
} from './people.ts';
import { type Cluster, onCluster, startCluster } from './postgres.ts';
import { freePort, type Server, type Started, startProgram, Unavailable } from './server.ts';

export interface OursOptions {
  readonly base: string;
  readonly subscribers: number;
  /** RADIUS threads that share the ports. */
  readonly threads: number;
  /** Hears why something was left out. */
  readonly note: (why: string) => void;
  /** Where V8's CPU profiles of every thread go when the server stops. */
  readonly profileDirectory?: string | undefined;
}

export interface OurServer extends Server {
  readonly storeOptions: { readonly store: string; readonly keyFile: string };
}

export const CLI = resolve(import.meta.dirname, '../../../scripts/cli.ts');
const IMPORT_ROWS = 5000;
const HARDENED_AT_ONCE = 16;
const SESSIONS =
  'SELECT count(*) AS "all", count(CASE WHEN state = \'closed\' THEN 1 END) AS closed FROM sessions WHERE acct_session_id IS NOT NULL';

export async function startOnSqlite(label: string, options: OursOptions): Promise<OurServer> {
  const directory = join(options.base, label);
  await mkdir(directory);
  const file = join(directory, 'store.db');
  const storeOptions = { store: `sqlite:${file}`, keyFile: join(directory, 'store.key') };
  await fill(storeOptions, options.subscribers);
  const db = new Database(file);
  db.exec(
    `CREATE TRIGGER bench_keeps_passwords BEFORE UPDATE OF password_hash ON subscribers
     BEGIN SELECT RAISE(ABORT, 'the bench measures without password hardening'); END`,
  );
  db.close();
  return start('ours', directory, storeOptions, options, [], async () => {
    const reading = new Database(file, { readonly: true });
    const counted = reading.prepare(SESSIONS).get() as { all: number; closed: number };
    reading.close();
    return counted;
  });
}

/** {@link Unavailable} while this version cannot use PostgreSQL. */
export async function startOnPostgres(options: OursOptions): Promise<OurServer> {
  const directory = join(options.base, 'ours-postgres');
  await mkdir(directory);
  const cluster = await startCluster(join(options.base, 'postgres-ours'), 'smartwifi');
  try {
    const host = encodeURIComponent(cluster.host);
    const storeOptions = {
      store: `postgres://${cluster.user}@localhost:${cluster.port}/smartwifi?host=${host}`,
      keyFile: join(directory, 'store.key'),
    };
    await fill(storeOptions, options.subscribers);
    await keepPasswords(cluster);
    const server = await start(
      'ours, postgres',
      directory,
      storeOptions,
      options,
      [cluster.pid],
      async () => {
        const client = await cluster.connect('smartwifi');
        const { rows } = await client.query(SESSIONS);
        await client.end();
        return { all: Number(rows[0].all), closed: Number(rows[0].closed) };
      },
    );
    return onCluster(server, cluster, 'smartwifi');
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * The job that hardens imported passwords would take a twentieth of a core for hours and make warm
 * subscribers cold again: it is held off, so that a round measures requests and nothing else.
 */
async function keepPasswords(cluster: Cluster): Promise<void> {
  const client = await cluster.connect('smartwifi');
  await client.query(`
    CREATE FUNCTION bench_keeps_passwords() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'the bench measures without password hardening'; END $$;
    CREATE TRIGGER bench_keeps_passwords BEFORE UPDATE OF password_hash ON subscribers
      FOR EACH ROW EXECUTE FUNCTION bench_keeps_passwords();
    ANALYZE`);
  await client.end();
}

/** With one RADIUS thread, and a note, where this version does not take as many as asked for. */
async function start(
  name: string,
  directory: string,
  storeOptions: OurServer['storeOptions'],
  options: OursOptions,
  databases: readonly number[],
  sessions: Server['sessions'],
): Promise<OurServer> {
  const ports = { auth: await freePort(), acct: await freePort() };
  const log = createWriteStream(join(directory, 'log'));
  await new Promise((opened) => log.once('open', opened));
  const run = async (threads: number): Promise<Started> => {
    const file = join(directory, 'smartwifi.yaml');
    await writeFile(file, stringify(configuration(storeOptions, ports, threads)));
    return startProgram(
      process.execPath,
      [...profiling(options.profileDirectory), CLI, 'serve', 'radius', '--config', file],
      /ready: .*RADIUS \d+/,
      { cwd: directory, stdio: ['ignore', log, 'pipe'] },
    );
  };
  let { threads } = options;
  const program = await run(threads).catch((error: unknown) => {
    if (threads === 1 || !(error instanceof Unavailable)) throw error;
    options.note(`${name} with ${threads} RADIUS threads: ${error.message}`);
    threads = 1;
    return run(threads);
  });
  return {
    name: `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    authPort: ports.auth,
    acctPort: ports.acct,
    roots: [program.pid, ...databases],
    sessions,
    storeOptions,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      log.close();
    },
  };
}

function configuration(
  storeOptions: OurServer['storeOptions'],
  ports: { readonly auth: number; readonly acct: number },
  threads: number,
): unknown {
  return {
    ...storeOptions,
    radius: {
      auth: `${SERVER_ADDRESS}:${ports.auth}`,
      acct: `${SERVER_ADDRESS}:${ports.acct}`,
      portalSecret: SECRET,
      ...(threads > 1 ? { threads } : {}),
    },
    metrics: { listen: `${SERVER_ADDRESS}:0` },
    log: { level: 'info' },
  };
}

export function profiling(directory: string | undefined): string[] {
  return directory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(directory)}`];
}

async function fill(options: OurServer['storeOptions'], subscribers: number): Promise<void> {
  const opened = await openStore(options).catch((error: unknown) => {
    throw new Unavailable(error instanceof Error ? error.message : String(error));
  });
  await using store = opened.store;
  const at = Date.now();
  await addRouters(store, at);
  for (const tariff of tariffs) {
    await store.createTariff({ ...LIMITS, ...tariff, at });
  }
  const everyone = Array.from(
    { length: subscribers },
    (_, i): NewSubscriber => ({
      username: username(i),
      password: password(i),
      tariff: tariffOf(i).name,
      villageCode: null,
    }),
  );
  const cold = Array.from(
    { length: COLD_SUBSCRIBERS },
    (_, i): NewSubscriber => ({
      username: coldUsername(i),
      password: COLD_PASSWORD,
      tariff: tariffOf(i).name,
      villageCode: null,
    }),
  );
  await importAll(store, cold, at);
  await hardenCold(store);
  await importAll(store, everyone, at);
}

/** Limits that are there and never reached; so many devices, since each login is another phone. */
export const LIMITS = {
  burstDownKbps: null,
  burstUpKbps: null,
  burstSeconds: null,
  sessionOctets: null,
  dailySeconds: null,
  dailyOctets: 500_000_000_000,
  weeklySeconds: null,
  weeklyOctets: null,
  monthlySeconds: null,
  monthlyOctets: null,
  validitySeconds: null,
  devices: 1000,
  whenFull: 'refuse',
  fairUse: [],
} as const;

/** One a village, from the number 0 on. */
export async function addRouters(store: Store, at: number, count = ROUTERS): Promise<void> {
  const villages = Array.from(
    { length: count },
    (_, i): Village => ({
      code: `16.06.01.${2001 + i}`,
      name: `Desa ${i}`,
      kind: 'desa',
      districtCode: '16.06.01',
      districtName: 'Sekayu',
      regencyCode: '16.06',
      regencyName: 'Musi Banyuasin',
      provinceName: 'Sumatera Selatan',
      latitude: null,
      longitude: null,
    }),
  );
  await store.importVillages({ villages, at });
  for (const [i, village] of villages.entries()) {
    await store.addRouter({
      name: routerName(i),
      villageCode: village.code,
      address: routerAddress(i),
      apiPort: 8728,
      apiUser: 'admin',
      apiPassword: 'x',
      nasSecret: SECRET,
      coaPort: 3799,
      hotspotPort: 80,
      loginHost: 'login.wifi.home.arpa',
      lanPool: LAN_POOL,
      at,
    });
  }
}

export async function importAll(
  store: Store,
  rows: readonly NewSubscriber[],
  at: number,
): Promise<void> {
  for (let i = 0; i < rows.length; i += IMPORT_ROWS) {
    await store.importSubscribers({ subscribers: rows.slice(i, i + IMPORT_ROWS), at });
  }
}

/** All whose password waits have one password, hence one hash: checking it costs the same as if each had its own. */
export async function hardenCold(store: Store): Promise<void> {
  const rows = await store.unhardenedSubscribers(COLD_SUBSCRIBERS);
  const k = unhardenedKey(rows[0]?.passwordHash ?? '');
  if (k === null) throw new Error('the store gave no subscriber whose password waits');
  const passwordHash = await hardenedPassword(k);
  await forEachLimited(rows, HARDENED_AT_ONCE, ({ id, passwordHash: was }) =>
    store.hardenPassword({ id, was, passwordHash }),
  );
}
