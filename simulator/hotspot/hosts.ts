/**
 * The phones that the router knows: DHCP leases, and hosts of the hotspot by address. Sessions hang
 * on hosts, forwarded connections on both.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { normalizeMac } from '../../lib/mac.ts';
import { formatIpv4 } from '../../lib/net.ts';
import type { LanConfig } from './config.ts';
import type { Session } from './sessions.ts';
import { inRange } from './values.ts';

/** A forwarded connection, as far as the end of a session concerns it. */
export interface Flow {
  /** Reachable without login, so it outlives the session. */
  readonly free: boolean;
  /** Ends it after what has been written. */
  finish(): void;
  destroy(): void;
}

export interface Host {
  readonly mac: string;
  readonly ip: string;
  /** Resolver that DHCP gave it; null for one that came without DHCP. */
  readonly dns: string | null;
  /** Hotspot server that it appeared at; null on a LAN without one. */
  readonly hotspot: string | null;
  readonly flows: Set<Flow>;
  /** Null while it is on the air. */
  goneAt: number | null;
  session: Session | null;
  /** A login that is being decided. */
  login: Promise<unknown> | null;
  /** The one try to log in by MAC that a new host gets. */
  macLogin: Promise<void> | null;
  chap: { readonly id: number; readonly challenge: Buffer } | null;
}

export interface PhoneLease {
  readonly ip: string;
  readonly gateway: string;
  readonly dns: string;
  readonly leaseSeconds: number;
}

export interface Hosts {
  attach(mac: string): PhoneLease | null;
  /** The phone has left the air: its connections break. */
  detach(mac: string): Host | null;
  byAddress(ip: string): Host | null;
  /** The host behind a connection; a loopback address without lease becomes a host of its own. */
  of(ip: string): Host;
  remove(host: Host): void;
  all(): Iterable<Host>;
  leaseRows(): Record<string, string>[];
  /** Power is gone, and with it all memory. */
  clear(): void;
}

interface Lease {
  readonly mac: string;
  readonly ip: string;
  expiresAt: number;
  attached: boolean;
}

export interface HostsOptions {
  readonly clock: Clock;
  readonly lan: () => LanConfig | null;
  readonly changed: () => void;
  readonly joined: (host: Host) => void;
  /** Its address went to another phone. */
  readonly replaced: (host: Host) => void;
}

interface Table {
  readonly options: HostsOptions;
  readonly hosts: Map<string, Host>;
  /** By MAC. */
  readonly leases: Map<string, Lease>;
  /** The same by address. */
  readonly taken: Map<string, Lease>;
}

export function createHosts(options: HostsOptions): Hosts {
  const { clock } = options;
  const table: Table = { options, hosts: new Map(), leases: new Map(), taken: new Map() };
  const { hosts, leases, taken } = table;
  return {
    attach: (mac) => attach(table, mac),
    detach: (mac) => detach(table, mac),
    byAddress: (ip) => hosts.get(ip) ?? null,
    of: (ip) => {
      const known = hosts.get(ip);
      if (known !== undefined) return known;
      const host = enter(table, taken.get(ip)?.mac ?? syntheticMac(ip), ip, null);
      options.changed();
      return host;
    },
    remove: (host) => {
      for (const flow of [...host.flows]) flow.destroy();
      if (hosts.get(host.ip) === host) hosts.delete(host.ip);
      options.changed();
    },
    all: () => hosts.values(),
    leaseRows: () =>
      [...leases.values()]
        .filter(({ attached, expiresAt }) => attached || expiresAt > clock.now())
        .map(({ mac, ip }) => ({
          address: ip,
          'mac-address': mac,
          server: options.lan()?.dhcp?.server ?? '',
          status: 'bound',
        })),
    clear: () => {
      for (const host of hosts.values()) for (const flow of [...host.flows]) flow.destroy();
      hosts.clear();
      leases.clear();
      taken.clear();
    },
  };
}

function attach(table: Table, text: string): PhoneLease | null {
  const { options } = table;
  const mac = normalizeMac(text);
  const lan = options.lan();
  if (mac === null || lan === null || lan.dhcp === null) return null;
  const lease = allocate(table, mac, lan);
  if (lease === null) return null;
  const { gateway, dns, leaseMs } = lan.dhcp;
  lease.attached = true;
  lease.expiresAt = options.clock.now() + leaseMs;
  enter(table, mac, lease.ip, dns);
  options.changed();
  return { ip: lease.ip, gateway, dns, leaseSeconds: Math.floor(leaseMs / 1000) };
}

function detach({ options, hosts, leases }: Table, text: string): Host | null {
  const lease = leases.get(normalizeMac(text) ?? '');
  if (lease === undefined) return null;
  lease.attached = false;
  // It renewed at half time as long as it was there.
  const half = (options.lan()?.dhcp?.leaseMs ?? 0) / 2;
  lease.expiresAt = Math.max(lease.expiresAt, options.clock.now() + half);
  const host = hosts.get(lease.ip) ?? null;
  if (host === null) return null;
  for (const flow of [...host.flows]) flow.destroy();
  host.goneAt = options.clock.now();
  if (host.session === null) hosts.delete(host.ip);
  options.changed();
  return host;
}

/** The phone's address of before when it is still its own, else the first free one. */
function allocate(table: Table, mac: string, lan: LanConfig): Lease | null {
  const { leases, taken } = table;
  const known = leases.get(mac);
  const ranges = lan.dhcp?.ranges ?? [];
  if (known !== undefined) {
    if (ranges.some((range) => inRange(range, known.ip))) return known;
    taken.delete(known.ip);
  }
  for (const { first, last } of ranges) {
    for (let value = first; value <= last; value += 1) {
      const ip = formatIpv4(value);
      if (ip === lan.address || !isFree(table, ip)) continue;
      const lease = { mac, ip, expiresAt: 0, attached: false };
      leases.set(mac, lease);
      taken.set(ip, lease);
      return lease;
    }
  }
  return null;
}

function isFree({ options, leases, taken }: Table, ip: string): boolean {
  const lease = taken.get(ip);
  if (lease === undefined) return true;
  if (lease.attached || lease.expiresAt > options.clock.now()) return false;
  leases.delete(lease.mac);
  taken.delete(ip);
  return true;
}

/** The host of this address: the same as before, or a new one in its place. */
function enter({ options, hosts }: Table, mac: string, ip: string, dns: string | null): Host {
  const known = hosts.get(ip);
  if (known?.mac === mac) {
    known.goneAt = null;
    return known;
  }
  const hotspot = options.lan()?.hotspot?.name ?? null;
  const blank = { goneAt: null, session: null, login: null, macLogin: null, chap: null };
  const host: Host = { mac, ip, dns, hotspot, flows: new Set(), ...blank };
  hosts.set(ip, host);
  if (known !== undefined) options.replaced(known);
  options.joined(host);
  return host;
}

/** Stable per address, locally administered, as a phone that randomises would choose. */
function syntheticMac(ip: string): string {
  const bytes = createHash('sha256').update(`host ${ip}`).digest().subarray(0, 6);
  bytes[0] = (bytes[0]! & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
}
