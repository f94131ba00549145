/** What a blocked site is needed for, as the form offers it. */
import type { AppealReason } from '../../store/types.ts';

export const APPEAL_REASONS = [
  'school',
  'work',
  'service',
  'other',
] as const satisfies readonly AppealReason[];
