/** What came of an act: good news, something to mend, or a fault of ours. */
import type { AccountNotice } from '../pages.ts';

export const GOOD: ReadonlySet<AccountNotice> = new Set([
  'released',
  'topUpAdded',
  'passwordChanged',
  'numberChanged',
  'corrected',
  'codeSent',
  'withdrawn',
  'eraseAsked',
  'eraseKept',
]);

export function noticeStatus(notice: AccountNotice): number {
  if (GOOD.has(notice)) return 200;
  return notice === 'limited' ? 429 : notice === 'down' ? 503 : 422;
}
