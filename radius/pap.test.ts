import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RadiusError } from './errors.ts';
import { hidePassword, revealPassword } from './pap.ts';
import { radiusSecret } from './secret.ts';

const SECRET = radiusSecret('testing123');
const AUTHENTICATOR = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

describe('User-Password', () => {
  it('hides a password of two blocks as two independent implementations do', () => {
    const hidden = hidePassword(Buffer.from('kata-sandi-yang-panjang'), AUTHENTICATOR, SECRET);

    expect(hidden.toString('hex')).toBe(
      'fd8f7dab598e1b74742f2a5d617ae5a6a497a9355c4b0513b6f915c70a7d8f07',
    );
  });

  it('reveals what was hidden, up to 128 octets', () => {
    const password = fc.uint8Array({ maxLength: 128 }).filter((p) => p.at(-1) !== 0);
    fc.assert(
      fc.property(password, (clear) => {
        const hidden = hidePassword(clear, AUTHENTICATOR, SECRET);

        expect(revealPassword(hidden, AUTHENTICATOR, SECRET)).toEqual(Buffer.from(clear));
      }),
    );
  });

  it.each([0, 15, 17, 144])('refuses %i octets on the wire', (length) => {
    const reveal = () => revealPassword(new Uint8Array(length), AUTHENTICATOR, SECRET);

    expect(reveal).toThrow(RadiusError);
  });

  it('refuses to send more than 128 octets', () => {
    expect(() => hidePassword(new Uint8Array(129), AUTHENTICATOR, SECRET)).toThrow(RadiusError);
  });
});
