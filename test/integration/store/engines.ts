/** The engines that the conformance suite runs on. Each call gives an empty store of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';

export interface Engine {
  readonly name: string;
  open(): Promise<{ store: Store } & AsyncDisposable>;
}

export const ENGINES: readonly Engine[] = [
  {
    name: 'sqlite',
    open: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'smartwifi-store-'));
      const { store } = await openStore({
        store: `sqlite:${join(directory, 'store.db')}`,
        keyFile: join(directory, 'store.key'),
      });
      return {
        store,
        [Symbol.asyncDispose]: async () => {
          await store[Symbol.asyncDispose]();
          await rm(directory, { recursive: true });
        },
      };
    },
  },
];
