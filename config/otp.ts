/** The section `portal.otp`: gateways that carry codes, in the order in which they are tried, and what they may cost. */
import { z } from 'zod';
import * as field from './fields.ts';

export type GatewayConfig = z.output<typeof gateway>;

/** Off without gateways. Money in minor units of the currency. */
export interface OtpConfig {
  readonly gateways: readonly GatewayConfig[];
  readonly costPerDay: number;
  readonly costPerMonth: number;
}

const KINDS = ['fonnte', 'wablas', 'zenziva', 'verihubs', 'whatsapp', 'http'] as const;
/** Rp 50,000 a day and Rp 1,000,000 a month, in sen. */
const COST_PER_DAY = 5_000_000;
const COST_PER_MONTH = 100_000_000;
const MOST = 1_000_000_000_000;

const key = z
  .string({ error: 'expected a key, or file:/path of one' })
  .min(6, { error: 'expected at least 6 characters' })
  .max(2048, { error: 'expected at most 2048 characters' })
  .regex(/^[\x21-\x7e]+$/, { error: 'expected a key without spaces and line breaks' });

const common = {
  name: z.string({ error: 'expected a name' }).regex(/^[a-z0-9-]{1,32}$/, {
    error: 'expected a name of a-z, 0-9 and -, at most 32 characters',
  }),
  secret: key,
  cost: field.whole('minor units', 0, 100_000_000).prefault(0),
  timeoutSeconds: field.whole('seconds', 1, 30).prefault(8),
  webhookSecret: field.secret.optional(),
};

const url = z.string({ error: 'expected an https address' }).refine(isHttps, {
  error: 'expected an address that begins with https:// and holds no name or password',
});
const origin = (fallback: string) =>
  z
    .string({ error: 'expected an https origin' })
    .refine((text) => isHttps(text) && URL.parse(text)?.origin === text, {
      error: 'expected an origin such as https://api.example.com, without a path',
    })
    .prefault(fallback);

const gateway = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('fonnte'),
      ...common,
      origin: origin('https://api.fonnte.com'),
    }),
    z.strictObject({
      kind: z.literal('wablas'),
      ...common,
      // The server differs by account: solo, jogja, sby, kudus, texas and others.
      origin: origin('https://solo.wablas.com'),
    }),
    z.strictObject({
      kind: z.literal('zenziva'),
      ...common,
      origin: origin('https://console.zenziva.net'),
      userkey: field.word('the userkey'),
      channel: field.oneOf(['whatsapp', 'sms']).prefault('whatsapp'),
    }),
    z.strictObject({
      kind: z.literal('verihubs'),
      ...common,
      origin: origin('https://api.verihubs.com'),
      appId: field.word('the App-ID'),
    }),
    z.strictObject({
      kind: z.literal('whatsapp'),
      ...common,
      origin: origin('https://graph.facebook.com'),
      version: z
        .string()
        .regex(/^v\d{1,3}\.\d$/, { error: 'expected a version such as v23.0' })
        .prefault('v23.0'),
      phoneId: z
        .string({ error: 'expected the id of the phone number, in quotes' })
        .regex(/^\d{1,32}$/, { error: 'expected the id of the phone number, in quotes' }),
      template: field.word('the name of a template'),
      verifySecret: field.secret.optional(),
    }),
    z.strictObject({
      kind: z.literal('http'),
      ...common,
      method: field.oneOf(['POST', 'PUT']).prefault('POST'),
      url,
      headers: z
        .record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().regex(/^[\x20-\x7e]{0,1024}$/))
        .prefault({ 'Content-Type': 'application/json' }),
      body: z.string({ error: 'expected a template with {to} and {text} or {code}' }).max(4096),
      success: z
        .strictObject({
          statuses: z
            .array(field.whole('status', 200, 299))
            .min(1)
            .prefault([200, 201, 202]),
          path: field.word('a path such as data.status').optional(),
          equals: z.string().optional(),
        })
        .prefault({}),
      idPath: field.word('a path such as data.id').optional(),
    }),
  ],
  { error: `expected the kind of the gateway: one of ${KINDS.join(', ')}` },
);

export const otpSection = z
  .strictObject({
    gateways: z
      .array(gateway, { error: 'expected a list of gateways' })
      .max(8, { error: 'expected at most 8 gateways' })
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
        error: 'expected a name of its own for each gateway',
      })
      .prefault([]),
    costPerDay: field.whole('minor units', 0, MOST).prefault(COST_PER_DAY),
    costPerMonth: field.whole('minor units', 0, MOST).prefault(COST_PER_MONTH),
  })
  .prefault({});

/** For the names of unknown keys. */
export const OTP_KEYS: Readonly<Record<string, readonly string[]>> = {
  'portal.otp': ['gateways', 'costPerDay', 'costPerMonth'],
  'portal.otp.gateways': [
    ...['kind', 'name', 'secret', 'cost', 'timeoutSeconds', 'webhookSecret', 'origin'],
    ...['userkey', 'channel', 'appId', 'version', 'phoneId', 'template', 'verifySecret'],
    ...['method', 'url', 'headers', 'body', 'success', 'idPath'],
  ],
  'portal.otp.gateways.success': ['statuses', 'path', 'equals'],
};

function isHttps(text: string): boolean {
  const parsed = URL.parse(text);
  return parsed?.protocol === 'https:' && parsed.username === '' && parsed.password === '';
}
