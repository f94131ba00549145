/**
 * The two questions about a login. The portal asks whether a person may go online (Authenticate-Only):
 * answered from memory and one read, nothing is written. A NAS lets a phone in: the token is spent and
 * the device slot reserved in one commit before the answer (architecture, decision 12).
 */
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/contract.ts';
import type {
  Account,
  LoginGrant,
  LoginProof,
  Nas,
  OpenLoginResult,
  TokenFacts,
} from '../store/types.ts';
import type { AttemptKey, Attempts } from './attempts.ts';
import { authorize, type Decision } from './authorize.ts';
import type { AttributeValue } from './codec.ts';
import type { Credentials } from './credentials.ts';
import type { Hours } from './hours.ts';
import type { LocalTime } from './local-time.ts';
import type { RejectCode } from './reject.ts';

export interface LoginDeps {
  readonly store: Pick<Store, 'usage' | 'tokenFacts' | 'openLogin'>;
  readonly clock: Clock;
  /** By IANA zone; null = the configuration's. */
  readonly timesOf: (timeZone: string | null) => LocalTime;
  /** Parses opening hours, and remembers. */
  readonly hoursOf: (text: string | null) => Hours | null;
  readonly interimSeconds: number;
  readonly credentials: Credentials;
  readonly attempts: Attempts;
}

export interface LoginRequest {
  readonly username: string;
  readonly password: string;
  /** Canonical, or null when the client did not say. */
  readonly mac: string | null;
}

export interface Station {
  readonly routerId: string;
  /** Village code. */
  readonly village: string;
  readonly openingHours: string | null;
  readonly timeZone: string | null;
}

export type LoginAnswer =
  | { readonly kind: 'accept'; readonly attributes: readonly AttributeValue[] }
  | { readonly kind: 'reject'; readonly code: RejectCode };

const GIGAWORD = 2 ** 32;

type Accept = Extract<Decision, { kind: 'accept' }>;

/** The portal's question. The Class names the account, so that the portal can issue a token for it. */
export async function askLogin(
  deps: LoginDeps,
  request: LoginRequest,
  at: Station,
): Promise<LoginAnswer> {
  const verdict = await deps.credentials.verify({ ...request, routerId: at.routerId });
  if (verdict.kind === 'unknown') return reject(verdict.code);
  const { account } = verdict;
  const decision = await decide(deps, account, at, request.mac ?? '');
  if (decision.kind === 'reject') return decision;
  return { kind: 'accept', attributes: [['Class', `account:${account.kind}:${account.id}`]] };
}

/** A NAS wants to let a phone in: with the token that the portal handed out, or directly. */
export async function openLogin(
  deps: LoginDeps,
  request: LoginRequest,
  nas: Nas,
): Promise<LoginAnswer> {
  if (request.password === '') return reject('SW-BADCRED');
  const facts = await deps.store.tokenFacts(request.username);
  if (facts !== null) return openWithToken(deps, request, nas, facts);

  const { mac } = request;
  const verdict = await deps.credentials.verify({ ...request, routerId: nas.routerId });
  if (verdict.kind === 'unknown') return reject(verdict.code);
  if (mac === null) return reject('SW-ERROR');
  const { account } = verdict;
  const decision = await decide(deps, account, nas, mac);
  if (decision.kind === 'reject') return decision;
  const proof: LoginProof = {
    kind: 'account',
    accountKind: account.kind,
    accountId: account.id,
    username: request.username,
  };
  return (await open(deps, proof, mac, nas, decision)).answer;
}

async function openWithToken(
  deps: LoginDeps,
  request: LoginRequest,
  nas: Nas,
  facts: TokenFacts,
): Promise<LoginAnswer> {
  const { username, password: token, mac } = request;
  const expired = deps.clock.now() > facts.expiresAt;
  if (mac === null || mac !== facts.mac || nas.routerId !== facts.routerId || expired) {
    return reject('SW-TOKEN');
  }
  // A token is guessed at by its own name only: no other phone of the NAS pays for it.
  const keys: AttemptKey[] = [{ kind: 'account', id: username }];
  if (!deps.attempts.take(keys)) return reject('SW-LIMIT');
  const decision = await decide(deps, facts.account, nas, mac);
  if (decision.kind === 'reject') {
    deps.attempts.giveBack(keys);
    return decision;
  }
  const proof: LoginProof = { kind: 'token', username, token };
  const { outcome, answer } = await open(deps, proof, mac, nas, decision);
  if (outcome !== 'token') deps.attempts.giveBack(keys);
  return answer;
}

async function open(
  deps: LoginDeps,
  proof: LoginProof,
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
  switch (opened.outcome) {
    case 'opened': {
      const attributes = grantAttributes(deps, opened.sessionId, opened.grant);
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

async function decide(
  deps: LoginDeps,
  account: Account,
  at: Omit<Station, 'routerId'>,
  mac: string,
): Promise<Decision> {
  const now = deps.clock.now();
  const { day, minuteOfWeek } = deps.timesOf(at.timeZone)(now);
  const usage = await deps.store.usage(account.kind, account.id, day);
  const hours = deps.hoursOf(at.openingHours);
  return authorize({ account, usage, village: at.village, hours, minuteOfWeek, mac }, now);
}

function grantAttributes(deps: LoginDeps, sessionId: string, grant: LoginGrant): AttributeValue[] {
  const attributes: AttributeValue[] = [['Class', sessionId]];
  if (grant.sessionTimeoutSeconds !== null) {
    attributes.push(['Session-Timeout', Math.min(grant.sessionTimeoutSeconds, GIGAWORD - 1)]);
  }
  attributes.push(['Acct-Interim-Interval', deps.interimSeconds]);
  if (grant.totalLimitOctets !== null) attributes.push(...totalLimit(grant.totalLimitOctets));
  if (grant.rate !== null) attributes.push(['Mikrotik-Rate-Limit', grant.rate]);
  return attributes;
}

/** A low word of 0 means "no limit" to a router that ignores Gigawords: one octet less is sent then. */
function totalLimit(octets: number): AttributeValue[] {
  const limit = octets % GIGAWORD === 0 ? octets - 1 : octets;
  const attributes: AttributeValue[] = [['Mikrotik-Total-Limit', limit % GIGAWORD]];
  if (limit >= GIGAWORD) {
    attributes.push(['Mikrotik-Total-Limit-Gigawords', Math.floor(limit / GIGAWORD)]);
  }
  return attributes;
}

function reject(code: RejectCode): Extract<LoginAnswer, { kind: 'reject' }> {
  return { kind: 'reject', code };
}
