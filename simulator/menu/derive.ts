/**
 * What a router works out from a row as it is written: the network of an address, a key pair, whether a server
 * can run. Each entry receives the new values and completes or refuses them.
 */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { formatIpv4, parseIpv4 } from '../../lib/net.ts';
import { formatDateTime } from './clock-text.ts';
import { findInterface, isSlave } from './interfaces.ts';
import { failure, invalidValue, missing, noMatch, Trap } from './trap.ts';
import { rowsOf, type TreeState, type Writer } from './tree-state.ts';
import { networkOf } from './values.ts';

type Values = Record<string, string>;
type Derive = (values: Values, state: TreeState, writer: Writer) => void;

export function derive(
  path: string,
  values: Values,
  state: TreeState,
  writer: Writer = { user: 'admin' },
): void {
  DERIVED.get(path)?.(values, state, writer);
}

/** Whether the device mode lets a feature run: `hotspot`, `scheduler`, `fetch`. */
export function deviceModeAllows(state: TreeState, feature: string): boolean {
  return rowsOf(state, '/system/device-mode')[0]?.values[feature] !== 'false';
}

/** Menus whose rows must be worked out anew when another menu changes. */
export const DEPENDENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['/interface/bridge/port', ['/ip/address', '/ip/dhcp-server', '/ip/hotspot']],
  ['/ip/hotspot/profile', ['/ip/hotspot']],
  ['/system/device-mode', ['/ip/hotspot', '/system/scheduler']],
]);

const DERIVED: ReadonlyMap<string, Derive> = new Map<string, Derive>([
  ['/ip/address', address],
  ['/ip/route', route],
  ['/ip/pool', pool],
  ['/ip/hotspot', hotspot],
  ['/ip/dhcp-server', dhcpServer],
  ['/ip/dhcp-server/option', dhcpOption],
  ['/ip/dns/static', dnsStatic],
  ['/ip/hotspot/ip-binding', ipBinding],
  ['/ip/firewall/address-list', addressList],
  ...(['filter', 'nat', 'raw', 'mangle'] as const).map((table): [string, Derive] => [
    `/ip/firewall/${table}`,
    firewallRule,
  ]),
  ['/queue/simple', simpleQueue],
  ['/queue/tree', queueTree],
  ['/interface/wireguard', wireguard],
  ['/system/scheduler', scheduler],
  ['/system/script', script],
]);

/** `network` follows the address unless it was given, as on a point-to-point link. */
function address(values: Values, state: TreeState): void {
  const [host = '', bits = '32'] = (values.address ?? '').split('/');
  const derived = formatIpv4(networkOf(parseIpv4(host) ?? 0, Number(bits)));
  if (values.network === undefined || Number(bits) < 31) values.network = derived;
  const name = values.interface ?? '';
  const known = findInterface(state, name) !== undefined;
  const slave = isSlave(state, name);
  const port = rowsOf(state, '/interface/bridge/port').find((row) => row.values.interface === name);
  values['actual-interface'] = slave ? (port?.values.bridge ?? name) : name;
  values.slave = String(slave);
  values.invalid = String(!known);
}

function route(values: Values, state: TreeState): void {
  if (values.gateway === undefined && values.blackhole === undefined) throw missing('gateway');
  for (const gateway of values.gateway?.split(',') ?? []) {
    const [hop = '', through = hop] = gateway.split('%');
    const known = parseIpv4(through) !== null || findInterface(state, through) !== undefined;
    // What was removed shows as its id.
    if (!known && !through.startsWith('*')) throw invalidValue('gateway');
  }
  const active = values.disabled !== 'true';
  values.static = 'true';
  values.inactive = String(!active);
  if (active) values.active = 'true';
  else delete values.active;
  if (values.gateway !== undefined) values['immediate-gw'] = values.gateway;
}

function pool(values: Values): void {
  let total = 0;
  for (const range of (values.ranges ?? '').split(',')) {
    const [from = '', to = from] = range.split('-');
    const [host = '', bits] = from.split('/');
    total +=
      bits === undefined
        ? (parseIpv4(to) ?? 0) - (parseIpv4(host) ?? 0) + 1
        : 2 ** (32 - Number(bits));
  }
  values.total = String(total);
}

/** The row is accepted in any device mode; where hotspots are forbidden it stays inactive and says why. */
function hotspot(values: Values, state: TreeState): void {
  const allowed = deviceModeAllows(state, 'hotspot');
  const name = values.interface ?? '';
  values.invalid = String(
    !allowed || findInterface(state, name) === undefined || isSlave(state, name),
  );
  if (allowed) delete values.about;
  else values.about = 'inactivated, not allowed by device-mode';
  const profile = rowsOf(state, '/ip/hotspot/profile').find(
    (row) => row.values.name === values.profile,
  );
  values['ip-of-dns-name'] = profile?.values['hotspot-address'] ?? '0.0.0.0';
}

function dhcpServer(values: Values, state: TreeState): void {
  const name = values.interface ?? '';
  values.invalid = String(findInterface(state, name) === undefined || isSlave(state, name));
}

/** `'text'` and `0x…` are the two forms of an option's value. */
function dhcpOption(values: Values): void {
  const value = values.value ?? '';
  const text = /^s?'([^']*)'$/.exec(value);
  const hex = /^0x((?:[0-9a-f]{2})*)$/i.exec(value);
  if (value !== '' && text === null && hex === null) throw failure('Unknown data type!');
  values['raw-value'] = hex?.[1] ?? Buffer.from(text?.[1] ?? '').toString('hex');
}

