/**
 * The portal's side of RADIUS: may this person go online here? Our own server is asked first. Whom it
 * does not know another server may vouch for; then the account that we keep for such a person counts,
 * and its tariff, village and quota are looked at when the router lets the phone in.
 */
import { performance } from 'node:perf_hooks';
import type { AccountKind } from '../store/types.ts';
import { Code } from './attributes.ts';
import { findAll, type Packet, textOf } from './codec.ts';
import {
  type AuthenticateRequest,
  createQuestioner,
  fits,
  type Questioner,
  type QuestionerOptions,
} from './question.ts';
import { parseRejectMessage, type RejectCode, rejectMessage } from './reject.ts';

export type { AuthenticateRequest } from './question.ts';
export type { RejectCode } from './reject.ts';

export interface RadiusClientOptions extends QuestionerOptions {
  /** Who is asked about people that our own server does not know; nobody by default. */
  readonly elsewhere?: ElsewhereOptions;
}

export interface ElsewhereOptions extends QuestionerOptions {
  /** The account of someone that the other server accepts, or why there is none; never rejects. */
  accountOf(username: string): Promise<AccountId | RejectCode>;
  /** Machine time for which a server that did not answer is not asked again; 15 s by default. */
  readonly pauseMs?: number;
}

export interface AccountId {
  readonly kind: AccountKind;
  readonly id: string;
  /** When its credentials were found right. */
  readonly epoch?: number;
}

export type AuthenticateResult =
  | { readonly kind: 'accept'; readonly account: AccountId }
  | { readonly kind: 'reject'; readonly code: RejectCode; readonly text: string }
  | { readonly kind: 'unreachable' };

export interface RadiusClient extends AsyncDisposable {
  authenticate(request: AuthenticateRequest): Promise<AuthenticateResult>;
}

/** Someone who mistyped waits for it: shorter than for our own server, which is near. */
const ELSEWHERE_TIMEOUT_MS = 1500;
const ELSEWHERE_TRIES = 2;
const PAUSE_MS = 15_000;

export function createRadiusClient(options: RadiusClientOptions): RadiusClient {
  const own = createQuestioner(options);
  const elsewhere = options.elsewhere === undefined ? null : askElsewhere(options.elsewhere);
  return {
    authenticate: async (request) => {
      if (!fits(request)) return refused('SW-BADCRED');
      const reply = await own.ask(request);
      if (reply === null) return { kind: 'unreachable' };
      const result = readReply(reply);
      const isUnknown = result.kind === 'reject' && result.code === 'SW-BADCRED';
      // A voucher is told by its code in both fields, in the second with its seal perhaps: nobody else has that.
      const isPerson = !request.password.startsWith(request.username);
      return isUnknown && isPerson && elsewhere !== null ? elsewhere.authenticate(request) : result;
    },
    [Symbol.asyncDispose]: async () => {
      await own[Symbol.asyncDispose]();
      await elsewhere?.[Symbol.asyncDispose]();
    },
  };
}

/** Never `unreachable`: our own server did answer, and a page may say so. */
function askElsewhere(options: ElsewhereOptions): RadiusClient {
  const { accountOf, pauseMs = PAUSE_MS } = options;
  const server: Questioner = createQuestioner({
    ...options,
    timeoutMs: options.timeoutMs ?? ELSEWHERE_TIMEOUT_MS,
    tries: options.tries ?? ELSEWHERE_TRIES,
  });
  let silentUntil = 0;
  return {
    authenticate: async (request) => {
      if (performance.now() < silentUntil) return refused('SW-ERROR');
      const reply = await server.ask(request);
      if (reply === null) {
        silentUntil = performance.now() + pauseMs;
        return refused('SW-ERROR');
      }
      if (reply.code === Code.accessReject) return refused('SW-BADCRED');
      if (reply.code !== Code.accessAccept) return refused('SW-ERROR');
      const account = await accountOf(request.username);
      return typeof account === 'string' ? refused(account) : { kind: 'accept', account };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function readReply(packet: Packet): AuthenticateResult {
  if (packet.code === Code.accessReject) {
    return { kind: 'reject', ...parseRejectMessage(textOf(packet, 'Reply-Message') ?? '') };
  }
  const account = packet.code === Code.accessAccept ? readAccount(packet) : null;
  return account === null ? refused('SW-ERROR') : { kind: 'accept', account };
}

function readAccount(packet: Packet): AccountId | null {
  for (const { from, to } of findAll(packet, 'Class')) {
    const match = /^account:(voucher|subscriber):([^:]+):(\d{1,15})$/.exec(
      packet.bytes.toString('utf8', from, to),
    );
    if (match === null) continue;
    return { kind: match[1] as AccountKind, id: match[2]!, epoch: Number(match[3]) };
  }
  return null;
}

function refused(code: RejectCode): AuthenticateResult {
  return { kind: 'reject', ...parseRejectMessage(rejectMessage(code)) };
}
