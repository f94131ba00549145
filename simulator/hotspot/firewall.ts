/**
 * `/ip/firewall/filter`, `nat` and the packet marks of `mangle`, as far as a village router's rules go: the
 * first matching rule decides, an empty chain accepts. Pure: rules are compiled from the tree once per
 * change, packets are plain values.
 */
import type { MenuTree, Row } from '../menu/contract.ts';
import { type AddressRange, inRange, isYes, listOf, parseRange } from './values.ts';

export interface FlowPacket {
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  /** Not known of a connection that is only asked about; rules for one do not match then. */
  readonly sourcePort?: number;
  /** Interface names; empty for the router itself. */
  readonly from: string;
  readonly to: string;
  readonly state: 'new' | 'established';
}

export type Verdict =
  | { readonly kind: 'accept'; readonly fasttrack: boolean }
  | { readonly kind: 'drop' }
  | { readonly kind: 'reject'; readonly tcpReset: boolean };

export type Destination =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'router'; readonly port: number }
  | { readonly kind: 'other'; readonly address: string; readonly port: number };

export interface Firewall {
  filter(chain: 'input' | 'forward', packet: FlowPacket): Verdict;
  /** Chain dstnat. */
  destination(packet: FlowPacket): Destination;
  /** Chain srcnat: the address that the packet leaves with, null when it keeps its own. */
  masqueradedAs(packet: FlowPacket, routerAddress: string): string | null;
  /** The packet-mark that it carries when it leaves; empty for none. Jumps are not followed. */
  mark(packet: FlowPacket): string;
}

interface Rule {
  readonly chain: string;
  readonly action: string;
  readonly matches: (packet: FlowPacket) => boolean;
  readonly values: Readonly<Record<string, string>>;
}

type Matcher = (packet: FlowPacket) => boolean;

/** Properties that do not select packets. */
const NOT_MATCHERS: ReadonlySet<string> = new Set([
  'action',
  'address-list',
  'address-list-timeout',
  'bytes',
  'chain',
  'comment',
  'disabled',
  'dynamic',
  'hw-offload',
  'invalid',
  'jump-target',
  'limit',
  'log',
  'log-prefix',
  'new-packet-mark',
  'packets',
  'passthrough',
  'reject-with',
  'routing-mark',
  'to-addresses',
  'to-ports',
]);

const MAX_JUMPS = 16;
const ACCEPT: Verdict = { kind: 'accept', fasttrack: false };

export function compileFirewall(tree: MenuTree): Firewall {
  const lists = interfaceLists(tree);
  const addresses = addressLists(tree);
  const compile = (path: string): Rule[] =>
    tree.active(path).flatMap((row) => (row.dynamic ? [] : [compileRule(row, lists, addresses)]));
  const filter = compile('/ip/firewall/filter');
  const nat = compile('/ip/firewall/nat');
  const mangle = compile('/ip/firewall/mangle');
  return {
    mark: (packet) => markOf(mangle, packet),
    filter: (chain, packet) => walkFilter(filter, chain, packet),
    destination: (packet) => {
      const rule = firstNat(nat, 'dstnat', packet);
      const port = Number(rule?.values['to-ports'] ?? packet.port) || packet.port;
      if (rule?.action === 'redirect') return { kind: 'router', port };
      const address = rule?.values['to-addresses'];
      if (rule?.action !== 'dst-nat' || address === undefined) return { kind: 'unchanged' };
      return { kind: 'other', address, port };
    },
    masqueradedAs: (packet, routerAddress) => {
      const rule = firstNat(nat, 'srcnat', packet);
      if (rule?.action === 'masquerade') return routerAddress;
      return rule?.action === 'src-nat' ? (rule.values['to-addresses'] ?? routerAddress) : null;
    },
  };
}

function walkFilter(rules: readonly Rule[], chain: string, packet: FlowPacket, depth = 0): Verdict {
  return walkChain(rules, chain, packet, depth) ?? ACCEPT;
}

/** Null when the chain ends without a decision, or returns. */
function walkChain(
  rules: readonly Rule[],
  chain: string,
  packet: FlowPacket,
  depth: number,
): Verdict | null {
  let fasttrack = false;
  for (const rule of rules) {
    if (rule.chain !== chain || !rule.matches(packet)) continue;
    switch (rule.action) {
      case 'accept':
        return { kind: 'accept', fasttrack };
      case 'drop':
      case 'tarpit':
        return { kind: 'drop' };
      case 'reject':
        return { kind: 'reject', tcpReset: rule.values['reject-with'] === 'tcp-reset' };
      case 'return':
        return null;
      case 'fasttrack-connection':
        fasttrack = true;
        break;
      case 'jump': {
        const target = rule.values['jump-target'] ?? '';
        const verdict = depth < MAX_JUMPS ? walkChain(rules, target, packet, depth + 1) : null;
        if (verdict !== null) return verdict;
        break;
      }
      default:
        break;
    }
  }
  return fasttrack ? { kind: 'accept', fasttrack } : null;
}

