/**
 * Gateways that carry a code to a phone: what all kinds have in common.
 *
 * A kind is two pure functions: the request that a message becomes, and what an answer means. Sockets,
 * time-outs, repetition and failover are in exchange.ts and dispatch.ts. Shapes are those of the
 * providers' public manuals (November 2026).
 */

import type { E164 } from '../../settings/phone-number.ts';
import type { Locale } from '../i18n.ts';

export type GatewayKind = 'fonnte' | 'wablas' | 'zenziva' | 'verihubs' | 'whatsapp' | 'http';

export interface Message {
  readonly to: E164;
  readonly code: string;
  readonly locale: Locale;
  /** Address that finishes without typing; null: none. */
  readonly link: string | null;
  /** Code and link in a sentence, for gateways that carry text. */
  readonly text: string;
  /** The same for every attempt at this message. */
  readonly idempotencyKey: string;
}

export type Sent =
  | { readonly accepted: true; readonly providerId: string | null }
  /** `retryable`: the same gateway may take it a moment later. */
  | { readonly accepted: false; readonly retryable: boolean; readonly because: Refusal };

/** Closed, for metrics and for the operator who tries a gateway. */
export type Refusal =
  /** Key or account are wrong. */
  | 'credentials'
  /** Nothing left of what was paid for, or of a rate. */
  | 'limit'
  /** The number, or the message, is none that the gateway takes, or not now. */
  | 'message'
  /** The WhatsApp phone of the gateway is not linked. */
  | 'disconnected'
  /** Refused without a reason that we know. */
  | 'refused'
  | 'fault'
  | 'timeout'
  | 'unreachable'
  | 'garbage';

export interface GatewayRequest {
  readonly method: 'POST' | 'PUT' | 'GET';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface GatewayAnswer {
  readonly status: number;
  readonly body: string;
}

interface Common {
  /** Names it in metrics' logs, webhooks and the CLI. */
  readonly name: string;
  /** Key, token or passkey. */
  readonly secret: string;
  /** Of one message, in minor units of the currency. */
  readonly cost: number;
  readonly timeoutSeconds: number;
  /** Proves that an incoming message comes from the provider; undefined: none is taken. */
  readonly webhookSecret?: string | undefined;
}

export type GatewayConfig = Common &
  (
    | { readonly kind: 'fonnte'; readonly origin: string }
    | { readonly kind: 'wablas'; readonly origin: string }
    | {
        readonly kind: 'zenziva';
        readonly origin: string;
        readonly userkey: string;
        readonly channel: 'whatsapp' | 'sms';
      }
    | { readonly kind: 'verihubs'; readonly origin: string; readonly appId: string }
    | {
        readonly kind: 'whatsapp';
        readonly origin: string;
        readonly phoneId: string;
        readonly template: string;
        readonly version: string;
        readonly verifySecret?: string | undefined;
      }
    | {
        readonly kind: 'http';
        readonly method: 'POST' | 'PUT';
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly body: string;
        readonly success: {
          readonly statuses: readonly number[];
          readonly path?: string | undefined;
          readonly equals?: string | undefined;
        };
        readonly idPath?: string | undefined;
      }
  );

export type ConfigOf<K extends GatewayKind> = Extract<GatewayConfig, { kind: K }>;

export interface Kind<K extends GatewayKind> {
  readonly request: (gateway: ConfigOf<K>, message: Message) => GatewayRequest;
  readonly read: (answer: GatewayAnswer, gateway: ConfigOf<K>) => Sent;
}

export const accepted = (providerId: unknown): Sent => ({
  accepted: true,
  providerId:
    typeof providerId === 'string' || typeof providerId === 'number'
      ? String(providerId).slice(0, 128)
      : null,
});

export const refused = (because: Refusal, retryable = false): Sent => ({
  accepted: false,
  retryable,
  because,
});

/** What a status says of itself, whatever the body; null: the body decides. */
export function readStatus(status: number): Sent | null {
  if (status >= 200 && status < 300) return null;
  if (status === 401 || status === 403) return refused('credentials');
  if (status === 402 || status === 429) return refused('limit');
  if (status >= 500 || status === 408 || status === 425) return refused('fault', true);
  return refused(status === 400 || status === 422 ? 'message' : 'refused');
}

/** What a provider's sentence of refusal means, by the first pattern that it matches. */
export function refusalIn(
  reason: unknown,
  reasons: readonly (readonly [RegExp, Refusal])[],
): Refusal | null {
  if (typeof reason !== 'string') return null;
  return reasons.find(([pattern]) => pattern.test(reason))?.[1] ?? null;
}

/** An answer that is JSON and an object; null otherwise. */
export function readObject(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** `data.messages.0.id`; undefined when there is no such thing. */
export function at(value: unknown, path: string): unknown {
  let here: unknown = value;
  for (const step of path.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string, unknown>)[step];
  }
  return here;
}

export const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' } as const;
export const JSON_BODY = {
  'Content-Type': 'application/json',
  Accept: 'application/json',
} as const;

export function formBody(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString();
}

/** `6281234567890`, as all of them want it. */
export function digits(to: E164): string {
  return to.slice(1);
}
