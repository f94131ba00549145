/** Access-Request in, signed Access-Accept or Access-Reject out. No socket: server.ts has those. */
import { availableParallelism } from 'node:os';
import { errorCode, errorMessage } from '../lib/errors.ts';
import { normalizeMac } from '../lib/mac.ts';
import { lineOf } from '../lib/net.ts';
import { localTimes } from '../settings/local-time.ts';
import type { Store } from '../store/contract.ts';
import type { Router } from '../store/types.ts';
import { budgetsFor, createAttempts } from './attempts.ts';
import { AUTHENTICATE_ONLY, Code } from './attributes.ts';
import { type AttributeValue, addressOf, ipv6Of, numberOf, type Packet, textOf } from './codec.ts';
import { createCredentials } from './credentials.ts';
import { createDeviceProbe } from './device-probe.ts';
import {
  type Answer,
  type Client,
  createExchange,
  type ExchangeDeps,
  type Handle,
} from './exchange.ts';
import { createGuesses } from './guesses.ts';
import { hoursReader } from './hours.ts';
import { type IsBehind, lanReader } from './lan.ts';
import {
  askLogin,
  type LoginAnswer,
  type LoginDeps,
  type LoginRequest,
  openByMac,
  openLogin,
  type TextsAt,
} from './login.ts';
import type { Place } from './metrics.ts';
import { createPasswordHasher } from './password.ts';
import type { Probe } from './probe.ts';
import { readProof } from './proof.ts';
import { type RejectCode, rejectMessage } from './reject.ts';
import { createUsageCache } from './usage-cache.ts';
import { newWarmGroup, type WarmGroup, warmPasswords } from './warm.ts';

export interface AuthDeps extends ExchangeDeps {
  readonly store: Pick<
    Store,
    | 'nasByAddress'
    | 'routerByName'
    | 'credentialKey'
    | 'subscriberByUsername'
    | 'voucherByCode'
    | 'voucherCode'
    | 'voucherForm'
    | 'voucherSeal'
    | 'takeGuesses'
    | 'giveBackGuesses'
    | 'networkPassword'
    | 'onInvalidate'
    | 'account'
    | 'usage'
    | 'usageTold'
    | 'device'
    | 'tokenFacts'
    | 'tokenSecret'
    | 'openLogin'
  >;
  readonly timeZone: string;
  readonly interimSeconds: number;
  /** What routers send as the password of MAC authentication, when it is neither empty nor the address. */
  readonly macPassword?: string;
  /** Asks a NAS whether it still has a session; without it every session counts. */
  readonly probe?: Probe;
  /** Threads of one process that tell each other which passwords are right; a server of its own by default. */
  readonly warm?: WarmGroup;
  /** Machine time before a NAS hears of wrong credentials; the portal never waits. */
  readonly rejectDelayMs?: number;
  /** Names the texts in force; without it remembered phones return whatever they agreed to. */
  readonly texts?: TextsAt;
}

export interface AuthHandler extends AsyncDisposable {
  readonly handle: Handle;
}

const HASH_QUEUE = 512;
/** Of libuv, where the hashing is done; more cores are of no use to it. */
const POOL_THREADS = 4;
const DEFAULT_REJECT_DELAY_MS = 500;
const GUESSES: ReadonlySet<RejectCode> = new Set(['SW-BADCRED', 'SW-TOKEN', 'SW-LIMIT']);

export function createAuthHandler(deps: AuthDeps): AuthHandler {
  const { store, clock } = deps;
  const hashingCores = Math.max(1, availableParallelism() - 1);
  const attempts = createAttempts(clock, budgetsFor(Math.min(hashingCores, POOL_THREADS)));
  const hasher = createPasswordHasher({ concurrency: hashingCores, queueLimit: HASH_QUEUE });
  const warm = warmPasswords(deps.warm ?? newWarmGroup());
  const guesses = createGuesses({ store, clock });
  const credentials = createCredentials({ store, attempts, guesses, hasher, warm });
  const usage = createUsageCache({ store, clock });
  const login: LoginDeps = {
    store,
    clock,
    timesOf: localTimes(deps.timeZone),
    hoursOf: hoursReader(),
    interimSeconds: deps.interimSeconds,
    credentials,
    attempts,
    usage,
    freeSlot: createDeviceProbe(deps),
    ...(deps.texts === undefined ? {} : { texts: deps.texts }),
  };
  const isBehind = lanReader();
  const rejectDelayMs = deps.rejectDelayMs ?? DEFAULT_REJECT_DELAY_MS;
  const handle = createExchange(deps, {
    code: Code.accessRequest,
    answer: (packet, client) => {
      const request = readLogin(packet, client);
      return client.kind === 'portal'
        ? answerPortal(deps, login, packet, request, isBehind)
        : answerNas(deps, login, client, request, rejectDelayMs);
    },
  });
  return {
    handle,
    [Symbol.asyncDispose]: async () => {
      usage[Symbol.dispose]();
      credentials[Symbol.dispose]();
      warm[Symbol.dispose]();
      await guesses[Symbol.asyncDispose]();
    },
  };
}

