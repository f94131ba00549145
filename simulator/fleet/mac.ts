/** Addresses of simulated things. */

/**
 * MAC address of a phone, locally administered as phones make them up, unique in the fleet.
 * `routerIndex` below 2^16, `phoneIndex` below 2^24.
 */
export function phoneMac(routerIndex: number, phoneIndex: number): string {
  const octets = Buffer.alloc(6);
  octets[0] = 0x02;
  octets.writeUInt16BE(routerIndex, 1);
  octets.writeUIntBE(phoneIndex, 3, 3);
  return octets
    .toString('hex')
    .toUpperCase()
    .replaceAll(/(..)(?=.)/g, '$1:');
}
