/**
 * The slow look at a router that nothing is wanted of but to stay as it is: what somebody changed by hand is noted
 * and shown, and made ours again: at once where safety hangs on it, else after a time in which it may be adopted.
 */
import type { Store } from '../../store/contract.ts';
import type { Router } from '../../store/types.ts';
import { applyChanges } from '../apply.ts';
import type { RouterFacts } from '../desired/types.ts';
import { observe } from '../observe.ts';
import { type Change, plan } from '../plan.ts';
import { type Look, look, open, type ProvisionStore, type RouterTask } from '../provision.ts';
import { renderPlan } from '../render-plan.ts';
import { type DriftRow, driftRows, revertChanges, visible } from './rows.ts';
import { dueRows } from './safety.ts';

export interface MendTask extends RouterTask {
  readonly store: ProvisionStore & Pick<Store, 'recordDrift'>;
  readonly graceMs: number;
  /** Whether the router's window is open. */
  readonly mayChange: boolean;
}

export interface Mended {
  readonly facts: RouterFacts;
  /** Of what the router should be. */
  readonly digest: string;
  /** `wanted`: it is to be something else than was applied, which is not for this to do. */
  readonly outcome: 'right' | 'stays' | 'mended' | 'wanted';
}

/** Throws `ROUTER_*` when it cannot be read or written, `SETTING_VALUE` and the like when it can be no configuration. */
export async function mendDrift(task: MendTask): Promise<Mended> {
  const { router, clock } = task;
  await using link = await open(task);
  const before = await look(task, link);
  const { facts, configuration } = before;
  const { digest } = configuration;
  if (digest !== router.appliedDigest) return { facts, digest, outcome: 'wanted' };
  const changes = visible(before.changes);
  const rows = driftRows(changes, configuration, before.observed);
  const now = clock.now();
  const since = await note(task, rows);
  const { graceMs, mayChange } = task;
  const due = dueRows(rows, { since, now, graceMs, mayChange });
  if (due.length === 0) {
    await record(task, changes);
    return { facts, digest, outcome: rows.length === 0 ? 'right' : 'stays' };
  }
  await task.backUp?.(router, link, facts);
  const left = await write(task, link, { before, changes: changesOf(due, changes) });
  await note(task, driftRows(left, configuration, before.observed));
  await record(task, left);
  task.log.info({ router: router.name, rows: due.map(({ id }) => id) }, 'drift mended');
  return { facts, digest, outcome: 'mended' };
}

/** Since when each row differs, by its id. */
async function note(
  { store, router, clock }: MendTask,
  rows: readonly DriftRow[],
): Promise<ReadonlyMap<string, number>> {
  const ids = rows.map(({ id }) => id);
  const known = await store.recordDrift({ routerId: router.id, rows: ids, at: clock.now() });
  return new Map(known.map(({ row, since }) => [row, since]));
}

/** Those of all, in the order of the plan. */
function changesOf(rows: readonly DriftRow[], all: readonly Change[]): readonly Change[] {
  const wanted = new Set(rows.flatMap((row) => revertChanges(row, all)));
  return all.filter((change) => wanted.has(change));
}

/** Gives what still differs. */
async function write(
  { signal }: MendTask,
  { connection, inFlight, prove }: Awaited<ReturnType<typeof open>>,
  { before, changes }: { readonly before: Look; readonly changes: readonly Change[] },
): Promise<readonly Change[]> {
  await applyChanges(changes, {
    connection,
    version: before.facts.version,
    armed: before.armed,
    prove,
    inFlight,
    ...(signal === undefined ? {} : { signal }),
  });
  const observed = await observe(connection, before.configuration, signal);
  return visible(plan(before.configuration, observed));
}

/** Only what is new: a router's row is told to all that hold it. */
async function record(
  { store, router, clock }: MendTask,
  changes: readonly Change[],
): Promise<void> {
  const provisioning: Router['provisioning'] = changes.length > 0 ? 'drifted' : 'applied';
  const detail = changes.length > 0 ? renderPlan(changes).trimEnd() : null;
  if (router.provisioning === provisioning && router.provisioningDetail === detail) return;
  await store.recordProvisioning({
    routerId: router.id,
    provisioning,
    digest: router.appliedDigest,
    detail,
    at: clock.now(),
  });
}
