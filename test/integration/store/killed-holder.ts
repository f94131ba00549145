/** Claims every job there is, tells its parent which, and does nothing until it is killed. */
import { openStore } from '../../../store/open.ts';
import type { ClaimJobs } from '../../../store/types.ts';

export interface KilledHolderArgs {
  readonly store: string;
  readonly keyFile: string;
  readonly claim: Omit<ClaimJobs, 'ids'>;
}

const args = JSON.parse(process.argv[2]!) as KilledHolderArgs;
const { store } = await openStore(args);
const ids = (await store.listJobs({})).map((job) => job.id);
const claimed = await store.claimJobs({ ...args.claim, ids });
process.send!(claimed.map((job) => job.id));
setInterval(() => undefined, 60_000);
