import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPhoneKind, phoneKind } from './phone-kind.ts';

it.each([
  ['Mozilla/5.0 (Linux; Android 10; SM-A107F) AppleWebKit/537.36', 'android'],
  ['Dalvik/2.1.0 (Linux; U; Android 9)', 'android'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)', 'iphone'],
  ['CaptiveNetworkSupport-480.0.1 wispr', 'iphone'],
  ['Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X)', 'ipad'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64)', 'windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 13_0)', 'mac'],
  ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64)', 'linux'],
  ['curl/8', null],
  [undefined, null],
])('%s is %s', (userAgent, kind) => {
  expect(phoneKind(userAgent)).toBe(kind);
});

it('says one of its kinds or nothing, whatever a client claims to be', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const kind = phoneKind(text);

      expect(kind === null || isPhoneKind(kind)).toBe(true);
    }),
  );
});
