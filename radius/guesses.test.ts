import fc from 'fast-check';
import { expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import { guessStore } from './guess-store.fixture.ts';
import { createGuesses, type Guess, type Guesser, type Guesses } from './guesses.ts';
import { START_MS } from './radius.fixture.ts';

const BUDGET = { burst: 6, refillMs: 60_000 };
const WIDE = { burst: 1000, refillMs: 1 };
const BUDGETS = { router: BUDGET, phone: WIDE, line: WIDE };
const MAC = 'AA:BB:CC:00:00:01';

function setup() {
  const clock = steppedClock(START_MS);
  const store = guessStore();
  const open = (): Guesses => createGuesses({ store, clock }, BUDGETS);
  return { clock, store, open, guesses: open() };
}

let addresses = 0;
/** An address that has not guessed yet. */
function someone(routerId = 'r1'): Guesser {
  addresses += 1;
  return { routerId, mac: MAC, address: `172.16.${addresses}`, isOutside: false };
}

/** Guesses one after another until one is refused; how many were looked up. */
async function guessOn(guesses: Guesses, most = 100): Promise<number> {
  for (let made = 0; made < most; made += 1) {
    const guess = await guesses.take(someone());
    if (guess === null) return made;
    guess.wrong();
  }
  return most;
}

it('lets a router guess as often as its bucket holds, and again as it fills', async () => {
  const { clock, guesses } = setup();

  expect(await guessOn(guesses)).toBe(6);
  clock.advance(BUDGET.refillMs);
  expect(await guessOn(guesses)).toBe(1);
  clock.advance(100 * BUDGET.refillMs);
  expect(await guessOn(guesses)).toBe(6);
});

it('takes nothing for codes that are right, however many', async () => {
  const { guesses } = setup();

  for (let i = 0; i < 200; i += 1) {
    const guess = await guesses.take(someone());
    expect(guess).not.toBeNull();
    guess?.right(MAC, `CODE${i}`);
  }

  expect(await guessOn(guesses)).toBe(6);
});

it('lets right codes of a whole village pass at once, one waiting for another', async () => {
  const { guesses } = setup();

  const passed = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const guess = await guesses.take(someone());
      await Promise.resolve();
      guess?.right(MAC, `CODE${i}`);
      return guess !== null;
    }),
  );

  expect(passed.every(Boolean)).toBe(true);
});

it('answers those who wait when the last that is out was wrong', async () => {
  const { guesses } = setup();
  const out: (Guess | null)[] = [];
  for (let i = 0; i < BUDGET.burst; i += 1) out.push(await guesses.take(someone()));
  const waiting = Promise.all([guesses.take(someone()), guesses.take(someone())]);

  for (const guess of out) guess?.wrong();

  expect(out).not.toContain(null);
  expect(await waiting).toEqual([null, null]);
});

it('never looks up more wrong codes than the bucket gave, whoever asks at once and in how many threads', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ thread: fc.nat(2), right: fc.boolean(), passes: fc.nat(40_000) }), {
        maxLength: 80,
      }),
      fc.integer({ min: 1, max: 80 }),
      async (attempts, from) => {
        const { clock, open } = setup();
        const threads = [open(), open(), open()];
        let wrong = 0;
        await Promise.all(
          attempts.map(async ({ thread, right, passes }, i) => {
            const guesses = threads[thread]!;
            const guess = await guesses.take({ ...someone(), address: `172.16.0.${i % from}` });
            if (guess === null) return;
            await Promise.resolve();
            if (right) guess.right(MAC, `CODE${i}`);
            else {
              wrong += 1;
              guess.wrong();
            }
            clock.advance(passes);
          }),
        );

        const refilled = Math.floor((clock.now() - START_MS) / BUDGET.refillMs);
        expect(wrong).toBeLessThanOrEqual(BUDGET.burst + refilled);
      },
    ),
  );
});

it('knows a phone and its code together, not the one by the other', async () => {
  const { guesses } = setup();
  const guess = await guesses.take(someone());
  guess?.right(MAC, 'CODE');

  const known = [
    guesses.isKnown(MAC, 'CODE'),
    guesses.isKnown(MAC, 'OTHER'),
    guesses.isKnown('AA:BB:CC:00:00:02', 'CODE'),
    guesses.isKnown(null, 'CODE'),
  ];

  expect(known).toEqual([true, false, false, false]);
});

it('gives back what it holds when it stops, and a restart does not fill the bucket', async () => {
  const { guesses, open, store } = setup();
  await guessOn(guesses, 2);
  await guesses[Symbol.asyncDispose]();

  expect(store.taken()).toBe(2);
  expect(await guessOn(open())).toBe(4);
});

it('keeps one router out of another’s budget', async () => {
  const { guesses } = setup();
  await guessOn(guesses);

  expect(await guesses.take(someone('r2'))).not.toBeNull();
});
