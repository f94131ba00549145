/**
 * Who may enter a router whose tunnel is dead: one user a router, on its service port. The password is derived from the
 * store key and a seed, and kept nowhere; a new seed is a new password.
 */
import type { Store } from '../../store/contract.ts';

export const SERVICE_USER = 'sw-service';
/** Without 0, 1, l and o: it is read out over the telephone. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const LENGTH = 16;

export function serviceUserOf(
  store: Pick<Store, 'credentialKey'>,
  seed: string,
): { readonly user: string; readonly password: string } {
  const octets = Buffer.from(store.credentialKey(`router-service:${seed}`), 'hex');
  const letters = [...octets.subarray(0, LENGTH)].map((octet) => LETTERS[octet & 31]);
  const password = letters.join('').replaceAll(/(.{4})(?=.)/g, '$1-');
  return { user: SERVICE_USER, password };
}
