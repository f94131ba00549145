/**
 * Who is it: a subscriber by name and password, or a voucher by its code alone.
 *
 * Every attempt pays from the budgets first. A refusal takes the same work whether or not the name
 * exists. A password that was found right stays in memory, as a hash under a key of this process,
 * until its subscriber changes.
 */
import { hash, randomBytes } from 'node:crypto';
import type { Store } from '../store/contract.ts';
import type { Account, Subscriber } from '../store/types.ts';
import type { AttemptKey, Attempts } from './attempts.ts';
import { boundedMap } from './bounded-map.ts';
import { type PasswordHasher, parseHardened, sameBytes, unhardenedKey } from './password.ts';

export interface Credentials extends Disposable {
  verify(login: GivenCredentials): Promise<Verdict>;
}

export interface GivenCredentials {
  readonly username: string;
  readonly password: string;
  readonly mac: string | null;
  readonly routerId: string;
}

export type Verdict =
  | { readonly kind: 'known'; readonly account: Account }
  | { readonly kind: 'unknown'; readonly code: 'SW-BADCRED' | 'SW-LIMIT' | 'SW-ERROR' };

export interface CredentialsDeps {
  readonly store: Pick<
    Store,
    'credentialKey' | 'subscriberByUsername' | 'voucherByCode' | 'onInvalidate'
  >;
  readonly attempts: Attempts;
  readonly hasher: PasswordHasher;
}

const VOUCHER_PREFIX = 4;
const WARM_CAPACITY = 32_768;
const NOBODY_SALT = new Uint8Array(16);

export function createCredentials(deps: CredentialsDeps): Credentials {
  const { store, attempts } = deps;
  const warm = warmPasswords();
  const stop = store.onInvalidate((kind, id) => {
    if (kind === 'subscriber') warm.forget(id);
  });
  const check = async ({ username, password }: GivenCredentials): Promise<Verdict> => {
    const subscriber = await store.subscriberByUsername(username);
    const voucher = username === password ? await store.voucherByCode(username) : null;
    if (subscriber === null && voucher !== null) return known(voucher);
    const k = store.credentialKey(password);
    if (subscriber !== null && warm.holds(subscriber, k)) return known(subscriber);
    const right = await passwordHolds(deps.hasher, subscriber, k);
    if (right === null) return { kind: 'unknown', code: 'SW-ERROR' };
    if (right && subscriber !== null) {
      warm.keep(subscriber, k);
      return known(subscriber);
    }
    return voucher === null ? { kind: 'unknown', code: 'SW-BADCRED' } : known(voucher);
  };
  return {
    verify: async (login) => {
      if (login.username === '' || login.password === '') {
        return { kind: 'unknown', code: 'SW-BADCRED' };
      }
      const keys = attemptKeys(login);
      if (!attempts.take(keys)) return { kind: 'unknown', code: 'SW-LIMIT' };
      const verdict = await check(login);
      if (verdict.kind === 'known' || verdict.code === 'SW-ERROR') attempts.giveBack(keys);
      return verdict;
    },
    [Symbol.dispose]: stop,
  };
}

/** Null when the queue of the hasher is full. */
async function passwordHolds(
  hasher: PasswordHasher,
  subscriber: Subscriber | null,
  k: string,
): Promise<boolean | null> {
  const waiting = subscriber === null ? null : unhardenedKey(subscriber.passwordHash);
  if (waiting !== null && sameBytes(Buffer.from(waiting), Buffer.from(k))) return true;
  const stored = subscriber === null ? null : parseHardened(subscriber.passwordHash);
  const derived = hasher.derive(k, stored?.salt ?? NOBODY_SALT);
  if (derived === null) return null;
  const tag = await derived;
  return stored !== null && sameBytes(stored.tag, tag);
}

function attemptKeys({ username, password, mac, routerId }: GivenCredentials): AttemptKey[] {
  const name = username.toLowerCase();
  const keys: AttemptKey[] = [
    username === password
      ? { kind: 'voucher', id: name.replaceAll(/[^a-z0-9]/g, '').slice(0, VOUCHER_PREFIX) }
      : { kind: 'account', id: name },
    { kind: 'nas', id: routerId },
  ];
  if (mac !== null) keys.push({ kind: 'mac', id: mac });
  return keys;
}

/**
 * Passwords found right. An entry holds only for the very password row that it was checked against, so
 * "all subscribers may have changed" costs nothing: the rows tell which have.
 */
function warmPasswords() {
  const processKey = randomBytes(32).toString('hex');
  const entries = boundedMap<{ readonly row: string; readonly print: Buffer }>(WARM_CAPACITY);
  const print = (k: string): Buffer => hash('sha256', processKey + k, 'buffer');
  return {
    holds: (subscriber: Subscriber, k: string): boolean => {
      const entry = entries.get(subscriber.id);
      return entry?.row === subscriber.passwordHash && sameBytes(entry.print, print(k));
    },
    keep: (subscriber: Subscriber, k: string): void => {
      entries.set(subscriber.id, { row: subscriber.passwordHash, print: print(k) });
    },
    forget: (id: string): void => entries.delete(id),
  };
}

function known(account: Account): Verdict {
  return { kind: 'known', account };
}
