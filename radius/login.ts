/**
 * The two questions about a login. The portal asks whether a person may go online (Authenticate-Only):
 * answered from memory where memory says yes, nothing is written. A NAS lets a phone in: the token is
 * spent and the device slot reserved in one commit before the answer (architecture, decision 12).
 */
import type { Clock } from '../lib/clock.ts';
import { normalizeMac } from '../lib/mac.ts';
import type { Hours } from '../settings/hours.ts';
import type { LocalTime } from '../settings/local-time.ts';
import type { Store } from '../store/contract.ts';
import type {
  Account,
  AccountUsage,
  LoginProof,
  Nas,
  OpenLoginResult,
  TokenFacts,
} from '../store/types.ts';
import type { AttemptKey, Attempts } from './attempts.ts';
import { authorize, type Decision, type LoginFacts } from './authorize.ts';
import type { AttributeValue } from './codec.ts';
import type { Credentials, GivenCredentials } from './credentials.ts';
import type { FreeSlot } from './device-probe.ts';
import { GRACE, grantAttributes } from './grant.ts';
import type { Proof } from './proof.ts';
import type { RejectCode } from './reject.ts';
import type { UsageCache } from './usage-cache.ts';

export interface LoginDeps {
  readonly store: Pick<
    Store,
    'usage' | 'account' | 'device' | 'tokenFacts' | 'tokenSecret' | 'openLogin'
  >;
  readonly clock: Clock;
  /** By IANA zone; null = the configuration's. */
  readonly timesOf: (timeZone: string | null) => LocalTime;
  /** Parses opening hours, and remembers. */
  readonly hoursOf: (text: string | null) => Hours | null;
  readonly interimSeconds: number;
  readonly credentials: Credentials;
  readonly attempts: Attempts;
  readonly usage: UsageCache;
  readonly freeSlot: FreeSlot;
  /** See {@link AuthDeps.texts}. */
  readonly texts?: TextsAt;
}

/** Names the texts in force there, as a remembered phone keeps them ({@link Device.agreed}). */
export type TextsAt = (at: Pick<Nas, 'village' | 'district'>) => Promise<string>;

/** `mac`: canonical, or null when the client did not say. */
export type LoginRequest = Omit<GivenCredentials, 'routerId'>;

export type Station = Pick<Nas, 'routerId' | 'village' | 'openingHours' | 'timeZone'>;

export type LoginAnswer =
  | { readonly kind: 'accept'; readonly attributes: readonly AttributeValue[] }
  | { readonly kind: 'reject'; readonly code: RejectCode };

type Accept = Extract<Decision, { kind: 'accept' }>;

/** A login whose credentials hold. */
interface Claim {
  readonly account: Account;
  readonly proof: LoginProof;
  /** What the peer expects in an Access-Accept besides the grant. */
  readonly attributes: readonly AttributeValue[];
}

/** An expired token is refused at once, unless its login may be a repeated one: then the commit tells. */
const REPEATED_MS = 30_000;
/** How the user name of a token begins ({@link Store.issueToken}). */
const TOKEN_PREFIX = 'sw-';
const NO_ATTRIBUTES: readonly AttributeValue[] = [];

/** The portal's question. The Class names the account, so that the portal can issue a token for it. */
export async function askLogin(
  deps: LoginDeps,
  request: LoginRequest,
  at: Station,
): Promise<LoginAnswer> {
  const verdict = await deps.credentials.verify({ ...request, routerId: at.routerId });
  if (verdict.kind === 'unknown') return reject(verdict.code);
  const { account } = verdict;
  const now = deps.clock.now();
  const { day } = deps.timesOf(at.timeZone)(now);
  const known = deps.usage.known(account.id, day);
  if (known !== undefined) {
    const { kind } = authorize(factsOf(deps, account, known, at, request.mac ?? '', now), now);
    if (kind === 'accept') return named(account, verdict.attributes);
  }
  // A refusal is never told from memory: a slot or a new day may have come since.
  const decision = await decide(deps, account, at, request.mac ?? '');
  return decision.kind === 'reject' ? decision : named(account, verdict.attributes);
}

