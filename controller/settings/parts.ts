/**
 * Rows that operators add to their routers, as data: a document of rows by menu. Only menus and
 * properties listed here are taken, every value is checked, and nothing may touch what is ours, open the
 * firewall, lead names past the filter or run a script. What passes is tagged like every row of ours
 * (`sw:op-<part>-<key>`), so it is planned, kept from drift and removed like one.
 *
 * Rules for the firewall may only narrow: they stand before the one rule that lets phones out, after
 * all that the portal and the management need.
 */
import { SmartWifiError } from '../../lib/errors.ts';
import { cidrContains, parseCidr, parseIpv4 } from '../../lib/net.ts';
import { domainName, ipv4, line, type ValueType, whole, word } from '../../settings/value-types.ts';

export type PartMenu = keyof typeof MENUS;

export interface PartRow {
  readonly menu: PartMenu;
  /** Unique among the rows of its part and menu. */
  readonly key: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface OperatorPart {
  readonly name: string;
  readonly rows: readonly PartRow[];
}

/** What a part may not speak of. */
export interface Reserved {
  /** Names that routers or phones need from us: portal, login page, tunnel endpoint. */
  readonly names: readonly string[];
  /** Networks of the tunnel and of village LANs. */
  readonly networks: readonly string[];
}

interface MenuRules {
  readonly properties: Readonly<Record<string, ValueType<unknown>>>;
  readonly required: readonly string[];
  /** Why the row is refused although each value is good; null: it is not. */
  readonly refuse?: (values: Readonly<Record<string, string>>, reserved: Reserved) => string | null;
}

const MAX_ROWS = 100;
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

const network: ValueType<string> = {
  expects: 'an IPv4 address or network',
  parse: (text) => (ipv4.parse(text) !== null || parseCidr(text) !== null ? text : null),
};
const mac: ValueType<string> = {
  expects: 'a MAC address, AA:BB:CC:DD:EE:FF',
  parse: (text) => (/^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(text) ? text : null),
};
const ports: ValueType<string> = {
  expects: 'ports, such as 25,465,6000-6010',
  parse: (text) =>
    text.split(',').every((one) => {
      const [from = '', to = from, ...rest] = one.split('-');
      return rest.length === 0 && isPort(from) && isPort(to) && Number(from) <= Number(to);
    })
      ? text
      : null,
};
const protocol = word(['tcp', 'udp', 'icmp']);
const yesNo = word(['yes', 'no']);
/** An address list of the operator's own. */
const listName: ValueType<string> = {
  expects: 'a list whose name begins with op-',
  parse: (text) => (/^op-[a-z0-9-]{1,40}$/.test(text) ? text : null),
};

const MENUS = {
  '/ip/dns/static': {
    properties: {
      name: domainName,
      type: word(['A', 'CNAME', 'TXT', 'NXDOMAIN']),
      address: ipv4,
      cname: domainName,
      text: line(200),
      'match-subdomain': yesNo,
    },
    required: ['name', 'type'],
    refuse: ({ name = '', 'match-subdomain': all }, { names }) => {
      const taken = names.find(
        (one) => one === name || (all === 'yes' && one.endsWith(`.${name}`)),
      );
      return taken === undefined ? null : `${taken} is answered by us`;
    },
  },
  '/ip/firewall/address-list': {
    properties: { list: listName, address: network },
    required: ['list', 'address'],
  },
  '/ip/firewall/filter': {
    properties: {
      action: word(['drop', 'reject']),
      'reject-with': word(['tcp-reset', 'icmp-admin-prohibited', 'icmp-network-unreachable']),
      protocol,
      'dst-port': ports,
      'dst-address': network,
      'dst-address-list': listName,
      'src-address-list': listName,
    },
    required: ['action'],
    refuse: (values) => {
      const narrow = Object.keys(values).some((name) => !/^(?:action|reject-with)$/.test(name));
      if (!narrow) return 'it says nothing of what it drops';
      if (values['dst-port'] !== undefined && !/^(?:tcp|udp)$/.test(values.protocol ?? '')) {
        return 'dst-port needs protocol tcp or udp';
      }
      return null;
    },
  },
  '/ip/hotspot/ip-binding': {
    properties: { 'mac-address': mac, type: word(['bypassed', 'blocked']) },
    required: ['mac-address', 'type'],
  },
  '/ip/hotspot/walled-garden/ip': {
    properties: {
      action: word(['accept', 'drop', 'reject']),
      protocol,
      'dst-address': network,
      'dst-port': ports,
      'dst-host': domainName,
    },
    required: ['action'],
    refuse: (values, reserved) => {
      const to = values['dst-address'];
      if (to === undefined && values['dst-host'] === undefined) return 'it names no destination';
      if (to !== undefined && !isSmall(to)) return `${to} is more than 256 addresses`;
      return to !== undefined && overlaps(to, reserved.networks)
        ? `${to} lies in a network of ours`
        : null;
    },
  },
  '/ip/dhcp-server/lease': {
    properties: { address: ipv4, 'mac-address': mac },
    required: ['address', 'mac-address'],
  },
} satisfies Readonly<Record<string, MenuRules>>;

export const PART_MENUS = Object.keys(MENUS) as readonly PartMenu[];

/** The document of a part, parsed. Throws `ROUTER_PART` that says which row and why. */
export function parsePart(name: string, document: unknown, reserved: Reserved): OperatorPart {
  if (!NAME.test(name))
    throw refused(name, 'its name is not of lower case letters, digits and hyphens');
  const rows = listIn(document);
  if (rows === null) throw refused(name, 'expected a map with the key rows, a list');
  if (rows.length > MAX_ROWS) throw refused(name, `it has more than ${MAX_ROWS} rows`);
  const parsed = rows.map((row, i) => parseRow(`${name}: row ${i + 1}`, row, reserved));
  const keys = parsed.map(({ menu, key }) => `${menu} ${key}`);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) throw refused(name, `two rows are ${twice}`);
  return { name, rows: parsed };
}

