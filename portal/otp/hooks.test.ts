import { describe, expect, it } from 'vitest';
import { wordsIn } from './hooks.ts';

describe('the word in a message', () => {
  it.each([
    ['MASUK ACDEFG', 'ACDEFG'],
    ['masuk acd-efg', 'acd-efg'],
    ['acd efg', 'acd efg'],
    ['Halo, MASUK ACDEFG terima kasih', 'ACDEFG'],
    ['ＭＡＳＵＫ ＡＣＤＥＦＧ', 'ACDEFG'],
  ])('of %j is among those that are tried', (text, word) => {
    expect(wordsIn(text)).toContain(word);
  });

  it('is sought among few, whatever is sent', () => {
    expect(wordsIn('ACDEFG '.repeat(5000)).length).toBeLessThanOrEqual(8);
    expect(wordsIn('')).toEqual([]);
  });
});
