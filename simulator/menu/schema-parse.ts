/**
 * The notation of the menu table. A menu is one call with a line for each group of properties:
 *
 *     name[,name…]  type  [flags]
 *
 * type: `base[:argument]`, then `|word` for each word allowed beside it; a leading `!` lets a value be
 * negated, a trailing `*` on the base makes it a comma list. `|a|b` alone is an enumeration, `ro` is read-only text.
 * flags: `=value` default as print shows it, `req` required on add, `unset` may be unset, `secret` masked without
 * the right to see it, `wo` never printed, `ro` read-only, `@7.18` present since, `<7.18` gone since.
 */

export type Base =
  | 'text'
  | 'bool'
  | 'int'
  | 'time'
  | 'ip'
  | 'prefix'
  | 'ifaddr'
  | 'range'
  | 'host'
  | 'mac'
  | 'ports'
  | 'rate'
  | 'rates'
  | 'ref'
  | 'set'
  | 'policy'
  | 'wgkey'
  | 'zone'
  | 'date'
  | 'clock'
  | 'limit'
  | 'word';

export interface ValueType {
  readonly base: Base;
  readonly list: boolean;
  readonly negatable: boolean;
  /** Words allowed beside the base, or the members of an enumeration or set in print order. */
  readonly words: readonly string[];
  /** Menu whose `name` a `ref` gives. */
  readonly ref: string;
  /** Bounds of an int, or the longest text in octets. */
  readonly min: number;
  readonly max: number;
}

export interface Property {
  readonly name: string;
  readonly type: ValueType;
  readonly default: string | undefined;
  readonly required: boolean;
  readonly readOnly: boolean;
  readonly unsettable: boolean;
  readonly secret: boolean;
  readonly writeOnly: boolean;
  /** Version numbers of {@link versionNumber}; the property exists in `since <= version < until`. */
  readonly since: number;
  readonly until: number;
}

export type MenuKind = 'list' | 'fixed' | 'view' | 'single';

export interface Menu {
  readonly path: string;
  /** `list` add and remove; `fixed` set only; `view` rows made by the router; `single` one row without an id. */
  readonly kind: MenuKind;
  readonly ordered: boolean;
  readonly properties: ReadonlyMap<string, Property>;
  /** Properties that must together be unique; each set with the words after `failure: `. */
  readonly unique: readonly { readonly names: readonly string[]; readonly text: string }[];
  /** Values by which a dynamic row keeps its id when it is replaced. */
  readonly key: readonly string[];
  /** Stem of names that the router gives, `bridge` for bridge1. */
  readonly autoName: string | null;
  /** Type word in `/interface/print`; null for menus that are not interfaces. */
  readonly interfaceType: string | null;
  /** Package that brings the menu, `wifi` or `wireless`. */
  readonly package: string | null;
  readonly since: number;
  /** Commands beyond those that the kind gives. */
  readonly extra: ReadonlySet<string>;
  readonly stats: boolean;
  /** Clients may remove dynamic rows (sessions, leases). */
  readonly evictable: boolean;
  readonly dynamicFlag: boolean;
}

/** `7.20.8` → 72008: versions compare as numbers. Text after the digits (`rc1`, ` (stable)`) is ignored. */
export function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => parseInt(part, 10));
  return major * 10_000 + minor * 100 + (Number.isNaN(patch) ? 0 : patch);
}

export function existsIn(item: { since: number; until?: number }, version: number): boolean {
  return item.since <= version && version < (item.until ?? Number.POSITIVE_INFINITY);
}

export function menu(path: string, options: string, lines: string): Menu {
  const flags = options.split(/\s+/).filter((flag) => flag !== '');
  const has = (flag: string): boolean => flags.includes(flag);
  const value = (name: string): string | null =>
    flags.find((flag) => flag.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  const common = [
    has('dis') ? 'disabled bool =false' : '',
    has('dyn') ? 'dynamic ro' : '',
    has('com') ? 'comment text unset' : '',
  ];
  const properties = new Map<string, Property>();
  for (const line of [...lines.split('\n'), ...common]) {
    for (const property of parseLine(line)) properties.set(property.name, property);
  }
  const kinds: readonly MenuKind[] = ['single', 'fixed', 'view'];
  return {
    path,
    kind: kinds.find(has) ?? 'list',
    ordered: has('ordered'),
    properties,
    unique: parseUnique(flags),
    key: value('key')?.split('+') ?? [],
    autoName: value('auto'),
    interfaceType: value('interface'),
    package: value('package'),
    since: versionNumber(value('since') ?? '0'),
    extra: new Set(value('cmd')?.split(',')),
    stats: has('stats'),
    evictable: has('evictable'),
    dynamicFlag: has('dyn'),
  };
}

/** The same property lines under a prefix, as `/interface/wifi` has `configuration.ssid`. */
export function prefixed(prefix: string, lines: string): string {
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [names = '', ...rest] = line.split(/\s+/);
      const under = names.split(',').map((name) => `${prefix}.${name}`);
      return [under.join(','), ...rest.filter((flag) => !flag.startsWith('=')), 'unset'].join(' ');
    })
    .join('\n');
}

/** `unique=address+list:already_have_such_entry`. */
function parseUnique(flags: readonly string[]): Menu['unique'] {
  return flags
    .filter((flag) => flag.startsWith('unique='))
    .map((flag) => {
      const [names = '', text = ''] = flag.slice('unique='.length).split(':');
      return { names: names.split('+'), text: text.replaceAll('_', ' ') };
    });
}

function parseLine(line: string): Property[] {
  const [names = '', type = '', ...flags] = line.trim().split(/\s+/);
  if (names === '') return [];
  const has = (flag: string): boolean => flags.includes(flag);
  const starting = (sign: string): string | undefined =>
    flags.find((flag) => flag.startsWith(sign))?.slice(1);
  const readOnly = type === 'ro' || has('ro');
  const shared = {
    type: parseType(type === 'ro' ? 'text' : type),
    default: starting('='),
    required: has('req'),
    readOnly,
    unsettable: has('unset'),
    secret: has('secret'),
    writeOnly: has('wo'),
    since: versionNumber(starting('@') ?? '0'),
    until: versionNumber(starting('<') ?? '99'),
  };
  return names.split(',').map((name) => ({ name, ...shared }));
}

function parseType(text: string): ValueType {
  const negatable = text.startsWith('!');
  const [head = '', ...rest] = (negatable ? text.slice(1) : text).split('|');
  // A space cannot stand in the table: names of countries carry `_` for it.
  const words = rest.map((word) => (/^[A-Z]/.test(word) ? word.replaceAll('_', ' ') : word));
  const [, name = '', star, argument = ''] = /^([a-z]*)(\*?)(?::(.*))?$/.exec(head) ?? [];
  const base = (name === '' ? 'word' : name) as Base;
  const [low, high] = argument.split('..').map(Number);
  const bounded = base === 'int' && argument !== '';
  return {
    base,
    list: star === '*',
    negatable,
    words: base === 'set' || base === 'word' ? [...splitWords(argument), ...words] : words,
    ref: base === 'ref' ? argument : '',
    min: bounded ? low! : 0,
    max: bounded ? high! : base === 'text' && argument !== '' ? low! : Number.MAX_SAFE_INTEGER,
  };
}

function splitWords(argument: string): string[] {
  return argument === '' ? [] : argument.split(',');
}