/** A NAS wants to let a phone in: with the token that the portal handed out, or directly. */
export async function openLogin(
  deps: LoginDeps,
  request: LoginRequest,
  nas: Nas,
): Promise<LoginAnswer> {
  const { proof, username, mac } = request;
  if (proof.kind === 'password' && proof.password === '') return reject('SW-BADCRED');
  const facts = username.startsWith(TOKEN_PREFIX) ? await deps.store.tokenFacts(username) : null;
  if (facts !== null) return openWithToken(deps, request, nas, facts);

  const verdict = await deps.credentials.verify({ ...request, routerId: nas.routerId });
  if (verdict.kind === 'unknown') return reject(verdict.code);
  if (mac === null) return reject('SW-ERROR');
  if (verdict.account.reserved === true) return reject('SW-BADCRED');
  // An officer's password is for the page, where its holder chooses an own one.
  if (verdict.account.firstPassword === true) return reject('SW-BADCRED');
  return decideAndOpen(deps, asAccount(verdict.account, username, verdict.attributes), mac, nas);
}

/**
 * MAC authentication: a machine of an operator, or a phone whose citizen wants it remembered, is let in as
 * the account that it belongs to. RouterOS asks so for every phone that appears, before its page: a stranger
 * costs one look-up and hears no delay, and a router on which addresses change at will gets no more look-ups
 * for strangers than {@link Budgets} says. The name must be the address of the very phone that asks: a person
 * can type any name.
 */
export async function openByMac(
  deps: LoginDeps,
  { username, mac }: LoginRequest,
  nas: Nas,
): Promise<LoginAnswer> {
  if (mac === null || normalizeMac(username) !== mac) return reject('SW-BADCRED');
  const isTrusted = deps.attempts.trusted(mac, mac);
  const stranger: AttemptKey[] = isTrusted ? [] : [{ kind: 'stranger', id: nas.routerId }];
  if (!deps.attempts.take(stranger)) return reject('SW-BADCRED');
  const device = await deps.store.device(mac);
  if (device === null || (device.expiresAt !== null && device.expiresAt <= deps.clock.now())) {
    return reject('SW-BADCRED');
  }
  const account = await deps.store.account(device.accountKind, device.accountId);
  if (account === null || account.reserved === true) return reject('SW-BADCRED');
  deps.attempts.giveBack(stranger);
  deps.attempts.trust(mac, mac);
  // Texts that its citizen has not agreed to are in force: the page asks.
  if (device.origin === 'consent' && deps.texts !== undefined) {
    if (device.agreed !== (await deps.texts(nas))) return reject('SW-BADCRED');
  }
  const claim = asAccount(standsBack(account), username, NO_ATTRIBUTES);
  return decideAndOpen(deps, claim, mac, nas);
}

/**
 * Nobody has asked for this login, so it ends no other phone's session: two remembered phones of a tariff for
 * one, which lets a new phone in for the oldest, would put each other out for ever.
 */
function standsBack(account: Account): Account {
  return { ...account, tariff: { ...account.tariff, whenFull: 'refuse' } };
}

async function openWithToken(
  deps: LoginDeps,
  request: LoginRequest,
  nas: Nas,
  facts: TokenFacts,
): Promise<LoginAnswer> {
  const { username, proof, mac } = request;
  const expired = deps.clock.now() > facts.expiresAt + REPEATED_MS;
  if (mac === null || mac !== facts.mac || nas.routerId !== facts.routerId || expired) {
    return reject('SW-TOKEN');
  }
  // A token is guessed at by its own name only: no other phone of the NAS pays for it.
  const keys: AttemptKey[] = [{ kind: 'account', id: username }];
  if (!deps.attempts.take(keys)) return reject('SW-LIMIT');
  // What passes run on is entered by a pass alone, and never without its list.
  if (facts.account.reserved === true && !facts.grace) return reject('SW-TOKEN');
  const shown = await tokenOf(deps, username, proof);
  if (shown === null) return reject('SW-TOKEN');
  const decision = await decide(deps, facts.account, nas, mac);
  if (decision.kind === 'reject') {
    deps.attempts.giveBack(keys);
    return decision;
  }
  const { token } = shown;
  const attributes = facts.grace ? [...shown.attributes, ...GRACE] : shown.attributes;
  const claim = {
    account: facts.account,
    proof: { kind: 'token', username, token },
    attributes,
  } as const;
  const { outcome, answer } = await open(deps, claim, mac, nas, decision);
  if (outcome !== 'token') deps.attempts.giveBack(keys);
  return answer;
}

