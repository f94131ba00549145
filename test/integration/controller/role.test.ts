import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ControllerOptions, startController } from '../../../controller/role.ts';
import { factoryMenus, ROUTER, SETTINGS } from '../../../controller/test-input.ts';
import { type TestRouter, testRouter } from '../../../controller/test-router.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { InvalidationKind, Router } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

type UsedStore = Pick<
  Store,
  | 'changeRollout'
  | 'closeAbsentSessions'
  | 'claimJobs'
  | 'finishJob'
  | 'heartbeat'
  | 'listJobs'
  | 'listRollouts'
  | 'openWave'
  | 'renewLease'
  | 'requestJobs'
  | 'routerByName'
  | 'listRouters'
  | 'listTariffs'
  | 'openSettings'
  | 'listPolicies'
  | 'listParts'
  | 'listVillages'
  | 'credentialKey'
  | 'currentStates'
  | 'onInvalidate'
  | 'recordBlindness'
  | 'recordBoot'
  | 'recordProvisioning'
  | 'recordState'
  | 'routerCredentials'
  | 'routerTotals'
  | 'rowOverrides'
  | 'latestBackups'
  | 'listUpgrades'
  | 'saveBackup'
  | 'setApiUser'
  | 'stateSeconds'
>;

interface Bench {
  readonly router: TestRouter;
  readonly calls: string[];
  readonly row: () => Router;
  readonly change: (row: Partial<Router>, kind?: InvalidationKind) => void;
  readonly start: (options?: Partial<ControllerOptions>) => ReturnType<typeof startController>;
}

