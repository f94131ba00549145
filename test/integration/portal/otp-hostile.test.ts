/** Whatever is sent to the pages of codes: no fault, no markup, no way elsewhere. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anyText } from '../../../portal/village.fixture.ts';
import { type OtpStand, openOtpStand, path, WEBHOOK_SECRET, walkOf } from './otp-stand.ts';

let stand: OtpStand;
const { askForCode } = walkOf(() => stand);

beforeAll(async () => {
  stand = await openOtpStand({ settings: { 'portal.otp.number': '+6281100000000' } });
  await askForCode();
});
afterAll(() => stand[Symbol.asyncDispose]());

const MARKUP = '"><script>alert(1)</script>';
const PATHS = [
  '/otp',
  '/otp/code',
  '/otp/again',
  '/otp/other',
  '/otp/message',
  '/otp/go',
  '/otp/link',
  '/hooks/otp/fonnte',
  '/hooks/otp/%2e%2e',
];
const NAMES = [
  'ticket',
  'k',
  'n',
  'lang',
  'phone',
  'code',
  'router',
  'mac',
  'ip',
  'link-login-only',
];
const value = fc.oneof(
  anyText(40),
  fc.constantFrom(MARKUP, '//evil.example/login', 'A'.repeat(22), '0812 3456 7890', '123456', ''),
);

it('no request makes a fault, repeats markup, or leads off the router', async () => {
  const redirect = Object.entries(stand.redirect);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...PATHS),
      fc.constantFrom('GET', 'POST'),
      fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 6 }),
      fc.subarray(redirect),
      async (to, method, hostile, honest) => {
        const fields = new URLSearchParams([...honest, ...hostile] as [string, string][]);
        const isHook = to.startsWith('/hooks');
        const query = { ...Object.fromEntries(fields), ...(isHook ? { key: WEBHOOK_SECRET } : {}) };
        const answer =
          method === 'GET' || isHook
            ? await stand.portal.fetch(path(to, query), {
                method,
                // Bytes after a GET are no HTTP.
                body: isHook && method === 'POST' ? 'x' : '',
              })
            : await stand.portal.post(to, Object.fromEntries(fields));

        expect([200, 303, 400, 403, 404, 413, 415, 422, 429, 503]).toContain(answer.status);
        // 503 only says that no gateway takes codes there.
        expect(answer.status !== 503 || answer.body.includes('data-code="SW-ERROR"')).toBe(true);
        expect(answer.body).not.toContain('<script');
        const location = String(answer.headers.location ?? '/');
        const target = new URL(location, 'http://portal.example');
        expect(['portal.example', '127.0.0.1', 'login.wifi.home.arpa']).toContain(target.hostname);
      },
    ),
    { numRuns: 400 },
  );
});
