import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GatewayKind } from './gateway.ts';
import { type InboundRequest, readInbound, verifySubscription } from './inbound.ts';
import { gatewayOf } from './provider.fixture.ts';

const SECRET = 'rahasia-webhook-desa';
const FROM = '+6281234567890';
const gateway = (kind: GatewayKind) =>
  gatewayOf(kind, 'https://g.example', { webhookSecret: SECRET });

const request = (body: unknown, over: Partial<InboundRequest> = {}): InboundRequest => ({
  headers: { 'content-type': 'application/json' },
  query: new URLSearchParams(),
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  ...over,
});
const keyed = (body: unknown, key = SECRET): InboundRequest =>
  request(body, { query: new URLSearchParams({ key }) });
const signed = (header: string, body: unknown, secret = SECRET): InboundRequest => {
  const sent = request(body);
  const sign = createHmac('sha256', secret).update(sent.body).digest('hex');
  return { ...sent, headers: { ...sent.headers, [header]: `sha256=${sign}` } };
};
const cloudOf = (number: string, ...messages: unknown[]) => ({
  object: 'whatsapp_business_account',
  entry: [
    {
      changes: [{ field: 'messages', value: { metadata: { phone_number_id: number }, messages } }],
    },
  ],
});
const cloud = (...messages: unknown[]) => cloudOf('1098', ...messages);
const text = (from: string, body: string) => ({
  from,
  id: 'wamid.1',
  type: 'text',
  text: { body },
});

describe('a message that comes in', () => {
  it('by the Cloud API is signed with the secret of the app', () => {
    const body = cloud(text('6281234567890', 'MASUK ACD-EFG'), { from: '62812', type: 'image' });

    expect(readInbound(gateway('whatsapp'), signed('x-hub-signature-256', body))).toEqual([
      { from: FROM, text: 'MASUK ACD-EFG' },
    ]);
  });

  it('by the Cloud API to another number of the same app proves nothing', () => {
    const body = cloudOf('2000', text('6281234567890', 'MASUK ACD-EFG'));

    expect(readInbound(gateway('whatsapp'), signed('x-hub-signature-256', body))).toEqual([]);
  });

  it('by Fonnte brings the key, as JSON or as a form', () => {
    const fields = { device: '62811', sender: '6281234567890', message: 'masuk acdefg' };
    const form = {
      ...keyed(new URLSearchParams(fields).toString()),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    };

    expect(readInbound(gateway('fonnte'), keyed(fields))).toEqual([
      { from: FROM, text: 'masuk acdefg' },
    ]);
    expect(readInbound(gateway('fonnte'), form)).toEqual([{ from: FROM, text: 'masuk acdefg' }]);
  });

  it('by Wablas proves nothing when the village sent it itself, or a group did', () => {
    const fields = { phone: '6281234567890', message: 'x' };

    expect(readInbound(gateway('wablas'), keyed(fields))).toHaveLength(1);
    expect(readInbound(gateway('wablas'), keyed({ ...fields, isGroup: true }))).toEqual([]);
    expect(readInbound(gateway('wablas'), keyed({ ...fields, isFromMe: 'true' }))).toEqual([]);
  });

  it('by a configured gateway is signed', () => {
    const sent = signed('x-signature-256', { from: '+6281234567890', text: 'x' });

    expect(readInbound(gateway('http'), sent)).toEqual([{ from: FROM, text: 'x' }]);
  });

  it.each([
    ['whatsapp without a signature', 'whatsapp', request(cloud(text('6281234567890', 'x')))],
    [
      'whatsapp under another secret',
      'whatsapp',
      signed('x-hub-signature-256', cloud(), 'another-secret-16'),
    ],
    ['whatsapp with the key in the address', 'whatsapp', keyed(cloud(text('6281234567890', 'x')))],
    [
      'http under the other header',
      'http',
      signed('x-hub-signature-256', { from: FROM, text: 'x' }),
    ],
    ['fonnte without a key', 'fonnte', request({ sender: '6281234567890', message: 'x' })],
    [
      'fonnte with a wrong key',
      'fonnte',
      keyed({ sender: '6281234567890', message: 'x' }, 'wrong'),
    ],
    ['wablas with no key but a signature', 'wablas', signed('x-signature-256', {})],
    ['zenziva at all', 'zenziva', keyed({ sender: '6281234567890', message: 'x' })],
    ['verihubs at all', 'verihubs', keyed({ sender: '6281234567890', message: 'x' })],
  ] as const)('is refused: %s', (_what, kind, sent) => {
    expect(readInbound(gateway(kind), sent)).toBeNull();
  });

  it('is refused where no secret is configured', () => {
    const open = gatewayOf('fonnte', 'https://g.example');

    expect(readInbound(open, keyed({ sender: '6281234567890', message: 'x' }, ''))).toBeNull();
  });

  it('is refused once a single octet is changed', () => {
    const sent = signed('x-hub-signature-256', cloud(text('6281234567890', 'MASUK ACDEFG')));
    fc.assert(
      fc.property(fc.nat(sent.body.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const body = Buffer.from(sent.body);
        body[at]! ^= flip;

        expect(readInbound(gateway('whatsapp'), { ...sent, body })).toBeNull();
      }),
    );
  });

  it('throws never, whatever it holds, and names only numbers of the form', () => {
    const any = fc.oneof(fc.json(), fc.string(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(any, fc.constantFrom('whatsapp', 'http', 'fonnte', 'wablas'), (body, kind) => {
        const header = kind === 'whatsapp' ? 'x-hub-signature-256' : 'x-signature-256';
        const sent = { ...signed(header, body), query: new URLSearchParams({ key: SECRET }) };
        for (const { from } of readInbound(gateway(kind), sent) ?? []) {
          expect(from).toMatch(/^\+628[1-9]\d{7,10}$/);
        }
      }),
    );
  });
});

describe('the handshake of the Cloud API', () => {
  const meta = gatewayOf('whatsapp', 'https://g.example', { verifySecret: 'rahasia-verify-desa' });
  const ask = (over: Record<string, string> = {}): URLSearchParams =>
    new URLSearchParams({
      'hub.mode': 'subscribe',
      'hub.verify_token': 'rahasia-verify-desa',
      'hub.challenge': '1158201444',
      ...over,
    });

  it('repeats the challenge to who knows the token', () => {
    expect(verifySubscription(meta, ask())).toBe('1158201444');
  });

  it.each([
    [{ 'hub.verify_token': 'wrong' }],
    [{ 'hub.mode': 'x' }],
    [{ 'hub.challenge': '<script>' }],
  ])('says nothing to %j', (over: Record<string, string>) => {
    expect(verifySubscription(meta, ask(over))).toBeNull();
  });
});
