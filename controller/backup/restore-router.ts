/** Brings our rows of a router back to what a backup says, or says what that would change. */
import type { Store } from '../../store/contract.ts';
import { applyChanges } from '../apply.ts';
import { observe } from '../observe.ts';
import { type Change, plan } from '../plan.ts';
import { look, open, type RouterTask } from '../provision.ts';
import { renderPlan } from '../render-plan.ts';
import { desiredOfBackup } from './restore.ts';

const INTERRUPTED = 'interrupted while a backup was brought back';

export interface Restored {
  /** What was to be brought back. */
  readonly changes: readonly Change[];
  /** Changes between the router now and what it should be. */
  readonly against: number;
}

/**
 * Null when the backup holds no row of ours. From the first write on the router counts as half written, so that whoever
 * comes after us, should we die, writes everything. Throws `ROUTER_*`.
 */
export async function restoreRouter(
  task: RouterTask,
  text: string,
  mode: 'plan' | 'apply',
): Promise<Restored | null> {
  const { router, signal } = task;
  await using link = await open(task);
  const { configuration, facts, armed, changes: now } = await look(task, link);
  const wanted = desiredOfBackup(text, configuration);
  if (wanted === null) return null;
  const observed = await observe(link.connection, wanted, signal);
  // Secrets of rows that are there are ours already; those of a backup may be dead.
  const changes = plan(wanted, observed);
  if (mode === 'plan' || changes.length === 0) return { changes, against: now.length };
  await task.backUp?.(router, link, facts);
  const { appliedDigest } = router;
  await record(task, { provisioning: 'failed', digest: null, detail: INTERRUPTED });
  await applyChanges(changes, {
    connection: link.connection,
    version: facts.version,
    armed,
    prove: link.prove,
    inFlight: link.inFlight,
    ...(signal === undefined ? {} : { signal }),
  });
  const { changes: against } = await look(task, link);
  const provisioning = against.length === 0 ? 'applied' : 'drifted';
  const detail = against.length === 0 ? null : renderPlan(against).trimEnd();
  await record(task, {
    provisioning,
    digest: bringsSecrets(changes) ? null : appliedDigest,
    detail,
  });
  return { changes, against: against.length };
}

/** Then all are written again with the next apply. */
function bringsSecrets(changes: readonly Change[]): boolean {
  return changes.some((one) => one.kind === 'add' && Object.keys(one.secrets).length > 0);
}

async function record(
  { store, router, clock }: RouterTask,
  state: Pick<Parameters<Store['recordProvisioning']>[0], 'provisioning' | 'digest' | 'detail'>,
): Promise<void> {
  await store.recordProvisioning({ routerId: router.id, ...state, at: clock.now() });
}
