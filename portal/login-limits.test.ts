import { describe, expect, it } from 'vitest';
import { createLoginLimiter, DEFAULT_LOGIN_LIMITS } from './login-limits.ts';

const phone = (n: number) => ({ address: `10.0.0.${n}`, mac: `A2:00:00:00:00:${n}`, router: 'r' });
const few = {
  address: { burst: 3, perSecond: 1 },
  phone: { burst: 3, perSecond: 1 },
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

  it('lets a whole village in behind one address', () => {
    const admit = createLoginLimiter(DEFAULT_LOGIN_LIMITS);
    const everybody = Array.from({ length: 300 }, (_, n) => ({ ...phone(n), address: '10.0.0.1' }));

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

  it('a clock that steps back neither fills nor empties a bucket', () => {
    const admit = createLoginLimiter(few);
    admit(phone(1), 10_000);

    expect(admitted(5, () => admit(phone(1), 5000))).toBe(2);
  });
});
