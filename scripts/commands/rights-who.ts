/**
 * Whom a verb at the counter is about: somebody with an account, the holder of a card, or the holder of a phone.
 * A code shows the card; a phone is shown by the case code that it displays, since a MAC is anybody's word.
 */
import { SmartWifiError } from '../../lib/errors.ts';
import { normalizeMac } from '../../lib/mac.ts';
import { toMobileE164 } from '../../settings/phone-number.ts';
import type { Store } from '../../store/contract.ts';
import type { Account, Subscriber } from '../../store/types.ts';
import { type CommandContext, requiredOption, textOption, UsageError } from '../command.ts';

export interface Asking {
  readonly account: Account;
  /** For the audit trail: a user name or an internal id, never a number, code or address. */
  readonly name: string;
  /** The phone in hand, or the last one that used the card; empty when there was none. */
  readonly mac: string;
}

/** `who` is a user name, phone number or voucher code; or nothing, with `--device` and `--case`. */
export async function askingAt(
  { options }: CommandContext,
  store: Store,
  who: string | undefined,
  at: number,
): Promise<Asking> {
  const device = textOption(options, 'device');
  if ((who === undefined) === (device === undefined)) {
    throw new UsageError('give a user name, phone number or voucher code, or --device with --case');
  }
  if (device !== undefined) {
    const mac = normalizeMac(device);
    if (mac === null) throw new UsageError(`${device} is no address: AA:BB:CC:DD:EE:FF`);
    return phoneShowing(store, mac, requiredOption(options, 'case'), at);
  }
  const subscriber = await findSubscriber(store, who!);
  if (subscriber !== null) return { account: subscriber, name: subscriber.username, mac: '' };
  const account = await store.voucherByCode(who!);
  if (account === null) throw nobody('there is no such subscriber, and no voucher of that code');
  const [last] = await store.pastSessions({ accountId: account.id, limit: 1 });
  return { account, name: account.id, mac: last?.mac ?? '' };
}

/**
 * The case must be of a session that this very phone had at the address where the page was opened; its account
 * must be one that nothing else shows. Who has a name or number asks with that.
 */
async function phoneShowing(store: Store, mac: string, code: string, at: number): Promise<Asking> {
  const found = await store.caseByCode({ code, at });
  const sessionId = found?.facts.sessionId ?? null;
  const session = sessionId === null ? null : await store.session(sessionId);
  if (session === null || session.mac !== mac || session.accountKind === null) {
    throw nobody(
      'that case is not of this phone: let its holder open "Kenapa saya tidak online?" on it, in the village',
    );
  }
  const account = await store.account(session.accountKind, session.accountId ?? '');
  if (account === null) throw nobody('nothing is kept of this phone’s account any more');
  if (account.kind === 'subscriber') {
    const profile = await store.profile(account.id);
    if (profile?.origin !== 'click') {
      throw new UsageError(
        'this phone uses an account with a name or number: ask with that (device remove MAC forgets the phone)',
      );
    }
  }
  return { account, name: account.id, mac };
}

/** By user name, or by phone number in any form. */
export async function subscriberOf(store: Store, typed: string): Promise<Subscriber> {
  const found = await findSubscriber(store, typed);
  if (found === null) throw nobody('there is no such subscriber');
  return found;
}

async function findSubscriber(store: Store, typed: string): Promise<Subscriber | null> {
  const named = await store.subscriberByUsername(typed);
  const phone = named === null ? toMobileE164(typed) : null;
  return named ?? (phone === null ? null : store.subscriberByUsername(phone));
}

function nobody(message: string): SmartWifiError {
  return new SmartWifiError('STORE_NOT_FOUND', message);
}
