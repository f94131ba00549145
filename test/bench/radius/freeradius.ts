/** FreeRADIUS as a server under test: on its users file, on rlm_sql with SQLite, on rlm_sql with PostgreSQL. */
import { execFile } from 'node:child_process';
import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { type Backend, radiusdConf, SHIPPED } from './freeradius-files.ts';
import { password, rateLimit, SUBSCRIBERS, tariffOf, tariffs, username } from './people.ts';
import { type Cluster, onCluster, startCluster } from './postgres.ts';
import { freePort, type Server, startProgram, Unavailable } from './server.ts';

type Row = readonly (string | number)[];

const run = promisify(execFile);
const SCHEMA = `${SHIPPED}/mods-config/sql/main`;
const people = Array.from({ length: SUBSCRIBERS }, (_, i) => i);

/** Rows of rlm_sql's tables: a password and a group for each subscriber, two replies for each group. */
const TABLES: Readonly<Record<string, { readonly columns: string; readonly rows: Row[] }>> = {
  radcheck: {
    columns: 'username, attribute, op, value',
    rows: people.map((i) => [username(i), 'Cleartext-Password', ':=', password(i)]),
  },
  radusergroup: {
    columns: 'username, groupname, priority',
    rows: people.map((i) => [username(i), tariffOf(i).name, 1]),
  },
  radgroupreply: {
    columns: 'groupname, attribute, op, value',
    rows: tariffs.flatMap((tariff) => [
      [tariff.name, 'Session-Timeout', ':=', String(tariff.sessionSeconds)],
      [tariff.name, 'Mikrotik-Rate-Limit', ':=', rateLimit(tariff)],
    ]),
  },
};

/** The version line of the program; {@link Unavailable} where it or its files cannot be had. */
export async function freeradiusVersion(): Promise<string> {
  try {
    await access(`${SCHEMA}/sqlite/queries.conf`, constants.R_OK);
    const { stdout } = await run('freeradius', ['-v']);
    return /Version ([\d.]+)/.exec(stdout)?.[1] ?? 'unknown';
  } catch (error) {
    throw new Unavailable(
      `FreeRADIUS is not installed, or ${SHIPPED} is not readable (npm run setup:system): ${String(error)}`,
    );
  }
}

export async function startFiles(base: string): Promise<Server> {
  const directory = join(base, 'freeradius-files');
  await mkdir(directory);
  const users = people.map((i) => {
    const tariff = tariffOf(i);
    return `${username(i)} Cleartext-Password := "${password(i)}"
\tSession-Timeout = ${tariff.sessionSeconds},
\tMikrotik-Rate-Limit = "${rateLimit(tariff)}"
`;
  });
  await writeFile(join(directory, 'users'), users.join('\n'));
  return start('FreeRADIUS files', directory, { kind: 'files' }, [], async () => ({
    all: 0,
    closed: 0,
  }));
}

/** Tuned: WAL, `synchronous=NORMAL`, 5 s busy time-out, and no fewer connections than threads. */
export async function startSqlite(base: string, threads: 'many' | 'one'): Promise<Server> {
  const directory = join(base, `freeradius-sqlite-${threads}`);
  await mkdir(directory);
  const file = join(directory, 'radius.db');
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec(await readFile(`${SCHEMA}/sqlite/schema.sql`, 'utf8'));
  for (const [table, { columns, rows }] of Object.entries(TABLES)) {
    const marks = rows[0]!.map(() => '?').join(', ');
    const insert = db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${marks})`);
    db.transaction(() => {
      for (const row of rows) insert.run(...row);
    })();
  }
  db.exec('ANALYZE');
  db.close();
  return start(
    `FreeRADIUS sqlite, ${threads === 'many' ? 'threads' : 'one thread'}`,
    directory,
    { kind: 'sqlite', file, threads },
    [],
    async () => {
      const reading = new Database(file, { readonly: true });
      const counted = reading
        .prepare('SELECT count(*) AS "all", count(acctstoptime) AS closed FROM radacct')
        .get() as { all: number; closed: number };
      reading.close();
      return counted;
    },
  );
}

export async function startPostgres(base: string): Promise<Server> {
  const directory = join(base, 'freeradius-postgres');
  await mkdir(directory);
  const cluster = await startCluster(join(base, 'postgres-freeradius'), 'radius');
  try {
    await fillPostgres(cluster);
    const conninfo = `dbname=radius host=${cluster.host} port=${cluster.port} user=${cluster.user}`;
    const server = await start(
      'FreeRADIUS postgres',
      directory,
      { kind: 'postgres', conninfo },
      [cluster.pid],
      async () => {
        const client = await cluster.connect('radius');
        const { rows } = await client.query(
          'SELECT count(*)::int AS "all", count(acctstoptime)::int AS closed FROM radacct',
        );
        await client.end();
        return rows[0] as { all: number; closed: number };
      },
    );
    return onCluster(server, cluster, 'radius');
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

async function fillPostgres(cluster: Cluster): Promise<void> {
  const client = await cluster.connect('radius');
  await client.query(await readFile(`${SCHEMA}/postgresql/schema.sql`, 'utf8'));
  for (const [table, { columns, rows }] of Object.entries(TABLES)) {
    const arrays = rows[0]!.map((_, column) => rows.map((row) => row[column]));
    const unnested = arrays.map((values, i) => {
      const type = typeof values[0] === 'number' ? 'int' : 'text';
      return `$${i + 1}::${type}[]`;
    });
    await client.query(
      `INSERT INTO ${table} (${columns}) SELECT * FROM unnest(${unnested.join(', ')})`,
      arrays,
    );
  }
  await client.query('VACUUM ANALYZE');
  await client.end();
}

async function start(
  name: string,
  directory: string,
  backend: Backend,
  databases: readonly number[],
  sessions: Server['sessions'],
): Promise<Server> {
  const ports = { auth: await freePort(), acct: await freePort() };
  await writeFile(join(directory, 'radiusd.conf'), radiusdConf(directory, ports, backend), {
    mode: 0o640,
  });
  await writeFile(join(directory, 'dictionary'), '');
  const program = await startProgram(
    'freeradius',
    ['-d', directory, '-n', 'radiusd', '-f', '-l', 'stdout'],
    /Ready to process requests/,
  );
  return {
    name,
    authPort: ports.auth,
    acctPort: ports.acct,
    roots: [program.pid, ...databases],
    sessions,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
