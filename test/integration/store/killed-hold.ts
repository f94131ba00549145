/** A process that holds a router of a store for a second and a half, and is killed meanwhile. */
import { openStore, type StoreOptions } from '../../../store/open.ts';

const { store } = await openStore(JSON.parse(process.argv[2]!) as StoreOptions);
const router = await store.routerByName(process.argv[3]!);
await store.holdRouter({
  ...{ routerId: router!.id, kind: 'hand', link: 'x', owner: 'dead', at: Date.now() },
  ...{ leaseAt: Date.now(), leaseMs: 1500 },
});
process.send!('held');
setInterval(() => undefined, 60_000);
