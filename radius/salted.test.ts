import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RadiusError } from './errors.ts';
import { hideSalted, hideTunnelPassword, revealSalted, revealTunnelPassword } from './salted.ts';
import { radiusSecret } from './secret.ts';

const SECRET = radiusSecret('testing123');
const A = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const octets16 = fc.uint8Array({ minLength: 16, maxLength: 16 });

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof RadiusError ? error.code : String(error);
  }
  return 'no error';
}

describe('salted values', () => {
  it('are masked as RFC 2868 §3.5 writes it, block by block', () => {
    const hash = (...parts: Uint8Array[]) =>
      createHash('md5').update(Buffer.concat(parts)).digest();
    const xor = (a: Uint8Array, b: Uint8Array) => Buffer.from(a.map((octet, i) => octet ^ b[i]!));
    const salt = Buffer.from([0x92, 0x34]);
    const secret = Buffer.from('testing123');
    const clear = Buffer.from('sandi-terowongan-1');
    const first = Buffer.concat([Uint8Array.of(clear.length), clear.subarray(0, 15)]);
    const second = Buffer.concat([clear.subarray(15), Buffer.alloc(13)]);
    const c1 = xor(first, hash(secret, A, salt));
    const c2 = xor(second, hash(secret, c1));

    expect(hideSalted(clear, 0x1234, A, SECRET)).toEqual(Buffer.concat([salt, c1, c2]));
  });

  it('come back whatever they, the salt and the authenticator are', () => {
    const value = fc.uint8Array({ maxLength: 239 });
    fc.assert(
      fc.property(value, fc.nat({ max: 0xffff }), octets16, (clear, salt, authenticator) => {
        const hidden = hideSalted(clear, salt, authenticator, SECRET);

        expect(hidden[0]! & 0x80).toBe(0x80);
        expect(hidden.length).toBeLessThanOrEqual(242);
        expect(revealSalted(hidden, authenticator, SECRET)).toEqual(Buffer.from(clear));
      }),
    );
  });

  it('differ for two salts', () => {
    const value = Buffer.alloc(16, 1);

    expect(hideSalted(value, 1, A, SECRET).subarray(2)).not.toEqual(
      hideSalted(value, 2, A, SECRET).subarray(2),
    );
  });

  it.each([0, 2, 17, 19, 33, 35])('of %i octets are refused', (length) => {
    expect(codeOf(() => revealSalted(Buffer.alloc(length), A, SECRET))).toBe('RADIUS_ATTRIBUTE');
  });

  it('are refused when they are longer than their blocks', () => {
    const hidden = hideSalted(Buffer.alloc(15), 0, A, SECRET);
    hidden[2]! ^= 15 ^ 16;

    expect(codeOf(() => revealSalted(hidden, A, SECRET))).toBe('RADIUS_ATTRIBUTE');
  });

  it('are refused above 239 octets', () => {
    expect(codeOf(() => hideSalted(Buffer.alloc(240), 0, A, SECRET))).toBe('RADIUS_ENCODE');
  });

  it('under any other secret or authenticator, only RadiusError or noise comes out', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 260 }), octets16, (hidden, authenticator) => {
        const code = codeOf(() => revealSalted(hidden, authenticator, SECRET));

        expect(['no error', 'RADIUS_ATTRIBUTE']).toContain(code);
      }),
    );
  });
});

describe('Tunnel-Password', () => {
  it('comes back with the tag of its tunnel', () => {
    const password = { tag: 3, value: 'sandi terowongan' };
    const hidden = hideTunnelPassword(password, 0x1234, A, SECRET);

    expect(hidden.toString('hex', 0, 3)).toBe('039234');
    expect(revealTunnelPassword(hidden, A, SECRET)).toEqual(password);
  });

  it('has tag 0 when its first octet is none', () => {
    const hidden = hideTunnelPassword({ tag: 0, value: 'x' }, 1, A, SECRET);
    hidden[0] = 0x20;

    expect(revealTunnelPassword(hidden, A, SECRET)).toEqual({ tag: 0, value: 'x' });
  });

  it.each([-1, 32, 1.5])('has no tag %d', (tag) => {
    expect(codeOf(() => hideTunnelPassword({ tag, value: 'x' }, 1, A, SECRET))).toBe(
      'RADIUS_ENCODE',
    );
  });

  it.each([0, 1, 3, 18])('of %i octets is refused', (length) => {
    expect(codeOf(() => revealTunnelPassword(Buffer.alloc(length), A, SECRET))).toBe(
      'RADIUS_ATTRIBUTE',
    );
  });
});
