import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editDistance, suggestKey } from './suggest.ts';

const KNOWN = ['store', 'keyFile', 'timeZone', 'portal', 'resolver', 'radius', 'listen'];

it.each([
  ['key_file', 'keyFile'],
  ['KEYFILE', 'keyFile'],
  ['time-zone', 'timeZone'],
  ['protal', 'portal'],
  ['raduis', 'radius'],
  ['database', 'store'],
  ['port', 'listen'],
  ['dns', 'resolver'],
])('%s probably means %s', (key, meant) => {
  expect(suggestKey(key, KNOWN)).toBe(meant);
});

it('says nothing when no key is close, or when the meant key is not known here', () => {
  expect(suggestKey('colour', KNOWN)).toBeUndefined();
  expect(suggestKey('tz', ['store'])).toBeUndefined();
});

it('counts one for each letter inserted, deleted, replaced or swapped', () => {
  const pairs = [
    ['portal', 'protal'],
    ['store', 'stores'],
    ['listen', 'lsten'],
    ['radius', 'ratius'],
  ] as const;

  expect(pairs.map(([a, b]) => editDistance(a, b))).toEqual([1, 1, 1, 1]);
});

it('is a distance: zero only for the same word, the same both ways, at most the longer word', () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);

      expect(distance === 0).toBe(a === b);
      expect(editDistance(b, a)).toBe(distance);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
