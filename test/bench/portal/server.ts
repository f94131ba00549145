/** `smartwifi serve portal radius` in a process of its own, with 242 villages, cards and subscribers. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { stringify } from 'yaml';
import { openStore } from '../../../store/open.ts';
import type { NewSubscriber } from '../../../store/types.ts';
import { addRouters, CLI, hardenCold, importAll, LIMITS, profiling } from '../radius/ours.ts';
import {
  COLD_PASSWORD,
  COLD_SUBSCRIBERS,
  coldUsername,
  password,
  SECRET,
  SERVER_ADDRESS,
  tariffs,
  username,
} from '../radius/people.ts';
import { freePort, startProgram } from '../radius/server.ts';

export const VILLAGES = 242;
const SUBSCRIBERS = 4000;
const TARIFF = tariffs[0]!.name;

export interface PortalServer extends AsyncDisposable {
  readonly pid: number;
  readonly origin: string;
  readonly authPort: number;
  readonly acctPort: number;
  /** Cards that nobody has used. */
  readonly codes: readonly string[];
  /** Sessions that accounting has opened. */
  sessions(): number;
}

export async function startPortalServer(options: {
  readonly cards: number;
  readonly profileDirectory?: string | undefined;
}): Promise<PortalServer> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'smartwifi-bench-portal-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'store.db');
  const store = { store: `sqlite:${file}`, keyFile: join(directory, 'store.key') };
  const codes = await fill(store, options.cards);
  const ports = { portal: await freeTcpPort(), auth: await freePort(), acct: await freePort() };
  const configFile = join(directory, 'smartwifi.yaml');
  await writeFile(configFile, stringify(configuration(store, ports)));
  const log = createWriteStream(join(directory, 'log'));
  await new Promise((opened) => log.once('open', opened));
  stack.defer(() => log.close());
  const program = stack.use(
    await startProgram(
      process.execPath,
      [
        ...profiling(options.profileDirectory),
        ...[CLI, 'serve', 'portal', 'radius', '--config', configFile],
      ],
      /ready: /,
      { cwd: directory, stdio: ['ignore', log, 'pipe'] },
    ),
  );
  const owned = stack.move();
  return {
    pid: program.pid,
    origin: `http://${SERVER_ADDRESS}:${ports.portal}`,
    authPort: ports.auth,
    acctPort: ports.acct,
    codes,
    sessions: () => {
      const db = new Database(file, { readonly: true });
      const counted = db
        .prepare("SELECT count(*) FROM sessions WHERE state = 'open'")
        .pluck()
        .get();
      db.close();
      return Number(counted);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function configuration(
  store: { readonly store: string; readonly keyFile: string },
  ports: { readonly portal: number; readonly auth: number; readonly acct: number },
): unknown {
  const at = (port: number): string => `${SERVER_ADDRESS}:${port}`;
  return {
    ...store,
    portal: { listen: at(ports.portal), publicUrl: `http://${at(ports.portal)}` },
    radius: { auth: at(ports.auth), acct: at(ports.acct), portalSecret: SECRET },
    metrics: { listen: at(0) },
  };
}

async function fill(
  options: { readonly store: string; readonly keyFile: string },
  cards: number,
): Promise<string[]> {
  const { store } = await openStore(options);
  await using _ = store;
  const at = Date.now();
  await addRouters(store, at, VILLAGES);
  for (const tariff of tariffs) await store.createTariff({ ...LIMITS, ...tariff, at });
  const rows = (count: number, name: (i: number) => string, word: (i: number) => string) =>
    Array.from(
      { length: count },
      (_, i): NewSubscriber => ({
        username: name(i),
        password: word(i),
        tariff: TARIFF,
        villageCode: null,
      }),
    );
  await importAll(
    store,
    rows(COLD_SUBSCRIBERS, coldUsername, () => COLD_PASSWORD),
    at,
  );
  await hardenCold(store);
  await importAll(store, rows(SUBSCRIBERS, username, password), at);
  const codes: string[] = [];
  while (codes.length < cards) {
    const count = Math.min(1000, cards - codes.length);
    const made = await store.createVouchers({
      tariff: TARIFF,
      count,
      villageCode: null,
      batch: `bench-${codes.length}`,
      at,
    });
    codes.push(...made.map(({ code }) => code));
  }
  return codes;
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, SERVER_ADDRESS);
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
