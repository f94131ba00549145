/**
 * Values as they are typed and as print shows them: `yes` becomes `true`, 90 seconds become `1m30s`, a host in a
 * prefix list gets its `/32`. Every type refuses what it does not know with RouterOS's words.
 */
import { formatIpv4, parseIpv4 } from '../../lib/net.ts';
import type { Property, ValueType } from './schema-parse.ts';
import { invalidValue, noMatch, Trap } from './trap.ts';

/** Finds the name that a reference means: a row's name or its `*id`; null when there is none. */
export type Resolve = (menu: string, token: string) => string | null;

/** The text that print will show for `raw`; throws a {@link Trap}. */
export function normalizeValue(property: Property, raw: string, resolve: Resolve): string {
  const { type, name } = property;
  if (raw === '') return emptyValue(property);
  // Sets and rights take their commas themselves.
  if (!type.list) return normalizeOne(type, name, raw, resolve);
  return raw
    .split(',')
    .map((part) => normalizeOne(type, name, part, resolve))
    .join(',');
}

/** Milliseconds of `1w2d3h4m5s600ms`, `90`, `00:01:30`, `1d 02:03:04`; null when it is none of these. */
export function parseDuration(text: string): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  const clock = /^(?:(\d+)w)?(?:(\d+)d)?\s*(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (clock !== null) {
    const [w, d, h, m, s] = clock.slice(1).map((part) => Number(part ?? 0));
    return (((w! * 7 + d!) * 24 + h!) * 3600 + m! * 60 + s!) * 1000;
  }
  const units = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
  if (units === null || text === '') return null;
  const [w, d, h, m, s, ms] = units.slice(1).map((part) => Number(part ?? 0));
  return (((w! * 7 + d!) * 24 + h!) * 3600 + m! * 60 + s!) * 1000 + ms!;
}

/** `5400000` → `1h30m`; zero is `0s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 604_800), 'w'],
    [Math.floor(seconds / 86_400) % 7, 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
    [Math.round(ms % 1000), 'ms'],
  ];
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return said.length === 0 ? '0s' : said.join('');
}

const MONTHS = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec'.split('|');

/** `2026-11-24`, or `nov/24/2026` as before 7.10, in the form of today; null for a day that is none. */
export function parseDate(text: string): string | null {
  const old = /^([a-z]{3})\/(\d{1,2})\/(\d{4})$/i.exec(text);
  const [year, month, day] =
    old === null
      ? text.split('-').map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN))
      : [Number(old[3]), MONTHS.indexOf(old[1]!.toLowerCase()) + 1, Number(old[2])];
  if (text.split('-').length !== 3 && old === null) return null;
  const date = new Date(Date.UTC(year!, month! - 1, day));
  if (Number.isNaN(date.getTime())) return null;
  const said = date.toISOString().slice(0, 10);
  return date.getUTCMonth() === month! - 1 && date.getUTCDate() === day ? said : null;
}

/** `2M` → 2000000, `512k` → 512000; null when it is not a rate. */
export function parseRate(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  if (match === null) return null;
  return Math.round(Number(match[1]) * { '': 1, k: 1e3, M: 1e6, G: 1e9 }[match[2] as 'k']);
}

function emptyValue(property: Property): string {
  const { base, list, words } = property.type;
  if (property.unsettable || list || base === 'text' || base === 'set' || words.includes('')) {
    return '';
  }
  // Where the default itself is empty (`/ip/dhcp-server/network gateway`), empty is a value.
  if (property.default === '' || base === 'ref' || base === 'range' || base === 'prefix') return '';
  throw base === 'word' || base === 'bool' ? noMatch(property.name) : invalidValue(property.name);
}

function normalizeOne(type: ValueType, name: string, raw: string, resolve: Resolve): string {
  if (type.negatable && type.base !== 'set' && raw.startsWith('!')) {
    return `!${normalizeOne({ ...type, negatable: false }, name, raw.slice(1), resolve)}`;
  }
  if (type.base !== 'policy' && type.words.includes(raw)) return raw;
  return NORMALIZERS[type.base](type, name, raw, resolve);
}

type Normalize = (type: ValueType, name: string, raw: string, resolve: Resolve) => string;

