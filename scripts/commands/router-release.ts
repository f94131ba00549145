/** A router is given back: what it is then goes to a file for whoever gets it. */
import { releaseRouter } from '../../controller/enrol/release.ts';
import { realClock } from '../../lib/clock.ts';
import {
  audit,
  CLI,
  type Command,
  operand,
  requiredOption,
  textOption,
  withStore,
} from '../command.ts';
import { writePeers, writeSecretFile } from './enrolment.ts';
import { inHandOf, requireRouter } from './router.ts';

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
      const release = await inHandOf(context, store, router, releaseRouter).catch(
        async (error: unknown) => {
          await shelve('active');
          await audit(store, 'router.release.failed', name, reason);
          throw error;
        },
      );
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
