/** The name that RADIUS knows an account by, from what its owner typed. */
import type { PortalDeps } from '../context.ts';
import { toMobileE164 } from '../phone-number.ts';

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
