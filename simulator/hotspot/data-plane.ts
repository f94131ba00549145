/**
 * Everything that a powered router does for phones, put together: LAN, hotspot, NAS, DNS, forwarding.
 * It exists between two power cuts as well; what a cut takes is memory and sockets, never configuration.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Refusals } from '../dns/cache.ts';
import { createNames, type Names } from '../dns/names.ts';
import type { Endpoint } from '../dns/sockets.ts';
import type { MenuTree } from '../menu/contract.ts';
import { createRadiusClient, type RadiusClient } from '../nas/client.ts';
import { createIncoming, type Incoming } from '../nas/incoming.ts';
import { createNas, type Nas } from '../nas/nas.ts';
import type { OpenDatagrams } from '../nas/udp.ts';
import { type AddressLists, createAddressLists } from './address-lists.ts';
import { createCookies } from './cookies.ts';
import { type Asked, type Path, pathOf } from './forwarding.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { createHosts, type Host, type Hosts, type Reservation } from './hosts.ts';
import { createInterfaceCounters, createLive, type InterfaceCounters, type Live } from './live.ts';
import { createLogin, type Login } from './login.ts';
import { createServlet } from './servlet.ts';
import { createSessions, type SessionFaults, type Sessions } from './sessions.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';
import { createUplink, type Uplink } from './uplink.ts';
import { isLoopback } from './values.ts';

export interface DataPlaneOptions {
  readonly address: string;
  readonly tree: MenuTree;
  readonly httpPort: number;
  readonly dnsPort: number;
  readonly tunnel: readonly string[];
  readonly tunnelUp?: () => boolean;
  readonly portMap: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly routerNow: () => number;
  readonly faults: SessionFaults;
  readonly adlists?: Refusals;
  readonly datagrams?: OpenDatagrams;
  readonly log: Logger;
}

export interface DataPlane extends Disposable {
  readonly hosts: Hosts;
  readonly sessions: Sessions;
  /** The phone has left the air. */
  detach(mac: string): void;
  /** A DNS query of a phone to a server of its choice, as it leaves the phone. */
  askDns(phone: string, server: string, query: Buffer): Promise<Buffer | null>;
  /** Address of a name by the router's own resolver, or by another server; null: none. */
  lookup(name: string, server?: string): Promise<string | null>;
  /** Where a port of the world outside really is; null: no way there. */
  locate(address: string, port: number): Endpoint | null;
  /** The router's own: its address, and those of its interfaces. */
  owns(address: string): boolean;
  /** Resolves when the listeners that the configuration asks for are bound. */
  settled(): Promise<void>;
  /** Resolves when every report that was begun has been answered or given up. */
  reported(): Promise<void>;
  powerCut(): void;
  powerOn(): void;
  readonly counters: Readonly<Record<string, number>>;
}

/** What configuration, memory and the way out are made of. */
interface Core extends DataPlaneOptions {
  readonly snapshot: Snapshot & Disposable;
  readonly uplink: Uplink;
  readonly client: RadiusClient;
  readonly nas: Nas;
  readonly sessions: Sessions;
  readonly hosts: Hosts;
  readonly interfaces: InterfaceCounters;
  readonly owns: (address: string) => boolean;
  readonly failed: (error: Error) => void;
}

/** What phones and the server meet. */
interface Front {
  readonly names: Names;
  readonly gateway: Gateway;
  readonly incoming: Incoming;
  readonly live: Live;
  readonly lists: AddressLists;
  readonly login: Login;
}

/** What the core tells the front, which is made after it. */
interface Hooks {
  readonly configured: () => void;
  readonly dnsChanged: () => void;
  readonly rowsChanged: () => void;
  readonly joined: (host: Host) => void;
}

export function createDataPlane(options: DataPlaneOptions): DataPlane {
  const power = { on: false, bootedAt: options.clock.now() };
  let applying = false;
  const core = createCore(options, {
    configured: () => {
      if (applying) return;
      applying = true;
      setImmediate(() => {
        applying = false;
        apply(core, front, power.on);
      });
    },
    dnsChanged: () => front.names.flush(),
    rowsChanged: () => {
      front.live.touch();
      front.lists.follow();
    },
    joined: (host) => {
      const hotspot = core.snapshot.lan()?.hotspot ?? null;
      if (hotspot !== null) host.macLogin = front.login.byMac(host, hotspot);
    },
  });
  const front = createFront(core, () => power.bootedAt);
  showNames(options.tree, front.names);
  const powerCut = (): void => {
    power.on = false;
    forget(core, front);
  };
  return {
    hosts: core.hosts,
    sessions: core.sessions,
    detach: (mac) => {
      if (core.hosts.detach(mac) !== null) core.sessions.reconsider();
    },
    askDns: front.names.ask,
    lookup: front.names.lookup,
    locate: core.uplink.locate,
    owns: core.owns,
    settled: async () => {
      while (applying) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([front.gateway.bound(), front.names.bound()]);
    },
    reported: core.nas.idle,
    powerCut,
    powerOn: () => {
      power.on = true;
      power.bootedAt = options.clock.now();
      apply(core, front, true);
    },
    get counters() {
      const { client, nas } = core;
      const { names, incoming } = front;
      return { ...client.counters, ...incoming.counters, ...nas.counters, ...names.counters };
    },
    [Symbol.dispose]: () => {
      powerCut();
      core.snapshot[Symbol.dispose]();
    },
  };
}

