/** Who guesses codes from a few addresses leaves the codes of all others to be looked up. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import { guessStore } from './guess-store.fixture.ts';
import { createGuesses, GUESS_BUDGETS, type Guesser, type Guesses } from './guesses.ts';
import { START_MS } from './radius.fixture.ts';

/** Addresses of a LAN that may flood at once, by guesses.ts. */
const FLOODERS = 15;
const MAC = 'AA:BB:CC:00:00:01';
const { router, phone, line } = GUESS_BUDGETS;

const inLan = (n: number): Guesser => ({
  routerId: 'r1',
  mac: MAC,
  address: `172.16.${n >> 8}.${n & 255}`,
  isOutside: false,
});
const outside = (n: number, at: number): Guesser => ({
  routerId: `r${at}`,
  mac: MAC,
  address: `203.0.${n >> 8}.${n & 255}`,
  isOutside: true,
});
const atRouter = (n: number): Guesser => ({
  routerId: 'r1',
  mac: `02:00:00:00:${n}`,
  address: null,
  isOutside: false,
});

function setup() {
  const clock = steppedClock(START_MS);
  return { clock, guesses: createGuesses({ store: guessStore(), clock }) };
}

/** How many wrong codes of `count` are looked up, tried at once. */
async function guessed(guesses: Guesses, by: (n: number) => Guesser, count: number) {
  const taken = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const guess = await guesses.take(by(n));
      guess?.wrong();
      return guess !== null;
    }),
  );
  return taken.filter(Boolean).length;
}

async function isHeard(guesses: Guesses, who: Guesser, code: string): Promise<boolean> {
  const guess = await guesses.take(who);
  guess?.right(who.mac, code);
  return guess !== null;
}

it('hears the code of every neighbour who has not guessed, for days, while some addresses flood', async () => {
  const step = fc.record({
    from: fc.constantFrom('lan', 'outside', 'router'),
    by: fc.nat(FLOODERS - 1),
    times: fc.integer({ min: 1, max: 100 }),
    passes: fc.nat(4 * 3_600_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const { clock, guesses } = setup();
      const refused: number[] = [];
      for (const [n, { from, by, times, passes }] of steps.entries()) {
        clock.advance(passes);
        if (from === 'lan') await guessed(guesses, () => inLan(by), times);
        else if (from === 'outside') await guessed(guesses, (i) => outside(n * 100 + i, 1), times);
        else await guessed(guesses, (i) => atRouter(n * 100 + i), times);
        if (!(await isHeard(guesses, inLan(500 + n), `CODE${n}`))) refused.push(n);
      }

      expect(refused).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

it('bears of one address its part, of all outside ones together what a router has', async () => {
  const { guesses } = setup();

  const one = await guessed(guesses, () => inLan(1), 100);
  const oneOutside = await guessed(guesses, (n) => outside(1, n), 100);
  const allOutside = await guessed(guesses, (n) => outside(n + 2, n), 500);

  expect([one, oneOutside, oneOutside + allOutside]).toEqual([
    phone.burst,
    line.burst,
    router.burst,
  ]);
});

it('keeps a quarter of a router from MACs that its NAS names, and from addresses that have guessed', async () => {
  const { clock, guesses } = setup();

  const named = await guessed(guesses, atRouter, 100);
  const first = await guessed(guesses, () => inLan(1), 100);
  clock.advance(phone.refillMs - 1);
  await guessed(guesses, atRouter, 100);
  const again = await guessed(guesses, () => inLan(1), 100);

  expect([named, first, again]).toEqual([(router.burst * 3) / 4, 1, 0]);
});

it('lets a whole village behind one address show its cards at once', async () => {
  const { guesses } = setup();

  const heard = await Promise.all(
    Array.from({ length: 200 }, (_, n) => isHeard(guesses, outside(1, 1), `CODE${n}`)),
  );

  expect(heard.every(Boolean)).toBe(true);
});
