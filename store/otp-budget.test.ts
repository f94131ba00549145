import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeCharges } from './otp-budget.ts';
import type { OtpCharge, OtpSpent } from './otp-types.ts';

const AT = 1_000_000;
const charge = (over: Partial<OtpCharge> = {}): OtpCharge => ({
  scope: 'phone',
  key: '+6281234567890',
  endsAt: AT + 100_000,
  amount: 1,
  most: 3,
  gapMs: 60_000,
  ...over,
});
const idOf = ({ scope, key, endsAt }: OtpCharge): string => `${scope} ${key} ${endsAt}`;

/** A store of budgets, as the intent keeps it. */
function ledger() {
  const spent = new Map<string, OtpSpent>();
  return {
    spent,
    take: (charges: readonly OtpCharge[], at: number) => {
      const answer = judgeCharges(charges, (one) => spent.get(idOf(one)), at);
      if (answer.kind === 'refused') return answer;
      for (const one of charges) {
        const before = spent.get(idOf(one))?.amount ?? 0;
        spent.set(idOf(one), { amount: before + one.amount, lastAt: at });
      }
      return answer;
    },
  };
}

describe('budgets', () => {
  it('refuse within the gap, and say when it is over', () => {
    const answer = judgeCharges([charge()], () => ({ amount: 1, lastAt: AT - 10_000 }), AT);

    expect(answer).toEqual({ kind: 'refused', scope: 'phone', retryAt: AT + 50_000 });
  });

  it('refuse what is used up, until the period ends', () => {
    const answer = judgeCharges([charge()], () => ({ amount: 3, lastAt: 0 }), AT);

    expect(answer).toEqual({ kind: 'refused', scope: 'phone', retryAt: AT + 100_000 });
  });

  it('name the one that lasts longest', () => {
    const router = charge({ scope: 'router', endsAt: AT + 900_000 });
    const answer = judgeCharges([charge(), router], () => ({ amount: 3, lastAt: 0 }), AT);

    expect(answer).toMatchObject({ scope: 'router', retryAt: AT + 900_000 });
  });

  it('are never overdrawn, whoever comes when, and a refusal takes nothing', () => {
    const one = fc.record({
      phone: fc.nat(3),
      mac: fc.nat(3),
      after: fc.nat(90_000),
      amount: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 60 }), (visits) => {
        const { spent, take } = ledger();
        let at = AT;
        for (const { phone, mac, after, amount } of visits) {
          at += after;
          const endsAt = (Math.floor(at / 500_000) + 1) * 500_000;
          const charges = [
            charge({ key: String(phone), endsAt, amount }),
            charge({ scope: 'mac', key: String(mac), endsAt, amount, most: 4, gapMs: 0 }),
            charge({ scope: 'all', key: '', endsAt, amount, most: 9, gapMs: 0 }),
          ];
          const before = JSON.stringify([...spent]);
          const answer = take(charges, at);
          const isSound =
            answer.kind !== 'refused' ||
            (JSON.stringify([...spent]) === before &&
              answer.retryAt > at &&
              answer.retryAt <= endsAt);
          expect(isSound).toBe(true);
          for (const each of charges) {
            expect(spent.get(idOf(each))?.amount ?? 0).toBeLessThanOrEqual(each.most);
          }
        }
      }),
    );
  });

  it('let somebody who waits as told take again', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(100_000), (amount, ago) => {
        const before: OtpSpent = { amount, lastAt: AT - ago };
        const answer = judgeCharges([charge()], () => before, AT);
        if (answer.kind === 'charged') return;
        const sameTime = answer.retryAt < AT + 100_000;
        const later = judgeCharges(
          [charge({ endsAt: answer.retryAt + 100_000 })],
          // The next period begins with nothing spent.
          () => (sameTime ? before : undefined),
          answer.retryAt,
        );

        expect(later.kind).toBe('charged');
      }),
    );
  });
});
