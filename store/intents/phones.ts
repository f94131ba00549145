/** What a phone number is found by: a keyed hash, which tells the number to nobody. */
import type { Keys } from '../keys.ts';

/** Of a number in E.164; of any other text it finds nobody. */
export function phoneKeyOf(keys: Keys, phone: string): string {
  return keys.credentialKey(`phone:${phone}`);
}

/** In the place of a MAC in the log of an account that was erased: found by who asks for it, read by nobody. */
export function erasedMacOf(keys: Keys, mac: string): string {
  return `x-${keys.credentialKey(`erased:${mac}`).slice(0, 24)}`;
}
