/**
 * A regency on loopback, in time that moves by hand: a twin a village as our controller has set it up, phones, the
 * internet, and a server (portal, RADIUS, resolver, controller) that can go away and come back as it does when
 * its machine restarts, with nothing but its store.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FleetSettings } from '../../../controller/desired/types.ts';
import { planRouter, provisionRouter, type RouterTask } from '../../../controller/provision.ts';
import { connectRouter } from '../../../controller/routeros/client.ts';
import { SETTINGS } from '../../../controller/test-input.ts';
import { type Clock, type SteppedClock, steppedClock } from '../../../lib/clock.ts';
import { formatIpv4, parseIpv4 } from '../../../lib/net.ts';
import { forEachLimited } from '../../../lib/retry.ts';
import type { PortalOptions } from '../../../portal/types.ts';
import { SILENT } from '../../../radius/radius.fixture.ts';
import { villagesOfRegency } from '../../../scripts/villages.ts';
import { phoneMac } from '../../../simulator/fleet/mac.ts';
import { type LocalSimulator, startSimulator } from '../../../simulator/fleet/simulator.ts';
import type { Phone } from '../../../simulator/phones/contract.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { Router } from '../../../store/types.ts';
import { AT } from '../../fixtures/rows.ts';
import { BLOCK, INTERNET, PLACE, PORTS, SERVER, startServer } from './server.ts';

const REGENCY = '16.06';
const FIRST_ROUTER = parseIpv4(`127.23.${PLACE}.1`)!;
/** 256 villages of /22. */
const LAN_POOL = `127.${128 + 4 * PLACE}.0.0/14`;
const API_PORT = 18_733;
const LABEL = 'label-on-the-box';
const AT_ONCE = 16;
const TARIFF = 'warga';

export interface StandOptions {
  readonly routers: number;
  /** What villages are set to, by their number. */
  readonly settings: (village: number) => Readonly<Record<string, string>>;
  /** What the portal is given besides. */
  readonly portal?: Partial<PortalOptions>;
  /** Names of a foreign sign-in page, which phones reach before they are online. */
  readonly signInHosts?: readonly string[];
  /** Addresses of names of the internet that are not where all others are. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

export interface Stand extends AsyncDisposable {
  readonly clock: SteppedClock;
  readonly store: Store;
  /** Where that store is, as the configuration names it: for the command line beside the server. */
  readonly kept: { readonly store: string; readonly keyFile: string };
  readonly simulator: LocalSimulator;
  readonly routers: readonly Router[];
  phone(router: number, index: number): Phone;
  /** Joins, and logs in with a voucher of its own. */
  online(router: number, index: number): Promise<Phone>;
  /** `portal` is given for what the stand's options give it. */
  serve(portal?: Partial<PortalOptions>): Promise<void>;
  /** The server's machine is gone, and with it its end of the tunnels. */
  kill(): Promise<void>;
  /** Whether anything gets through the tunnels; `kill` and `serve` see to it else. */
  tunnels(up: boolean): Promise<void>;
  /** Lets the clocks of all move on by a second and what became due begin. */
  second(): Promise<void>;
  /** Changes that a plan would make at all routers together. */
  planned(): Promise<string[]>;
}

