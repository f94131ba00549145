/** What `/ip/dns` and `/ip/dns/static` say, compiled for lookup. */
import { durationMs, isYes, listOf } from '../hotspot/values.ts';
import type { MenuTree } from '../menu/contract.ts';
import { type AnswerRecord, addressData, encodeName, RCODE, TYPE } from './wire.ts';

export interface StaticAnswer {
  readonly rcode: number;
  /** Null for a denial, which answers every type. */
  readonly record: AnswerRecord | null;
  /** Servers that are to be asked instead (FWD). */
  readonly forwardTo?: readonly string[];
}

export interface DnsConfig {
  readonly allowRemoteRequests: boolean;
  readonly servers: readonly string[];
  /** Queries underway at once; further ones are dropped. */
  readonly maxConcurrent: number;
  readonly maxTtlSeconds: number;
  readonly cached: boolean;
  /** Octets of `cache-size`. */
  readonly cacheOctets: number;
  /** The static answers for a name; null when no row is about it. */
  lookup(name: string): readonly StaticAnswer[] | null;
}

interface Pattern {
  readonly test: (name: string) => boolean;
  readonly answer: StaticAnswer;
}

const DEFAULT_TTL_SECONDS = 86_400;

/** `extra` holds names that the router knows by itself, such as the hotspot's `dns-name`. */
export function readDnsConfig(tree: MenuTree, extra: ReadonlyMap<string, string>): DnsConfig {
  const dns = tree.single('/ip/dns');
  const exact = new Map<string, StaticAnswer[]>();
  const patterns: Pattern[] = [];
  const add = (name: string, answer: StaticAnswer): void => {
    exact.set(name, [...(exact.get(name) ?? []), answer]);
  };
  for (const [name, address] of extra) {
    const data = addressData(address);
    if (data !== null)
      add(name, { rcode: RCODE.noError, record: { type: TYPE.a, ttl: 300, data } });
  }
  for (const { values } of tree.active('/ip/dns/static')) {
    const answer = staticAnswer(values);
    if (answer === null) continue;
    const name = (values.name ?? '').toLowerCase().replace(/\.$/, '');
    if (name === '') {
      const expression = compile(values.regexp ?? '');
      if (expression !== null) patterns.push({ test: (asked) => expression.test(asked), answer });
    } else if (isYes(values['match-subdomain'])) {
      patterns.push({ test: (asked) => asked === name || asked.endsWith(`.${name}`), answer });
    } else {
      add(name, answer);
    }
  }
  const maxTtlMs = durationMs(dns['cache-max-ttl']) ?? 604_800_000;
  return {
    allowRemoteRequests: isYes(dns['allow-remote-requests']),
    // Dynamic servers are those that a DHCP client or PPP link brought.
    servers: [...listOf(dns.servers), ...listOf(dns['dynamic-servers'])],
    maxConcurrent: Number(dns['max-concurrent-queries'] ?? 100) || 100,
    maxTtlSeconds: Math.floor(maxTtlMs / 1000),
    cached: dns['cache-size'] !== '0',
    cacheOctets: Number(dns['cache-size'] ?? 2048) * 1024,
    lookup: (name) => {
      const found = exact.get(name);
      if (found !== undefined) return found;
      const matching = patterns.filter(({ test }) => test(name)).map(({ answer }) => answer);
      return matching.length === 0 ? null : matching;
    },
  };
}

function staticAnswer(values: Readonly<Record<string, string>>): StaticAnswer | null {
  const ttl = Math.floor((durationMs(values.ttl) ?? DEFAULT_TTL_SECONDS * 1000) / 1000);
  const type = values.type ?? 'A';
  if (type === 'NXDOMAIN') return { rcode: RCODE.nameError, record: null };
  if (type === 'FWD') {
    const forwardTo = listOf(values['forward-to']);
    return { rcode: RCODE.noError, record: null, forwardTo };
  }
  if (type === 'CNAME') {
    const data = encodeName(values.cname ?? '');
    return { rcode: RCODE.noError, record: { type: TYPE.cname, ttl, data } };
  }
  if (type !== 'A') return null;
  const data = addressData(values.address ?? '');
  return data === null ? null : { rcode: RCODE.noError, record: { type: TYPE.a, ttl, data } };
}

/** Null for an empty or broken expression, which RouterOS never matches. */
function compile(source: string): RegExp | null {
  if (source === '') return null;
  try {
    return new RegExp(source, 'i');
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
