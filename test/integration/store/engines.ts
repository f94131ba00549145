/** The engines that the conformance suite runs on. Each call gives an empty store of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../../store/contract.ts';
import { openStore, type StoreOptions } from '../../../store/open.ts';
import { postgresInstalled, startCluster } from '../../fixtures/postgres.ts';

export interface Engine {
  readonly name: string;
  open(): Promise<{ store: Store } & AsyncDisposable>;
  /** A place without a store, for suites that open it themselves. */
  place(): Promise<{ options: StoreOptions } & AsyncDisposable>;
}

/** One server for all suites of a process. */
const cluster = memoized(startCluster);

export const ENGINES: readonly Engine[] = [
  engine('sqlite', async (directory) => `sqlite:${join(directory, 'store.db')}`),
  ...((await postgresInstalled())
    ? [engine('postgres', async () => (await cluster()).database())]
    : []),
];

function engine(name: string, storeIn: (directory: string) => Promise<string>): Engine {
  const place = async (): ReturnType<Engine['place']> => {
    const directory = await mkdtemp(join(tmpdir(), 'smartwifi-store-'));
    return {
      options: { store: await storeIn(directory), keyFile: join(directory, 'store.key') },
      [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
    };
  };
  return {
    name,
    place,
    open: async () => {
      const at = await place();
      const { store } = await openStore(at.options);
      return {
        store,
        [Symbol.asyncDispose]: async () => {
          await store[Symbol.asyncDispose]();
          await at[Symbol.asyncDispose]();
        },
      };
    },
  };
}

function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
