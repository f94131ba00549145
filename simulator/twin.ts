/**
 * A RouterOS router on loopback: configuration tree, API server and data plane of one village. It
 * behaves only as its configuration says. From outside come power, phones that attach, and faults.
 */
import { type Clock, realClock } from '../lib/clock.ts';
import { createLogger, type Logger } from '../lib/log.ts';
import { type ApiServer, startApiServer } from './api/server.ts';
import { type Adlists, createAdlists } from './dns/adlist.ts';
import { createLoader } from './dns/adlist-load.ts';
import { createDataPlane, type DataPlane } from './hotspot/data-plane.ts';
import type { PhoneLease } from './hotspot/hosts.ts';
import type { SessionRecord } from './hotspot/sessions.ts';
import type { WritableTree } from './menu/tree-state.ts';
import type { OpenDatagrams } from './nas/udp.ts';
import type { Releases } from './system/packages.ts';
import { surroundingsOf } from './system/surroundings.ts';
import { createSystem, type System } from './system/system.ts';
import type { WireguardServer } from './system/wireguard-server.ts';

export type TwinSession = SessionRecord;

/** Ways to break a router from outside; all off in {@link Twin.faults} at the start. */
export interface TwinFaults {
  /** Ended sessions are not reported: the Stop is lost. */
  dropAccountingStop: boolean;
  /** No accounting at all, whatever the configuration says. */
  accountingOff: boolean;
  /** Reported octets stay as they are, of sessions and of interfaces. */
  freezeCounters: boolean;
  /** Nothing gets through the tunnel, in either direction. */
  tunnelDown: boolean;
  /** Added to the router's clock; a power cut sets it to the past. */
  clockOffsetMs: number;
}

export interface TwinOptions {
  /** The router's own loopback address: API, CoA, and the source of its RADIUS and DNS. */
  readonly address: string;
  /** 0 takes any free port. */
  readonly apiPort: number;
  readonly tree: WritableTree;
  /** On the hotspot address of the configuration they stand for 80 and 53. */
  readonly httpPort: number;
  readonly dnsPort: number;
  /** Server addresses behind the WireGuard interface; everything else is behind the WAN port. */
  readonly tunnel: readonly string[];
  /** Where well-known addresses really listen: `ip:port` → `ip:port`, `*:port` for all of the WAN. */
  readonly portMap: Readonly<Record<string, string>>;
  /** `ip` → `ip:port`: what must take connections for this address to answer a ping of netwatch. */
  readonly liveness?: Readonly<Record<string, string>>;
  /** WireGuard servers by `ip:port` of the WAN; without any the tunnel is up as soon as it is configured. */
  readonly wireguard?: ReadonlyMap<string, WireguardServer>;
  /** Newest RouterOS of each channel, as MikroTik's server tells it; without any it can not be reached. */
  readonly releases?: Releases;
  /** What carries RADIUS; the machine's own UDP when absent. */
  readonly datagrams?: OpenDatagrams;
  /** The machine's own when absent. */
  readonly clock?: Clock;
  readonly log?: Logger;
  /** How far behind the router's clock is after a power cut; one day when absent. */
  readonly lostTimeMs?: number;
}

export interface Twin extends AsyncDisposable {
  readonly address: string;
  readonly apiPort: number;
  readonly faults: TwinFaults;
  /** Null: no DHCP, no free address, no power. */
  attach(phone: { readonly mac: string }): PhoneLease | null;
  detach(mac: string): void;
  /** A DNS query of a phone to any server, as NAT and filter let it go; null: no answer. */
  askDns(phone: string, server: string, query: Buffer): Promise<Buffer | null>;
  /** Takes the power: nothing is sent, every socket breaks, all memory but the configuration is lost. */
  powerCut(): Promise<void>;
  /** Boots with the same configuration, a clock in the past, and Acct-Session-Ids from the start. */
  powerOn(): Promise<void>;
  /** Sessions end with a Stop (NAS-Reboot) before the power goes and comes back. */
  reboot(): Promise<void>;
  /** Resolves when the listeners that the present configuration asks for are bound. */
  settled(): Promise<void>;
  /** Resolves when no probe of netwatch is under way: what is to come of it now, has come. */
  quiet(): Promise<void>;
  /** Resolves when every accounting report was answered or given up; retransmits go by machine time. */
  reported(): Promise<void>;
  /** Ended sessions, then running ones, as this twin counted them. */
  sessions(): SessionRecord[];
  readonly counters: Readonly<Record<string, number>>;
}

const LOST_TIME_MS = 86_400_000;
/** How long a reboot waits for the answers to its Stops, machine time. */
const REBOOT_GRACE_MS = 2000;

export async function createTwin(options: TwinOptions): Promise<Twin> {
  const faults: TwinFaults = {
    dropAccountingStop: false,
    accountingOff: false,
    freezeCounters: false,
    tunnelDown: false,
    clockOffsetMs: 0,
  };
  const { plane, system, power } = assemble(options, faults);
  const apiPort = await power.on(options.apiPort);
  await plane.settled();
  return {
    address: options.address,
    apiPort,
    faults,
    attach: ({ mac }) => (power.isOn() ? plane.hosts.attach(mac) : null),
    detach: plane.detach,
    askDns: (phone, server, query) =>
      power.isOn() ? plane.askDns(phone, server, query) : Promise.resolve(null),
    powerCut: power.cut,
    powerOn: async () => {
      await power.on(apiPort);
      await plane.settled();
    },
    reboot: power.reboot,
    settled: plane.settled,
    quiet: system.quiet,
    reported: plane.reported,
    sessions: plane.sessions.records,
    get counters() {
      return plane.counters;
    },
    [Symbol.asyncDispose]: async () => {
      await power.cut();
      plane[Symbol.dispose]();
    },
  };
}

