import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LOGIN_LIMITS, createLoginLimiter as limiterOf } from './login-limits.ts';

const isOutside = (address: string): boolean => !address.startsWith('10.0.');
const createLoginLimiter = (limits: typeof DEFAULT_LOGIN_LIMITS) => limiterOf(limits, isOutside);
const phone = (n: number) => ({ address: `10.0.0.${n}`, mac: `A2:00:00:00:00:${n}`, router: 'r' });
const few = {
  address: { burst: 3, perSecond: 1 },
  line: { burst: 3, perSecond: 1 },
  phone: { burst: 3, perSecond: 1 },
  outside: { burst: 4, perSecond: 1 },
  router: { burst: 5, perSecond: 1 },
  keys: 4,
};

function admitted(count: number, admit: () => boolean): number {
  return Array.from({ length: count }, admit).filter(Boolean).length;
}

describe('createLoginLimiter', () => {
  it('admits a burst, then as many as time brings back', () => {
    const admit = createLoginLimiter(few);

    expect(admitted(10, () => admit(phone(1), 0))).toBe(3);
    expect(admitted(10, () => admit(phone(1), 2000))).toBe(2);
  });

  it('limits a router over all its phones', () => {
    const admit = createLoginLimiter(few);

    expect(admitted(3, () => admit(phone(1), 0)) + admitted(3, () => admit(phone(2), 0))).toBe(5);
  });

  it('charges a refused phone nothing that belongs to its neighbours', () => {
    const admit = createLoginLimiter(few);
    admitted(1000, () => admit(phone(1), 0));

    expect(admitted(2, () => admit(phone(2), 0))).toBe(2);
  });

  it('takes nothing from a phone whose MAC is named at another address', () => {
    const admit = createLoginLimiter({ ...few, router: { burst: 100, perSecond: 1 } });
    admitted(10, () => admit({ ...phone(1), address: '10.0.1.1' }, 0));

    expect(admitted(3, () => admit(phone(1), 0))).toBe(3);
  });

  it('remembers no more keys than it may, and forgets the longest unused first', () => {
    const admit = createLoginLimiter({ ...few, router: { burst: 1000, perSecond: 1 } });
    admitted(3, () => admit(phone(1), 0));
    for (let n = 2; n <= 4; n += 1) admit(phone(n), 0);

    expect(admit(phone(1), 0)).toBe(false);
    for (let n = 5; n <= 8; n += 1) admit(phone(n), 0);
    expect(admit(phone(1), 0)).toBe(true);
  });

  it('lets a whole village in behind one address that is not of its LAN', () => {
    const admit = createLoginLimiter(DEFAULT_LOGIN_LIMITS);
    const everybody = Array.from({ length: 300 }, (_, n) => ({ ...phone(n), address: '10.9.0.1' }));

    expect(everybody.every((one) => admit(one, 0))).toBe(true);
  });

  it('lets a village of 300 in within ten seconds while one address floods under ever new MACs', () => {
    const admit = createLoginLimiter(DEFAULT_LOGIN_LIMITS);
    const refused: number[] = [];
    for (let n = 0; n < 300; n += 1) {
      const at = (n * 10_000) / 300;
      for (let i = 0; i < 10; i += 1) {
        admit({ address: '10.0.9.9', mac: `02:00:00:00:${n}:${i}`, router: 'r' }, at);
      }
      if (!admit({ ...phone(n), address: `10.0.${n >> 8}.${n & 255}` }, at)) refused.push(n);
    }

    expect(refused).toEqual([]);
  });

  it('lets every neighbour in, whatever up to 40 addresses of the LAN and any number elsewhere send', () => {
    const step = fc.record({
      by: fc.integer({ min: 0, max: 39 }),
      outside: fc.boolean(),
      times: fc.integer({ min: 1, max: 400 }),
      passes: fc.nat(3000),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const admit = createLoginLimiter(DEFAULT_LOGIN_LIMITS);
        const refused: number[] = [];
        let at = 0;
        for (const [n, { by, outside, times, passes }] of steps.entries()) {
          at += passes;
          for (let i = 0; i < times; i += 1) {
            const address = outside ? `203.0.${n}.${by + i}` : `10.0.9.${by}`;
            admit({ address, mac: `02:${n}:${i}`, router: 'r' }, at);
          }
          for (let tap = 0; tap < 5; tap += 1) {
            if (!admit({ ...phone(n), address: `10.0.1.${n}` }, at)) refused.push(n);
          }
        }

        expect(refused).toEqual([]);
      }),
    );
  });

  it('keeps the last quarter of a router for the first attempts of an address', () => {
    const admit = createLoginLimiter(DEFAULT_LOGIN_LIMITS);
    for (let n = 0; n < 40; n += 1) {
      for (let i = 0; i < 60; i += 1) admit({ ...phone(n), mac: `02:${i}` }, 0);
    }

    expect(admitted(10, () => admit(phone(50), 0))).toBe(5);
  });

  it('gives all addresses outside a quarter of a router, and of that the last to who is new', () => {
    const admit = createLoginLimiter(DEFAULT_LOGIN_LIMITS);
    const from = (n: number) => ({ address: `2001:db8:0:${n}::1`, mac: `02:${n}`, router: 'r' });
    const many = [1, 2].map((n) =>
      admitted(300, () => admit({ ...from(n), mac: `02:${Math.random()}` }, 0)),
    );
    const others = Array.from({ length: 300 }, (_, n) => admit(from(n + 3), 0)).filter(Boolean);

    expect([...many, others.length]).toEqual([300, 5, 95]);
  });

  it('counts a /64 as one line, and once for all routers that it names', () => {
    const admit = createLoginLimiter(DEFAULT_LOGIN_LIMITS);
    let n = 0;
    const admits = admitted(1000, () => {
      n += 1;
      return admit({ address: `2001:db8::${n.toString(16)}`, mac: `02:${n}`, router: `r${n}` }, 0);
    });

    expect(admits).toBe(DEFAULT_LOGIN_LIMITS.line.burst);
  });

  it('a clock that steps back neither fills nor empties a bucket', () => {
    const admit = createLoginLimiter(few);
    admit(phone(1), 10_000);

    expect(admitted(5, () => admit(phone(1), 5000))).toBe(2);
  });
});
