/** A router is given back: what it is then goes to a file for whoever gets it. */
import { releaseRouter } from '../../controller/enrol/release.ts';
import { inLane } from '../../controller/fleet/lane.ts';
import { linkKey } from '../../controller/fleet/link-key.ts';
import { realClock } from '../../lib/clock.ts';
import { SmartWifiError } from '../../lib/errors.ts';
import type { Store } from '../../store/contract.ts';
import type { Router } from '../../store/types.ts';
import {
  audit,
  CLI,
  type Command,
  type CommandContext,
  operand,
  requiredOption,
  textOption,
  withStore,
} from '../command.ts';
import { writePeers, writeSecretFile } from './enrolment.ts';
import { requireRouter, taskOf } from './router.ts';

/** A controller may be faster to take our place in the queue, and find nothing to do there. */
const TRIES = 10;

export const routerRelease: Command = {
  summary: 'give a router back: a plain gateway stays, its export is written to a file',
  usage: 'NAME --export FILE [--reason TEXT]',
  options: { export: { type: 'string' }, reason: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const router = await requireRouter(store, operand(context, 'the name of the router'));
      const file = requiredOption(context.options, 'export');
      const reason = textOption(context.options, 'reason') ?? '';
      const { id: routerId, name } = router;
      const shelve = (life: 'active' | 'spare'): Promise<boolean> =>
        store.shelveRouter({ routerId, life, reason: 'release', by: CLI, at: realClock.now() });
      // Before anything is undone: afterwards the export could not be had again.
      await writeSecretFile(file, '');
      // Nobody may configure it again while it is undone.
      await shelve('spare');
      const release = await releaseInLane(context, store, router).catch(async (error: unknown) => {
        await shelve('active');
        await audit(store, 'router.release.failed', name, reason);
        throw error;
      });
      const at = realClock.now();
      await store.retireRouter({ routerId, life: 'released', reason, by: CLI, at });
      await writeSecretFile(file, release.text);
      await writePeers(context, store);
      context.print(
        { router: name, life: 'released', changes: release.changes, export: file },
        `${name} is a plain gateway from now on; what it is stands in ${file} (with secrets)`,
      );
      return 0;
    }),
};

async function releaseInLane(context: CommandContext, store: Store, router: Router) {
  const { clock, log } = taskOf(context, store, router);
  const rows = (await store.listSettings()).map((row) => ({ ...row, value: row.value ?? '' }));
  const at = { store, clock, log, router, link: linkKey(router, rows), signal: context.signal };
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const done = await inLane(at, async (signal) => {
      const fresh = (await store.routerByName(router.name)) ?? router;
      const value = await releaseRouter({ ...taskOf(context, store, fresh), signal });
      return { value, result: { outcome: 'done', detail: 'released' } };
    });
    if (done !== null) return done;
  }
  throw new SmartWifiError('ROUTER_BUSY', `${router.name} is worked on: try again in a minute`);
}
