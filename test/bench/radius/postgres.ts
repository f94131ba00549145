/** A PostgreSQL cluster of its own in a temporary directory, with the settings it ships with. */
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Server, type Started, startProgram, Unavailable } from './server.ts';

export interface Cluster extends AsyncDisposable {
  readonly pid: number;
  /** Directory of its socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Client of a database; end it. */
  readonly connect: (database: string) => Promise<pg.Client>;
}

/** A server whose database, `database` of the cluster, can be analysed, and ends with it. */
export function onCluster<S extends Server>(server: S, cluster: Cluster, database: string): S {
  return {
    ...server,
    analyze: async () => {
      const client = await cluster.connect(database);
      await client.query('ANALYZE');
      await client.end();
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

const run = promisify(execFile);
const BINARIES = '/usr/lib/postgresql';
const PORT = 5432;
const USER = 'bench';

/** Collation C; `synchronous_commit=on`, as shipped. {@link Unavailable} where PostgreSQL is not installed. */
export async function startCluster(directory: string, database: string): Promise<Cluster> {
  const binaries = await newestBinaries();
  await mkdir(directory);
  const owner = await databaseUser();
  if (owner !== null) await chown(directory, owner.uid, owner.gid);
  await chmod(directory, 0o700);
  const data = join(directory, 'data');
  const as = owner ?? {};
  await run(
    join(binaries, 'initdb'),
    ['-D', data, '-U', USER, '--auth=trust', '--locale=C', '-E', 'UTF8'],
    as,
  );
  const started: Started = await startProgram(
    join(binaries, 'postgres'),
    ['-D', data, '-k', directory, '-p', String(PORT), '-c', 'listen_addresses='],
    /ready to accept connections/,
    { ...as, stopSignal: 'SIGINT' },
  );
  const connect = async (name: string): Promise<pg.Client> => {
    const client = new pg.Client({ host: directory, port: PORT, user: USER, database: name });
    await client.connect();
    return client;
  };
  const admin = await connect('postgres');
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();
  return {
    pid: started.pid,
    host: directory,
    port: PORT,
    user: USER,
    connect,
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}

async function newestBinaries(): Promise<string> {
  const versions = await readdir(BINARIES).catch(() => []);
  const newest = versions
    .map(Number)
    .filter(Number.isInteger)
    .toSorted((a, b) => a - b)
    .at(-1);
  if (newest === undefined)
    throw new Unavailable('PostgreSQL is not installed (npm run setup:system)');
  return join(BINARIES, String(newest), 'bin');
}

/** PostgreSQL refuses to run as root: then it runs as the user of its package. */
async function databaseUser(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
  );
  return { uid: uid!, gid: gid! };
}
