import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeVoucher, readCredentials } from './credentials.ts';

const read = (fields: Record<string, string>) => readCredentials(new URLSearchParams(fields));

describe('normalizeVoucher', () => {
  it.each(['ABCD2345', 'abcd2345', 'ABCD-2345', ' abcd 2345 ', 'ab–cd—23.45', 'ＡＢＣＤ２３４５'])(
    'forgives how %j is typed',
    (typed) => {
      expect(normalizeVoucher(typed)).toBe('ABCD2345');
    },
  );

  it('is done after one pass', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const once = normalizeVoucher(text);

        expect(normalizeVoucher(once).length).toBeLessThanOrEqual(200);
        expect(once).not.toMatch(/[\s<>&"'-]/);
      }),
    );
  });
});

describe('readCredentials', () => {
  it('asks for a voucher with its code twice', () => {
    expect(read({ voucher: 'ab-12' })).toEqual({
      kind: 'credentials',
      method: 'voucher',
      username: 'AB12',
      password: 'AB12',
    });
  });

  it('keeps every character of a password, and trims the name', () => {
    expect(read({ username: ' budi ', password: ' p ' })).toMatchObject({
      method: 'account',
      username: 'budi',
      password: ' p ',
    });
  });

  it.each([
    [{}, 'voucher'],
    [{ voucher: ' - ' }, 'voucher'],
    [{ username: 'budi', password: '' }, 'account'],
    [{ username: ' ', password: 'x' }, 'account'],
  ])('knows what is missing in %j', (fields, method) => {
    expect(read(fields)).toEqual({ kind: 'empty', method });
  });

  it.each<[Record<string, string>]>([
    [{ voucher: 'A'.repeat(65) }],
    [{ username: 'b', password: 'x'.repeat(129) }],
    [{ username: 'ü'.repeat(127), password: 'x' }],
    [{ username: 'b\u0000c', password: 'x' }],
  ])('asks nobody about what RADIUS cannot carry', (fields) => {
    expect(read(fields).kind).toBe('impossible');
  });
});
