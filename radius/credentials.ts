/**
 * Who is it: a subscriber by name and password, a voucher by its code alone, or either by a response to a
 * challenge (CHAP, MS-CHAPv2).
 *
 * Every attempt needs the budgets, and one that must be hashed or searched for pays before that work. A
 * refusal takes the same work whether or not the name exists. A password that was found right stays in
 * memory, as a hash under a key of this process, until its subscriber changes.
 */
import { randomBytes } from 'node:crypto';
import type { Store } from '../store/contract.ts';
import type { Account, Subscriber, Voucher } from '../store/types.ts';
import type { AttemptKey, Attempts } from './attempts.ts';
import type { AttributeValue } from './codec.ts';
import type { Guesses } from './guesses.ts';
import { type PasswordHasher, parseHardened, sameBytes, unhardenedKey } from './password.ts';
import type { Proof } from './proof.ts';
import type { WarmPasswords } from './warm.ts';

export interface Credentials extends Disposable {
  verify(login: GivenCredentials): Promise<Verdict>;
}

export interface GivenCredentials {
  readonly username: string;
  readonly proof: Proof;
  readonly mac: string | null;
  /**
   * Where the portal saw the phone, an IPv6 address by its /64, empty when it did not say; null when a NAS
   * says which phone it is.
   */
  readonly address: string | null;
  /** That address is not of the router's LAN: it need not be one phone. */
  readonly isOutside: boolean;
  readonly routerId: string;
}

export type Verdict =
  | {
      readonly kind: 'known';
      readonly account: Account;
      /** What an Access-Accept must carry besides, to a peer that was challenged. */
      readonly attributes: readonly AttributeValue[];
    }
  | { readonly kind: 'unknown'; readonly code: 'SW-BADCRED' | 'SW-LIMIT' | 'SW-ERROR' };

export interface CredentialsDeps {
  readonly store: Pick<
    Store,
    | 'credentialKey'
    | 'subscriberByUsername'
    | 'voucherByCode'
    | 'voucherCode'
    | 'voucherForm'
    | 'voucherSeal'
    | 'networkPassword'
    | 'onInvalidate'
  >;
  readonly attempts: Attempts;
  readonly guesses: Guesses;
  readonly hasher: PasswordHasher;
  readonly warm: WarmPasswords;
}

type Challenge = Extract<Proof, { kind: 'challenge' }>;
/** Found under a code, or nothing; `limited`: the guesses are spent, nothing was looked up. */
type Found = Voucher | null | 'limited';

interface Checking {
  readonly deps: CredentialsDeps;
  /** A password that no one has: an unknown name costs as much as a wrong password. */
  readonly nobody: string;
}

const VOUCHER_PREFIX = 4;
const NOBODY_SALT = new Uint8Array(16);
const NO_ATTRIBUTES: readonly AttributeValue[] = [];
const BAD: Verdict = { kind: 'unknown', code: 'SW-BADCRED' };
const LIMITED: Verdict = { kind: 'unknown', code: 'SW-LIMIT' };
const BUSY: Verdict = { kind: 'unknown', code: 'SW-ERROR' };

export function createCredentials(deps: CredentialsDeps): Credentials {
  const { store, attempts, warm } = deps;
  const checking: Checking = { deps, nobody: randomBytes(16).toString('hex') };
  const stop = store.onInvalidate((kind, id) => {
    if (kind === 'subscriber') warm.forget(id);
  });
  return {
    verify: async (login) => {
      const { username, proof } = login;
      if (username === '' || (proof.kind === 'password' && proof.password === '')) return BAD;
      const phone = phoneOf(login);
      const name = username.toLowerCase();
      const isTrusted = phone !== null && attempts.trusted(phone, name);
      const keys = attemptKeys(login, phone, isTrusted);
      // Before anything is looked up: the surplus of a flood costs nothing.
      if (!attempts.allow(keys)) return LIMITED;
      const verdict =
        proof.kind === 'password'
          ? await checkPassword(checking, login, proof.password, keys)
          : await checkResponse(checking, login, proof, keys);
      if (verdict.kind === 'known' && phone !== null && !isTrusted) attempts.trust(phone, name);
      return verdict;
    },
    [Symbol.dispose]: stop,
  };
}

async function checkPassword(
  { deps }: Checking,
  login: GivenCredentials,
  password: string,
  keys: readonly AttemptKey[],
): Promise<Verdict> {
  const { store, attempts, hasher, warm } = deps;
  const { username } = login;
  if (password.startsWith(username)) {
    const voucher = await findVoucher(deps, login, password.slice(username.length));
    if (voucher === 'limited') return LIMITED;
    if (voucher !== null) return known(voucher);
  }
  const subscriber = await store.subscriberByUsername(username);
  if (subscriber !== null && warm.holds(subscriber, password)) return known(subscriber);

  const paid = [...keys, ...workKeys(login)];
  if (!attempts.take(paid)) {
    // Whoever floods soon has nothing left of their own, and the others get their share again.
    if (login.address === null || !attempts.isFull(sourceKey(login))) {
      attempts.take(keys.filter(({ kind }) => kind !== 'account' && kind !== 'voucher'));
    }
    return LIMITED;
  }
  const right = await passwordHolds(hasher, subscriber, store.credentialKey(password));
  if (right !== false) attempts.giveBack(paid);
  if (right === null) return BUSY;
  if (!right || subscriber === null) return BAD;
  warm.keep(subscriber, password);
  return known(subscriber);
}

