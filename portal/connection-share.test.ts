import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConnectionShare, type ShareLimits } from './connection-share.ts';

const LIMITS: ShareLimits = { total: 4000, floor: 32, part: 1 / 8 };

function openAll(share: ReturnType<typeof createConnectionShare>, address: string): number {
  let opened = 0;
  while (opened < 10_000 && share.open(address)) opened += 1;
  return opened;
}

describe('createConnectionShare', () => {
  it('gives one address a ninth at most, which is a village behind one address', () => {
    const share = createConnectionShare(LIMITS);

    const opened = openAll(share, '203.0.113.1');

    expect(opened).toBeGreaterThan(300);
    expect(opened).toBeLessThanOrEqual(Math.ceil(4000 / 9));
  });

  it('leaves every phone of a village its connections while ten addresses take all they can', () => {
    const share = createConnectionShare(LIMITS);
    for (let i = 0; i < 10; i += 1) openAll(share, `172.16.0.${i}`);

    const phones = Array.from({ length: 150 }, (_, i) => `172.16.1.${i}`);
    const refused = phones.filter((phone) => ![1, 2, 3, 4, 5, 6].every(() => share.open(phone)));

    expect(refused).toEqual([]);
  });

  it('gives back what was closed', () => {
    const share = createConnectionShare({ total: 4, floor: 2, part: 1 / 8 });
    expect([share.open('a'), share.open('a'), share.open('a')]).toEqual([true, true, false]);

    share.close('a');

    expect([share.open('a'), share.open('a')]).toEqual([true, false]);
  });

  it('never holds more than in all, and never refuses the floor while there is room', () => {
    const acts = fc.array(fc.tuple(fc.boolean(), fc.nat(4)), { maxLength: 300 });
    fc.assert(
      fc.property(acts, (list) => {
        const limits = { total: 20, floor: 3, part: 1 / 4 };
        const share = createConnectionShare(limits);
        const held = [0, 0, 0, 0, 0];
        let floorBroken = false;
        for (const [opens, who] of list) {
          const all = held.reduce((sum, own) => sum + own, 0);
          if (opens) {
            const admitted = share.open(`a${who}`);
            if (held[who]! < limits.floor && all < limits.total && !admitted) floorBroken = true;
            if (admitted) held[who]! += 1;
          } else if (held[who]! > 0) {
            share.close(`a${who}`);
            held[who]! -= 1;
          }
          expect(held.reduce((sum, own) => sum + own, 0)).toBeLessThanOrEqual(limits.total);
        }
        expect(floorBroken).toBe(false);
      }),
    );
  });
});
