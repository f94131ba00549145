import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskedNumber, toMobileE164 } from './phone-number.ts';

describe('toMobileE164', () => {
  it.each([
    ['0812 3456 7890', '+6281234567890'],
    ['81234567890', '+6281234567890'],
    ['62812-3456-7890', '+6281234567890'],
    ['+62 812 3456 7890', '+6281234567890'],
    ['+6208123456789', '+628123456789'],
    ['0062812345678', '+62812345678'],
    ['620812345678', '+62812345678'],
    ['(0812) 3456.7890', '+6281234567890'],
    ['\u202a+62 812–3456–7890\u202c', '+6281234567890'],
    ['０８１２３４５６７８９０', '+6281234567890'],
    ['0812345678901', '+62812345678901'],
  ])('reads %j as %s', (text, number) => {
    expect(toMobileE164(text)).toBe(number);
  });

  it.each([
    ['a land line', '0711123456'],
    ['a number of another country', '+6591234567'],
    ['a number of another country, dialled', '006591234567'],
    ['too short a number', '08123'],
    ['too long a number', '081234567890123'],
    ['a prefix that nobody has', '08012345678'],
    ['letters', '0812345678a'],
    ['two numbers', '081234567890,081234567891'],
    ['nothing', ''],
    ['only signs', '+()'],
    ['a flood', '0'.repeat(5000)],
  ])('takes no %s', (_what, text) => {
    expect(toMobileE164(text)).toBeNull();
  });

  it('gives only numbers of the form, and each gives itself', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.stringMatching(/^[0-9 +().-]{0,20}$/),
          fc.stringMatching(/^(0|62|\+62 ?)?8[1-9][0-9]{7,10}$/),
        ),
        (text) => {
          const number = toMobileE164(text);

          if (number === null) return;
          expect(number).toMatch(/^\+628[1-9]\d{7,10}$/);
          expect(toMobileE164(number)).toBe(number);
        },
      ),
    );
  });
});

it('a masked number keeps its beginning and its last three digits', () => {
  expect(maskedNumber('+6281234567890')).toBe('0812••••890');
});
