/** {@link CodeSender} over gateways: budgets first, then the code, then the message. */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { E164 } from '../../settings/phone-number.ts';
import type { Store } from '../../store/contract.ts';
import type { CodeState } from '../../store/types.ts';
import {
  createDispatcher,
  type Dispatcher,
  type DispatchResult,
  type Payer,
} from '../gateways/dispatch.ts';
import type { Exchange } from '../gateways/exchange.ts';
import type { GatewayConfig, GatewayKind, Message } from '../gateways/gateway.ts';
import { translator } from '../i18n.ts';
import { sourceAt } from '../source.ts';
import { settingsOf } from '../village-settings.ts';
import {
  askCharges,
  costCharges,
  endOfDay,
  endOfMonth,
  sendCharges,
  tryCharge,
} from './charges.ts';
import {
  type CheckOutcome,
  type CodeRequest,
  type CodeSender,
  type CodeStanding,
  readCode,
  type SendOutcome,
} from './code.ts';

/** What an operator configures as `portal.otp`. */
export interface OtpOptions {
  readonly gateways: readonly GatewayConfig[];
  readonly costPerDay: number;
  readonly costPerMonth: number;
}

export interface SenderDeps {
  readonly store: Pick<
    Store,
    'chargeOtp' | 'giveBackOtp' | 'issueCode' | 'tryCode' | 'codeState' | 'settingsAt' | 'village'
  >;
  readonly otp: OtpOptions;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly timeZone: string;
  readonly publicOrigin: string;
  readonly counted: {
    message(kind: GatewayKind, result: DispatchResult): void;
    code(result: CodeResult): void;
  };
}

export type CodeResult =
  | 'sent'
  | 'limited'
  | 'unavailable'
  | 'right'
  | 'wrong'
  | 'over'
  | 'link'
  | 'message';

export const CODE_TTL_MS = 5 * 60_000;
export const CODE_TRIES = 5;

export function createCodeSender(deps: SenderDeps): CodeSender {
  const { store, clock, counted } = deps;
  const dispatcher = paidDispatcher(deps);
  return {
    send: async (request) => {
      const outcome = await send(deps, dispatcher, request);
      counted.code(outcome.kind);
      return outcome;
    },
    check: async (args) => {
      const outcome = await check(deps, args);
      counted.code(outcome.kind);
      return outcome;
    },
    standing: async (ticketId) => {
      const state = await store.codeState({ ticketId, at: clock.now() });
      return state === null ? null : standingOf(state);
    },
  };
}

/** Gateways whose messages are paid for from the caps of day and month. */
export function paidDispatcher(
  deps: Pick<SenderDeps, 'otp' | 'exchange' | 'clock' | 'random' | 'timeZone'> & {
    readonly store: Pick<Store, 'chargeOtp' | 'giveBackOtp'>;
    readonly counted: Pick<SenderDeps['counted'], 'message'>;
  },
): Dispatcher {
  const { store, clock, otp, timeZone } = deps;
  const costOf = (cost: number, payer: Payer | null) => {
    const at = clock.now();
    const ends = { day: endOfDay(at, timeZone), month: endOfMonth(at, timeZone) };
    return costCharges(cost, otp, ends, payer);
  };
  return createDispatcher({
    ...deps,
    gateways: otp.gateways,
    pay: async ({ cost }, payer) => {
      const answer = await store.chargeOtp({ charges: costOf(cost, payer), at: clock.now() });
      return answer.kind === 'charged';
    },
    giveBack: async ({ cost }, payer) => store.giveBackOtp({ charges: costOf(cost, payer) }),
    counted: deps.counted.message,
  });
}

