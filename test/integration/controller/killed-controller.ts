/** Works on every router of a store until it is killed. */
import { openStore, type StoreOptions } from '../../../store/open.ts';
import { queueStand } from './queue-stand.ts';

const { store } = await openStore(JSON.parse(process.argv[2]!) as StoreOptions);
const stand = await queueStand(store);
await stand.pass();
await stand.look();
setInterval(() => undefined, 60_000);
