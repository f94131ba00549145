/** A controller that backs the only router of a store up, and is killed when the export is there but not saved. */
import { createNightlyBackups } from '../../../controller/backup/nightly.ts';
import { openStore, type StoreOptions } from '../../../store/open.ts';
import { nightlyOptions } from './nightly-options.ts';

const { store } = await openStore(JSON.parse(process.argv[2]!) as StoreOptions);
const nightly = createNightlyBackups(
  nightlyOptions(store, {
    saveBackup: () => {
      process.send!('saving');
      return new Promise(() => undefined);
    },
  }),
);
await nightly.pass(await store.listRouters());
setInterval(() => undefined, 60_000);
