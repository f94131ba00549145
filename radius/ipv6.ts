/** IPv6 addresses and interface identifiers, octets to text and back (RFC 4291 §2.2, RFC 5952). */
import { isIPv4, isIPv6 } from 'node:net';

const ADDRESS_BYTES = 16;
const INTERFACE_ID = /^[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){3}$/i;

/** The shortest form, as RFC 5952 §4 wants it: one text for one address. */
export function formatIpv6(octets: Uint8Array): string {
  const groups: number[] = [];
  for (let at = 0; at < ADDRESS_BYTES; at += 2) groups.push((octets[at]! << 8) | octets[at + 1]!);
  let best = { from: -1, length: 1 };
  for (let from = 0; from < groups.length; ) {
    let to = from;
    while (groups[to] === 0) to += 1;
    if (to - from > best.length) best = { from, length: to - from };
    from = to + 1;
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.from === -1) return hex.join(':');
  const after = hex.slice(best.from + best.length);
  return `${hex.slice(0, best.from).join(':')}::${after.join(':')}`;
}

/** Sixteen octets; null when it is no IPv6 address, or one with a zone. */
export function parseIpv6(text: string): Uint8Array | null {
  if (!isIPv6(text) || text.includes('%')) return null;
  const [before = '', after] = text.split('::');
  const head = groupsOf(before);
  const tail = after === undefined ? [] : groupsOf(after);
  const zeros = Array.from({ length: ADDRESS_BYTES - head.length - tail.length }, () => 0);
  return Uint8Array.from([...head, ...zeros, ...tail]);
}

/** `0000:5efe:0a01:0203`, the lower half of an address. */
export function formatInterfaceId(octets: Uint8Array): string {
  return Buffer.from(octets)
    .toString('hex')
    .replaceAll(/(.{4})(?=.)/g, '$1:');
}

/** Eight octets; null when it is not four groups of hexadecimal digits. */
export function parseInterfaceId(text: string): Uint8Array | null {
  return INTERFACE_ID.test(text) ? Uint8Array.from(groupsOf(text)) : null;
}

/** Octets of groups between colons, the last of which may be an IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (isIPv4(group)) return group.split('.').map(Number);
    const word = Number.parseInt(group, 16);
    return [word >> 8, word & 255];
  });
}
