/** The name that RADIUS knows an account by, from what its owner typed. */

import { toMobileE164 } from '../../settings/phone-number.ts';
import type { PortalDeps } from '../context.ts';

/**
 * A user name goes first, exactly as it was typed; else a phone number in any form is meant. The store is
 * asked in both cases, so that the time tells nothing that the answer does not.
 */
export async function accountName(
  { store }: { readonly store: Pick<PortalDeps['store'], 'subscriberByUsername'> },
  typed: string,
): Promise<string> {
  const named = await store.subscriberByUsername(typed);
  return named === null ? (toMobileE164(typed) ?? typed) : typed;
}
