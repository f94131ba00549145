/** Whom a verb at the counter is about. */
import { SmartWifiError } from '../../lib/errors.ts';
import { toMobileE164 } from '../../settings/phone-number.ts';
import type { Store } from '../../store/contract.ts';
import type { Subscriber } from '../../store/types.ts';

/** By user name, or by phone number in any form. */
export async function subscriberOf(store: Store, typed: string): Promise<Subscriber> {
  const found = await findSubscriber(store, typed);
  if (found === null) throw new SmartWifiError('STORE_NOT_FOUND', 'there is no such subscriber');
  return found;
}

export async function findSubscriber(store: Store, typed: string): Promise<Subscriber | null> {
  const named = await store.subscriberByUsername(typed);
  const phone = named === null ? toMobileE164(typed) : null;
  return named ?? (phone === null ? null : store.subscriberByUsername(phone));
}
