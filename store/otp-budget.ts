/**
 * Whether something may be taken from several budgets at once. Pure.
 *
 * A budget has a period, named by its end, a most, and a gap between two charges. The first that refuses
 * decides, and says when to come again: what is refused takes nothing from any of them.
 */
import type { OtpCharge, OtpCharged, OtpSpent } from './otp-types.ts';

const CHARGED: OtpCharged = { kind: 'charged' };

export function judgeCharges(
  charges: readonly OtpCharge[],
  spentOf: (charge: OtpCharge) => OtpSpent | undefined,
  at: number,
): OtpCharged {
  let refused: Extract<OtpCharged, { kind: 'refused' }> | null = null;
  for (const charge of charges) {
    const retryAt = waitFor(charge, spentOf(charge), at);
    // Of several, the one that lasts longest: coming back earlier would be in vain.
    if (retryAt !== null && retryAt > (refused?.retryAt ?? Number.NEGATIVE_INFINITY)) {
      refused = { kind: 'refused', scope: charge.scope, retryAt };
    }
  }
  return refused ?? CHARGED;
}

/** When the charge may come again; null when it may now. */
function waitFor(charge: OtpCharge, spent: OtpSpent | undefined, at: number): number | null {
  if ((spent?.amount ?? 0) + charge.amount > charge.most) return charge.endsAt;
  const from = spent === undefined ? at : spent.lastAt + charge.gapMs;
  return from > at ? Math.min(from, charge.endsAt) : null;
}
