/** IPv4 addresses and prefixes as numbers, so that "which network is this" is one comparison. */

/** Value of a dotted IPv4 address, 0 to 2^32-1; null when it is not one. */
export function parseIpv4(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

/** Strips the IPv4-mapped prefix that dual-stack sockets report (`::ffff:127.0.0.1`). */
export function plainAddress(address: string | undefined): string {
  // Told by its first character for every packet of a plain socket.
  if (address?.startsWith(':') !== true) return address ?? '';
  return address.replace(/^::ffff:/i, '');
}

/** What one line has for itself: an IPv4 address, or the /64 of an IPv6 one. */
export function lineOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

export interface Cidr {
  /** First address of the network. */
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** A network in `a.b.c.d/n` form with no host bits set; null otherwise. */
export function parseCidr(text: string): Cidr | null {
  const match = /^([\d.]+)\/(\d{1,2})$/.exec(text);
  if (match === null) return null;
  const first = parseIpv4(match[1]!);
  const prefix = Number(match[2]);
  if (first === null || prefix > 32) return null;
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, last: first + size - 1, prefix } : null;
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIpv4(cidr.first)}/${cidr.prefix}`;
}

export function cidrContains(cidr: Cidr, address: number): boolean {
  return address >= cidr.first && address <= cidr.last;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8080` → parts; null when the port is missing or out of range. */
export function parseHostPort(text: string): HostPort | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]\s]+):(\d{1,5})$/i.exec(text);
  if (match === null || Number(match[2]) > 65_535) return null;
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2]) };
}
