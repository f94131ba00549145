import { describe, expect, it } from 'vitest';
import { createTally } from './tally.ts';

describe('tally', () => {
  it('counts from the login on and keeps what was before', () => {
    const tally = createTally('02:00:00:00:00:01');

    tally.add({ inputOctets: 9, outputOctets: 9 });
    tally.begin('127.64.0.10', 'u1', 1000);
    tally.add({ inputOctets: 1, outputOctets: 20 });
    tally.add({ inputOctets: 2, outputOctets: 30 });
    tally.begin('127.64.0.10', 'u2', 2000);

    expect(tally.current()).toEqual({ inputOctets: 0, outputOctets: 0 });
    expect(tally.begun()).toBe(2);
    expect(tally.records()).toMatchObject([
      { username: 'u1', startedAt: 1000, endedAt: 2000, inputOctets: 3, outputOctets: 50 },
      { username: 'u2', startedAt: 2000, endedAt: null },
    ]);
  });

  it('shows the last session once it has ended, and counts no more', () => {
    const tally = createTally('02:00:00:00:00:01');
    tally.begin('127.64.0.10', null, 1000);
    tally.add({ inputOctets: 5, outputOctets: 6 });

    tally.end(3000);
    tally.add({ inputOctets: 7, outputOctets: 7 });

    expect(tally.online()).toBe(false);
    expect(tally.current()).toEqual({ inputOctets: 5, outputOctets: 6 });
  });

  it('keeps a bounded history', () => {
    const tally = createTally('02:00:00:00:00:01');

    for (let at = 0; at < 200; at += 1) tally.begin('127.64.0.10', `u${at}`, at);

    expect(tally.records()).toHaveLength(65);
    expect(tally.records().at(-1)?.username).toBe('u199');
  });
});
