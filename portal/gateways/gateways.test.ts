import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../self-signed.fixture.ts';
import { createExchange } from './exchange.ts';
import type { GatewayKind, Sent } from './gateway.ts';
import { readAnswer, requestOf } from './kinds.ts';
import {
  gatewayOf,
  MESSAGE,
  type Provider,
  type ProviderAnswer,
  startProvider,
} from './provider.fixture.ts';

let provider: Provider;

beforeEach(async () => {
  provider = await startProvider();
});
afterEach(() => provider[Symbol.asyncDispose]());

const form = (): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(provider.received[0]!.body));
const json = (): unknown => JSON.parse(provider.received[0]!.body);

async function send(kind: GatewayKind, answer: ProviderAnswer): Promise<Sent> {
  provider.answers = [answer];
  const gateway = gatewayOf(kind, provider.origin);
  const got = await provider.exchange(requestOf(gateway, MESSAGE), 5000);
  if (typeof got === 'string') throw new TypeError(got);
  return readAnswer(gateway, got);
}

describe('what goes to the provider', () => {
  it('is for Fonnte a form with the token as it is', async () => {
    await send('fonnte', {});

    expect(provider.received[0]).toMatchObject({ method: 'POST', path: '/send' });
    expect(provider.received[0]!.headers.authorization).toBe('rahasia-gateway-1');
    expect(form()).toEqual({ target: '6281234567890', message: MESSAGE.text, countryCode: '62' });
  });

  it('is for Wablas a form, and no key in the address', async () => {
    await send('wablas', {});

    expect(provider.received[0]).toMatchObject({ method: 'POST', path: '/api/send-message' });
    expect(provider.received[0]!.headers.authorization).toBe('rahasia-gateway-1');
    expect(form()).toEqual({ phone: '6281234567890', message: MESSAGE.text, isGroup: 'false' });
  });

  it.each([
    ['whatsapp', '/wareguler/api/sendWA/'],
    ['sms', '/reguler/api/sendsms/'],
  ] as const)('is for Zenziva by %s a form with both keys', async (channel, path) => {
    const gateway = gatewayOf('zenziva', provider.origin, { channel });
    await provider.exchange(requestOf(gateway, MESSAGE), 5000);

    expect(provider.received[0]!.path).toBe(path);
    expect(form()).toEqual({
      userkey: 'u1',
      passkey: 'rahasia-gateway-1',
      to: '6281234567890',
      message: MESSAGE.text,
    });
  });

  it('is for Verihubs JSON with our own code', async () => {
    await send('verihubs', { status: 201 });

    const { path, headers } = provider.received[0]!;
    expect(path).toBe('/v1/whatsapp/otp/send');
    expect(headers).toMatchObject({ 'app-id': 'app-1', 'api-key': 'rahasia-gateway-1' });
    expect(json()).toEqual({
      msisdn: '6281234567890',
      otp: '012345',
      content: ['012345'],
      lang_code: 'id',
      time_limit: '300',
    });
  });

  it('is for the WhatsApp Cloud API a template that holds the code twice', async () => {
    await send('whatsapp', {});

    const parameters = [{ type: 'text', text: '012345' }];
    expect(provider.received[0]!.path).toBe('/v23.0/1098/messages');
    expect(provider.received[0]!.headers.authorization).toBe('Bearer rahasia-gateway-1');
    expect(json()).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '6281234567890',
      type: 'template',
      template: {
        name: 'kode_wifi',
        language: { code: 'id' },
        components: [
          { type: 'body', parameters },
          { type: 'button', sub_type: 'url', index: '0', parameters },
        ],
      },
    });
  });

  it('is for a configured one what its templates say, escaped', async () => {
    await send('http', {});

    expect(provider.received[0]!.headers['x-key']).toBe('rahasia-gateway-1');
    expect(json()).toEqual({ to: '6281234567890', text: MESSAGE.text, id: 'key-1' });
  });

  it('is escaped as a form when it is one, and has no line breaks in headers', () => {
    const gateway = gatewayOf('http', 'https://g.example', {
      headers: { 'X-Text': '{text}' },
      body: 'to={to}&m={text}',
    });
    const sent = requestOf(gateway, { ...MESSAGE, text: 'a&to=62999\r\nX-Evil: 1' });

    expect(sent.headers['X-Text']).toBe('a&to=62999X-Evil: 1');
    expect([...new URLSearchParams(sent.body)]).toEqual([
      ['to', '6281234567890'],
      ['m', 'a&to=62999\r\nX-Evil: 1'],
    ]);
  });
});

