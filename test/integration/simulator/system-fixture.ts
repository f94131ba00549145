/** A twin in a fast clock with an API client on it. */
import { type Clock, scaledClock } from '../../../lib/clock.ts';
import { connectClient, type TestClient } from '../../../simulator/api/test-client.ts';
import { nextPlace } from '../../../simulator/hotspot/test-village.ts';
import { type FactoryOptions, factoryTree } from '../../../simulator/menu/factory.ts';
import type { WritableTree } from '../../../simulator/menu/tree-state.ts';
import { createTwin, type Twin, type TwinOptions } from '../../../simulator/twin.ts';

const ADMIN = { name: 'admin', password: 'rahasia' };

export interface FastTwin extends AsyncDisposable {
  readonly twin: Twin;
  readonly tree: WritableTree;
  readonly clock: Clock;
  /** Logged in as the administrator. */
  client(): Promise<TestClient>;
  /** Waits, in machine time, until it is so; fails after ten seconds. */
  until(what: () => boolean | Promise<boolean>): Promise<void>;
}

export async function fastTwin(
  factory: FactoryOptions = {},
  options: Partial<TwinOptions> & { factor?: number } = {},
): Promise<FastTwin> {
  const { factor = 600, ...rest } = options;
  const now = Date.now();
  const clock = scaledClock({ realOriginMs: now, originMs: now, factor });
  const tree = factoryTree({ adminPassword: ADMIN.password, now: clock.now, ...factory });
  const place = nextPlace();
  const twin = await createTwin({
    address: place.router,
    apiPort: 0,
    tree,
    httpPort: 8088,
    dnsPort: 5353,
    tunnel: [],
    portMap: {},
    clock,
    lostTimeMs: 0,
    ...rest,
  });
  const clients: TestClient[] = [];
  return {
    twin,
    tree,
    clock,
    client: async () => {
      const client = await connectClient(twin.apiPort, ADMIN, '127.0.0.1', twin.address);
      clients.push(client);
      return client;
    },
    until: async (what) => {
      const end = Date.now() + 10_000;
      while (!(await what())) {
        if (Date.now() > end) throw new Error(`waited in vain for ${String(what)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]();
      await twin[Symbol.asyncDispose]();
    },
  };
}
