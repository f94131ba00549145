/** All roles of the server in this process, on the clock of the test; whoever disposes of it has pulled the plug. */
import type { FleetSettings } from '../../../controller/desired/types.ts';
import type { RouterTask } from '../../../controller/provision.ts';
import { startController } from '../../../controller/role.ts';
import { compileLists } from '../../../filter/compile.ts';
import { networksOf } from '../../../filter/networks.ts';
import { startResolver } from '../../../filter/resolver.ts';
import { listText } from '../../../filter/testing/lists.ts';
import type { Clock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { textsInForce } from '../../../portal/consent/texts.ts';
import { startPortal } from '../../../portal/role.ts';
import type { PortalOptions } from '../../../portal/types.ts';
import { createRadiusClient } from '../../../radius/client.ts';
import { SILENT, TIME_ZONE } from '../../../radius/radius.fixture.ts';
import { startRadius } from '../../../radius/server.ts';
import { startStaleSweep } from '../../../radius/stale.ts';
import { FLOOR_NAMES } from '../../../settings/floor-names.ts';
import type { Store } from '../../../store/contract.ts';

/** Of the test runner's workers, each has a regency of its own. */
export const PLACE = Number(process.env.VITEST_POOL_ID ?? 0) % 16;
export const SERVER = `127.13.${PLACE}.1`;
export const BLOCK = `127.13.${PLACE}.2`;
/** Every name of the internet leads here, unless somebody refuses it. */
export const INTERNET = `127.33.${PLACE}.1`;
export const PORTS = {
  ...{ portal: 18_085, block: 18_086, auth: 18_120, acct: 18_130, resolver: 18_053 },
  ...{ hotspot: 18_088, lanDns: 18_054, internetHttp: 18_090, internetDns: 18_055 },
} as const;
export const INTERIM_SECONDS = 300;
const PORTAL_SECRET = 'rahasia-portal-wifi';

export interface ServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: FleetSettings;
  readonly connect: NonNullable<RouterTask['connect']>;
  readonly portal?: Partial<PortalOptions>;
}

const RETENTION = { sessionDays: 90, dailyDays: 400 };

export async function startServer(options: ServerOptions): Promise<AsyncDisposable> {
  const { store, clock, settings, connect } = options;
  await using stack = new AsyncDisposableStack();
  const base = { store, clock, log: SILENT, metrics: createMetrics() };
  const portal = { address: SERVER, secret: PORTAL_SECRET };
  stack.use(
    await startRadius({
      texts: textsInForce({ store, log: SILENT, retention: RETENTION, selling: null }),
      ...{ ...base, portal, timeZone: TIME_ZONE, interimSeconds: INTERIM_SECONDS },
      ...{ auth: { host: SERVER, port: PORTS.auth }, acct: { host: SERVER, port: PORTS.acct } },
    }),
  );
  stack.use(startStaleSweep({ ...base, interimSeconds: INTERIM_SECONDS }));
  stack.use(await resolver(options));
  const radius = stack.use(
    createRadiusClient({
      server: { host: SERVER, port: PORTS.auth },
      ...{ secret: PORTAL_SECRET, sourceAddress: SERVER },
    }),
  );
  stack.use(
    await startPortal({
      ...base,
      listen: { host: SERVER, port: PORTS.portal },
      plainListen: { host: BLOCK, port: PORTS.block },
      ...{ publicUrl: settings.portalUrl, blockAddresses: [BLOCK], radius, timeZone: TIME_ZONE },
      retention: RETENTION,
      ...options.portal,
    }),
  );
  stack.use(
    await startController({ ...base, settings, connect, random: () => 0.5, within: () => true }),
  );
  const owned = stack.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A village's policy denies what is on the floor, as any list of the field does. */
async function resolver({ store, clock }: ServerOptions): Promise<AsyncDisposable> {
  const { table } = compileLists([listText({ category: 'adult' }, FLOOR_NAMES.join('\n'))]);
  return startResolver({
    listen: { host: SERVER, port: PORTS.resolver },
    upstreams: [{ host: INTERNET, port: PORTS.internetDns }],
    networks: async () => networksOf(await store.listRouters()),
    policies: () => store.listPolicies(),
    table,
    blockAddress: BLOCK,
    allowPrivateAnswers: true,
    ...{ clock, log: SILENT, metrics: createMetrics() },
  });
}