/** A subscriber needs a network password that is kept for this; a voucher's code is its password. */
async function checkResponse(
  { deps, nobody }: Checking,
  login: GivenCredentials,
  proof: Challenge,
  keys: readonly AttemptKey[],
): Promise<Verdict> {
  const { store, attempts } = deps;
  const { username } = login;
  if (!attempts.take(keys)) return LIMITED;
  const voucher = await findVoucher(deps, login, '');
  if (voucher === 'limited') return LIMITED;
  const subscriber = voucher === null ? await store.subscriberByUsername(username) : null;
  const secret =
    voucher === null
      ? await store.networkPassword(subscriber?.id ?? '')
      : await store.voucherCode(voucher.id);
  // A code may be typed in another form than it is printed, in both fields alike.
  const attributes =
    proof.check(secret ?? nobody) ?? proof.check(voucher === null ? nobody : username);
  const account: Subscriber | Voucher | null = subscriber ?? voucher;
  if (attributes === null || secret === null || account === null) return BAD;
  attempts.giveBack(keys);
  return { kind: 'known', account, attributes };
}

/**
 * The voucher of a code. One that its phone has not shown before costs a guess until it is
 * found; so does every answer to a challenge, since it may be wrong. `seal` is what a printed QR carries
 * beside the code (`.` and {@link Store.voucherSeal}), and what nobody can guess costs none.
 */
async function findVoucher(
  { store, guesses }: CredentialsDeps,
  login: GivenCredentials,
  seal: string,
): Promise<Found> {
  const { username, mac } = login;
  const code = store.voucherForm(username);
  if (code === null) return null;
  if (seal !== '') {
    const sealed = sameBytes(Buffer.from(seal), Buffer.from(`.${store.voucherSeal(code)}`));
    return sealed ? store.voucherByCode(code) : null;
  }
  if (guesses.isKnown(mac, code)) {
    const voucher = await store.voucherByCode(code);
    if (voucher !== null) return voucher;
  }
  const guess = await guesses.take(login);
  if (guess === null) return 'limited';
  let voucher: Voucher | null = null;
  try {
    voucher = await store.voucherByCode(code);
  } finally {
    if (voucher === null) guess.wrong();
    else guess.right(mac, code);
  }
  return voucher;
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

/** As the budgets tell phones apart (attempts.ts). */
function phoneOf({ mac, address }: GivenCredentials): string | null {
  return address === null ? mac : `${address} ${mac ?? ''}`;
}

function attemptKeys(
  login: GivenCredentials,
  phone: string | null,
  isTrusted: boolean,
): AttemptKey[] {
  const { username, proof, address, isOutside, routerId } = login;
  const name = username.toLowerCase();
  const isCode = proof.kind === 'password' && username === proof.password;
  const kind = isCode ? 'voucher' : 'account';
  const known = isCode ? codePrefix(name) : name;
  const keys: AttemptKey[] = [{ kind, id: isTrusted ? `${name} ${phone}` : known }];
  if (phone !== null) keys.push({ kind: 'phone', id: phone });
  if (isTrusted) return keys;
  const own = sourceKey(login);
  if (address !== null) keys.push(own);
  if (isOutside) keys.push({ kind: 'outside', id: routerId, sparing: own });
  // What is kept of a router is for addresses of its LAN: behind the NAS a MAC is soon another.
  const sparing = address === null || isOutside ? 'always' : own;
  keys.push({ kind: 'nas', id: routerId, sparing });
  return keys;
}

/** Also of a phone that is trusted with the name: it hashes no more than others do. */
function workKeys(login: GivenCredentials): AttemptKey[] {
  const sparing = sourceKey(login);
  if (!login.isOutside) return [{ kind: 'work', id: '', sparing }];
  return [
    { kind: 'outsideWork', id: '', sparing },
    { kind: 'work', id: '', sparing: 'always' },
  ];
}

/** The bucket of who asks that no claim gets around. */
function sourceKey({ address, isOutside, mac, routerId }: GivenCredentials): AttemptKey {
  if (address === null) return { kind: 'phone', id: mac ?? '' };
  return isOutside
    ? { kind: 'line', id: address }
    : { kind: 'address', id: `${routerId} ${address}` };
}

/** The first letters and digits, however the code is grouped. */
function codePrefix(name: string): string {
  let prefix = '';
  for (let i = 0; i < name.length && prefix.length < VOUCHER_PREFIX; i += 1) {
    const c = name.charCodeAt(i);
    if ((c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39)) prefix += name[i];
  }
  return prefix;
}

function known(account: Account): Verdict {
  return { kind: 'known', account, attributes: NO_ATTRIBUTES };
}
