/**
 * DNS names between text and wire form (RFC 1035 §3.1): labels with a length octet each, ended by the
 * root's zero octet, 255 octets at most. Text is lower-cased and IDN becomes punycode.
 */
import { domainToASCII } from 'node:url';
import { FilterError } from './errors.ts';

export const MAX_NAME_OCTETS = 255;

const DOT = 0x2e;

/** Why octets are no name that a list may hold. */
export const INVALID = 0;
export const ADDRESS = -1;
export const SINGLE_LABEL = -2;

/**
 * Writes the name in `text[start, end)` to `wire` and returns its length there; or {@link INVALID},
 * {@link ADDRESS} (an IPv4 or IPv6 address) or {@link SINGLE_LABEL}.
 *
 * A leading `*.` and a final dot are dropped. A top-level domain begins with a letter, which is what
 * tells a name from an address. Underscores and hyphens may stand anywhere: such names resolve.
 */
export function writeName(text: Uint8Array, start: number, end: number, wire: Uint8Array): number {
  if (text[start] === 0x2a && text[start + 1] === DOT) start += 2;
  if (end > start && text[end - 1] === DOT) end -= 1;
  if (start >= end) return INVALID;
  let labelAt = 0;
  let out = 1;
  let labels = 1;
  for (let i = start; i < end; i += 1) {
    const octet = text[i]!;
    if (octet === DOT) {
      if (!closeLabel(wire, labelAt, out)) return INVALID;
      labelAt = out++;
      labels += 1;
    } else {
      const folded = NAME_OCTETS[octet]!;
      if (folded === 0)
        return octet < 0x80 ? addressOr(text, start, end) : viaIdna(text, start, end, wire);
      wire[out++] = folded;
    }
    if (out >= MAX_NAME_OCTETS) return INVALID;
  }
  if (!closeLabel(wire, labelAt, out)) return INVALID;
  wire[out] = 0;
  const top = wire[labelAt + 1]!;
  if (top < 0x61 || top > 0x7a) return addressOr(text, start, end);
  return labels === 1 ? SINGLE_LABEL : out + 1;
}

/** Text of any case, IDN or not, with or without a final dot, to wire form; null when it is no name. */
export function toWire(text: string): Uint8Array | null {
  const octets = Buffer.from(text.trim(), 'utf8');
  const wire = new Uint8Array(MAX_NAME_OCTETS + 1);
  const size = writeName(octets, 0, octets.length, wire);
  return size > 0 ? wire.slice(0, size) : null;
}

/** {@link toWire} for names that must be right: configuration and policies. `FILTER_NAME_INVALID`. */
export function requireWire(text: string): Uint8Array {
  const wire = toWire(text);
  if (wire === null) throw new FilterError('FILTER_NAME_INVALID', `"${text}" is not a domain name`);
  return wire;
}

/** The text of an uncompressed wire name without final dot; octets outside printable ASCII as `\ddd`. */
export function fromWire(wire: Uint8Array, offset = 0): string {
  const labels: string[] = [];
  for (let at = offset, size = wire[at] ?? 0; size > 0; size = wire[at] ?? 0) {
    let label = '';
    for (const octet of wire.subarray(at + 1, at + 1 + size)) {
      const plain = octet > 0x20 && octet < 0x7f && octet !== DOT && octet !== 0x5c;
      label += plain ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`;
    }
    labels.push(label);
    at += size + 1;
  }
  return labels.join('.');
}

/** Octets that may stand in a label, folded to lower case; 0 for the rest. */
const NAME_OCTETS: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) => {
  const char = String.fromCharCode(octet);
  return octet < 0x80 && /[a-z0-9_-]/i.test(char) ? char.toLowerCase().charCodeAt(0) : 0;
});

function closeLabel(wire: Uint8Array, labelAt: number, out: number): boolean {
  const size = out - labelAt - 1;
  wire[labelAt] = size;
  return size > 0 && size < 64;
}

/** {@link ADDRESS} for digits and dots, or hexadecimal digits with a colon; else {@link INVALID}. */
function addressOr(text: Uint8Array, start: number, end: number): number {
  let letters = false;
  let colons = false;
  for (let i = start; i < end; i += 1) {
    const octet = text[i]! | 0x20;
    if (text[i] === 0x3a) colons = true;
    else if (octet >= 0x61 && octet <= 0x66) letters = true;
    else if ((octet < 0x30 || octet > 0x39) && text[i] !== DOT) return INVALID;
  }
  return letters && !colons ? INVALID : ADDRESS;
}

function viaIdna(text: Uint8Array, start: number, end: number, wire: Uint8Array): number {
  const unicode = Buffer.from(text.subarray(start, end)).toString('utf8');
  if (unicode.includes('\ufffd')) return INVALID;
  const ascii = Buffer.from(domainToASCII(unicode), 'latin1');
  return ascii.length === 0 ? INVALID : writeName(ascii, 0, ascii.length, wire);
}