export async function outageStand(options: StandOptions): Promise<Stand> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'outage-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const clock = steppedClock(AT);
  const kept = { store: `sqlite:${join(folder, 'test.db')}`, keyFile: join(folder, 'store.key') };
  const { store } = await openStore(kept);
  stack.use(store);
  const routers = await seed(store, options);
  // A page that leads on at once waits for nobody's hand.
  const sleep: Clock['sleep'] = async (ms, signal) => {
    if (ms > 0) await clock.sleep(ms, signal);
  };
  const simulator = stack.use(await raise(routers, { ...clock, sleep }, options.elsewhere));
  const server = { running: null as AsyncDisposable | null };
  stack.defer(async () => server.running?.[Symbol.asyncDispose]());
  const settings = { ...fleetSettings(), signInHosts: options.signInHosts ?? [] };
  const task = (router: Router): RouterTask => ({
    store,
    router,
    settings,
    log: SILENT,
    clock,
    connect,
  });
  await forEachLimited(routers, AT_ONCE, async (router) => {
    const result = await provisionRouter(task(router));
    if (!result.empty) throw new Error(`${router.name}: ${result.detail}`);
  });
  const tunnels = async (up: boolean): Promise<void> => {
    for (const { name } of routers) await simulator.setFault(name, { tunnelDown: !up });
  };
  const phone = (router: number, index: number): Phone =>
    simulator.phone(routers[router]!.name, phoneMac(router, index), 'android');
  const owned = stack.move();
  return {
    ...{ clock, store, kept, simulator, routers, tunnels, phone },
    online: (router, index) =>
      logIn(store, clock, {
        router: routers[router]!,
        phone: phone(router, index),
        mac: phoneMac(router, index),
      }),
    serve: async (portal = options.portal) => {
      server.running = await startServer({
        ...{ store, clock, settings, connect },
        ...(portal === undefined ? {} : { portal }),
      });
      await tunnels(true);
    },
    kill: async () => {
      await tunnels(false);
      await server.running?.[Symbol.asyncDispose]();
      server.running = null;
    },
    second: async () => {
      clock.advance(1000);
      await turns();
      await simulator.quiet();
      await turns();
    },
    planned: async () => {
      const found: string[] = [];
      await forEachLimited(await store.listRouters(), AT_ONCE, async (router) => {
        const { changes } = await planRouter(task(router));
        for (const { kind, path, key } of changes)
          found.push(`${router.name}: ${kind} ${path} ${key}`);
      });
      return found;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const connect: typeof connectRouter = (options) =>
  connectRouter({ ...options, localAddress: SERVER });

function fleetSettings(): FleetSettings {
  return {
    ...SETTINGS,
    ...{
      controllerAddress: SERVER,
      radiusAddress: SERVER,
      authPort: PORTS.auth,
      acctPort: PORTS.acct,
    },
    ...{
      portalUrl: `http://${SERVER}:${PORTS.portal}`,
      portalAddress: SERVER,
      portalPort: PORTS.portal,
    },
    ...{ blockAddress: BLOCK, resolverAddress: SERVER, tunnelSubnet: '127.23.0.0/16' },
  };
}

async function seed(store: Store, { routers, settings }: StandOptions): Promise<Router[]> {
  const villages = (await villagesOfRegency(REGENCY)).slice(0, routers);
  await store.importVillages({ villages, at: AT });
  await store.createTariff({ name: TARIFF, devices: 1, at: AT });
  await store.setPolicy({
    level: 'regency',
    code: REGENCY,
    block: ['adult', 'gambling'],
    allow: [],
    deny: [],
  });
  const made: Router[] = [];
  for (const [index, { code }] of villages.entries()) {
    for (const [name, value] of Object.entries(settings(index))) {
      await store.setSetting({ level: 'village', code, name, value, secret: false, at: AT });
    }
    made.push(
      await store.addRouter({
        ...{ name: `desa-${index}`, villageCode: code, address: formatIpv4(FIRST_ROUTER + index) },
        ...{ apiPort: API_PORT, apiUser: 'admin', apiPassword: LABEL, coaPort: 3799 },
        ...{ nasSecret: `rahasia-nas-desa-${index}`, hotspotPort: PORTS.hotspot },
        ...{ loginHost: 'login.wifi.home.arpa', lanPool: LAN_POOL, at: AT },
      }),
    );
  }
  return made;
}

function raise(
  routers: readonly Router[],
  clock: Clock,
  elsewhere: StandOptions['elsewhere'] = {},
): Promise<LocalSimulator> {
  return startSimulator(
    {
      routers: routers.map(({ name, address }) => ({ name, address, adminPassword: LABEL })),
      ...{ apiPort: API_PORT, httpPort: PORTS.hotspot, dnsPort: PORTS.lanDns },
      tunnel: [SERVER, BLOCK],
      portMap: { [`${SERVER}:53`]: `${SERVER}:${PORTS.resolver}` },
      internet: {
        address: INTERNET,
        httpPort: PORTS.internetHttp,
        dnsPort: PORTS.internetDns,
        elsewhere,
      },
      ...{ version: '7.20.8', board: 'hap-ax2' },
    },
    clock,
  );
}

/** With a token, as the portal hands it to a phone; its pages are tested elsewhere. */
async function logIn(
  store: Store,
  clock: Clock,
  { router, phone, mac }: { router: Router; phone: Phone; mac: string },
): Promise<Phone> {
  const voucher = { tariff: TARIFF, count: 1, villageCode: null, batch: 'a', at: clock.now() };
  const [made] = await store.createVouchers(voucher);
  const owner = { accountKind: 'voucher', accountId: made!.id, mac, routerId: router.id } as const;
  const { username, token } = await store.issueToken({ ...owner, at: clock.now(), ttlMs: 60_000 });
  if ((await phone.join()) === null) throw new Error('no address');
  const login = new URL(`http://${router.loginHost}/login`);
  login.search = new URLSearchParams({ username, password: token }).toString();
  await phone.fetch(login.href);
  const { result } = await phone.probe();
  if (result !== 'internet') throw new Error(`refused at ${router.name}: ${result}`);
  return phone;
}

/** What a wake starts goes on in turns of the loop, and may start more. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
