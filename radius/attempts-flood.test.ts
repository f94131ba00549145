/** Who floods takes at most a share of what a router, or all the hashing, bears: the others are heard. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_BUDGETS } from './attempts.ts';
import { credentialsOfOne, HARDENED } from './credentials.fixture.ts';
import type { GivenCredentials } from './credentials.ts';

/** Addresses of a LAN that may flood at once, by attempts.ts. */
const FLOODERS = 15;

const inLan = (n: number, routerId = 'r1') => ({
  address: `172.16.${n >> 8}.${n & 255}`,
  isOutside: false,
  routerId,
});
const outside = (n: number, routerId = 'r1') => ({
  address: `203.0.${n >> 8}.${n & 255}`,
  isOutside: true,
  routerId,
});
let serial = 0;
const newMac = (): string => {
  serial += 1;
  return `02:00:${serial.toString(16).padStart(8, '0')}`;
};

interface Step {
  readonly by: number;
  readonly outside: boolean;
  readonly router: number;
  readonly times: number;
  readonly passes: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  by: fc.nat(FLOODERS - 1),
  outside: fc.boolean(),
  router: fc.nat(2),
  times: fc.integer({ min: 1, max: 80 }),
  passes: fc.nat(60_000),
});

it('hears every neighbour whose address has no failure, whoever else floods and from wherever', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const test = credentialsOfOne({ passwordHash: HARDENED, work: DEFAULT_BUDGETS.work.burst });
      const refused: number[] = [];
      for (const [n, { by, outside: isOutside, router, times, passes }] of steps.entries()) {
        test.clock.advance(passes);
        const source = isOutside ? outside(by + 100 * n, `r${router}`) : inLan(by);
        for (let i = 0; i < times; i += 1) {
          const name = `${serial.toString(36)}nama`;
          await test.verify(name, i % 2 === 0 ? name : 'x', { ...source, mac: newMac() });
        }
        const said = await test.verify('siti', 'benar', { ...inLan(500 + n), mac: newMac() });
        test.invalidate('s1');
        if (said !== 's1') refused.push(n);
      }

      expect(refused).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

it.each([
  ['one router', () => 'r1', DEFAULT_BUDGETS.nas.burst / 4, 1e6],
  ['the hashing', (n: number) => `r${n}`, DEFAULT_BUDGETS.work.burst / 4, 64],
] as const)(
  'bears of all outside addresses together a quarter of what %s bears',
  async (_, of, most, work) => {
    const { verify } = credentialsOfOne({ work });
    let looked = 0;
    for (let n = 0; n < 1000; n += 1) {
      const said = await verify(`nama${n}`, 'x', { ...outside(n, of(n)), mac: newMac() });
      if (said === 'SW-BADCRED') looked += 1;
    }

    expect(looked).toBe(most);
  },
);

it('counts an outside address once, whichever routers it names', async () => {
  const { verify } = credentialsOfOne();
  let looked = 0;
  for (let n = 0; n < 1000; n += 1) {
    const said = await verify(`nama${n}`, 'x', { ...outside(1, `r${n}`), mac: newMac() });
    if (said === 'SW-BADCRED') looked += 1;
  }

  expect(looked).toBe(DEFAULT_BUDGETS.line.burst);
});

it('lets an address that has failed be first again only when its bucket is full', async () => {
  const { verify, clock } = credentialsOfOne();
  const wrong = (change: Partial<GivenCredentials>) =>
    verify(`nama${serial}`, 'x', { ...change, mac: newMac() });
  for (let n = 0; n < 400; n += 1) await wrong(inLan(n % 10));

  const again = await wrong(inLan(1));
  const first = await wrong(inLan(20));
  const second = await wrong(inLan(20));
  clock.advance(3000);

  expect([again, first, second]).toEqual(['SW-LIMIT', 'SW-BADCRED', 'SW-LIMIT']);
});
