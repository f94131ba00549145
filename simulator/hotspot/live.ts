/** What a running router shows of itself over the API: dynamic rows, and values read at print time. */
import type { Clock } from '../../lib/clock.ts';
import { formatDateTime, formatOffset } from '../menu/clock-text.ts';
import type { MenuTree } from '../menu/contract.ts';
import type { Hosts } from './hosts.ts';
import { activeRow, liveValues, type Session, type Sessions } from './sessions.ts';
import type { Direction } from './shaper.ts';
import { formatDuration } from './values.ts';

export interface InterfaceCounters {
  /** Octets that crossed between the LAN and an outward interface; `input` came from the phone. */
  count(lan: string, outward: string, direction: Direction, octets: number): void;
  of(name: string): { readonly rx: number; readonly tx: number };
  reset(): void;
}

export function createInterfaceCounters(frozen: () => boolean): InterfaceCounters {
  const totals = new Map<string, { rx: number; tx: number }>();
  const add = (name: string, side: 'rx' | 'tx', octets: number): void => {
    let entry = totals.get(name);
    if (entry === undefined) {
      entry = { rx: 0, tx: 0 };
      totals.set(name, entry);
    }
    entry[side] += octets;
  };
  return {
    count: (lan, outward, direction, octets) => {
      if (frozen()) return;
      add(lan, direction === 'input' ? 'rx' : 'tx', octets);
      add(outward, direction === 'input' ? 'tx' : 'rx', octets);
    },
    of: (name) => totals.get(name) ?? { rx: 0, tx: 0 },
    reset: () => totals.clear(),
  };
}

export interface LiveOptions {
  readonly tree: MenuTree;
  readonly clock: Clock;
  readonly hosts: Hosts;
  readonly sessions: Sessions;
  readonly interfaces: InterfaceCounters;
  readonly routerNow: () => number;
  readonly bootedAt: () => number;
  readonly removeHost: (ip: string) => void;
}

export interface Live {
  /** The dynamic rows have changed; they are written together, once the present work is done. */
  touch(): void;
  /** Writes them now. */
  write(): void;
}

export function createLive(options: LiveOptions): Live {
  const { tree, clock, hosts, sessions } = options;
  let pending = false;

  tree.setLive('/ip/hotspot/active', ({ values }) => {
    const session = hosts.byAddress(values.address ?? '')?.session;
    return session === null || session === undefined ? {} : liveValues(session, clock.now());
  });
  tree.setLive('/system/resource', () => ({
    uptime: formatDuration(clock.now() - options.bootedAt()),
    'cpu-load': String(load(hosts)),
  }));
  tree.setLive('/interface', ({ values }) => {
    const { rx, tx } = options.interfaces.of(values.name ?? '');
    return { 'rx-byte': String(rx), 'tx-byte': String(tx) };
  });
  tree.setLive('/system/clock', ({ values }) => {
    const zone = values['time-zone-name'] ?? 'manual';
    const timeZone = zone === 'manual' ? 'UTC' : zone;
    const now = options.routerNow();
    const [date = '', time = ''] = formatDateTime(now, timeZone).split(' ');
    return { date, time, 'gmt-offset': formatOffset(now, timeZone) };
  });
  tree.setLive('/ip/dhcp-server/lease', ({ values }) =>
    hosts.leaseState(values['mac-address'] ?? ''),
  );
  tree.onRemoveDynamic('/ip/hotspot/active', ({ values }) => {
    const session = hosts.byAddress(values.address ?? '')?.session;
    if (session !== null && session !== undefined) sessions.end(session, 'Admin-Reset');
  });
  tree.onRemoveDynamic('/ip/hotspot/host', ({ values }) => {
    options.removeHost(values.address ?? '');
  });

  const write = (): void => {
    pending = false;
    tree.setDynamic('/ip/hotspot/active', sessions.running().map(activeRow));
    tree.setDynamic('/queue/simple', queueRows(sessions.running()));
    tree.setDynamic('/ip/hotspot/host', hostRows(hosts));
    tree.setDynamic('/ip/dhcp-server/lease', hosts.leaseRows());
  };
  return {
    write,
    touch: () => {
      if (pending) return;
      pending = true;
      setImmediate(() => {
        if (pending) write();
      });
    },
  };
}

/** The dynamic row of `/queue/simple` that a login with a rate creates; none without a rate. */
function queueRows(sessions: readonly Session[]): Record<string, string>[] {
  const names = new Map<string, number>();
  return sessions.flatMap(({ username, host, buckets }) => {
    const [up, down] = [buckets.input.rate(), buckets.output.rate()];
    if (up === null && down === null) return [];
    const count = names.get(username) ?? 0;
    names.set(username, count + 1);
    const name = count === 0 ? `<hotspot-${username}>` : `<hotspot-${username}-${count}>`;
    return [{ name, target: `${host.ip}/32`, 'max-limit': `${up ?? 0}/${down ?? 0}` }];
  });
}

function hostRows(hosts: Hosts): Record<string, string>[] {
  return [...hosts.all()].flatMap(({ ip, mac, dns, session, hotspot }) =>
    hotspot === null
      ? []
      : [
          {
            address: ip,
            'to-address': ip,
            'mac-address': mac,
            server: hotspot,
            authorized: String(session !== null),
            DHCP: String(dns !== null),
          },
        ],
  );
}

/** Percent; a router with more connections works more. */
function load(hosts: Hosts): number {
  let flows = 0;
  for (const host of hosts.all()) flows += host.flows.size;
  return Math.min(100, 1 + flows * 3);
}
