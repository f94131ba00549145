import fc from 'fast-check';
import { expect, it } from 'vitest';
import { uuidv7 } from './uuid.ts';

const instant = fc.integer({ min: 0, max: 2 ** 48 - 1 });

it('has the form, version and variant of RFC 9562 and carries its time', () => {
  fc.assert(
    fc.property(instant, (at) => {
      const id = uuidv7(at);

      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(at);
    }),
  );
});

it('sorts by time', () => {
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      fc.pre(a !== b);
      expect(uuidv7(a) < uuidv7(b)).toBe(a < b);
    }),
  );
});

it('is never the same twice', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => uuidv7(1))).size).toBe(10_000);
});