function createCore(options: DataPlaneOptions, hooks: Hooks): Core {
  const { address, tree, clock, faults, log, routerNow } = options;
  const uplink = createUplink(options);
  const { configured: changed, dnsChanged } = hooks;
  const snapshot = createSnapshot({ tree, changed, dnsChanged });
  const owns = (other: string): boolean => other === address || snapshot.addresses().has(other);
  const { datagrams: open } = options;
  const client = createRadiusClient({
    ...{ address, owns, locate: uplink.locate },
    ...(open === undefined ? {} : { open }),
  });
  const nas = createNas({ client, servers: snapshot.radius, address, clock, routerNow });
  const sessions = createSessions({ clock, nas, faults, changed: hooks.rowsChanged });
  const hosts = createHosts({
    clock,
    lan: snapshot.lan,
    reserved: () => reservations(tree),
    changed: hooks.rowsChanged,
    joined: hooks.joined,
    replaced: (host) => leave(sessions, host, 'Lost-Service'),
  });
  const interfaces = createInterfaceCounters(() => faults.freezeCounters);
  const failed = (error: Error): void =>
    log.debug({ err: error, router: address }, 'socket failed');
  return { ...options, snapshot, uplink, client, nas, sessions, hosts, interfaces, owns, failed };
}

function createFront(core: Core, bootedAt: () => number): Front {
  const { snapshot, sessions, hosts, interfaces } = core;
  const login = createLogin({ ...core, cookies: createCookies(core.tree, core.clock) });
  const path = pathFinder(core);
  const names = createNames({ ...core, path });
  const lists = createAddressLists({ ...core, lookup: names.lookup });
  const gateway = createGateway({
    ...core,
    listed: lists.ready,
    servlet: createServlet({ ...core, login }),
    lan: snapshot.lan,
    resolve: names.resolve,
    path: (source, to, port) => path({ protocol: 'tcp', source, address: to, port }),
    dns: names.answer,
    meter: (outward, direction, octets) => {
      interfaces.count(snapshot.lan()?.interface ?? '', outward, direction, octets);
    },
  });
  const removeHost = (ip: string): void => {
    const host = hosts.byAddress(ip);
    if (host === null) return;
    leave(sessions, host, 'Admin-Reset');
    hosts.remove(host);
  };
  const live = createLive({ ...core, bootedAt, removeHost });
  return { names, gateway, incoming: createServerPort(core), live, lists, login };
}

/** Disconnect and CoA. */
function createServerPort({ address, snapshot, sessions }: Core): Incoming {
  return createIncoming({
    address,
    servers: snapshot.radius,
    admits: (source, port) => admitsFromServer(snapshot, { address, source, port }),
    disconnect: (keys) => {
      const session = sessions.find(keys);
      if (session !== null) sessions.end(session, 'Admin-Reset');
      return session !== null;
    },
    change: (keys, grant) => {
      const session = sessions.find(keys);
      if (session !== null) sessions.change(session, grant);
      return session !== null;
    },
  });
}

/** The static leases in force. */
function reservations(tree: MenuTree): Reservation[] {
  return tree
    .active('/ip/dhcp-server/lease')
    .filter(({ dynamic, values }) => !dynamic && values['mac-address'] !== undefined)
    .map(({ values }) => ({
      mac: values['mac-address']!,
      ip: values.address ?? '',
      blocked: values['block-access'] === 'true',
    }));
}

/** The DNS cache as the API shows and flushes it. */
function showNames(tree: MenuTree, names: Names): void {
  tree.onAction('/ip/dns/cache/flush', names.flush);
  tree.onRead('/ip/dns/cache', () => tree.setDynamic('/ip/dns/cache', names.cacheRows()));
  tree.setLive('/ip/dns', () => ({ 'cache-used': String(names.cacheUsed()) }));
}

/** Makes the listeners follow the configuration, and ends sessions whose hotspot is gone. */
function apply({ snapshot, sessions }: Core, front: Front, powered: boolean): void {
  const lan = powered ? snapshot.lan() : null;
  const on = lan?.hotspot?.address ?? lan?.address ?? null;
  const bindable = on !== null && isLoopback(on) ? on : null;
  front.gateway.listen(bindable);
  front.names.listen(powered && snapshot.dns().allowRemoteRequests ? bindable : null);
  front.incoming.listen(powered ? snapshot.incomingPort() : null);
  if (!powered) return;
  for (const session of sessions.running()) {
    if (lan?.hotspot?.name !== session.hotspot.name) sessions.end(session, 'Admin-Reset');
  }
}

/** The power is gone: sockets break, memory is lost, nothing is said. */
function forget(core: Core, front: Front): void {
  core.sessions.forget();
  core.nas.forget();
  core.client.reset();
  apply(core, front, false);
  front.gateway.cut();
  core.uplink.cut();
  core.hosts.clear();
  front.names.flush();
  front.lists.follow();
  core.interfaces.reset();
  front.live.write();
}

function leave(sessions: Sessions, host: Host, cause: 'Lost-Service' | 'Admin-Reset'): void {
  if (host.session !== null) sessions.end(host.session, cause);
  for (const flow of [...host.flows]) flow.finish();
}

function pathFinder({ address, snapshot, uplink, owns }: Core): (asked: Asked) => Path {
  return (asked) =>
    pathOf(
      {
        firewall: snapshot.firewall,
        isTunnel: uplink.isTunnel,
        owns,
        lanInterface: () => snapshot.lan()?.interface ?? '',
        wireguard: snapshot.wireguard,
        routerAddress: address,
      },
      asked,
    );
}

/** Disconnect and CoA come through the tunnel and the input chain. */
function admitsFromServer(
  snapshot: Snapshot,
  packet: { address: string; source: string; port: number },
): boolean {
  const verdict = snapshot.firewall().filter('input', {
    protocol: 'udp',
    source: packet.source,
    destination: packet.address,
    port: packet.port,
    from: snapshot.wireguard() ?? '',
    to: '',
    state: 'new',
  });
  return verdict.kind === 'accept';
}