/** In clear, the commit will tell whether it is right; null when a response was made with another. */
async function tokenOf(
  { store }: LoginDeps,
  username: string,
  proof: Proof,
): Promise<{ token: string; attributes: readonly AttributeValue[] } | null> {
  if (proof.kind === 'password') return { token: proof.password, attributes: NO_ATTRIBUTES };
  const token = await store.tokenSecret(username);
  const attributes = token === null ? null : proof.check(token);
  return token === null || attributes === null ? null : { token, attributes };
}

async function decideAndOpen(
  deps: LoginDeps,
  claim: Claim,
  mac: string,
  nas: Nas,
): Promise<LoginAnswer> {
  const decision = await decide(deps, claim.account, nas, mac);
  if (decision.kind === 'reject') return decision;
  return (await open(deps, claim, mac, nas, decision)).answer;
}

async function open(
  deps: LoginDeps,
  { account, proof, attributes: expected }: Claim,
  mac: string,
  nas: Nas,
  decision: Accept,
): Promise<{ outcome: OpenLoginResult['outcome']; answer: LoginAnswer }> {
  const opened = await deps.store.openLogin({
    proof,
    ...decision.grant,
    mac,
    routerId: nas.routerId,
    devices: decision.devices,
    whenFull: decision.whenFull,
    at: deps.clock.now(),
  });
  deps.usage.forget(account.id);
  switch (opened.outcome) {
    case 'opened': {
      const { sessionId, grant } = opened;
      const attributes = [...grantAttributes(sessionId, grant, deps.interimSeconds), ...expected];
      return { outcome: 'opened', answer: { kind: 'accept', attributes } };
    }
    case 'token':
      return { outcome: 'token', answer: reject('SW-TOKEN') };
    case 'devices':
      return { outcome: 'devices', answer: reject('SW-DEVICES') };
    case 'disabled':
      return { outcome: 'disabled', answer: reject('SW-DISABLED') };
  }
}

/** Reads what the account has used. Before a phone is refused for its number, the oldest must be there. */
async function decide(
  deps: LoginDeps,
  account: Account,
  at: Omit<Station, 'routerId'>,
  mac: string,
): Promise<Decision> {
  const now = deps.clock.now();
  const { day } = deps.timesOf(at.timeZone)(now);
  const known = deps.usage.exact ? deps.usage.known(account.id, day) : undefined;
  if (known !== undefined) {
    const remembered = authorize(factsOf(deps, account, known, at, mac, now), now);
    if (remembered.kind === 'accept') return remembered;
  }
  const usage = await deps.usage.read(account, day);
  const decision = authorize(factsOf(deps, account, usage, at, mac, now), now);
  if (decision.kind === 'accept' || decision.code !== 'SW-DEVICES') return decision;
  if (!(await deps.freeSlot(account.id, usage, mac))) return decision;
  const later = await deps.usage.read(account, day);
  return authorize(factsOf(deps, account, later, at, mac, now), now);
}

function factsOf(
  deps: LoginDeps,
  account: Account,
  usage: AccountUsage,
  at: Omit<Station, 'routerId'>,
  mac: string,
  now: number,
): LoginFacts {
  const { minuteOfWeek } = deps.timesOf(at.timeZone)(now);
  const hours = deps.hoursOf(at.openingHours);
  return { account, usage, village: at.village, hours, minuteOfWeek, mac };
}

function asAccount(
  account: Account,
  username: string,
  attributes: readonly AttributeValue[],
): Claim {
  const { kind, id, epoch = 0 } = account;
  return {
    account,
    proof: { kind: 'account', accountKind: kind, accountId: id, epoch, username },
    attributes,
  };
}

function named(account: Account, attributes: readonly AttributeValue[]): LoginAnswer {
  const { kind, id, epoch = 0 } = account;
  return {
    kind: 'accept',
    attributes: [['Class', `account:${kind}:${id}:${epoch}`], ...attributes],
  };
}

function reject(code: RejectCode): Extract<LoginAnswer, { kind: 'reject' }> {
  return { kind: 'reject', code };
}