describe('what comes back', () => {
  const yes = (providerId: string | null): Sent => ({ accepted: true, providerId });
  const no = (because: string, retryable = false) => ({ accepted: false, retryable, because });

  it.each([
    ['fonnte', { body: { status: true, id: ['80367170'], process: 'pending' } }, yes('80367170')],
    ['fonnte', { body: { status: false, reason: 'invalid token' } }, no('credentials')],
    ['fonnte', { body: { status: false, reason: 'insufficient quota' } }, no('limit')],
    [
      'fonnte',
      { body: { status: false, reason: 'request invalid on disconnected device' } },
      no('disconnected'),
    ],
    ['fonnte', { body: { status: false, reason: 'target input invalid' } }, no('message')],
    ['fonnte', { body: { status: false, reason: 'unknown user' } }, no('refused')],
    ['wablas', { body: { status: true, data: { messages: [{ id: 'abc-1' }] } } }, yes('abc-1')],
    [
      'wablas',
      { status: 500, body: { status: false, message: 'token invalid or device expired' } },
      no('credentials'),
    ],
    [
      'wablas',
      { status: 500, body: { status: false, message: 'your quota is over' } },
      no('limit'),
    ],
    ['wablas', { body: { status: false, message: 'device disconnected' } }, no('disconnected')],
    ['wablas', { body: { status: false, message: 'phone is not valid' } }, no('message')],
    [
      'zenziva',
      { status: 201, body: { messageId: 881, to: '62812', status: '1', text: 'Success' } },
      yes('881'),
    ],
    ['zenziva', { body: { status: '0', text: 'Invalid userkey or passkey' } }, no('credentials')],
    ['zenziva', { body: { status: '0', text: 'Insufficient balance' } }, no('limit')],
    ['zenziva', { body: { status: 0, text: 'Device not connected' } }, no('disconnected')],
    [
      'verihubs',
      { status: 201, body: { message: 'OTP sent', session_id: 'de30', otp: '1' } },
      yes('de30'),
    ],
    ['verihubs', { status: 400, body: { message: 'bad' } }, no('message')],
    ['verihubs', { status: 401, body: { message: 'Unauthorized' } }, no('credentials')],
    ['verihubs', { status: 403, body: {} }, no('credentials')],
    ['verihubs', { status: 409, body: { message: 'ongoing' } }, no('message')],
    ['verihubs', { status: 429, body: {} }, no('limit')],
    [
      'whatsapp',
      { body: { messaging_product: 'whatsapp', messages: [{ id: 'wamid.1' }] } },
      yes('wamid.1'),
    ],
    [
      'whatsapp',
      { status: 401, body: { error: { code: 190, message: 'expired' } } },
      no('credentials'),
    ],
    ['whatsapp', { status: 400, body: { error: { code: 131026 } } }, no('message')],
    ['whatsapp', { status: 400, body: { error: { code: 131056 } } }, no('message')],
    ['whatsapp', { status: 400, body: { error: { code: 132001 } } }, no('message')],
    ['whatsapp', { status: 429, body: { error: { code: 130429 } } }, no('limit')],
    ['whatsapp', { status: 400, body: { error: { code: 131042 } } }, no('limit')],
    ['whatsapp', { status: 500, body: { error: { code: 131000 } } }, no('fault', true)],
    ['http', { status: 202, body: { result: { state: 'queued', id: 7 } } }, yes('7')],
    ['http', { body: { result: { state: 'no' } } }, no('refused')],
    ['http', { body: 'OK' }, no('garbage')],
    ['http', { status: 204, body: '' }, no('refused')],
  ] as const)('%s: %j is %j', async (kind, answer, expected) => {
    expect(await send(kind, answer as ProviderAnswer)).toEqual(expected);
  });

  const KINDS = ['fonnte', 'wablas', 'zenziva', 'verihubs', 'whatsapp', 'http'] as const;

  it.each(KINDS)(
    'from %s: a fault passes, and a redirect or nonsense is no success',
    async (kind) => {
      const success = {
        status: true,
        session_id: '1',
        messages: [{ id: '1' }],
        result: { state: 'queued' },
      };
      const answers: ProviderAnswer[] = [
        { status: 503, body: '<html>' },
        { status: 302, headers: { Location: `${provider.origin}/else` }, body: success },
        { body: '<html>ok</html>' },
        { body: '[]' },
        { body: `{"status":true,"x":"${'x'.repeat(70_000)}"}` },
        { body: '{"status":true,"id":["1"]', headers: { 'Content-Length': '900' }, fault: 'cut' },
      ];
      const sent: Sent[] = [];
      for (const answer of answers) sent.push(await send(kind, answer));

      expect(sent.map(({ accepted }) => accepted)).toEqual(answers.map(() => false));
      expect(sent[0]).toMatchObject({ because: 'fault', retryable: true });
      // The redirect was not followed: a key would have gone along.
      expect(provider.received).toHaveLength(answers.length);
    },
  );
});

