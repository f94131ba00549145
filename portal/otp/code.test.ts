import { describe, expect, it } from 'vitest';
import { readCode } from './code.ts';

describe('readCode', () => {
  it.each([
    ['123456', '123456'],
    [' 123 456 ', '123456'],
    ['123-456', '123456'],
    ['012.345', '012345'],
    ['\u202a123456\u202c', '123456'],
    ['１２３４５６', '123456'],
  ])('reads %j', (typed, code) => {
    expect(readCode(typed)).toBe(code);
  });

  it.each(['', '12345', '1234567', '12345a', '1'.repeat(5000), '12345６７'])(
    'takes %j for no code',
    (typed) => {
      expect(readCode(typed)).toBeNull();
    },
  );
});
