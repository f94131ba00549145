/** Routers that somebody is changing just now: a job of theirs is held under a lease. */
import type { Store } from '../../store/contract.ts';

/** Ids. `leaseNow`: leases run in machine time, whatever the clock of the fleet says. */
export async function busyRouters(
  store: Pick<Store, 'listJobs'>,
  leaseNow: number = Date.now(),
): Promise<ReadonlySet<string>> {
  const jobs = await store.listJobs({});
  const held = jobs.filter((job) => job.endedAt === null && job.leaseUntil > leaseNow);
  return new Set(held.map(({ routerId }) => routerId));
}
