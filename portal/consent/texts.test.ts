import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type LegalFacts, legalTexts, textHash } from './texts.ts';

const facts: LegalFacts = {
  controller: null,
  dpo: null,
  processors: [],
  tdpse: null,
  regency: 'Kabupaten Musi Banyuasin',
  selling: null,
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
  const hash = (over: Partial<LegalFacts>, document: 'terms' | 'privacy' = 'privacy'): string =>
    legalTexts({ ...facts, ...over })[document].hash;

  expect(hash({})).toBe(hash({}));
  expect(new Set([{}, ...changes].map((over) => hash(over))).size).toBe(changes.length + 1);
  expect(hash({ selling: { permit: '1', partner: 'PT' } }, 'terms')).not.toBe(hash({}, 'terms'));
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
