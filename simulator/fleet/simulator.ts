/**
 * The simulator in this process: one router twin per village, phones around them, and, if asked for,
 * a stand-in for the internet. spawn.ts runs the very same in a child process.
 */
import { type Clock, clockFrom } from '../../lib/clock.ts';
import { SmartWifiError } from '../../lib/errors.ts';
import { forEachLimited } from '../../lib/retry.ts';
import { factoryTree } from '../menu/factory.ts';
import type { AccessPoint } from '../phones/contract.ts';
import { type Internet, startInternet } from '../phones/internet.ts';
import { createPhone, type LocalPhone } from '../phones/phone.ts';
import type { PhoneKind } from '../phones/probes.ts';
import { createTwin, type Twin } from '../twin.ts';
import { startApiSsl } from './api-ssl.ts';
import { NO_FAULTS } from './faults.ts';
import { prepareFaults } from './faulty-link.ts';
import { type Outside, startOutside } from './outside.ts';
import type { RouterSpec, Simulator, SimulatorOptions } from './types.ts';

/** Twins that start at once. */
const START_LANES = 16;
const MAX_PHONES = 50_000;

interface Fleet {
  readonly options: SimulatorOptions;
  readonly clock: Clock;
  readonly twins: ReadonlyMap<string, Twin>;
  readonly internet: Internet | null;
  readonly outside: Outside;
  /** By router, then MAC. */
  readonly phones: Map<string, Map<string, LocalPhone>>;
  phoneCount: number;
}

/** In this process; a caller may step its clock by hand. */
export interface LocalSimulator extends Simulator {
  /** Resolves when no router waits for an answer to a probe of its netwatch. */
  quiet(): Promise<void>;
  /** Resolves when every accounting report was answered or given up, machine time. */
  reported(): Promise<void>;
}

