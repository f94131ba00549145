/** An operator's command that takes one row back on the only router of a store, until it is killed. */
import { revertRow } from '../../../controller/drift/drift.ts';
import { inHand } from '../../../controller/fleet/hold.ts';
import { SETTINGS } from '../../../controller/test-input.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import { openStore, type StoreOptions } from '../../../store/open.ts';
import { STAND_LEASE_MS } from './queue-stand.ts';

const { store } = await openStore(JSON.parse(process.argv[2]!) as StoreOptions);
const [router] = await store.listRouters();
const common = { store, clock: realClock, log: createLogger('test', 'silent'), router: router! };
const { signal } = new AbortController();
await inHand({ ...common, link: 'x', signal, leaseMs: STAND_LEASE_MS }, () =>
  revertRow({ ...common, settings: SETTINGS }, '/snmp'),
);
setInterval(() => undefined, 60_000);
