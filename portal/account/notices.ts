/** What came of an act: good news, or something to mend. */
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
