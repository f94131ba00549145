/**
 * Whether something may be taken from several budgets at once. Pure.
 *
 * A budget has a period, named by its end, a most, and a gap between two charges; part of it may be kept for
 * those who come for the first time, so that who asks without end leaves something for everybody else. Of those
 * that refuse, the one that lasts longest says when to come again: what is refused takes nothing from any.
 */
import type { OtpCharge, OtpCharged, OtpSpent } from './otp-types.ts';

const CHARGED: OtpCharged = { kind: 'charged' };

export function judgeCharges(
  charges: readonly OtpCharge[],
  spentOf: (charge: OtpCharge) => OtpSpent | undefined,
  at: number,
): OtpCharged {
  let refused: Extract<OtpCharged, { kind: 'refused' }> | null = null;
  const known = charges.some((one) => one.first === true && (spentOf(one)?.amount ?? 0) > 0);
  for (const charge of charges) {
    const kept = known ? (charge.reserve ?? 0) : 0;
    const retryAt = waitFor(charge, charge.most - kept, spentOf(charge), at);
    // Of several, the one that lasts longest: coming back earlier would be in vain.
    if (retryAt !== null && retryAt > (refused?.retryAt ?? Number.NEGATIVE_INFINITY)) {
      refused = { kind: 'refused', scope: charge.scope, retryAt };
    }
  }
  return refused ?? CHARGED;
}

/** When the charge may come again; null when it may now. */
function waitFor(
  charge: OtpCharge,
  most: number,
  spent: OtpSpent | undefined,
  at: number,
): number | null {
  if ((spent?.amount ?? 0) + charge.amount > most) return charge.endsAt;
  const from = spent === undefined ? at : spent.lastAt + charge.gapMs;
  return from > at ? Math.min(from, charge.endsAt) : null;
}