function parseRow(where: string, given: unknown, reserved: Reserved): PartRow {
  const row = mapOf(given);
  const stranger = Object.keys(row ?? {}).find((key) => !/^(?:menu|key|values)$/.test(key));
  if (row === null || stranger !== undefined) {
    throw refused(where, 'expected the keys menu, key and values');
  }
  const { menu, key } = row;
  if (typeof menu !== 'string' || !Object.hasOwn(MENUS, menu)) {
    throw refused(where, `menu must be one of ${PART_MENUS.join(', ')}`);
  }
  if (typeof key !== 'string' || !NAME.test(key)) {
    throw refused(where, 'key must be of lower case letters, digits and hyphens');
  }
  const rules: MenuRules = MENUS[menu as PartMenu];
  const values = parseValues(where, row.values, rules);
  const why = rules.refuse?.(values, reserved) ?? null;
  if (why !== null) throw refused(where, why);
  return { menu: menu as PartMenu, key, values };
}

function parseValues(where: string, given: unknown, rules: MenuRules): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(mapOf(given) ?? {})) {
    const type = Object.hasOwn(rules.properties, name) ? rules.properties[name] : undefined;
    if (type === undefined) {
      throw refused(where, `${name} is not one of ${Object.keys(rules.properties).join(', ')}`);
    }
    // YAML reads yes and 25 as what they look like.
    const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
    const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
    if (!isScalar || type.parse(text) === null) {
      throw refused(where, `${name} must be ${type.expects}`);
    }
    values[name] = text;
  }
  const missing = rules.required.find((name) => values[name] === undefined);
  if (missing !== undefined) throw refused(where, `${missing} is missing`);
  return values;
}

function listIn(document: unknown): readonly unknown[] | null {
  const map = mapOf(document);
  const rows = map?.rows;
  return map !== null && Object.keys(map).length === 1 && Array.isArray(rows) ? rows : null;
}

function mapOf(value: unknown): Record<string, unknown> | null {
  const isMap = value !== null && typeof value === 'object' && !Array.isArray(value);
  return isMap ? (value as Record<string, unknown>) : null;
}

function isPort(text: string): boolean {
  return whole('ports', 1, 65_535).parse(text) !== null;
}

function isSmall(text: string): boolean {
  const cidr = parseCidr(text);
  return cidr === null || cidr.prefix >= 24;
}

function overlaps(text: string, networks: readonly string[]): boolean {
  const value = parseIpv4(text);
  const asked = value === null ? parseCidr(text) : { first: value, last: value, prefix: 32 };
  if (asked === null) return true;
  return networks
    .flatMap((one) => parseCidr(one) ?? [])
    .some((ours) => cidrContains(ours, asked.first) || cidrContains(asked, ours.first));
}

function refused(where: string, why: string): SmartWifiError {
  return new SmartWifiError('ROUTER_PART', `part ${where}: ${why}`);
}
