import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultLines, NO_FAULTS, parseFaults } from './faults.ts';

const HOUR_MS = 3_600_000;

describe('faults', () => {
  it.each([
    [[], NO_FAULTS],
    [['lost-stop'], { twin: { dropAccountingStop: true } }],
    [['tunnel-down', 'counters-frozen'], { twin: { tunnelDown: true, freezeCounters: true } }],
    [['clock-behind'], { twin: { clockOffsetMs: -24 * HOUR_MS } }],
    [['clock-behind=2'], { twin: { clockOffsetMs: -2 * HOUR_MS } }],
    [['latency', 'loss=3'], { link: { path: { rttMs: 600, loss: 0.03 }, cut: null } }],
    [['rate=64', 'slow-reader'], { link: { path: { kbps: 64, slowReader: true } } }],
    [['saturated', 'rate=4000'], { link: { saturated: true, path: { kbps: 4000 } } }],
    [['cut=7'], { link: { cut: { kind: 'close', atWrite: 7 } } }],
    [['rst'], { link: { cut: { kind: 'reset', atWrite: 1 } } }],
    [['cut', 'half-open=2'], { link: { cut: { kind: 'silence', atWrite: 2 } } }],
    [['truncated=9'], { link: { cut: { kind: 'close', afterOctets: 9 } } }],
    [['full-flash', 'hand-edit=5'], { freeOctets: 1, handEditSeconds: 5, link: null }],
  ])('%j are understood', (words, plan) => {
    expect(parseFaults(words)).toMatchObject(plan);
  });

  it.each([
    'nonsense',
    'constructor',
    '',
    'lost-stop=1',
    'saturated=2000',
    'latency=',
    'latency=0',
    'latency=-5',
    'latency=1e3',
    'latency=60001',
    'latency=600ms',
    'loss=91',
    'cut=1=2',
  ])('%j is refused', (word) => {
    expect(parseFaults(['cut', word])).toEqual({ problem: expect.any(String) });
  });

  it('are named, all of them, to who asks for one that there is not', () => {
    const names = faultLines().map((line) => /^[a-z-]+/.exec(line)![0]);

    for (const name of names) {
      expect(parseFaults([name])).not.toHaveProperty('problem');
      expect(parseFaults(['nonsense'])).toMatchObject({ problem: expect.stringContaining(name) });
    }
    expect(parseFaults(['loss=200'])).toEqual({
      problem: 'loss=200: loss=PERCENT takes a whole number from 1 to 90',
    });
  });

  it('are never anything else than a plan or a problem', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const parsed = parseFaults(words);

        expect('problem' in parsed || 'twin' in parsed).toBe(true);
      }),
    );
  });
});
