/**
 * Messages that come in by a gateway's webhook: whether the provider sent them, and from which number.
 *
 * WhatsApp Cloud API signs the body (X-Hub-Signature-256, HMAC-SHA-256 under the app's secret); a configured
 * gateway signs the same way in X-Signature-256. Fonnte and Wablas sign nothing: the address that they are
 * told holds the secret. Zenziva and Verihubs carry nothing in.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type E164, toMobileE164 } from '../../settings/phone-number.ts';
import { at, type GatewayConfig, readObject } from './gateway.ts';

export interface InboundRequest {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export interface InboundMessage {
  readonly from: E164;
  readonly text: string;
}

/** Of one webhook, WhatsApp sends several together. */
const MOST = 50;
const LONGEST_TEXT = 500;

/** Null: not from the provider, or none is expected. */
export function readInbound(
  gateway: GatewayConfig,
  request: InboundRequest,
): readonly InboundMessage[] | null {
  const { webhookSecret: secret } = gateway;
  if (secret === undefined) return null;
  switch (gateway.kind) {
    case 'whatsapp':
      return isSigned(request, 'x-hub-signature-256', secret)
        ? cloudMessages(request.body, gateway.phoneId)
        : null;
    case 'http':
      return isSigned(request, 'x-signature-256', secret)
        ? plainMessage(request, 'from', 'text')
        : null;
    case 'fonnte':
      return hasKey(request, secret) ? plainMessage(request, 'sender', 'message') : null;
    case 'wablas':
      return hasKey(request, secret) ? wablasMessage(request) : null;
    case 'zenziva':
    case 'verihubs':
      return null;
  }
}

/** The handshake of WhatsApp Cloud API: what to answer, or null. */
export function verifySubscription(gateway: GatewayConfig, query: URLSearchParams): string | null {
  if (gateway.kind !== 'whatsapp' || gateway.verifySecret === undefined) return null;
  const challenge = query.get('hub.challenge') ?? '';
  const right =
    query.get('hub.mode') === 'subscribe' &&
    isSame(query.get('hub.verify_token') ?? '', gateway.verifySecret) &&
    /^[\w-]{1,128}$/.test(challenge);
  return right ? challenge : null;
}

/** An app of Meta's has several numbers, all signed alike: what was said to another proves nothing here. */
function cloudMessages(body: Buffer, phoneId: string): InboundMessage[] {
  const found: InboundMessage[] = [];
  for (const entry of listAt(readObject(body.toString('utf8')), 'entry')) {
    for (const change of listAt(entry, 'changes')) {
      if (at(change, 'value.metadata.phone_number_id') !== phoneId) continue;
      for (const message of listAt(change, 'value.messages')) {
        const one = messageOf(at(message, 'from'), at(message, 'text.body'));
        if (one !== null && found.length < MOST) found.push(one);
      }
    }
  }
  return found;
}

function plainMessage(request: InboundRequest, from: string, text: string): InboundMessage[] {
  const fields = fieldsOf(request);
  const message = messageOf(fields[from], fields[text]);
  return message === null ? [] : [message];
}

/** What the village's own number sends, and what is said in groups, proves nothing. */
function wablasMessage(request: InboundRequest): InboundMessage[] {
  const fields = fieldsOf(request);
  const own = String(fields.isFromMe ?? false) === 'true';
  const group = String(fields.isGroup ?? false) === 'true';
  return own || group ? [] : plainMessage(request, 'phone', 'message');
}

/** JSON or a form: the providers send either, by the account's settings. */
function fieldsOf({ headers, body }: InboundRequest): Readonly<Record<string, string | boolean>> {
  const text = body.toString('utf8');
  const isForm = /x-www-form-urlencoded/i.test(headers['content-type'] ?? '');
  const fields = isForm ? Object.fromEntries(new URLSearchParams(text)) : (readObject(text) ?? {});
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'boolean' ? [[name, value]] : [],
    ),
  );
}

function messageOf(from: unknown, text: unknown): InboundMessage | null {
  if (typeof from !== 'string' || typeof text !== 'string') return null;
  const digits = /^\+?(\d{8,15})(?:@[a-z.]{1,20})?$/.exec(from)?.[1];
  const phone = digits === undefined ? null : toMobileE164(`+${digits}`);
  return phone === null ? null : { from: phone, text: text.slice(0, LONGEST_TEXT) };
}

function listAt(value: unknown, path: string): readonly unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found.slice(0, MOST) : [];
}

function isSigned(
  { headers, body }: InboundRequest,
  header: 'x-hub-signature-256' | 'x-signature-256',
  secret: string,
): boolean {
  const given = headers[header];
  const right = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return typeof given === 'string' && isSame(given, right);
}

function hasKey({ query }: InboundRequest, secret: string): boolean {
  const keys = query.getAll('key');
  return keys.length === 1 && isSame(keys[0]!, secret);
}

/** In a time that does not tell how much of it is right. */
function isSame(given: string, right: string): boolean {
  const a = createHmac('sha256', 'same').update(given).digest();
  const b = createHmac('sha256', 'same').update(right).digest();
  return timingSafeEqual(a, b);
}
