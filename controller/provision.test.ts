import { afterEach, describe, expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import { createLogger } from '../lib/log.ts';
import type { Router } from '../store/types.ts';
import { MAX_BATCH } from './apply.ts';
import { type ProvisionStore, planRouter, provisionRouter, type RouterTask } from './provision.ts';
import { connectRouter } from './routeros/client.ts';
import { factoryMenus, ROUTER, SETTINGS } from './test-input.ts';
import { type TestRouter, testRouter } from './test-router.ts';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

interface Bench {
  readonly router: TestRouter;
  readonly task: RouterTask;
  /** The router's row as the store has it. */
  readonly row: () => Router;
  readonly again: () => RouterTask;
}

async function bench(menus = factoryMenus()): Promise<Bench> {
  const router = await testRouter(menus);
  open.push(router);
  let row: Router = { ...ROUTER, address: '127.0.0.1', apiPort: router.port };
  let password = 'admin-pw';
  const store: ProvisionStore = {
    routerCredentials: async () => ({
      apiUser: row.apiUser,
      apiPassword: password,
      nasSecret: 'nas-secret-value',
    }),
    listTariffs: async () => [],
    rowOverrides: async () => [],
    openSettings: async () => [],
    listPolicies: async () => [],
    listParts: async () => [],
    credentialKey: (secret) => `key-of-${secret}-padded-to-some-length`,
    setApiUser: async ({ apiUser, apiPassword }) => {
      row = { ...row, apiUser };
      password = apiPassword;
    },
    recordProvisioning: async ({ provisioning, digest, detail }) => {
      row = { ...row, provisioning, appliedDigest: digest, provisioningDetail: detail };
    },
  };
  const task = (): RouterTask => ({
    store,
    router: row,
    settings: SETTINGS,
    log: createLogger('test', 'silent'),
    clock: steppedClock(),
  });
  return { router, task: task(), row: () => row, again: task };
}

const writesOf = (router: TestRouter): string[] =>
  router.peer.received.flatMap(([command = '']) =>
    /\/(add|set|move|remove)$/.test(command) ? [command] : [],
  );

describe('provisionRouter', { timeout: 30_000 }, () => {
  it('brings a factory router to an empty plan and changes to its own user', async () => {
    const { router, task, row, again } = await bench();

    const first = await provisionRouter(task);
    const second = await provisionRouter(again());

    expect(first).toMatchObject({ outcome: 'applied', empty: true, detail: null });
    expect(first.changes.length).toBeGreaterThan(80);
    expect(second).toMatchObject({ outcome: 'unchanged', empty: true, changes: [] });
    expect(row()).toMatchObject({
      apiUser: 'sw-ctl',
      provisioning: 'applied',
      appliedDigest: first.digest,
    });
    expect(router.model.menus.get('/file')!.map((file) => file.name)).toContain('sw/login.html');
    expect(router.users.get('sw-ctl')).toHaveLength(32);
  });

  it('writes in safe mode, in batches, each proved on a new connection before its release', async () => {
    const { router, task } = await bench();

    await provisionRouter(task);

    const steps = router.peer.received.flatMap(([command = '']) => {
      if (command.startsWith('/safe-mode/')) return [command.slice(11)];
      if (command === '/login' || command === '/system/identity/print') return [command];
      return /\/(add|set|move|remove)$/.test(command) && command !== '/file/add' ? ['w'] : [];
    });
    const text = steps.join(' ');
    expect(text).toMatch(
      /take w .*?w \/login \/system\/identity\/print release take w .*?w \/login \/system\/identity\/print release/,
    );
    const batches = text.split('take').slice(1);
    for (const batch of batches) {
      expect(batch.split(' ').filter((step) => step === 'w').length).toBeLessThanOrEqual(MAX_BATCH);
    }
  });

  it('waits for a slow link as long as its village says', async () => {
    const { task } = await bench();
    const waits: (number | undefined)[][] = [];
    const rtt = { level: 'district', code: '16.06.01', name: 'link.rtt-ms', value: '600' } as const;

    await planRouter({
      ...task,
      store: { ...task.store, openSettings: async () => [{ ...rtt, secret: false, setAt: 0 }] },
      connect: (options) => {
        waits.push([options.connectTimeoutMs, options.commandTimeoutMs, options.inFlight]);
        return connectRouter(options);
      },
    });

    expect(waits).toEqual([[5600, 17_000, 30]]);
  });

  it('undoes and reports what the router refuses', async () => {
    const { router, task, row } = await bench();
    router.refuse = (command) =>
      command === '/ip/hotspot/add' ? 'not allowed by device-mode' : null;

    const result = await provisionRouter(task);

    expect(result).toMatchObject({ outcome: 'failed', code: 'ROUTER_TRAP', empty: false });
    expect(row().provisioningDetail).toBe(
      'ROUTER_TRAP: add /ip/hotspot sw-hs1: not allowed by device-mode',
    );
    expect(router.peer.received.map(([command]) => command)).toContain('/safe-mode/unroll');
    expect(row()).toMatchObject({ provisioning: 'failed', appliedDigest: null });
  });

  it('reports drift when the router does not keep what it was told', async () => {
    const { router, task, row } = await bench();
    const { perform } = router.model;
    Object.assign(router.model, {
      perform: (command: string, attributes: Record<string, string>) =>
        command === '/snmp/set' ? '' : perform(command, attributes),
    });

    const result = await provisionRouter(task);

    expect(result).toMatchObject({ outcome: 'drifted', empty: false });
    expect(row()).toMatchObject({ provisioning: 'drifted', appliedDigest: null });
    expect(row().provisioningDetail).toContain('/snmp enabled');
  });

  it('writes nothing while device-mode forbids the hotspot', async () => {
    const menus = {
      ...factoryMenus(),
      '/system/device-mode': [{ mode: 'home', hotspot: 'false' }],
    };
    const { router, task, row } = await bench(menus);

    const result = await provisionRouter(task);

    expect(result).toMatchObject({ outcome: 'failed', code: 'ROUTER_DEVICE_MODE' });
    expect(row().provisioning).toBe('failed');
    expect(writesOf(router)).toEqual([]);
  });

  it('leaves the record as it is when nobody answers', async () => {
    const { router, task, row } = await bench();
    await router[Symbol.asyncDispose]();

    const result = await provisionRouter(task);

    expect(result).toMatchObject({ outcome: 'unreachable', code: 'ROUTER_UNREACHABLE' });
    expect(row().provisioning).toBe('new');
  });

  it('gets in again after a crash between the router and the store', async () => {
    const { router, task, row, again } = await bench();
    await provisionRouter(task);
    const password = router.users.get('sw-ctl')!;
    await task.store.setApiUser({ routerId: 'r1', apiUser: 'admin', apiPassword: 'forgotten' });

    const result = await provisionRouter(again());

    expect(result.outcome).toBe('unchanged');
    await expect(task.store.routerCredentials('r1')).resolves.toMatchObject({
      apiUser: 'sw-ctl',
      apiPassword: password,
    });
    expect(row().apiUser).toBe('sw-ctl');
  });
});

describe('planRouter', { timeout: 30_000 }, () => {
  it('says what would be done and writes nothing', async () => {
    const { router, task, row } = await bench();

    const { changes } = await planRouter(task);

    expect(changes.length).toBeGreaterThan(80);
    expect(writesOf(router)).toEqual([]);
    expect(row().provisioning).toBe('new');
  });

  it('asks for no secret', async () => {
    const { router, task } = await bench();

    await planRouter(task);

    const asked = router.peer.received.flat().filter((word) => word.startsWith('=.proplist='));
    expect(asked.join(',')).not.toMatch(/\b(secret|password)\b/);
  });
});
