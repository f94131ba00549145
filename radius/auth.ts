/** Access-Request in, signed Access-Accept or Access-Reject out. No socket: server.ts has those. */
import { availableParallelism } from 'node:os';
import { errorCode, errorMessage } from '../lib/errors.ts';
import { normalizeMac } from '../lib/mac.ts';
import type { Store } from '../store/contract.ts';
import { createAttempts } from './attempts.ts';
import { AUTHENTICATE_ONLY, Code } from './attributes.ts';
import { authenticatorOf, numberOf, octetsOf, type Packet, textOf } from './codec.ts';
import { createCredentials } from './credentials.ts';
import {
  type Answer,
  type Client,
  createExchange,
  type ExchangeDeps,
  type Handle,
} from './exchange.ts';
import { hoursReader } from './hours.ts';
import { localTimes } from './local-time.ts';
import {
  askLogin,
  type LoginAnswer,
  type LoginDeps,
  type LoginRequest,
  openLogin,
} from './login.ts';
import type { Place } from './metrics.ts';
import { revealPassword } from './pap.ts';
import { createPasswordHasher } from './password.ts';
import { type RejectCode, rejectMessage } from './reject.ts';

export interface AuthDeps extends ExchangeDeps {
  readonly store: Pick<
    Store,
    | 'nasByAddress'
    | 'routerByName'
    | 'credentialKey'
    | 'subscriberByUsername'
    | 'voucherByCode'
    | 'onInvalidate'
    | 'usage'
    | 'tokenFacts'
    | 'openLogin'
  >;
  readonly timeZone: string;
  readonly interimSeconds: number;
  /** Machine time before a NAS hears of wrong credentials; the portal never waits. */
  readonly rejectDelayMs?: number;
}

export interface AuthHandler extends Disposable {
  readonly handle: Handle;
}

const HASH_QUEUE = 512;
const DEFAULT_REJECT_DELAY_MS = 500;
const GUESSES: ReadonlySet<RejectCode> = new Set(['SW-BADCRED', 'SW-TOKEN', 'SW-LIMIT']);

export function createAuthHandler(deps: AuthDeps): AuthHandler {
  const attempts = createAttempts(deps.clock);
  const hasher = createPasswordHasher({
    concurrency: Math.max(1, availableParallelism() - 1),
    queueLimit: HASH_QUEUE,
  });
  const credentials = createCredentials({ store: deps.store, attempts, hasher });
  const login: LoginDeps = {
    ...deps,
    timesOf: localTimes(deps.timeZone),
    hoursOf: hoursReader(),
    credentials,
    attempts,
  };
  const rejectDelayMs = deps.rejectDelayMs ?? DEFAULT_REJECT_DELAY_MS;
  const handle = createExchange(deps, {
    code: Code.accessRequest,
    answer: async (packet, client) => {
      const request = readLogin(packet, client);
      return client.kind === 'portal'
        ? answerPortal(deps, login, packet, request)
        : answerNas(deps, login, client, request, rejectDelayMs);
    },
  });
  return { handle, [Symbol.dispose]: () => credentials[Symbol.dispose]() };
}

async function answerPortal(
  deps: AuthDeps,
  login: LoginDeps,
  packet: Packet,
  request: LoginRequest,
): Promise<Answer> {
  if (numberOf(packet, 'Service-Type') !== AUTHENTICATE_ONLY) {
    return { kind: 'drop', reason: 'unexpected_code' };
  }
  const router = await deps.store.routerByName(textOf(packet, 'NAS-Identifier') ?? '');
  if (router === null) {
    const place = { router: '', village: '', district: '' };
    return reply('authenticate_only', place, { kind: 'reject', code: 'SW-ERROR' });
  }
  const station = {
    routerId: router.id,
    village: router.villageCode,
    openingHours: router.openingHours,
    timeZone: router.timeZone,
  };
  const answer = await failingClosed(deps, askLogin(login, request, station));
  const place = {
    router: router.name,
    village: router.villageCode,
    district: router.districtCode,
  };
  return reply('authenticate_only', place, answer);
}

async function answerNas(
  deps: AuthDeps,
  login: LoginDeps,
  { nas }: Extract<Client, { kind: 'nas' }>,
  request: LoginRequest,
  rejectDelayMs: number,
): Promise<Answer> {
  const place = { router: nas.router, village: nas.village, district: nas.district };
  if (isMacLogin(request)) {
    return reply('access_request', place, { kind: 'reject', code: 'SW-BADCRED' });
  }
  const answer = await failingClosed(deps, openLogin(login, request, nas));
  const guess = answer.kind === 'reject' && GUESSES.has(answer.code);
  return { ...reply('access_request', place, answer), delayMs: guess ? rejectDelayMs : 0 };
}

/** A store that fails is the citizen's bad luck, not a wrong password: `SW-ERROR`. */
async function failingClosed(deps: AuthDeps, answer: Promise<LoginAnswer>): Promise<LoginAnswer> {
  try {
    return await answer;
  } catch (error) {
    deps.log.error({ code: errorCode(error), reason: errorMessage(error) }, 'login failed');
    return { kind: 'reject', code: 'SW-ERROR' };
  }
}

function readLogin(packet: Packet, client: Client): LoginRequest {
  const hidden = octetsOf(packet, 'User-Password');
  const password =
    hidden === undefined
      ? ''
      : revealPassword(hidden, authenticatorOf(packet), client.secret).toString('utf8');
  return {
    username: textOf(packet, 'User-Name') ?? '',
    password,
    mac: normalizeMac(textOf(packet, 'Calling-Station-Id') ?? ''),
  };
}

/** RouterOS asks so for every phone that appears (`login-by=mac`): no phone is known yet, no work is done. */
function isMacLogin({ username, password }: LoginRequest): boolean {
  return normalizeMac(username) !== null && (password === '' || password === username);
}

function reply(
  type: 'access_request' | 'authenticate_only',
  place: Place,
  answer: LoginAnswer,
): Extract<Answer, { kind: 'reply' }> {
  return answer.kind === 'accept'
    ? { kind: 'reply', type, place, code: 'access_accept', attributes: answer.attributes }
    : {
        kind: 'reply',
        type,
        place,
        code: 'access_reject',
        attributes: [['Reply-Message', rejectMessage(answer.code)]],
      };
}