async function answerPortal(
  deps: AuthDeps,
  login: LoginDeps,
  packet: Packet,
  request: LoginRequest,
  isBehind: IsBehind,
): Promise<Answer> {
  if (numberOf(packet, 'Service-Type') !== AUTHENTICATE_ONLY) {
    return { kind: 'drop', reason: 'unexpected_code' };
  }
  const router = await deps.store.routerByName(textOf(packet, 'NAS-Identifier') ?? '');
  if (router === null) {
    const place = { router: '', village: '', district: '' };
    return reply('authenticate_only', place, { kind: 'reject', code: 'SW-ERROR' }, request);
  }
  const station = {
    routerId: router.id,
    village: router.villageCode,
    openingHours: router.openingHours,
    timeZone: router.timeZone,
  };
  const seen = { ...request, ...whereOf(packet, router, isBehind) };
  const answer = await failingClosed(deps, askLogin(login, seen, station));
  const place = {
    router: router.name,
    village: router.villageCode,
    district: router.districtCode,
  };
  return reply('authenticate_only', place, answer, request);
}

async function answerNas(
  deps: AuthDeps,
  login: LoginDeps,
  { nas }: Extract<Client, { kind: 'nas' }>,
  request: LoginRequest,
  rejectDelayMs: number,
): Promise<Answer> {
  const place = { router: nas.router, village: nas.village, district: nas.district };
  if (isMacLogin(request, deps.macPassword)) {
    const answer = await failingClosed(deps, openByMac(login, request, nas));
    return reply('access_request', place, answer, request);
  }
  const answer = await failingClosed(deps, openLogin(login, request, nas));
  const guess = answer.kind === 'reject' && GUESSES.has(answer.code);
  return { ...reply('access_request', place, answer, request), delayMs: guess ? rejectDelayMs : 0 };
}

/** A store that fails is the citizen's bad luck, not a wrong password: `SW-ERROR`. */
function failingClosed(deps: AuthDeps, answer: Promise<LoginAnswer>): Promise<LoginAnswer> {
  return answer.catch((error: unknown): LoginAnswer => {
    deps.log.error({ code: errorCode(error), reason: errorMessage(error) }, 'login failed');
    return { kind: 'reject', code: 'SW-ERROR' };
  });
}

function readLogin(packet: Packet, client: Client): LoginRequest {
  const username = textOf(packet, 'User-Name') ?? '';
  return {
    username,
    proof: readProof(packet, username, client.secret),
    mac: normalizeMac(textOf(packet, 'Calling-Station-Id') ?? ''),
    address: null,
    isOutside: false,
  };
}

/** Where the portal sees the phone: an address of the router's LAN is one phone, any other may be many. */
function whereOf(
  packet: Packet,
  router: Router,
  isBehind: IsBehind,
): Pick<LoginRequest, 'address' | 'isOutside'> {
  const ipv4 = addressOf(packet, 'Framed-IP-Address');
  if (ipv4 !== undefined) return { address: ipv4, isOutside: !isBehind(router, ipv4) };
  const ipv6 = ipv6Of(packet, 'Framed-IPv6-Address') ?? '';
  return { address: lineOf(ipv6), isOutside: true };
}

/**
 * RouterOS asks so for every phone that appears (`login-by=mac`): its address as name, and no password
 * (`mac-as-username`), the same once more, or one that is in its profile (`mac-auth-password`).
 */
function isMacLogin({ username, proof, mac }: LoginRequest, configured = ''): boolean {
  if (normalizeMac(username) === null) return false;
  if (proof.kind === 'challenge') {
    if (mac === null) return false;
    return (proof.check('') ?? proof.check(username) ?? proof.check(configured)) !== null;
  }
  const { password } = proof;
  return password === '' || password === username || password === configured;
}

function reply(
  type: 'access_request' | 'authenticate_only',
  place: Place,
  answer: LoginAnswer,
  { proof }: LoginRequest,
): Extract<Answer, { kind: 'reply' }> {
  if (answer.kind === 'accept') {
    return { kind: 'reply', type, place, code: 'access_accept', attributes: answer.attributes };
  }
  const attributes: AttributeValue[] = [['Reply-Message', rejectMessage(answer.code)]];
  if (proof.kind === 'challenge') attributes.push(...proof.refusal(answer.code));
  return { kind: 'reply', type, place, code: 'access_reject', attributes };
}
