/** The address of a server that the configuration may name. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { errorCode } from '../lib/errors.ts';

/** The host itself when it is an address; null when its name cannot be resolved now. IPv4 first. */
export async function literalAddress(host: string): Promise<string | null> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host, { order: 'ipv4first' })).address;
  } catch (error) {
    if (errorCode(error).startsWith('E')) return null;
    throw error;
  }
}

/** The local address that lets the system choose one of the same family. */
export function anyAddress(host: string): string {
  return isIP(host) === 6 ? '::' : '0.0.0.0';
}