/** Chain by chain, as the packet passes them; a mark without passthrough is the last of its chain. */
function markOf(rules: readonly Rule[], packet: FlowPacket): string {
  const chains = packet.from === '' ? ['output'] : ['prerouting', 'forward'];
  let mark = '';
  for (const chain of [...chains, 'postrouting']) {
    for (const { action, values, matches, ...rule } of rules) {
      if (rule.chain !== chain || !matches(packet)) continue;
      if (action === 'mark-packet') mark = values['new-packet-mark'] ?? '';
      if (action === 'accept' || (action === 'mark-packet' && !isYes(values.passthrough))) break;
    }
  }
  return mark;
}

function firstNat(rules: readonly Rule[], chain: string, packet: FlowPacket): Rule | null {
  const deciding = ['masquerade', 'src-nat', 'dst-nat', 'redirect', 'accept', 'return'];
  const found = rules.find(
    (rule) => rule.chain === chain && deciding.includes(rule.action) && rule.matches(packet),
  );
  return found ?? null;
}

function compileRule(
  { values }: Row,
  lists: ReadonlyMap<string, ReadonlySet<string>>,
  addresses: ReadonlyMap<string, readonly AddressRange[]>,
): Rule {
  const matchers: Matcher[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === '' || NOT_MATCHERS.has(name)) continue;
    matchers.push(matcher(name, value, lists, addresses));
  }
  return {
    chain: values.chain ?? '',
    action: values.action ?? 'accept',
    values,
    matches: (packet) => matchers.every((matches) => matches(packet)),
  };
}

/** A property that this router does not know selects nothing, so that its rule never decides. */
function matcher(
  name: string,
  value: string,
  lists: ReadonlyMap<string, ReadonlySet<string>>,
  addresses: ReadonlyMap<string, readonly AddressRange[]>,
): Matcher {
  const negated = value.startsWith('!');
  const word = negated ? value.slice(1) : value;
  const positive = positiveMatcher(name, word, lists, addresses);
  if (positive === null) return () => false;
  return negated ? (packet) => !positive(packet) : positive;
}

function positiveMatcher(
  name: string,
  word: string,
  lists: ReadonlyMap<string, ReadonlySet<string>>,
  addresses: ReadonlyMap<string, readonly AddressRange[]>,
): Matcher | null {
  const listed = (address: string): boolean =>
    (addresses.get(word) ?? []).some((range) => inRange(range, address));
  const range = parseRange(word);
  const ports = portMatcher(word);
  switch (name) {
    case 'protocol':
      return ({ protocol }) => protocol === word;
    case 'dst-port':
    case 'port':
      return ({ port }) => ports(port);
    case 'src-port':
      return ({ sourcePort }) => sourcePort !== undefined && ports(sourcePort);
    case 'in-interface':
      return ({ from }) => from === word;
    case 'out-interface':
      return ({ to }) => to === word;
    case 'in-interface-list':
      return ({ from }) => inList(lists, word, from);
    case 'out-interface-list':
      return ({ to }) => inList(lists, word, to);
    case 'src-address':
      return ({ source }) => range !== null && inRange(range, source);
    case 'dst-address':
      return ({ destination }) => range !== null && inRange(range, destination);
    case 'src-address-list':
      return ({ source }) => listed(source);
    case 'dst-address-list':
      return ({ destination }) => listed(destination);
    case 'connection-state':
      return ({ state }) => listOf(word).includes(state);
    case 'connection-nat-state':
      // Traffic of phones is never forwarded to them from outside.
      return () => false;
    case 'ipsec-policy':
      return () => word.endsWith(',none');
    default:
      return null;
  }
}

function portMatcher(word: string): (port: number) => boolean {
  const ranges = listOf(word).map((part) => {
    const [first, last = first] = part.split('-');
    return { first: Number(first), last: Number(last) };
  });
  return (port) => ranges.some(({ first, last }) => port >= first && port <= last);
}

function inList(
  lists: ReadonlyMap<string, ReadonlySet<string>>,
  list: string,
  name: string,
): boolean {
  if (name === '') return false;
  return list === 'all' || (lists.get(list)?.has(name) ?? false);
}

function interfaceLists(tree: MenuTree): Map<string, Set<string>> {
  const members = new Map<string, Set<string>>();
  for (const { values } of tree.active('/interface/list/member')) {
    const list = values.list ?? '';
    members.set(list, (members.get(list) ?? new Set()).add(values.interface ?? ''));
  }
  for (const { values } of tree.rows('/interface/list')) {
    const own = members.get(values.name ?? '') ?? new Set();
    for (const other of listOf(values.include))
      for (const name of members.get(other) ?? []) own.add(name);
    for (const other of listOf(values.exclude))
      for (const name of members.get(other) ?? []) own.delete(name);
    members.set(values.name ?? '', own);
  }
  return members;
}

/** Rows with a name instead of an address are not resolved here. */
function addressLists(tree: MenuTree): Map<string, AddressRange[]> {
  const lists = new Map<string, AddressRange[]>();
  for (const { values } of tree.active('/ip/firewall/address-list')) {
    const range = parseRange(values.address ?? '');
    const list = values.list ?? '';
    if (range !== null) lists.set(list, [...(lists.get(list) ?? []), range]);
  }
  return lists;
}
