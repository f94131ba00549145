/**
 * Everything that a powered router does for phones, put together: LAN, hotspot, NAS, DNS, forwarding.
 * It exists between two power cuts as well; what a cut takes is memory and sockets, never configuration.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { createNames, type Names } from '../dns/names.ts';
import type { MenuTree } from '../menu/contract.ts';
import { createRadiusClient } from '../nas/client.ts';
import { createIncoming } from '../nas/incoming.ts';
import { createNas } from '../nas/nas.ts';
import { type Path, pathOf } from './forwarding.ts';
import { createGateway } from './gateway.ts';
import { createHosts, type Host, type Hosts } from './hosts.ts';
import { createInterfaceCounters, createLive } from './live.ts';
import { createLogin } from './login.ts';
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
  readonly portMap: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly routerNow: () => number;
  readonly faults: SessionFaults;
  readonly log: Logger;
}

export interface DataPlane extends Disposable {
  readonly hosts: Hosts;
  readonly sessions: Sessions;
  /** The phone has left the air. */
  detach(mac: string): void;
  /** A DNS query of a phone to a server of its choice, as it leaves the phone. */
  askDns(phone: string, server: string, query: Buffer): Promise<Buffer | null>;
  /** Resolves when the listeners that the configuration asks for are bound. */
  settled(): Promise<void>;
  /** Resolves when every report that was begun has been answered or given up. */
  reported(): Promise<void>;
  powerCut(): void;
  powerOn(): void;
  readonly counters: Readonly<Record<string, number>>;
}

export function createDataPlane(options: DataPlaneOptions): DataPlane {
  const { address, tree, clock, faults, log } = options;
  const uplink = createUplink(options);
  let powered = false;
  let bootedAt = clock.now();
  let applying = false;

  const changed = (): void => {
    if (applying) return;
    applying = true;
    setImmediate(() => {
      applying = false;
      apply();
    });
  };
  const snapshot = createSnapshot({ tree, changed, dnsChanged: () => names.flush() });
  const owns = (other: string): boolean => other === address || snapshot.addresses().has(other);
  const client = createRadiusClient({ address, owns, locate: uplink.locate });
  const routerNow = options.routerNow;
  const nas = createNas({ client, servers: snapshot.radius, address, clock, routerNow });
  const sessions = createSessions({ clock, nas, faults, changed: () => live.touch() });
  const hosts = createHosts({
    clock,
    lan: snapshot.lan,
    changed: () => live.touch(),
    joined: (host) => welcome(host),
    replaced: (host) => leave(host),
  });
  const login = createLogin({ nas, sessions, hosts });
  const servlet = createServlet({ tree, clock, login, sessions, httpPort: options.httpPort });
  const path = pathFinder(options, snapshot, uplink, owns);
  const failed = (error: Error): void =>
    log.debug({ err: error, router: address }, 'socket failed');
  const names: Names = createNames({ ...options, snapshot, uplink, hosts, owns, path, failed });
  const interfaces = createInterfaceCounters(() => faults.freezeCounters);
  const gateway = createGateway({
    clock,
    hosts,
    sessions,
    servlet,
    uplink,
    lan: snapshot.lan,
    httpPort: options.httpPort,
    owns,
    resolve: names.resolve,
    path: (source, to, port) => path({ protocol: 'tcp', source, address: to, port }),
    dns: names.answer,
    meter: (outward, direction, octets) => {
      interfaces.count(snapshot.lan()?.interface ?? '', outward, direction, octets);
    },
    failed,
  });
  const live = createLive({
    tree,
    clock,
    hosts,
    sessions,
    interfaces,
    routerNow: options.routerNow,
    bootedAt: () => bootedAt,
    removeHost: (ip) => {
      const host = hosts.byAddress(ip);
      if (host === null) return;
      leave(host, 'Admin-Reset');
      hosts.remove(host);
    },
  });
  const incoming = createIncoming({
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

  /** A phone that appears is asked for by its MAC, where the profile says so. */
  const welcome = (host: Host): void => {
    const hotspot = snapshot.lan()?.hotspot;
    if (hotspot !== null && hotspot !== undefined) host.macLogin = login.byMac(host, hotspot);
  };
  const leave = (host: Host, cause: 'Lost-Service' | 'Admin-Reset' = 'Lost-Service'): void => {
    if (host.session !== null) sessions.end(host.session, cause);
    for (const flow of [...host.flows]) flow.finish();
  };
  const apply = (): void => {
    const lan = powered ? snapshot.lan() : null;
    const on = lan?.hotspot?.address ?? lan?.address ?? null;
    const bindable = on !== null && isLoopback(on) ? on : null;
    gateway.listen(bindable);
    names.listen(powered && snapshot.dns().allowRemoteRequests ? bindable : null);
    incoming.listen(powered ? snapshot.incomingPort() : null);
    if (!powered) return;
    for (const session of sessions.running()) {
      if (lan?.hotspot?.name !== session.hotspot.name) sessions.end(session, 'Admin-Reset');
    }
  };
  const powerCut = (): void => {
    powered = false;
    sessions.forget();
    nas.forget();
    client.reset();
    apply();
    gateway.cut();
    uplink.cut();
    hosts.clear();
    names.flush();
    interfaces.reset();
    live.touch();
  };

  return {
    hosts,
    sessions,
    detach: (mac) => {
      if (hosts.detach(mac) !== null) sessions.reconsider();
    },
    askDns: names.ask,
    settled: async () => {
      while (applying) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([gateway.bound(), names.bound()]);
    },
    reported: nas.idle,
    powerCut,
    powerOn: () => {
      powered = true;
      bootedAt = clock.now();
      apply();
    },
    get counters() {
      return { ...client.counters, ...incoming.counters, ...nas.counters, ...names.counters };
    },
    [Symbol.dispose]: () => {
      powerCut();
      snapshot[Symbol.dispose]();
    },
  };
}

function pathFinder(
  { address }: DataPlaneOptions,
  snapshot: Snapshot,
  uplink: Uplink,
  owns: (address: string) => boolean,
) {
  return (asked: Parameters<typeof pathOf>[1]): Path =>
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
