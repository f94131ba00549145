/** Takes a router's export into the store, and lets old versions go. */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Store } from '../../store/contract.ts';
import type { BackupReason, Router, SavedBackup } from '../../store/types.ts';
import type { RouterTask } from '../provision.ts';
import type { RouterOsConnection } from '../routeros/client.ts';
import { RouterTrap } from '../routeros/errors.ts';
import { readExport } from './read-export.ts';
import { expiredBackups } from './retention.ts';

export type BackupOutcome = 'new' | 'same' | 'refused';

export interface BackupDeps {
  readonly store: Pick<Store, 'saveBackup' | 'listBackups' | 'dropBackups'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal;
  readonly counted?: (outcome: BackupOutcome) => void;
}

/** Throws what {@link readExport} throws. */
export async function backUpRouter(
  { store, clock, signal, counted }: BackupDeps,
  router: Router,
  from: { readonly connection: RouterOsConnection; readonly version: string },
  reason: BackupReason,
): Promise<SavedBackup> {
  const text = await readExport(from.connection, signal);
  const at = clock.now();
  const routerId = router.id;
  const saved = await store.saveBackup({ routerId, text, reason, osVersion: from.version, at });
  counted?.(saved.isNew ? 'new' : 'same');
  if (saved.isNew) {
    const versions = expiredBackups(await store.listBackups(routerId), at);
    if (versions.length > 0) await store.dropBackups({ routerId, versions });
  }
  return saved;
}

/**
 * For {@link RouterTask.backUp}. A router that refuses to export (its flash is full, its rights are short)
 * is applied to all the same: the apply may be what mends it, and safe mode keeps the way back.
 */
export function backUpBefore(deps: BackupDeps): NonNullable<RouterTask['backUp']> {
  return async (router, { connection }, { version }) => {
    try {
      await backUpRouter(deps, router, { connection, version }, 'apply');
    } catch (error) {
      if (!(error instanceof RouterTrap)) throw error;
      deps.counted?.('refused');
      deps.log.warn({ router: router.name, detail: error.message }, 'no backup before an apply');
    }
  };
}