interface Parts {
  readonly plane: DataPlane;
  readonly system: System;
  readonly power: Power;
}

/** The parts of a router around its configuration. */
function assemble(options: TwinOptions, faults: TwinFaults): Parts {
  const { address, tree, clock = realClock, lostTimeMs = LOST_TIME_MS } = options;
  const log = options.log ?? createLogger('twin', 'silent');
  const routerNow = (): number => clock.now() + faults.clockOffsetMs;
  tree.useClock(routerNow);
  const tunnelUp = (): boolean => !faults.tunnelDown && system.tunnelUp();
  const adlists = createAdlists({
    tree,
    clock,
    load: createLoader({
      address,
      lookup: (name) => surroundings.lookup(name),
      locate: (host, port) => plane.locate(host, port),
    }),
    outOfMemory: () => power.crash(),
  });
  const plane = createDataPlane({ ...options, clock, log, faults, routerNow, tunnelUp, adlists });
  const onPower = (kind: 'reboot' | 'shutdown'): void => power.press(kind);
  const surroundings = surroundingsOf(options, { plane, tunnelUp, faults });
  const system: System = createSystem({ tree, clock, log, surroundings, onPower });
  // The server comes through the tunnel. Before there is one a technician is on site, and phones always are.
  const unreachable = (source: string): boolean =>
    power.isGoingDown() ||
    (!tunnelUp() &&
      (faults.tunnelDown || hasTunnel(tree)) &&
      plane.hosts.byAddress(source) === null);
  const api = { tree, host: address, clock, onPower, unreachable, system: system.commands };
  const power = createPower({
    plane,
    adlists,
    system,
    startApi: (port) => startApiServer({ ...api, port }),
    failed: (error) => log.error({ err: error, router: address }, 'twin could not restart'),
    loseTime: () => {
      faults.clockOffsetMs = -lostTimeMs;
    },
    forget: tree.forget,
    complain: (message) => tree.log('system,error,critical', message),
  });
  return { plane, system, power };
}

function hasTunnel(tree: WritableTree): boolean {
  return tree.active('/interface/wireguard/peers').length > 0;
}

interface PowerOptions {
  readonly plane: DataPlane;
  readonly adlists: Adlists;
  readonly system: System;
  readonly startApi: (port: number) => Promise<PoweredApi>;
  readonly failed: (error: unknown) => void;
  readonly loseTime: () => void;
  /** What lies in memory is lost, once nothing writes there any more. */
  readonly forget: () => void;
  /** What a router says in its log of its own end. */
  readonly complain: (message: string) => void;
}

type PoweredApi = Pick<ApiServer, 'port' | 'powerLost' | typeof Symbol.asyncDispose>;

interface Power {
  isOn(): boolean;
  /** It was told to restart, and listens to nobody any more. */
  isGoingDown(): boolean;
  /** Resolves with the API's port. */
  on(port: number): Promise<number>;
  cut(): Promise<void>;
  reboot(): Promise<void>;
  /** The router was told to restart or to go off; it does so by itself. */
  press(kind: 'reboot' | 'shutdown'): void;
  /** The memory is used up: it goes down without a word and comes up again. */
  crash(): void;
}

/** The API server, the data plane and what runs by itself go on and off together. */
function createPower(options: PowerOptions): Power {
  const { plane, adlists, system, startApi, failed } = options;
  let api: PoweredApi | null = null;
  let lastPort = 0;
  let goingDown = false;

  const on = async (port: number): Promise<number> => {
    if (api !== null) return api.port;
    goingDown = false;
    system.boot();
    api = await startApi(port);
    lastPort = api.port;
    plane.powerOn();
    system.powerOn();
    adlists.start();
    return api.port;
  };
  const goOff = async (how: 'by hand' | 'in order' | 'at once'): Promise<void> => {
    const running = api;
    api = null;
    if (running === null) return;
    if (how === 'by hand') running.powerLost();
    plane.powerCut();
    system.powerCut();
    adlists.cut();
    // Without a battery a router keeps the time only over a restart in order, which stores it.
    if (how !== 'in order') options.loseTime();
    await running[Symbol.asyncDispose]();
    options.forget();
  };
  const crash = async (): Promise<void> => {
    await goOff('at once');
    await on(lastPort);
    options.complain('router was rebooted without proper shutdown, probably kernel failure');
    options.complain('out of memory condition was detected');
  };
  /** An orderly end: Stops are sent and, for a while, waited for. */
  const shutDown = async (again: boolean): Promise<void> => {
    goingDown = true;
    system.goingDown();
    for (const session of plane.sessions.running()) plane.sessions.end(session, 'NAS-Reboot');
    const grace = Promise.withResolvers<void>();
    const timer = setTimeout(grace.resolve, REBOOT_GRACE_MS);
    await Promise.race([plane.reported(), grace.promise]);
    clearTimeout(timer);
    await goOff('in order');
    if (!again) return;
    await on(lastPort);
    await plane.settled();
  };
  return {
    isOn: () => api !== null,
    isGoingDown: () => goingDown,
    on,
    cut: () => goOff('by hand'),
    crash: () => void crash().catch(failed),
    reboot: () => shutDown(true),
    press: (kind) => void shutDown(kind === 'reboot').catch(failed),
  };
}
