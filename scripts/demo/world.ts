/**
 * Everything on loopback, from nothing: the service in this process, the routers and phones in
 * another, villages, tariffs, lists and policies in the store. What is configured goes through a
 * configuration file, as in production.
 */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { updateList } from '../../filter/update.ts';
import { type Clock, type ClockScale, clockFrom } from '../../lib/clock.ts';
import { spawnSimulator } from '../../simulator/fleet/spawn.ts';
import type { Simulator } from '../../simulator/fleet/types.ts';
import type { Store } from '../../store/contract.ts';
import type { BlockList, Router } from '../../store/types.ts';
import { type Service, startService } from '../serve/serve.ts';
import { villagesOfRegency } from '../villages.ts';
import {
  BLOCK,
  INTERNET,
  LOGIN_HOST,
  SERVER,
  type StagePorts,
  type StageRouter,
  stagePorts,
  stageRouters,
  TARIFFS,
} from './plan.ts';

export interface WorldOptions {
  readonly routers: number;
  /** Kept when given; else a folder that goes at the end. */
  readonly directory: string | undefined;
  /** Seconds of the rehearsal's clock in one of the machine. */
  readonly factor: number;
  readonly version: string;
  readonly board: string;
}

export interface World extends AsyncDisposable {
  readonly config: Config;
  readonly configFile: string;
  readonly ports: StagePorts;
  readonly clock: Clock;
  readonly service: Service;
  readonly store: Store;
  readonly simulator: Simulator;
  /** As on stage and as in the store, in the same order. */
  readonly stage: readonly StageRouter[];
  readonly routers: readonly Router[];
  readonly villages: number;
}

/** The village that has a policy of its own: gambling is not blocked there, so that a difference shows. */
export const ODD_VILLAGE = 1;

export async function createWorld(
  options: WorldOptions,
  progress: (line: string) => void,
): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'smartwifi-demo-')));
  if (options.directory === undefined) {
    stack.defer(() => rm(directory, { recursive: true, force: true }));
  }
  const now = Date.now();
  const scale: ClockScale = { realOriginMs: now, originMs: now, factor: options.factor };
  const clock = clockFrom(scale);
  const ports = await stagePorts();
  const configFile = await writeConfig(directory, ports, options.factor);
  const config = loadConfig({ file: configFile, cwd: directory });

  const villages = await villagesOfRegency(config.regency);
  const stage = stageRouters(villages).slice(0, options.routers);
  const service = stack.use(await startService({ config, clockScale: scale }));
  const { store } = service;
  await store.importVillages({ villages, at: clock.now() });
  progress(`${villages.length} villages imported`);
  await seed(store, config, clock);
  const simulator = stack.use(await raiseRouters(options, stage, ports, scale));
  progress(`${stage.length} routers are switched on, as they come from the factory`);
  const routers = await addRouters(store, stage, ports, clock, config);
  const owned = stack.move();
  return {
    config,
    configFile,
    ports,
    clock,
    service,
    store,
    simulator,
    stage,
    routers,
    villages: villages.length,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function writeConfig(directory: string, ports: StagePorts, factor: number): Promise<string> {
  const file = join(directory, 'smartwifi.yaml');
  await mkdir(directory, { recursive: true });
  const settings = {
    store: 'sqlite:./smartwifi.db',
    keyFile: './store.key',
    portal: {
      listen: `${SERVER}:${ports.portal}`,
      blockListen: `${BLOCK}:${ports.block}`,
      publicUrl: `http://${SERVER}:${ports.portal}`,
    },
    metrics: { listen: `127.0.0.1:${ports.metrics}` },
    radius: {
      auth: `${SERVER}:${ports.auth}`,
      acct: `${SERVER}:${ports.acct}`,
      interimSeconds: 60,
      coaSource: SERVER,
    },
    resolver: {
      listen: `${SERVER}:${ports.dns}`,
      upstreams: [`${INTERNET}:${ports.internetDns}`],
      blockAddress: BLOCK,
      allowPrivateAnswers: true,
      listsDirectory: './lists',
    },
    network: {
      controllerAddress: SERVER,
      tunnelSubnet: '127.10.0.0/16',
      lanPool: '127.64.0.0/10',
      loginHost: LOGIN_HOST,
      hotspotPort: ports.hotspot,
    },
    // A person waits at the machine's pace, a rehearsal at its own.
    controller: { pollSeconds: factor === 1 ? 5 : 20 },
    log: { level: 'error' },
  };
  await writeFile(file, stringify(settings));
  return file;
}

/** Lists before policies, policies before phones. */
async function seed(store: Store, config: Config, clock: Clock): Promise<void> {
  for (const limits of Object.values(TARIFFS)) {
    await store.createTariff({ ...limits, at: clock.now() });
  }
  await saveList(store, config, {
    name: 'adult',
    category: 'adult',
    format: 'domains',
    match: 'suffix',
  });
  await saveList(store, config, {
    name: 'gambling',
    category: 'gambling',
    format: 'hosts',
    match: 'exact',
  });
  const none = { allow: [], deny: [] };
  await store.setPolicy({
    level: 'regency',
    code: config.regency,
    block: ['adult', 'gambling'],
    ...none,
  });
  const villages = await store.listVillages();
  await store.setPolicy({
    level: 'village',
    code: villages[ODD_VILLAGE]!.code,
    block: ['adult'],
    ...none,
  });
}

async function saveList(
  store: Store,
  config: Config,
  list: Pick<BlockList, 'name' | 'category' | 'format' | 'match'>,
): Promise<void> {
  const sources = join(config.resolver.listsDirectory, '..', 'sources');
  await mkdir(sources, { recursive: true });
  const source = join(sources, `${list.name}.txt`);
  await copyFile(new URL(`./lists/${list.name}.txt`, import.meta.url), source);
  const fresh: BlockList = {
    ...list,
    source,
    entries: 0,
    sha256: null,
    updatedAt: null,
    error: null,
  };
  await store.saveList(
    await updateList({
      list: fresh,
      directory: config.resolver.listsDirectory,
      fetch: globalThis.fetch,
      now: Date.now,
    }),
  );
}

function raiseRouters(
  options: WorldOptions,
  stage: readonly StageRouter[],
  ports: StagePorts,
  scale: ClockScale,
): Promise<Simulator> {
  return spawnSimulator({
    routers: stage.map(({ name, address, adminPassword }) => ({ name, address, adminPassword })),
    apiPort: ports.api,
    httpPort: ports.hotspot,
    dnsPort: ports.lanDns,
    tunnel: [SERVER, BLOCK],
    portMap: {
      [`${SERVER}:53`]: `${SERVER}:${ports.dns}`,
      [`${BLOCK}:80`]: `${BLOCK}:${ports.block}`,
    },
    internet: { address: INTERNET, httpPort: ports.internetHttp, dnsPort: ports.internetDns },
    clockScale: scale,
    version: options.version,
    board: options.board,
  });
}

async function addRouters(
  store: Store,
  stage: readonly StageRouter[],
  ports: StagePorts,
  clock: Clock,
  config: Config,
): Promise<Router[]> {
  return Promise.all(
    stage.map((router) =>
      store.addRouter({
        name: router.name,
        villageCode: router.village.code,
        address: router.address,
        apiPort: ports.api,
        apiUser: 'admin',
        apiPassword: router.adminPassword,
        nasSecret: randomBytes(24).toString('base64url'),
        coaPort: 3799,
        hotspotPort: config.network.hotspotPort,
        loginHost: config.network.loginHost,
        lanPool: config.network.lanPool,
        at: clock.now(),
      }),
    ),
  );
}
