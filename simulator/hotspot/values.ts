/** RouterOS values as `print` shows them, read back into numbers and lists. */
import { parseIpv4 } from '../../lib/net.ts';

export function isYes(value: string | undefined): boolean {
  return value === 'true' || value === 'yes';
}

/** A comma-separated value as its words; empty for none. */
export function listOf(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

export function portOf(value: string | undefined, fallback: number): number {
  const port = Number(value);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : fallback;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

/** `1w2d3h4m5s`, `200ms`, `00:05:00` or bare seconds in milliseconds; null for `none` and for no value. */
export function durationMs(value: string | undefined): number | null {
  if (value === undefined || value === '' || value === 'none') return null;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const clock = /^(\d+):(\d\d):(\d\d)$/.exec(value);
  if (clock !== null) {
    return (Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3])) * 1000;
  }
  if (!/^(?:\d+(?:ms|[wdhms]))+$/.test(value)) return null;
  let total = 0;
  for (const [, count, unit] of value.matchAll(/(\d+)(ms|[wdhms])/g)) {
    total += Number(count) * UNIT_MS[unit!]!;
  }
  return total;
}

/** A time-out that `0s` and `none` switch off. */
export function timeoutMs(value: string | undefined): number | null {
  const ms = durationMs(value);
  return ms === 0 ? null : ms;
}

/** The form in which RouterOS prints a duration: `1d2h3m4s`, `0s`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1000));
  let text = '';
  for (const [unit, size] of [
    ['w', 604_800],
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}

/** Bits per second in each direction, seen from the router; null means unlimited. */
export interface RateLimit {
  /** From the phone. */
  readonly rxBps: number | null;
  /** To the phone. */
  readonly txBps: number | null;
}

export const UNLIMITED: RateLimit = { rxBps: null, txBps: null };

/** `rx[/tx] …` of Mikrotik-Rate-Limit; bursts and priorities behind the first word are not played. */
export function parseRateLimit(value: string | null | undefined): RateLimit {
  const [rx, tx] = (value ?? '').trim().split(/\s+/)[0]!.split('/');
  const rxBps = bitsPerSecond(rx);
  return { rxBps, txBps: tx === undefined ? rxBps : bitsPerSecond(tx) };
}

function bitsPerSecond(word: string | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(word ?? '');
  if (match === null) return null;
  const scale = { '': 1, k: 1e3, M: 1e6, G: 1e9 }[match[2]!] ?? 1;
  const rate = Number(match[1]) * scale;
  return rate > 0 ? rate : null;
}

/** Addresses from `first` to `last`, both included. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** `10.0.0.1`, `10.0.0.0/8` (host bits allowed) or `10.0.0.1-10.0.0.9`; null otherwise. */
export function parseRange(text: string): AddressRange | null {
  const [from, to] = text.split('-');
  if (to !== undefined) {
    const first = parseIpv4(from!);
    const last = parseIpv4(to);
    return first === null || last === null ? null : { first, last };
  }
  const [address, bits] = text.split('/');
  const value = parseIpv4(address!);
  const prefix = bits === undefined ? 32 : Number(bits);
  if (value === null || !Number.isInteger(prefix) || prefix < 0 || prefix > 32) return null;
  const size = 2 ** (32 - prefix);
  const first = value - (value % size);
  return { first, last: first + size - 1 };
}

export function inRange(range: AddressRange, address: string): boolean {
  const value = parseIpv4(address);
  return value !== null && value >= range.first && value <= range.last;
}

/** True for `127.x.y.z`, the only network that a twin may bind or dial. */
export function isLoopback(address: string): boolean {
  const value = parseIpv4(address);
  return value !== null && value >>> 24 === 127;
}
