/** Nightly backups of a store whose routers all answer, a night after they were added. */
import type { NightlyOptions } from '../../../controller/backup/nightly.ts';
import { SETTINGS } from '../../../controller/test-input.ts';
import { type SteppedClock, steppedClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import type { Store } from '../../../store/contract.ts';
import { AT } from '../../fixtures/rows.ts';
import { STAND_LEASE_MS } from './queue-stand.ts';

const DAY_MS = 86_400_000;

export function nightlyOptions(
  store: Store,
  instead: Partial<Store> = {},
): NightlyOptions & { readonly clock: SteppedClock } {
  return {
    store: Object.assign(Object.create(store) as Store, instead),
    clock: steppedClock(AT + 2 * DAY_MS),
    log: createLogger('test', 'silent'),
    apiUser: SETTINGS.apiUser,
    timeZone: SETTINGS.timeZone,
    isUp: () => true,
    counted: () => undefined,
    leaseMs: STAND_LEASE_MS,
  };
}
