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
import { formatDuration, inRange } from './values.ts';

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
  /** What a row of a lease shows of the present. */
  leaseState(mac: string): Record<string, string>;
  /** Power is gone, and with it all memory. */
  clear(): void;
}

interface Lease {
  readonly mac: string;
  readonly ip: string;
  expiresAt: number;
  attached: boolean;
}

/** A static row of `/ip/dhcp-server/lease`. */
export interface Reservation {
  readonly mac: string;
  readonly ip: string;
  readonly blocked: boolean;
}

export interface HostsOptions {
  readonly clock: Clock;
  readonly reserved?: () => readonly Reservation[];
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
    leaseState: (mac) => leaseState(table, leases.get(mac)),
    leaseRows: () => {
      const reserved = new Set(options.reserved?.().map(({ mac }) => mac));
      const now = clock.now();
      return [...leases.values()]
        .filter(
          ({ mac, attached, expiresAt }) => !reserved.has(mac) && (attached || expiresAt > now),
        )
        .map(({ mac, ip }) => ({
          address: ip,
          'mac-address': mac,
          server: options.lan()?.dhcp?.server ?? '',
          status: 'bound',
        }));
    },
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
  const reserved = reservation(table, mac);
  if (reserved?.blocked === true) return null;
  const lease = reserved === null ? allocate(table, mac, lan) : reserve(table, reserved);
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

function reservation({ options }: Table, mac: string): Reservation | null {
  return options.reserved?.().find((row) => row.mac === mac) ?? null;
}

/** The address that a static row keeps for this phone; null while another phone still has it. */
function reserve({ options, leases, taken }: Table, { mac, ip }: Reservation): Lease | null {
  const holder = taken.get(ip);
  const held = holder?.attached === true || (holder?.expiresAt ?? 0) > options.clock.now();
  if (holder !== undefined && holder.mac !== mac && held) return null;
  if (holder !== undefined) leases.delete(holder.mac);
  const before = leases.get(mac);
  if (before !== undefined) taken.delete(before.ip);
  const lease = { mac, ip, expiresAt: 0, attached: false };
  leases.set(mac, lease);
  taken.set(ip, lease);
  return lease;
}

function leaseState({ options }: Table, lease: Lease | undefined): Record<string, string> {
  const { clock, lan } = options;
  const now = clock.now();
  if (lease === undefined || (!lease.attached && lease.expiresAt <= now)) {
    return { status: 'waiting' };
  }
  const dhcp = lan()?.dhcp ?? null;
  // It renews at half time for as long as it is there.
  const half = (dhcp?.leaseMs ?? 0) / 2;
  const left = Math.max(lease.expiresAt - now, lease.attached ? half : 0);
  return {
    status: 'bound',
    'expires-after': formatDuration(left - (left % 1000)),
    'active-address': lease.ip,
    'active-mac-address': lease.mac,
    'active-server': dhcp?.server ?? '',
  };
}

/** The phone's address of before when it is still its own, else the first free one. */
function allocate(table: Table, mac: string, lan: LanConfig): Lease | null {
  const { options, leases, taken } = table;
  const kept = new Set(options.reserved?.().map(({ ip }) => ip));
  const known = leases.get(mac);
  const ranges = lan.dhcp?.ranges ?? [];
  if (known !== undefined) {
    if (!kept.has(known.ip) && ranges.some((range) => inRange(range, known.ip))) return known;
    taken.delete(known.ip);
  }
  for (const { first, last } of ranges) {
    for (let value = first; value <= last; value += 1) {
      const ip = formatIpv4(value);
      if (ip === lan.address || kept.has(ip) || !isFree(table, ip)) continue;
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
  if (known?.mac === mac && !isForgotten(options, known)) {
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

/**
 * A phone that is not logged in and was silent for the server's idle-timeout is dropped from the host list, so
 * that it is new when it comes back and tried by MAC again (RouterOS manual, HotSpot: idle-timeout).
 */
function isForgotten({ lan, clock }: HostsOptions, { goneAt, session }: Host): boolean {
  const idleMs = lan()?.hotspot?.hostIdleMs ?? null;
  if (session !== null || goneAt === null || idleMs === null) return false;
  return clock.now() - goneAt >= idleMs;
}

/** Stable per address, locally administered, as a phone that randomises would choose. */
function syntheticMac(ip: string): string {
  const bytes = createHash('sha256').update(`host ${ip}`).digest().subarray(0, 6);
  bytes[0] = (bytes[0]! & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
}
