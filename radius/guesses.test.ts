import fc from 'fast-check';
import { expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import { guessStore } from './guess-store.fixture.ts';
import { createGuesses, type Guesses } from './guesses.ts';
import { START_MS } from './radius.fixture.ts';

const BUDGET = { burst: 6, refillMs: 60_000 };
const MAC = 'AA:BB:CC:00:00:01';

function setup() {
  const clock = steppedClock(START_MS);
  const store = guessStore();
  const open = (): Guesses => createGuesses({ store, clock }, BUDGET);
  return { clock, store, open, guesses: open() };
}

/** Guesses one after another until one is refused; how many were looked up. */
async function guessOn(guesses: Guesses, most = 100): Promise<number> {
  for (let made = 0; made < most; made += 1) {
    if (!(await guesses.take('r1'))) return made;
    guesses.wrong('r1');
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
    expect(await guesses.take('r1')).toBe(true);
    guesses.right('r1', MAC, `CODE${i}`);
  }

  expect(await guessOn(guesses)).toBe(6);
});

it('lets right codes of a whole village pass at once, one waiting for another', async () => {
  const { guesses } = setup();

  const passed = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const granted = await guesses.take('r1');
      await Promise.resolve();
      if (granted) guesses.right('r1', MAC, `CODE${i}`);
      return granted;
    }),
  );

  expect(passed.every(Boolean)).toBe(true);
});

it('answers those who wait when the last that is out was wrong', async () => {
  const { guesses } = setup();
  for (let i = 0; i < BUDGET.burst; i += 1) await guesses.take('r1');
  const waiting = Promise.all([guesses.take('r1'), guesses.take('r1')]);

  for (let i = 0; i < BUDGET.burst; i += 1) guesses.wrong('r1');

  expect(await waiting).toEqual([false, false]);
});

it('never looks up more wrong codes than the bucket gave, whoever asks at once and in how many threads', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ thread: fc.nat(2), right: fc.boolean(), passes: fc.nat(40_000) }), {
        maxLength: 80,
      }),
      async (attempts) => {
        const { clock, open } = setup();
        const threads = [open(), open(), open()];
        let wrong = 0;
        await Promise.all(
          attempts.map(async ({ thread, right, passes }, i) => {
            const guesses = threads[thread]!;
            if (!(await guesses.take('r1'))) return;
            await Promise.resolve();
            if (right) guesses.right('r1', MAC, `CODE${i}`);
            else {
              wrong += 1;
              guesses.wrong('r1');
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
  await guesses.take('r1');
  guesses.right('r1', MAC, 'CODE');

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

  expect(await guesses.take('r2')).toBe(true);
});