async function bench(): Promise<Bench> {
  const router = await testRouter({
    ...factoryMenus(),
    '/system/resource': [{ uptime: '1h', version: '7.20.8 (stable)' }],
  });
  open.push(router);
  const calls: string[] = [];
  const listeners = new Set<(kind: InvalidationKind, id: string) => void>();
  const jobs = await jobStore();
  let row: Router = { ...ROUTER, id: jobs.routerId, address: '127.0.0.1', apiPort: router.port };
  let password = 'admin-pw';
  const tell = (kind: InvalidationKind): void => {
    for (const listener of listeners) listener(kind, row.id);
  };
  const used: UsedStore = {
    ...jobs.methods,
    routerByName: async (name) => (name === row.name ? row : null),
    heartbeat: async () => void calls.push('heartbeat'),
    recordBlindness: async () => void calls.push('blindness'),
    recordState: async ({ state }) => calls.push(state) > 0,
    recordBoot: async () => ({ closed: 0 }),
    closeAbsentSessions: async () => 0,
    recordProvisioning: async ({ provisioning, digest, detail }) => {
      row = { ...row, provisioning, appliedDigest: digest, provisioningDetail: detail };
      calls.push(provisioning);
      tell('router');
    },
    setApiUser: async ({ apiUser, apiPassword }) => {
      row = { ...row, apiUser };
      password = apiPassword;
    },
    listRouters: async () => [row],
    listTariffs: async () => [],
    openSettings: async () => [],
    rowOverrides: async () => [],
    latestBackups: async () => [],
    listUpgrades: async () => [],
    saveBackup: async () => ({ version: 1, isNew: false }),
    listPolicies: async () => [],
    listParts: async () => [],
    listVillages: async () => [],
    currentStates: async () => [],
    routerTotals: async () => [],
    stateSeconds: async () => [],
    credentialKey: (secret) => `key-of-${secret}-padded-to-some-length`,
    routerCredentials: async () => ({
      apiUser: row.apiUser,
      apiPassword: password,
      nasSecret: 'nas-secret-value',
    }),
    onInvalidate: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const unused = { get: () => () => Promise.reject(new Error('not for the controller')) };
  const store = new Proxy(used, {
    get: (target, name) => Reflect.get(target, name) ?? unused.get(),
  }) as unknown as Store;
  return {
    router,
    calls,
    row: () => row,
    change: (change, kind = 'router') => {
      row = { ...row, ...change };
      tell(kind);
    },
    start: async (options = {}) => {
      const controller = await startController({
        store,
        settings: SETTINGS,
        clock: realClock,
        log: createLogger('test', 'silent'),
        metrics: createMetrics(),
        pollSeconds: 0.05,
        random: () => 0,
        gatherMs: 5,
        within: () => true,
        ...options,
      });
      open.push(controller);
      return controller;
    },
  };
}

/** Jobs in a store of their own, for one router. */
async function jobStore(): Promise<{
  readonly routerId: string;
  readonly methods: Pick<Store, (typeof JOB_METHODS)[number]>;
}> {
  const directory = await mkdtemp(join(tmpdir(), 'smartwifi-jobs-'));
  const at = { store: `sqlite:${join(directory, 'store.db')}`, keyFile: join(directory, 'key') };
  const { store } = await openStore(at);
  open.push({ [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) }, store);
  await store.importVillages({ villages: [village], at: AT });
  const { id } = await store.addRouter(newRouter);
  const methods = Object.fromEntries(JOB_METHODS.map((name) => [name, store[name]]));
  return { routerId: id, methods: methods as Pick<Store, (typeof JOB_METHODS)[number]> };
}

const JOB_METHODS = [
  'changeRollout',
  'claimJobs',
  'finishJob',
  'listJobs',
  'listRollouts',
  'openWave',
  'renewLease',
  'requestJobs',
] as const;

/** The machine may be busy: what must come has time to. */
const SOON = { timeout: 20_000, interval: 5 };

describe('startController', { timeout: 30_000 }, () => {
  it('owns up to its blindness first, then beats, polls and provisions', async () => {
    const { start, calls, row, router } = await bench();

    const controller = await start();

    await expect.poll(() => row().provisioning, SOON).toBe('applied');
    expect(calls.slice(0, 2)).toEqual(['blindness', 'heartbeat']);
    expect(calls).toContain('up');
    expect(controller.firstCycleDone()).toBe(true);
    expect(router.model.menus.get('/ip/hotspot')).toMatchObject([{ name: 'sw-hs1' }]);
    const text = await controller.renderRouterMetrics();
    expect(text).toContain('smartwifi_router_uptime_seconds{router="kayuara-01"');
  });

  it('writes nothing once a router is as it should be', async () => {
    const { start, row, router } = await bench();
    await start();
    await expect.poll(() => row().provisioning, SOON).toBe('applied');
    const writes = () =>
      router.peer.received.filter(([command = '']) => /\/(add|set|remove|move)$/.test(command))
        .length;
    const before = writes();
    const polls = router.peer.received.length;

    await expect.poll(() => router.peer.received.length, SOON).toBeGreaterThan(polls + 9);

    expect(writes()).toBe(before);
  });

  it('notices that a router should be different, and makes it so', async () => {
    const { start, row, change, router } = await bench();
    await start();
    await expect.poll(() => row().provisioning, SOON).toBe('applied');

    change({ loginHost: 'masuk.wifi.test' });

    await expect
      .poll(() => router.model.menus.get('/ip/hotspot/profile')![0]!['dns-name'], SOON)
      .toBe('masuk.wifi.test');
  });

  it('only reports while it may not write', async () => {
    const { start, router, row, change } = await bench();
    await start({ driftSeconds: 0.05 });
    await expect.poll(() => row().provisioning, SOON).toBe('applied');
    await open.pop()?.[Symbol.asyncDispose]();
    router.model.menus.get('/snmp')![0]!.enabled = 'true';

    const controller = await start({ autoApply: false, driftSeconds: 0.05 });

    await expect.poll(() => row().provisioning, SOON).toBe('drifted');
    expect(row().provisioningDetail).toBe('~ /snmp enabled: true -> no');
    expect(router.model.menus.get('/snmp')![0]!.enabled).toBe('true');
    await expect
      .poll(() => controller.renderRouterMetrics(), SOON)
      .toMatch(/^smartwifi_config_drift.* 1$/m);

    router.model.menus.get('/snmp')![0]!.enabled = 'false';
    change({});

    await expect.poll(() => row().provisioning, SOON).toBe('applied');
  });
});
