/**
 * Drift of one router: read it, keep a row as it was made by hand, or write ours back. Reading never
 * writes. What is kept becomes part of what the router should be, so that its plan is empty afterwards.
 */
import type { Store } from '../../store/contract.ts';
import { applyChanges } from '../apply.ts';
import type { DesiredConfiguration } from '../desired/types.ts';
import { observe } from '../observe.ts';
import { type Observed, plan } from '../plan.ts';
import { type Look, look, open, type ProvisionStore, type RouterTask } from '../provision.ts';
import { renderPlan } from '../render-plan.ts';
import type { Override } from './overrides.ts';
import {
  adoptionOf,
  type DriftRow,
  driftRows,
  findDriftRows,
  revertChanges,
  visible,
} from './rows.ts';

export type DriftStore = ProvisionStore & Pick<Store, 'setRowOverrides' | 'dropRowOverrides'>;
export type DriftTask = RouterTask & { readonly store: DriftStore };

export interface DriftReport {
  readonly rows: readonly DriftRow[];
  /** What is kept of this router as it was made by hand. */
  readonly kept: readonly Override[];
}

export type DriftOutcome =
  /** `left`: rows that still differ. */
  | { readonly kind: 'done'; readonly row: string; readonly left: readonly DriftRow[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'ambiguous'; readonly ids: readonly string[] }
  | { readonly kind: 'refused'; readonly row: string; readonly reason: string };

/** Throws `ROUTER_*` when the router cannot be read. */
export async function readDrift(task: RouterTask): Promise<DriftReport> {
  await using link = await open(task);
  const { configuration, observed } = await look(task, link);
  return {
    rows: rowsOf(configuration, observed),
    kept: await task.store.rowOverrides(task.router.id),
  };
}

/** Keeps the row that `name` says as it is now. */
export async function adoptRow(task: DriftTask, name: string): Promise<DriftOutcome> {
  await using link = await open(task);
  const before = await look(task, link);
  const found = one(findDriftRows(rowsOf(before.configuration, before.observed), name));
  if (found.kind !== 'row') return found;
  const { row } = found;
  const adoption = adoptionOf(row, before.configuration);
  if (adoption.kind === 'refused') {
    return { kind: 'refused', row: row.id, reason: adoption.reason };
  }
  const { router, store, clock } = task;
  const { overrides } = adoption;
  await store.setRowOverrides({ routerId: router.id, overrides, at: clock.now() });
  const after = await look(task, link);
  return await settle(task, before, after, row.id);
}

/** Makes the row that `name` says ours again, and forgets what was kept of it. */
export async function revertRow(task: DriftTask, name: string): Promise<DriftOutcome> {
  await using link = await open(task);
  const before = await look(task, link);
  const { router, store, signal } = task;
  const kept = (await store.rowOverrides(router.id)).filter(
    ({ path, key }) => name === path || name === key || name === `${path}:${key}`,
  );
  const keptRows = new Set(kept.map(({ path, key }) => `${path}:${key}`));
  if (keptRows.size > 1) return { kind: 'ambiguous', ids: [...keptRows] };
  if (kept[0] !== undefined) {
    const { path, key } = kept[0];
    await store.dropRowOverrides({ routerId: router.id, path, key });
  }
  const now = kept.length === 0 ? before : await look(task, link);
  const changes = visible(plan(now.configuration, now.observed));
  const found = one(findDriftRows(driftRows(changes, now.configuration, now.observed), name));
  if (found.kind === 'none' && kept[0] !== undefined) {
    // Kept, and by now as ours would be.
    return await settle(task, before, now, `${kept[0].path}:${kept[0].key}`);
  }
  if (found.kind !== 'row') return found;
  await applyChanges(revertChanges(found.row, changes), {
    connection: link.connection,
    version: now.facts.version,
    armed: now.armed,
    prove: link.prove,
    inFlight: link.inFlight,
    ...(signal === undefined ? {} : { signal }),
  });
  const observed = await observe(link.connection, now.configuration, signal);
  return await settle(task, before, { ...now, observed }, found.row.id);
}

/**
 * Records how the router stands. That secrets were written is known by the digest: it is carried over to
 * the new one only when the old one was what had been applied.
 */
async function settle(
  { store, router, clock }: DriftTask,
  before: Look,
  { configuration, observed }: Pick<Look, 'configuration' | 'observed'>,
  row: string,
): Promise<DriftOutcome> {
  const left = rowsOf(configuration, observed);
  const wasCurrent = before.configuration.digest === router.appliedDigest;
  const changes = left.flatMap((one) => one.changes);
  await store.recordProvisioning({
    routerId: router.id,
    provisioning: left.length > 0 ? 'drifted' : wasCurrent ? 'applied' : router.provisioning,
    digest: wasCurrent ? configuration.digest : router.appliedDigest,
    detail: left.length > 0 ? renderPlan(changes).trimEnd() : null,
    at: clock.now(),
  });
  return { kind: 'done', row, left };
}

function rowsOf(configuration: DesiredConfiguration, observed: Observed): readonly DriftRow[] {
  return driftRows(visible(plan(configuration, observed)), configuration, observed);
}

function one(
  rows: readonly DriftRow[],
): { kind: 'row'; row: DriftRow } | Extract<DriftOutcome, { kind: 'none' | 'ambiguous' }> {
  const [row, ...more] = rows;
  if (row === undefined) return { kind: 'none' };
  if (more.length > 0) return { kind: 'ambiguous', ids: rows.map(({ id }) => id) };
  return { kind: 'row', row };
}
