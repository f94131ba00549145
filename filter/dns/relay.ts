/**
 * An upstream's answer, prepared once and sent many times: our own header, the asker's spelling of the
 * name, TTLs aged and capped, the upstream's OPT replaced by ours, and the names in it laid open for the
 * policy.
 */
import { optRecord, udpLimit, writeHeader, writeTruncated } from './answer.ts';
import {
  expandName,
  HEADER_OCTETS,
  parseResponse,
  type Query,
  RCODE,
  type ResourceRecord,
  type Response,
  sameName,
  TYPE,
  u16,
  u32,
} from './message.ts';
import { isPrivateIpv4, isPrivateIpv6 } from './private-address.ts';

export interface Relay {
  /** Header, question and records without OPT. */
  readonly bytes: Uint8Array;
  readonly rcode: number;
  /** Answer, authority and additional records. */
  readonly counts: readonly [number, number, number];
  /** Where TTLs stand, and what they were. */
  readonly ttlsAt: readonly number[];
  readonly ttls: readonly number[];
  /** Other names that the answer leads to: CNAME targets, record owners, alias targets. */
  readonly names: readonly Uint8Array[];
  /** An address of it is private, loopback or link-local. */
  readonly leadsInside: boolean;
  /** How long it may be kept, seconds; 0 = not at all. */
  readonly lifeSeconds: number;
}

/** `FILTER_MESSAGE_MALFORMED` when names inside are broken. */
export function prepareRelay(response: Response, maxTtlSeconds: number): Relay {
  const kept = withoutOpt(response);
  const end = kept.at(-1) === undefined ? response.questionEnd : recordEnd(kept.at(-1)!);
  const count = (section: number): number =>
    kept.reduce((sum, record) => sum + (record.section === section ? 1 : 0), 0);
  return {
    bytes: response.bytes.slice(0, end),
    rcode: response.rcode,
    counts: [count(0), count(1), count(2)],
    ttlsAt: kept.map((record) => record.ttlAt),
    ttls: kept.map((record) => Math.min(record.ttl, maxTtlSeconds)),
    names: namesIn(response, kept),
    leadsInside: kept.some((record) => leadsInside(response.bytes, record)),
    lifeSeconds: Math.min(maxTtlSeconds, lifeOf(response, kept)),
  };
}

export function relayOf(bytes: Uint8Array, maxTtlSeconds: number): Relay {
  return prepareRelay(parseResponse(bytes), maxTtlSeconds);
}

/** The answer for one asker, `ageSeconds` after it came; cut with TC when it is too long for UDP. */
export function writeRelay(
  relay: Relay,
  query: Query,
  ageSeconds: number,
  transport: 'udp' | 'tcp',
): Buffer {
  const opt = query.edns === null ? null : optRecord(query, relay.rcode);
  const length = relay.bytes.length + (opt?.length ?? 0);
  if (length > (transport === 'udp' ? udpLimit(query) : 0xffff)) return writeTruncated(query);
  const out = Buffer.allocUnsafe(length);
  out.set(relay.bytes);
  out.set(query.bytes.subarray(HEADER_OCTETS), HEADER_OCTETS);
  writeHeader(out, query, relay.rcode, false);
  out.writeUInt16BE(relay.counts[0], 6);
  out.writeUInt16BE(relay.counts[1], 8);
  out.writeUInt16BE(relay.counts[2] + (opt === null ? 0 : 1), 10);
  for (let i = 0; i < relay.ttlsAt.length; i += 1) {
    out.writeUInt32BE(Math.max(0, relay.ttls[i]! - ageSeconds), relay.ttlsAt[i]!);
  }
  if (opt !== null) out.set(opt, relay.bytes.length);
  return out;
}

/** What follows an OPT is left out with it: pointers behind the gap would be wrong, and it is optional. */
function withoutOpt(response: Response): readonly ResourceRecord[] {
  const opt = response.records.findIndex((record) => record.type === TYPE.OPT);
  return opt === -1 ? response.records : response.records.slice(0, opt);
}

function recordEnd(record: ResourceRecord): number {
  return record.dataAt + record.dataOctets;
}

/**
 * Positive answers live as long as their shortest record, negative ones as RFC 2308 §5 says (SOA TTL and
 * minimum, the smaller); failures, and negative answers without SOA, are not kept.
 */
function lifeOf(response: Response, records: readonly ResourceRecord[]): number {
  if (response.rcode !== RCODE.NOERROR && response.rcode !== RCODE.NXDOMAIN) return 0;
  const answers = records.filter((record) => record.section === 0);
  const shortest = Math.min(...answers.map((record) => record.ttl));
  const final = answers.some((record) => record.type === response.type);
  if (response.rcode === RCODE.NOERROR && final) return shortest;
  const soa = records.find((record) => record.section === 1 && record.type === TYPE.SOA);
  if (soa === undefined || soa.dataOctets < 20) return 0;
  return Math.min(shortest, soa.ttl, u32(response.bytes, recordEnd(soa) - 4));
}

function namesIn(response: Response, records: readonly ResourceRecord[]): Uint8Array[] {
  const { bytes } = response;
  const question = bytes.subarray(HEADER_OCTETS, HEADER_OCTETS + response.nameOctets);
  const found: Uint8Array[] = [];
  const scratch = new Uint8Array(255);
  const take = (offset: number): void => {
    const name = scratch.subarray(0, expandName(bytes, offset, scratch));
    const known = sameName(name, question) || found.some((other) => sameName(name, other));
    if (!known && name.length > 1) found.push(name.slice());
  };
  for (const record of records) {
    if (record.section !== 0) continue;
    take(record.at);
    if (record.type === TYPE.CNAME) take(record.dataAt);
    // Alias and service targets alike (RFC 9460 §2.2): priority, then the name.
    else if (isServiceBinding(record) && record.dataOctets > 2) take(record.dataAt + 2);
  }
  return found;
}

function leadsInside(bytes: Uint8Array, record: ResourceRecord): boolean {
  const data = bytes.subarray(record.dataAt, recordEnd(record));
  if (record.section === 1) return false;
  if (record.type === TYPE.A) return isPrivateIpv4(data);
  if (record.type === TYPE.AAAA) return isPrivateIpv6(data);
  return isServiceBinding(record) && hintsInside(bytes, record);
}

function isServiceBinding(record: ResourceRecord): boolean {
  return record.type === TYPE.HTTPS || record.type === TYPE.SVCB;
}

/** SvcParams `ipv4hint` (4) and `ipv6hint` (6) of RFC 9460 §7.3. */
function hintsInside(bytes: Uint8Array, record: ResourceRecord): boolean {
  const end = recordEnd(record);
  let at = record.dataAt + 2;
  while (at < end && bytes[at] !== 0) at += bytes[at]! + 1;
  at += 1;
  while (at + 4 <= end) {
    const key = u16(bytes, at);
    const next = Math.min(end, at + 4 + u16(bytes, at + 2));
    const size = key === 4 ? 4 : 16;
    for (let hint = at + 4; (key === 4 || key === 6) && hint + size <= next; hint += size) {
      const address = bytes.subarray(hint, hint + size);
      if (key === 4 ? isPrivateIpv4(address) : isPrivateIpv6(address)) return true;
    }
    at = next;
  }
  return false;
}
