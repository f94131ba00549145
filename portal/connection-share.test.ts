import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConnectionShare } from './connection-share.ts';
import { SOCKET_LIMITS } from './sockets.ts';

const LIMITS = SOCKET_LIMITS.connections;
type Shares = ReturnType<typeof createConnectionShare>;

function openAll(share: Shares, address: string, network: string): number {
  let opened = 0;
  while (opened < 10_000 && share.open(address, network)) opened += 1;
  return opened;
}

/** Phones that do not get six connections each. */
function refusedOf(share: Shares, network: string, phones: number): string[] {
  return Array.from({ length: phones }, (_, i) => `${network}.${i}`).filter(
    (phone) => ![1, 2, 3, 4, 5, 6].every(() => share.open(phone, network)),
  );
}

describe('createConnectionShare', () => {
  it('gives one address a ninth at most, which is a village behind one address', () => {
    const opened = openAll(createConnectionShare(LIMITS), '203.0.113.1', 'outside');

    expect(opened).toBeGreaterThan(300);
    expect(opened).toBeLessThanOrEqual(Math.ceil(LIMITS.total / 9));
  });

  it('leaves other villages their connections when one takes all it can, by any number of addresses', () => {
    const share = createConnectionShare(LIMITS);
    let taken = 0;
    for (let i = 0; i < 1000; i += 1) taken += openAll(share, `172.16.0.${i}`, 'flood');

    expect(taken).toBeLessThanOrEqual(LIMITS.total / 4);
    expect(['b', 'c', 'd'].flatMap((village) => refusedOf(share, village, 60))).toEqual([]);
  });

  it('leaves neighbours theirs when one phone takes all it can', () => {
    const share = createConnectionShare(LIMITS);
    openAll(share, 'flood', 'village');

    expect(refusedOf(share, 'village', 60)).toEqual([]);
  });

  it('gives back what was closed', () => {
    const share = createConnectionShare({
      total: 4,
      address: { floor: 2, part: 1 / 8 },
      network: { floor: 3, part: 1 / 8 },
    });
    expect([1, 2, 3].map(() => share.open('a', 'n'))).toEqual([true, true, false]);
    expect([1, 2].map(() => share.open('b', 'n'))).toEqual([true, false]);

    share.close('a', 'n');

    expect([1, 2].map(() => share.open('b', 'n'))).toEqual([true, false]);
  });

  it('never holds more than in all, and never refuses a floor while there is room', () => {
    const acts = fc.array(fc.tuple(fc.boolean(), fc.nat(4)), { maxLength: 300 });
    fc.assert(
      fc.property(acts, (list) => {
        const limits = {
          total: 20,
          address: { floor: 3, part: 1 / 4 },
          network: { floor: 9, part: 1 / 4 },
        };
        const share = createConnectionShare(limits);
        const held = [0, 0, 0, 0, 0];
        let floorBroken = false;
        for (const [opens, who] of list) {
          const all = held.reduce((sum, own) => sum + own, 0);
          const network = `n${who % 2}`;
          const neighbours = held.reduce((sum, own, i) => (i % 2 === who % 2 ? sum + own : sum), 0);
          if (opens) {
            const admitted = share.open(`a${who}`, network);
            const isDue = held[who]! < 3 && neighbours < 9 && all < limits.total;
            if (isDue && !admitted) floorBroken = true;
            if (admitted) held[who]! += 1;
          } else if (held[who]! > 0) {
            share.close(`a${who}`, network);
            held[who]! -= 1;
          }
          expect(held.reduce((sum, own) => sum + own, 0)).toBeLessThanOrEqual(limits.total);
        }
        expect(floorBroken).toBe(false);
      }),
    );
  });
});
