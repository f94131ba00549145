import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type LegalFacts, legalTexts, textHash } from './texts.ts';

const facts: LegalFacts = {
  controller: null,
  dpo: null,
  processors: [],
  tdpse: null,
  regency: 'Kabupaten Musi Banyuasin',
  sessionDays: 180,
  dailyDays: 800,
};

it('has one hash for one text, and another as soon as anything in it changes', () => {
  const changes: Partial<LegalFacts>[] = [
    { controller: 'Diskominfo' },
    { dpo: 'Ibu Rahma' },
    { processors: ['Fonnte'] },
    { tdpse: '0123' },
    { sessionDays: 90 },
    { dailyDays: 400 },
  ];
  const hash = (over: Partial<LegalFacts>): string =>
    legalTexts({ ...facts, ...over }).privacy.hash;

  expect(hash({})).toBe(hash({}));
  expect(new Set([{}, ...changes].map(hash)).size).toBe(changes.length + 1);
});

it('covers both languages and the version', () => {
  const { terms } = legalTexts(facts);

  fc.assert(
    fc.property(fc.constantFrom('indonesian', 'english', 'version'), fc.string(), (part, text) => {
      fc.pre(text !== terms[part]);

      expect(textHash({ ...terms, [part]: text })).not.toBe(terms.hash);
    }),
  );
});
