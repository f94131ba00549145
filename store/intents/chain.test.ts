import fc from 'fast-check';
import { expect, it } from 'vitest';
import { brokenLink, chainHash } from './chain.ts';

interface Entry {
  readonly seq: number;
  readonly hash: string;
  readonly text: string;
}

const fieldsOf = (entry: Pick<Entry, 'text'>): string[] => [entry.text];

function chainOf(texts: readonly string[]): Entry[] {
  let previous = '';
  return texts.map((text, i) => {
    previous = chainHash(previous, fieldsOf({ text }));
    return { seq: i + 1, hash: previous, text };
  });
}

const texts = fc.array(fc.string(), { minLength: 2, maxLength: 20 });

it('finds nothing in a chain that nobody touched, whole or in parts', () => {
  fc.assert(
    fc.property(texts, fc.nat(), (some, cut) => {
      const chain = chainOf(some);
      const at = (cut % (chain.length - 1)) + 1;

      expect(brokenLink(chain, fieldsOf)).toBeNull();
      expect(brokenLink(chain.slice(at), fieldsOf, chain[at - 1])).toBeNull();
    }),
  );
});

it('finds every change, removal and exchange before the end', () => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.string(), (some, which, other) => {
      const chain = chainOf(some);
      const at = which % (chain.length - 1);
      const changed = chain.map((entry, i) => (i === at ? { ...entry, text: `${other}!` } : entry));
      const swapped = chain.map((_entry, i) => chain[i === at ? at + 1 : i === at + 1 ? at : i]!);
      fc.pre(some[at] !== `${other}!`);

      expect(brokenLink(changed, fieldsOf)).not.toBeNull();
      expect(brokenLink(chain.toSpliced(at, 1), fieldsOf)).not.toBeNull();
      expect(brokenLink(swapped, fieldsOf)).not.toBeNull();
    }),
  );
});