async function send(
  deps: SenderDeps,
  dispatcher: Dispatcher,
  request: CodeRequest,
): Promise<SendOutcome> {
  const { store, clock, timeZone } = deps;
  const at = clock.now();
  const { router } = request;
  const settings = await settingsOf(deps, router);
  const source = sourceAt(router, request.address);
  const asker = { ...request, routerId: router.id, source };
  const endsAt = endOfDay(at, router.timeZone ?? timeZone);
  const charges = sendCharges(asker, settings, at, endsAt);
  const asked = askCharges(asker, settings, endsAt);
  const admitted = await store.chargeOtp({ charges: [...asked, ...charges], at });
  if (admitted.kind === 'refused') return { kind: 'limited', retryAt: admitted.retryAt };
  const { ticketId } = request;
  const issued = await store.issueCode({
    ticketId: typeof ticketId === 'string' ? ticketId : await ticketId(),
    purpose: request.purpose,
    phone: request.phone,
    tries: CODE_TRIES,
    ttlMs: CODE_TTL_MS,
    resendMs: (settings.get('portal.otp.cooldown-seconds') ?? 60) * 1000,
    at,
  });
  if (issued === null) {
    // The ticket ended on the way.
    await store.giveBackOtp({ charges });
    return { kind: 'unavailable' };
  }
  // Where an address may hide a whole village, nobody can tell who opens a link.
  const linkPath = source.kind === 'many' ? null : request.linkPath;
  const sent = await dispatcher.send(await messageOf(deps, { ...request, linkPath }, issued), {
    payer: { routerId: router.id, outside: source.kind === 'many' },
  });
  if (sent.kind === 'accepted') return { kind: 'sent', standing: standingOf(issued.state)! };
  // Who gets messages of a gateway that is only slow to say so gets no more than others.
  if (sent.kind === 'cap' || !sent.mayHaveGone) await store.giveBackOtp({ charges });
  const because = sent.kind === 'cap' ? 'cap' : sent.because;
  deps.log.warn({ because }, 'no gateway took a code');
  return sent.kind === 'cap'
    ? { kind: 'limited', retryAt: endOfDay(at, timeZone) }
    : { kind: 'unavailable' };
}

async function check(
  deps: SenderDeps,
  { ticketId, typed, router }: Parameters<CodeSender['check']>[0],
): Promise<CheckOutcome> {
  const { store, clock, timeZone } = deps;
  const at = clock.now();
  const code = readCode(typed);
  const state = await store.codeState({ ticketId, at });
  if (state === null) return { kind: 'over' };
  if (code === null) {
    const live = state.triesLeft > 0 && state.expiresAt > at;
    return live ? { kind: 'wrong', triesLeft: state.triesLeft } : { kind: 'over' };
  }
  // Charged to the phone that asked for the code, before it is looked at: of many at once, each is counted.
  const endsAt = endOfDay(at, router.timeZone ?? timeZone);
  const charges = [tryCharge(sourceAt(router, state.address), endsAt)];
  const admitted = await store.chargeOtp({ charges, at });
  if (admitted.kind === 'refused') return { kind: 'limited', retryAt: admitted.retryAt };
  const tried = await store.tryCode({ ticketId, code, at });
  if (tried.kind !== 'right') return tried;
  await store.giveBackOtp({ charges });
  // A code is only ever made for a number.
  return { kind: 'right', phone: tried.state.phone as E164 };
}

async function messageOf(
  { store, publicOrigin }: SenderDeps,
  { locale, phone, router, linkPath }: CodeRequest,
  issued: { readonly code: string; readonly link: string; readonly state: CodeState },
): Promise<Message> {
  const { code, link: secret, state } = issued;
  const village = await store.village(router.villageCode);
  const t = translator(locale, { office: '', village: village?.name ?? router.villageName });
  const network = t(`place.network.${village?.kind ?? 'other'}`);
  const link = linkPath === null ? null : `${publicOrigin}${linkPath}?k=${secret}`;
  const minutes = Math.round(CODE_TTL_MS / 60_000);
  return {
    to: phone,
    code,
    locale,
    link,
    text:
      link === null
        ? t('otp.message', { code, network, n: minutes })
        : t('otp.messageLink', { code, network, n: minutes, link }),
    // The same for repeats of this message, another for another code of the ticket.
    idempotencyKey: `${state.ticketId}-${state.expiresAt}`,
  };
}

export function standingOf(state: CodeState): CodeStanding | null {
  const { phone, purpose, triesLeft, expiresAt, resendAt, provenBy } = state;
  if (phone === null) return null;
  return {
    phone: phone as E164,
    purpose,
    triesLeft,
    expiresAt,
    resendAt,
    proven: provenBy !== null,
  };
}
