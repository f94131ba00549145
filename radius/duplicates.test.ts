import { describe, expect, it } from 'vitest';
import { createDuplicates, type Duplicate } from './duplicates.ts';

const AUTHENTICATOR = Buffer.alloc(16, 1);
const REPLY = Buffer.from('reply');

function begun(duplicate: Duplicate) {
  if (duplicate.kind !== 'new') throw new Error(`it is ${duplicate.kind}`);
  return duplicate.entry;
}

describe('the duplicate cache', () => {
  it('keeps a reply for thirty seconds', () => {
    const duplicates = createDuplicates();
    begun(duplicates.begin('a', AUTHENTICATOR, 0)).settle(REPLY);

    expect(duplicates.begin('a', AUTHENTICATOR, 29_999)).toEqual({ kind: 'done', reply: REPLY });
    expect(duplicates.begin('a', AUTHENTICATOR, 30_000).kind).toBe('new');
  });

  it('a new authenticator replaces the request, and the old one comes too late to settle', () => {
    const duplicates = createDuplicates();
    const first = begun(duplicates.begin('a', AUTHENTICATOR, 0));
    const other = Buffer.alloc(16, 2);
    begun(duplicates.begin('a', other, 1)).settle(REPLY);
    first.settle(null);

    expect(duplicates.begin('a', other, 2)).toEqual({ kind: 'done', reply: REPLY });
    expect(duplicates.begin('a', AUTHENTICATOR, 3).kind).toBe('new');
  });

  it('is bounded: old requests give way', () => {
    const duplicates = createDuplicates(4);
    for (let i = 0; i < 100; i += 1) {
      begun(duplicates.begin(`${i}`, AUTHENTICATOR, i)).settle(REPLY);
    }
    const kept = Array.from({ length: 100 }, (_, i) => `${i}`).filter(
      (key) => duplicates.begin(key, AUTHENTICATOR, 100).kind === 'done',
    );

    expect(kept.length).toBeLessThanOrEqual(4);
  });
});
