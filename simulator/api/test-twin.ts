/** A twin with its API server on a free port, closed again when its scope ends: for the tests of this folder. */
import { realClock } from '../../lib/clock.ts';
import { type FactoryOptions, factoryTree } from '../menu/factory.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { type ApiServer, type ApiServerOptions, startApiServer } from './server.ts';
import { connectClient, type TestClient } from './test-client.ts';

export const ADMIN = { name: 'admin', password: 'rahasia' };

export interface TestTwin extends AsyncDisposable {
  readonly tree: WritableTree;
  readonly api: ApiServer;
  /** Connected and logged in, as the administrator unless told otherwise. */
  client(credentials?: typeof ADMIN, from?: string): Promise<TestClient>;
  /** Connected only. */
  stranger(from?: string): Promise<TestClient>;
}

export async function startTwin(
  factory: FactoryOptions = {},
  server: Partial<ApiServerOptions> = {},
): Promise<TestTwin> {
  const tree = factoryTree({ adminPassword: ADMIN.password, ...factory });
  const address = { host: '127.0.0.1', port: 0 };
  const api = await startApiServer({ tree, ...address, clock: realClock, ...server });
  const clients: TestClient[] = [];
  const keep = (client: TestClient): TestClient => {
    clients.push(client);
    return client;
  };
  return {
    tree,
    api,
    client: async (credentials = ADMIN, from) =>
      keep(await connectClient(api.port, credentials, from)),
    stranger: async (from) => keep(await connectClient(api.port, undefined, from)),
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}
