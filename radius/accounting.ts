/**
 * Accounting-Request in, Accounting-Response out, and only after COMMIT (RFC 2866 §1: the response says
 * "recorded"). A store that fails gets no reply: the NAS sends the packet again.
 *
 * A router's own clock is wrong after a power cut. Events happen when they arrive, less the delay the
 * NAS admits to; its Event-Timestamp counts only when it lies a little before that.
 */
import { normalizeMac } from '../lib/mac.ts';
import { type LocalTime, localTimes } from '../settings/local-time.ts';
import type { Store } from '../store/contract.ts';
import type { AccountingEvent, Nas, Router } from '../store/types.ts';
import { AcctStatus, Code, terminateCause } from './attributes.ts';
import { addressOf, numberOf, type Packet, textOf } from './codec.ts';
import { RadiusError } from './errors.ts';
import { type Answer, createExchange, type ExchangeDeps, type Handle } from './exchange.ts';
import { hoursReader } from './hours.ts';
import { lanReader } from './lan.ts';
import { createLimits } from './limits.ts';

export interface AccountingDeps extends ExchangeDeps {
  readonly store: Pick<
    Store,
    | 'nasByAddress'
    | 'routerByName'
    | 'recordAccounting'
    | 'closeRouterSessions'
    | 'session'
    | 'account'
    | 'usage'
    | 'requestDisconnect'
    | 'requestChange'
    | 'onInvalidate'
  >;
  readonly timeZone: string;
}

/** What one Accounting-Request says. `other` (a vendor's own status) is answered and not recorded. */
export type AccountingMessage =
  | { readonly kind: 'session'; readonly event: AccountingEvent }
  | { readonly kind: 'boot'; readonly status: 'on' | 'off'; readonly at: number }
  | { readonly kind: 'other' };

export interface AccountingHandler extends Disposable {
  readonly handle: Handle;
  /** Resolves when nothing that a packet set off is still being done. */
  settled(): Promise<void>;
}

const GIGAWORD = 2 ** 32;
const BELIEVED_MS = 5 * 60_000;
const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const STATUSES = new Map<number, AccountingEvent['status']>([
  [AcctStatus.start, 'start'],
  [AcctStatus.interim, 'interim'],
  [AcctStatus.stop, 'stop'],
]);

export function createAccountingHandler(deps: AccountingDeps): AccountingHandler {
  const timesOf = localTimes(deps.timeZone);
  const limits = createLimits({ ...deps, timesOf, hoursOf: hoursReader() });
  const isBehind = lanReader();
  /** As long as a NAS's row stays, so does its router's: both leave the cache together. */
  const routers = new WeakMap<Nas, Router>();
  const routerOf = async (nas: Nas): Promise<Router | null> => {
    const router = await deps.store.routerByName(nas.router);
    if (router !== null) routers.set(nas, router);
    return router;
  };
  /** The portal takes who sits at an address for its session: a router speaks for its own LAN alone. */
  const inLanOf = (router: Router | null, event: AccountingEvent): AccountingEvent => {
    const { framedIp } = event;
    if (framedIp === null || (router !== null && isBehind(router, framedIp))) return event;
    deps.metrics.foreignAddress();
    return { ...event, framedIp: null };
  };
  const handle = createExchange(deps, {
    code: Code.accountingRequest,
    answer: async (packet, client, arrivedAt) => {
      if (client.kind === 'portal') return { kind: 'drop', reason: 'unexpected_code' };
      const { nas } = client;
      const message = readAccounting(packet, nas, arrivedAt, timesOf(nas.timeZone));
      if (message.kind === 'session') {
        const router = routers.get(nas) ?? (await routerOf(nas));
        const event = inLanOf(router, message.event);
        const { sessionId } = await deps.store.recordAccounting(event);
        deps.metrics.recorded(event.status);
        // At its Start a session has the limits that it was given a moment ago.
        if (event.status === 'interim') limits.check(sessionId, event, nas);
      } else if (message.kind === 'boot') {
        await deps.store.closeRouterSessions({
          routerId: nas.routerId,
          before: message.at,
          cause: 'NAS-Reboot',
          at: arrivedAt,
        });
        deps.metrics.recorded(message.status);
      }
      return acknowledgement(nas);
    },
  });
  return { handle, settled: limits.settled, [Symbol.dispose]: limits[Symbol.dispose] };
}

/** Pure. `RADIUS_ATTRIBUTE` when it does not say which session or what happened. */
export function readAccounting(
  packet: Packet,
  nas: Nas,
  arrivedAt: number,
  local: LocalTime,
): AccountingMessage {
  const status = numberOf(packet, 'Acct-Status-Type');
  const happenedAt = arrivedAt - (numberOf(packet, 'Acct-Delay-Time') ?? 0) * 1000;
  if (status === AcctStatus.on || status === AcctStatus.off) {
    return { kind: 'boot', status: status === AcctStatus.on ? 'on' : 'off', at: happenedAt };
  }
  const acctSessionId = textOf(packet, 'Acct-Session-Id') ?? '';
  if (status === undefined || acctSessionId === '') {
    throw new RadiusError('RADIUS_ATTRIBUTE', 'no Acct-Status-Type or no Acct-Session-Id');
  }
  const named = STATUSES.get(status);
  if (named === undefined) return { kind: 'other' };
  const eventAt = believedTime(numberOf(packet, 'Event-Timestamp'), happenedAt);
  const bound = textOf(packet, 'Class') ?? '';
  const station = textOf(packet, 'Calling-Station-Id') ?? '';
  return {
    kind: 'session',
    event: {
      routerId: nas.routerId,
      status: named,
      acctSessionId,
      username: textOf(packet, 'User-Name') ?? '',
      sessionId: SESSION_ID.test(bound) ? bound : null,
      mac: normalizeMac(station) ?? station,
      framedIp: addressOf(packet, 'Framed-IP-Address') ?? null,
      inputOctets: octets(packet, 'Acct-Input-Octets', 'Acct-Input-Gigawords'),
      outputOctets: octets(packet, 'Acct-Output-Octets', 'Acct-Output-Gigawords'),
      seconds: numberOf(packet, 'Acct-Session-Time') ?? 0,
      eventAt,
      day: local(eventAt).day,
      hour: local(eventAt).hour,
      cause: named === 'stop' ? terminateCause(numberOf(packet, 'Acct-Terminate-Cause')) : null,
    },
  };
}

function believedTime(timestamp: number | undefined, happenedAt: number): number {
  if (timestamp === undefined) return happenedAt;
  const early = happenedAt - timestamp * 1000;
  return early > 1000 && early <= BELIEVED_MS ? timestamp * 1000 : happenedAt;
}

/** 64-bit totals in two words (RFC 2869 §5.1-5.2), capped at what a number holds exactly. */
function octets(
  packet: Packet,
  low: 'Acct-Input-Octets' | 'Acct-Output-Octets',
  high: 'Acct-Input-Gigawords' | 'Acct-Output-Gigawords',
): number {
  const total = (numberOf(packet, high) ?? 0) * GIGAWORD + (numberOf(packet, low) ?? 0);
  return Math.min(total, Number.MAX_SAFE_INTEGER);
}

function acknowledgement(nas: Nas): Answer {
  return {
    kind: 'reply',
    type: 'accounting',
    code: 'accounting_response',
    attributes: [],
    place: { router: nas.router, village: nas.village, district: nas.district },
  };
}