/** Fails as a whole when one twin cannot start; those that stand are taken down again. */
export async function startSimulator(
  options: SimulatorOptions,
  clock: Clock = clockFrom(options.clockScale),
): Promise<LocalSimulator> {
  await using stack = new AsyncDisposableStack();
  const internet =
    options.internet === undefined ? null : stack.use(await startInternet(options.internet));
  const outside = stack.use(await startOutside(options.outside ?? {}, clock));
  const twins = new Map<string, Twin>();
  requireUniqueNames(options.routers);
  const failures: unknown[] = [];
  await forEachLimited(options.routers, START_LANES, async (router, index) => {
    // Every start that has begun is awaited, so that none outlives the failure of another.
    if (failures.length > 0) return;
    try {
      const around = { clock, internet, outside, stack };
      twins.set(router.name, await startTwin(options, router, index, around));
    } catch (error) {
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
  const fleet: Fleet = {
    options,
    clock,
    twins,
    internet,
    outside,
    phones: new Map(),
    phoneCount: 0,
  };
  const owned = stack.move();
  let disposed: Promise<void> | null = null;
  return simulatorOf(fleet, () => {
    // A second call waits for the first, where the stack's own would return at once.
    disposed ??= owned.disposeAsync();
    return disposed;
  });
}

function simulatorOf(fleet: Fleet, dispose: () => Promise<void>): LocalSimulator {
  const { twins, internet, outside } = fleet;
  return {
    pid: process.pid,
    phone: (router, mac, kind) => phoneOf(fleet, router, mac, kind),
    powerCut: async (router) => {
      await twinOf(fleet, router).powerCut();
      loseLinks(fleet, router);
    },
    powerOn: (router) => twinOf(fleet, router).powerOn(),
    reboot: async (router) => {
      await twinOf(fleet, router).reboot();
      loseLinks(fleet, router);
    },
    sessions: async (router) => {
      const asked = router === undefined ? [...twins.keys()] : [router];
      return asked.flatMap((name) =>
        twinOf(fleet, name)
          .sessions()
          .map((session) => ({ router: name, ...session })),
      );
    },
    setFault: async (router, faults) => {
      Object.assign(twinOf(fleet, router).faults, faults);
    },
    dnsQueries: async (name) => internet?.dnsQueries(name) ?? 0,
    handshakes: async () => ({ ...outside.handshakes() }),
    quiet: async () => {
      for (const twin of twins.values()) await twin.quiet();
    },
    reported: async () => {
      await Promise.all([...twins.values()].map((twin) => twin.reported()));
    },
    memoryMb: async () => process.resourceUsage().maxRSS / 1024,
    [Symbol.asyncDispose]: dispose,
  };
}

/** The radio is gone, and every phone at this router notices. */
function loseLinks(fleet: Fleet, router: string): void {
  for (const phone of fleet.phones.get(router)?.values() ?? []) phone.linkLost();
}

interface Surroundings {
  readonly clock: Clock;
  readonly internet: Internet | null;
  readonly outside: Outside;
  /** Owns what is started. */
  readonly stack: AsyncDisposableStack;
}

/** With what stands before its API, which has the port that was asked for at the outermost. */
async function startTwin(
  options: SimulatorOptions,
  router: RouterSpec,
  index: number,
  { clock, internet, outside, stack }: Surroundings,
): Promise<Twin> {
  const tree = factoryTree({
    version: options.version,
    board: options.board,
    identity: router.name,
    adminPassword: router.adminPassword,
    serial: `HEZ${String(index).padStart(4, '0')}TWIN`,
    now: () => clock.now(),
  });
  if (router.user !== undefined && router.user !== 'admin') {
    const user = { name: router.user, group: 'full', password: router.adminPassword };
    tree.add('/user', new Map(Object.entries(user)));
  }
  const { address } = router;
  const plan = options.faults ?? NO_FAULTS;
  const faulty = stack.use(prepareFaults({ plan, tree, address, clock }));
  const port = router.apiPort ?? options.apiPort;
  const tls = options.tls === true;
  const twin = await createTwin({
    ...{ address, apiPort: tls || faulty.hasLink ? 0 : port, tree },
    ...(faulty.datagrams === undefined ? {} : { datagrams: faulty.datagrams }),
    httpPort: options.httpPort,
    dnsPort: options.dnsPort,
    tunnel: options.tunnel,
    portMap: { ...waysTo(internet), ...outside.portMap, ...options.portMap },
    ...outside.twinOptions,
    clock,
  });
  stack.use(twin);
  Object.assign(twin.faults, plan.twin);
  const apiPort = await faulty.begin(twin.apiPort, tls ? 0 : port);
  if (tls) stack.use(await startApiSsl({ address, port, apiPort }));
  return twin;
}

/** The stand-in answers for every address outside the tunnel. */
function waysTo(internet: Internet | null): Record<string, string> {
  if (internet === null) return {};
  const { address, httpPort, tlsPort, dnsPort } = internet;
  return {
    '*:80': `${address}:${httpPort}`,
    '*:443': `${address}:${tlsPort}`,
    '*:53': `${address}:${dnsPort}`,
  };
}

function requireUniqueNames(routers: readonly RouterSpec[]): void {
  const names = new Set<string>();
  for (const { name } of routers) {
    if (names.has(name)) {
      throw new SmartWifiError('SIMULATOR_START', `two routers are called ${name}`);
    }
    names.add(name);
  }
}

function twinOf(fleet: Fleet, router: string): Twin {
  const twin = fleet.twins.get(router);
  if (twin === undefined) {
    throw new SmartWifiError('SIMULATOR_NO_ROUTER', `no twin is called ${router}`);
  }
  return twin;
}

function phoneOf(fleet: Fleet, router: string, mac: string, kind: PhoneKind): LocalPhone {
  const known = fleet.phones.get(router)?.get(mac);
  if (known !== undefined) return known;
  const twin = twinOf(fleet, router);
  if (fleet.phoneCount >= MAX_PHONES) {
    throw new SmartWifiError('SIMULATOR_FULL', `there are ${MAX_PHONES} phones already`);
  }
  const { httpPort, dnsPort } = fleet.options;
  const phone = createPhone({
    mac,
    kind,
    twin: accessPoint(twin),
    httpPort,
    dnsPort,
    clock: fleet.clock,
  });
  const here = fleet.phones.get(router) ?? new Map<string, LocalPhone>();
  fleet.phones.set(router, here.set(mac, phone));
  fleet.phoneCount += 1;
  return phone;
}

/** A configuration that was just written is in force before a phone joins. */
function accessPoint(twin: Twin): AccessPoint {
  return {
    attach: async (phone) => {
      await twin.settled();
      return twin.attach(phone);
    },
    detach: (mac) => twin.detach(mac),
    askDns: (ip, server, query) => twin.askDns(ip, server, query),
  };
}
