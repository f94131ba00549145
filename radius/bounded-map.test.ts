import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedMap } from './bounded-map.ts';

describe('boundedMap', () => {
  it('forgets old keys and keeps those that are used', () => {
    const map = boundedMap<number>(10);
    map.set('kept', 1);
    for (let i = 0; i < 100; i += 1) {
      map.set(`k${i}`, i);
      map.get('kept');
    }

    const left = Array.from({ length: 100 }, (_, i) => map.get(`k${i}`)).filter(
      (value) => value !== undefined,
    );

    expect(map.get('kept')).toBe(1);
    expect(map.get('k99')).toBe(99);
    expect(left.length).toBeGreaterThanOrEqual(9);
    expect(left.length).toBeLessThan(20);
  });

  it('never gives a value that was replaced or deleted', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      value: fc.option(fc.nat(), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = boundedMap<number>(4);
        const truth = new Map<string, number>();
        for (const { key, value } of steps) {
          if (value === null) map.delete(key);
          else map.set(key, value);
          if (value === null) truth.delete(key);
          else truth.set(key, value);
        }

        for (const key of 'abcdef') expect([undefined, truth.get(key)]).toContain(map.get(key));
      }),
    );
  });
});
