/** One-time tokens at two RADIUS servers on one PostgreSQL, shown to both at the same instant. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { steppedClock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { createAuthHandler } from '../../../radius/auth.ts';
import { textOf } from '../../../radius/codec.ts';
import type { Handle } from '../../../radius/exchange.ts';
import { createRadiusMetrics } from '../../../radius/metrics.ts';
import {
  accessRequest,
  decodeReply,
  MAC,
  OTHER_MAC,
  PORTAL,
  SILENT,
  START_MS,
  seedRouters,
  seedTariff,
  seedVoucher,
  TIME_ZONE,
} from '../../../radius/radius.fixture.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { IssuedToken, Router } from '../../../store/types.ts';
import { type Cluster, postgresInstalled, startCluster } from '../../fixtures/postgres.ts';
import { accounting } from '../../fixtures/rows.ts';
import { NAS_ADDRESS, verdict } from './auth-stand.ts';

const FAR_ADDRESS = '10.99.0.2';
const ROUNDS = 20;

describe.skipIf(!(await postgresInstalled()))('a one-time token at two servers at once', () => {
  let folder: string;
  let cluster: Cluster;
  const stack = new AsyncDisposableStack();
  let stores: Store[];
  let servers: Handle[];
  let router: Router;
  let voucher: string;
  let port = 40_000;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'smartwifi-token-once-'));
    cluster = await startCluster();
    const options = { store: await cluster.database(), keyFile: join(folder, 'store.key') };
    stores = [(await openStore(options)).store, (await openStore(options)).store];
    for (const store of stores) stack.use(store);
    ({ router } = await seedRouters(stores[0]!, NAS_ADDRESS));
    const tariff = await seedTariff(stores[0]!, 'T', { devices: 5 * ROUNDS });
    ({ id: voucher } = await seedVoucher(stores[0]!, tariff));
    const clock = steppedClock(START_MS);
    servers = stores.map((store) => {
      const metrics = createRadiusMetrics(createMetrics());
      const settings = { timeZone: TIME_ZONE, interimSeconds: 300, rejectDelayMs: 0 };
      const parts = { store, clock, log: SILENT, metrics, portal: PORTAL, ...settings };
      return stack.use(createAuthHandler(parts)).handle;
    });
  }, 120_000);
  afterAll(async () => {
    await stack.disposeAsync();
    await cluster[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const issue = (): Promise<IssuedToken> =>
    stores[0]!.issueToken({
      accountKind: 'voucher',
      accountId: voucher,
      mac: MAC,
      routerId: router.id,
      at: START_MS,
      ttlMs: 60_000,
    });
  /** To one server, as a request of its own; what it says, and the session that it names. */
  const use = async (
    server: Handle,
    { username, token }: IssuedToken,
    from = { address: NAS_ADDRESS, mac: MAC },
  ): Promise<{ said: string; session: string | undefined }> => {
    const more = [['Calling-Station-Id', from.mac]] as const;
    const { bytes } = accessRequest({ username, password: token, more });
    port += 1;
    const reply = decodeReply(await server(bytes, { address: from.address, port }));
    return { said: verdict(reply), session: textOf(reply, 'Class') };
  };

  it('lets in one phone at one router, whoever else shows it', async () => {
    const rounds: string[][] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const token = await issue();
      const [first, second] = round % 2 === 0 ? servers : servers.toReversed();
      const all = await Promise.all([
        use(second!, token, { address: NAS_ADDRESS, mac: OTHER_MAC }),
        use(first!, token),
        use(second!, token, { address: FAR_ADDRESS, mac: MAC }),
      ]);
      rounds.push(all.map(({ said }) => said));
    }

    expect(rounds).toEqual(Array(ROUNDS).fill(['SW-TOKEN', 'accept', 'SW-TOKEN']));
  });

  it('opens one session when both are asked for the same phone, as by a NAS that asks the other one, too', async () => {
    const named = new Set<string | undefined>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const token = await issue();
      const both = await Promise.all(servers.map((server) => use(server, token)));
      for (const { session } of both) named.add(session);
    }
    const sessions = await stores[1]!.listSessions({ routerId: router.id, limit: 999 });
    const opened = sessions.filter(({ id }) => named.has(id));

    expect(named.size).toBe(ROUNDS);
    expect(opened).toHaveLength(ROUNDS);
  });

  it('is spent for both once its session has begun', async () => {
    const token = await issue();
    const { session } = await use(servers[0]!, token);
    await stores[0]!.recordAccounting(
      accounting(router.id, session!, { status: 'start', mac: MAC, eventAt: START_MS }),
    );
    const both = await Promise.all(servers.map((server) => use(server, token)));

    expect(both.map(({ said }) => said)).toEqual(['SW-TOKEN', 'SW-TOKEN']);
  });
});
