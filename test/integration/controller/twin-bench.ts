/** A twin from factory state behind its API, and a store that knows it: for what the controller does to one router. */

import type { RouterTask } from '../../../controller/provision.ts';
import { SETTINGS } from '../../../controller/test-input.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import { ADMIN, startTwin, type TestTwin } from '../../../simulator/api/test-twin.ts';
import type { FactoryOptions } from '../../../simulator/menu/factory.ts';
import type { Store } from '../../../store/contract.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';

export interface TwinBench extends AsyncDisposable {
  readonly twin: TestTwin;
  readonly store: Store;
  readonly routerId: string;
  /** With the router's row as the store has it now. */
  task(): Promise<RouterTask & { readonly store: Store }>;
}

export async function twinBench(factory: FactoryOptions = {}): Promise<TwinBench> {
  await using stack = new AsyncDisposableStack();
  const twin = stack.use(await startTwin(factory));
  const { store } = stack.use(await ENGINES[0]!.open());
  await store.importVillages({ villages: [village], at: AT });
  const { id } = await store.addRouter({
    ...newRouter,
    address: '127.0.0.1',
    apiPort: twin.api.port,
    apiUser: ADMIN.name,
    apiPassword: ADMIN.password,
  });
  const owned = stack.move();
  return {
    twin,
    store,
    routerId: id,
    task: async () => ({
      store,
      router: (await store.listRouters())[0]!,
      settings: SETTINGS,
      log: createLogger('test', 'silent'),
      clock: realClock,
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