const NEEDED_BY_TYPE: Readonly<Record<string, string>> = {
  A: 'address',
  AAAA: 'address',
  CNAME: 'cname',
  FWD: 'forward-to',
  MX: 'mx-exchange',
  NS: 'ns',
  SRV: 'srv-target',
  TXT: 'text',
};

function dnsStatic(values: Values): void {
  if (!values.name && !values.regexp) throw missing('name');
  const needed = NEEDED_BY_TYPE[values.type ?? 'A'];
  if (needed !== undefined && !values[needed]) throw missing(needed);
  if (values.type === 'A' && parseIpv4(values.address ?? '') === null) {
    throw failure('dns name or address is wrong');
  }
}

function ipBinding(values: Values): void {
  values.blocked = String(values.type === 'blocked');
  values.bypassed = String(values.type === 'bypassed');
}

function addressList(values: Values, state: TreeState): void {
  values['creation-time'] ??= formatDateTime(state.now());
}

const PORTED = ['tcp', 'udp', 'udp-lite', 'dccp', 'sctp'];

/** Matchers that can not be evaluated where the rule stands. */
function firewallRule(values: Values): void {
  const has = (...names: string[]): boolean => names.some((name) => values[name] !== undefined);
  const { chain = '', protocol = '' } = values;
  if (has('src-port', 'dst-port', 'port', 'to-ports') && !PORTED.includes(protocol)) {
    throw failure('ports can be specified if proto is tcp, udp, udp-lite, dccp or sctp');
  }
  if (values['reject-with'] === 'tcp-reset' && protocol !== 'tcp') {
    throw failure('tcp-reset can be used only with protocol tcp');
  }
  if (['input', 'prerouting'].includes(chain) && has('out-interface', 'out-interface-list')) {
    throw failure('outgoing interface matching not possible in input and prerouting chains');
  }
  if (['output', 'postrouting'].includes(chain) && has('in-interface', 'in-interface-list')) {
    throw failure('incoming interface matching not possible in output and postrouting chains');
  }
}

/** Upload and download are said as a pair, a single host with its prefix. */
function simpleQueue(values: Values, state: TreeState): void {
  for (const name of ['priority', 'queue', 'bucket-size', 'burst-time']) {
    const [up = '', down = up, rest] = (values[name] ?? '').split('/');
    if (rest !== undefined) throw invalidValue(name);
    values[name] = `${up}/${down}`;
  }
  for (const level of values.priority!.split('/')) {
    if (!/^\d+$/.test(level)) throw invalidValue('priority');
    if (Number(level) < 1 || Number(level) > 8) {
      throw new Trap('value of priority out of range (1..8)', 1);
    }
  }
  for (const type of values.queue!.split('/')) refuseUnknownType(state, type);
  const targets = (values.target ?? '').split(',').map((target) => {
    const [host = '', bits = '32'] = target.split('/');
    if (parseIpv4(host) !== null) return `${host}/${bits}`;
    if (findInterface(state, target) === undefined && !target.startsWith('*')) {
      throw invalidValue('target');
    }
    return target;
  });
  values.target = targets.join(',');
}

function refuseUnknownType(state: TreeState, type: string): void {
  const known = rowsOf(state, '/queue/type').some(({ values }) => values.name === type);
  if (!known && !type.startsWith('*')) throw noMatch('queue');
}

/** A tree hangs on an interface, on another queue or on all traffic. */
function queueTree(values: Values, state: TreeState): void {
  const parent = values.parent ?? '';
  const known =
    parent === 'global' ||
    parent.startsWith('*') ||
    findInterface(state, parent) !== undefined ||
    rowsOf(state, '/queue/tree').some((row) => row.values.name === parent);
  if (!known) throw noMatch('parent');
}

/** The private key is born on the router unless one is given; the public key follows it. */
function wireguard(values: Values): void {
  const given = values['private-key'];
  const key = importKey(given === undefined ? newScalar() : Buffer.from(given, 'base64'));
  values['private-key'] = rawKey(key, 'd');
  values['public-key'] = rawKey(createPublicKey(key), 'x');
  values['listen-port'] ??= '13231';
}

/** RFC 8410 §7: the fixed PKCS #8 head of an X25519 private key, then its 32 octets. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');

function importKey(scalar: Buffer): KeyObject {
  const der = Buffer.concat([PKCS8_HEAD, scalar]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** 32 random octets clamped as RFC 7748 §5 says. */
function newScalar(): Buffer {
  const scalar = randomBytes(32);
  scalar[0] = scalar[0]! & 248;
  scalar[31] = (scalar[31]! & 127) | 64;
  return scalar;
}

function rawKey(key: KeyObject, part: 'd' | 'x'): string {
  const jwk = key.export({ format: 'jwk' });
  return Buffer.from(String(jwk[part]), 'base64url').toString('base64');
}

function scheduler(values: Values, state: TreeState, writer: Writer): void {
  values.owner ??= writer.user;
  const zone = rowsOf(state, '/system/clock')[0]?.values['time-zone-name'] ?? 'manual';
  const local = zone === 'manual' ? undefined : zone;
  const [date = '', time = ''] = formatDateTime(state.now(), local).split(' ');
  values['start-date'] ??= date;
  values['start-time'] ??= time;
  const allowed = deviceModeAllows(state, 'scheduler');
  if (allowed) delete values.about;
  else values.about = 'inactivated, not allowed by device-mode';
}

function script(values: Values, _state: TreeState, writer: Writer): void {
  values.owner ??= writer.user;
}