describe('a template of a configured gateway', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '"}',
      '\\"',
      '\r\nX-Evil: 1',
      '&to=6285',
      '{secret}',
      '{code}',
      '\ud800',
      '\u0000',
    ),
  );
  const message = fc.record({ text: hostile, code: hostile, link: fc.option(hostile) });
  const templated = (type: string, body: string) =>
    gatewayOf('http', 'https://g.example', {
      headers: {
        'Content-Type': type,
        'X-Text': '{text} {code} {link}',
        Authorization: '{secret}',
      },
      body,
    });

  it('takes nothing from a message but values: JSON', () => {
    const gateway = templated('application/json', '{"a":"{text}","b":{"c":"{code}"},"l":"{link}"}');
    fc.assert(
      fc.property(message, (said) => {
        const { body, headers, url } = requestOf(gateway, { ...MESSAGE, ...said });
        const plain = (text: string | null): string => (text ?? '').toWellFormed();

        expect(JSON.parse(body)).toEqual({
          ...{ a: plain(said.text), b: { c: plain(said.code) }, l: plain(said.link) },
        });
        expect(Object.values(headers).join('')).toMatch(/^[\x20-\x7e]*$/);
        expect(headers.Authorization).toBe('rahasia-gateway-1');
        expect(url).toBe('https://g.example/send');
      }),
    );
  });

  it('takes nothing from a message but values: a form', () => {
    const gateway = templated('application/x-www-form-urlencoded', 'to={to}&t={text}&c={code}');
    fc.assert(
      fc.property(message, (said) => {
        const { body } = requestOf(gateway, { ...MESSAGE, ...said });

        expect([...new URLSearchParams(body)]).toEqual([
          ['to', '6281234567890'],
          ['t', said.text.toWellFormed()],
          ['c', said.code.toWellFormed()],
        ]);
      }),
    );
  });
});

describe('the way there', () => {
  const gateway = () => gatewayOf('fonnte', provider.origin);

  it('is left after its time', async () => {
    provider.answers = [{ fault: 'hang' }];

    expect(await provider.exchange(requestOf(gateway(), MESSAGE), 50)).toBe('timeout');
  });

  it('that breaks once the message is out is silence: it may go all the same', async () => {
    provider.answers = [{ fault: 'drop' }];

    expect(await provider.exchange(requestOf(gateway(), MESSAGE), 5000)).toBe('timeout');
  });

  it('is none without a certificate that verifies', async () => {
    const other = createExchange({ ca: selfSigned('localhost', new Date(Date.UTC(2100, 0))).cert });

    expect(await other(requestOf(gateway(), MESSAGE), 5000)).toBe('unreachable');
    expect(await createExchange()(requestOf(gateway(), MESSAGE), 5000)).toBe('unreachable');
    expect(provider.received).toEqual([]);
  });

  it('is none to where nobody listens', async () => {
    const nobody = requestOf(gatewayOf('fonnte', 'https://localhost:9'), MESSAGE);

    expect(await provider.exchange(nobody, 5000)).toBe('unreachable');
  });

  it.each(['http://localhost/send', 'https://user:word@localhost/send', 'file:///etc/passwd', 'x'])(
    'is never %s',
    async (url) => {
      await expect(
        provider.exchange({ ...requestOf(gateway(), MESSAGE), url }, 5000),
      ).rejects.toMatchObject({ code: 'PORTAL_GATEWAY_URL' });
    },
  );
});