const NORMALIZERS: Readonly<Record<ValueType['base'], Normalize>> = {
  word: (type, name, raw) => refuseWord(type.words, name, raw),
  ref(type, name, raw, resolve) {
    const found = resolve(type.ref, raw);
    if (found === null) throw noMatch(name);
    return found;
  },
  text(type, name, raw) {
    if (Buffer.byteLength(raw) > type.max) throw invalidValue(name);
    return raw;
  },
  bool(_type, name, raw) {
    if (raw === 'yes' || raw === 'true') return 'true';
    if (raw === 'no' || raw === 'false') return 'false';
    throw noMatch(name);
  },
  int: normalizeInt,
  time(_type, name, raw) {
    const ms = parseDuration(raw);
    return ms === null ? refuse(name) : formatDuration(ms);
  },
  rate: (_type, name, raw) => String(parseRate(raw) ?? refuse(name)),
  rates: (_type, name, raw) => normalizeRates(name, raw),
  mac(_type, name, raw) {
    if (!/^(?:[0-9a-f]{2}[:.-]){5}[0-9a-f]{2}$/i.test(raw)) throw invalidValue(name);
    return raw.toUpperCase().replaceAll(/[.-]/g, ':');
  },
  ports: (_type, name, raw) => normalizePorts(name, raw),
  wgkey(_type, name, raw) {
    if (!/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(raw)) throw invalidValue(name);
    return raw;
  },
  date: (_type, name, raw) => parseDate(raw) ?? refuse(name),
  clock(_type, name, raw) {
    const match = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(raw);
    if (match === null) return refuse(name);
    return `${match[1]!.padStart(2, '0')}:${match[2]}:${match[3] ?? '00'}`;
  },
  limit(_type, name, raw) {
    const match = /^(\d{1,9}(?:\/\w+)?),(\d{1,9})(?::(packet|bit))?$/.exec(raw);
    return match === null ? refuse(name) : `${match[1]},${match[2]}:${match[3] ?? 'packet'}`;
  },
  zone: (_type, name, raw) => (isTimeZone(raw) ? raw : refuseWord([], name, raw)),
  host: (type, name, raw) =>
    /^[\d./-]+$/.test(raw) ? address({ ...type, base: 'range' }, name, raw) : raw,
  ip: address,
  prefix: address,
  ifaddr: address,
  range: address,
  set: normalizeSet,
  policy: normalizePolicy,
};

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '' && name.includes('/');
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function address(type: ValueType, name: string, raw: string): string {
  if (type.base === 'ip') return parseIpv4(raw) === null ? refuse(name) : raw;
  if (type.base === 'range' && raw.includes('-')) {
    const [from, to, rest] = raw.split('-').map(parseIpv4);
    const bad = from === null || from === undefined || to === null || to === undefined;
    return bad || rest !== undefined || from > to ? refuse(name) : raw;
  }
  const [host = '', bits = '32', rest] = raw.split('/');
  const value = parseIpv4(host);
  if (value === null || rest !== undefined || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) {
    return refuse(name);
  }
  const length = Number(bits);
  if (type.base === 'ifaddr') return `${host}/${length}`;
  if (type.base === 'range' && length === 32) return host;
  return `${formatIpv4(networkOf(value, length))}/${length}`;
}

/** First address of the network that holds `value`. */
export function networkOf(value: number, prefix: number): number {
  const size = 2 ** (32 - prefix);
  return Math.floor(value / size) * size;
}

function normalizeInt(type: ValueType, name: string, raw: string): string {
  const hex = /^0x[0-9a-f]+$/i.test(raw);
  const digits = /^-?\d+/.exec(raw)?.[0];
  if (!hex && digits === undefined) throw invalidValue(name);
  if (!hex && digits !== raw) {
    throw new Trap(`value of ${name} contains invalid trailing characters`, 1);
  }
  const value = Number(raw);
  if (value < type.min || value > type.max) {
    throw new Trap(`value of ${name} out of range (${type.min}..${type.max})`, 1);
  }
  return hex ? raw.toLowerCase() : String(value);
}

function normalizeRates(name: string, raw: string): string {
  const parts = raw.split('/');
  if (parts.length > 2) return refuse(name);
  const [up, down = up] = parts.map((part) => parseRate(part));
  return up === null || down === null || up === undefined ? refuse(name) : `${up}/${down}`;
}

function normalizePorts(name: string, raw: string): string {
  const parts = raw.split(',');
  for (const part of parts) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const from = Number(match?.[1]);
    if (match === null || from > 65_535 || Number(match[2] ?? from) > 65_535) return refuse(name);
    if (Number(match[2] ?? from) < from) return refuse(name);
  }
  return parts.length > 15 ? refuse(name) : raw;
}

/** A set prints in RouterOS's own order, whatever order it was given in. */
function normalizeSet(type: ValueType, name: string, raw: string): string {
  const negated = type.negatable && raw.startsWith('!');
  const given = (negated ? raw.slice(1) : raw).split(',');
  for (const word of given) {
    if (!type.words.includes(word)) throw noMatch(name);
  }
  const said = type.words.filter((word) => given.includes(word)).join(',');
  return negated ? `!${said}` : said;
}

/** Rights print in full: those given, then those refused with a `!`. */
function normalizePolicy(type: ValueType, name: string, raw: string): string {
  const given = raw.split(',').filter((word) => !word.startsWith('!'));
  for (const word of raw.split(',')) {
    if (!type.words.includes(word.replace(/^!/, ''))) throw noMatch(name);
  }
  const yes = type.words.filter((word) => given.includes(word));
  const no = type.words.filter((word) => !given.includes(word));
  return [...yes, ...no.map((word) => `!${word}`)].join(',');
}

function refuseWord(words: readonly string[], name: string, raw: string): never {
  const matching = words.filter((word) => word.startsWith(raw));
  if (matching.length > 1) throw new Trap(`ambiguous value of ${name}`, 1);
  throw noMatch(name);
}

function refuse(name: string): never {
  throw invalidValue(name);
}
