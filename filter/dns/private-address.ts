/**
 * Addresses that a public name must not lead to (DNS rebinding): this host, the private networks
 * (RFC 1918, RFC 4193), link-local, and IPv4 of that kind inside IPv6.
 */

/** Four octets; anything else is inside by definition, since it is no address. */
export function isPrivateIpv4(address: Uint8Array): boolean {
  const [a, b] = address;
  if (address.length !== 4 || a === undefined || b === undefined) return true;
  if (a === 0 || a === 10 || a === 127) return true;
  if (a === 172) return b >= 16 && b < 32;
  return (a === 192 && b === 168) || (a === 169 && b === 254);
}

/** Sixteen octets. */
export function isPrivateIpv6(address: Uint8Array): boolean {
  if (address.length !== 16) return true;
  const first = address[0]!;
  if ((first & 0xfe) === 0xfc) return true;
  if (first === 0xfe && (address[1]! & 0xc0) === 0x80) return true;
  const zeros = address.findIndex((octet) => octet !== 0);
  // `::`, `::1` and other IPv4-compatible addresses, then `::ffff:a.b.c.d`.
  if (zeros === -1 || zeros >= 12) return isPrivateIpv4(address.subarray(12));
  const mapped = zeros === 10 && address[10] === 0xff && address[11] === 0xff;
  return mapped && isPrivateIpv4(address.subarray(12));
}
