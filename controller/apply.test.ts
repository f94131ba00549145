import { afterEach, describe, expect, it } from 'vitest';
import { applyChanges } from './apply.ts';
import { ROLLBACK, ROLLBACK_AT_BOOT } from './dead-man.ts';
import { desired } from './desired/desired.ts';
import { type Change, plan } from './plan.ts';
import { connectRouter, type RouterOsConnection } from './routeros/client.ts';
import { FACTS, factoryMenus, input } from './test-input.ts';
import { type ModelRow, routerModel } from './test-model.ts';
import { type TestRouter, testRouter } from './test-router.ts';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

interface Stand {
  readonly router: TestRouter;
  readonly connection: RouterOsConnection;
  /** The commands that were more than a look, in the order of their arrival. */
  readonly acts: () => string[];
}

async function stand(menus: Record<string, ModelRow[]> = factoryMenus()): Promise<Stand> {
  const router = await testRouter(menus);
  const connection = await connectRouter({
    host: '127.0.0.1',
    port: router.port,
    user: 'admin',
    password: 'admin-pw',
  });
  open.push(router, connection);
  const acts = (): string[] =>
    router.peer.received.flatMap(([command = '', ...words]) => {
      if (command.startsWith('/system/scheduler/')) {
        const name = words.find((word) => word.startsWith('=name='));
        return command.endsWith('/print') ? [] : [`${command} ${name?.slice(6) ?? ''}`.trim()];
      }
      return command.endsWith('/print') || command === '/login' ? [] : [command];
    });
  return { router, connection, acts };
}

function factoryPlan(version: string): Change[] {
  const configuration = desired(input({ facts: { ...FACTS, version } }));
  return plan(configuration, routerModel(factoryMenus()).observed());
}

const SMALL: Change[] = [
  {
    kind: 'set',
    path: '/snmp',
    key: '',
    id: null,
    values: { enabled: 'no' },
    secrets: {},
    was: {},
  },
];

describe('applyChanges before RouterOS 7.18', () => {
  it('arms the dead-man before the first write and takes it away after the proof', async () => {
    const { connection, acts, router } = await stand();
    const proved: number[] = [];

    await applyChanges(factoryPlan('7.16.2'), {
      connection,
      version: '7.16.2',
      prove: async () => void proved.push(acts().length),
    });

    const all = acts();
    expect(all.slice(0, 3)).toEqual([
      '/system/backup/save',
      `/system/scheduler/add ${ROLLBACK}`,
      `/system/scheduler/add ${ROLLBACK_AT_BOOT}`,
    ]);
    expect(all.slice(-2)).toEqual(['/system/scheduler/remove', '/file/remove']);
    expect(proved).toEqual([all.length - 2]);
    expect(router.model.menus.get('/system/scheduler')).toEqual([]);
  });

  it('writes nothing where device-mode forbids the scheduler', async () => {
    const { connection, acts } = await stand({
      ...factoryMenus(),
      '/system/device-mode': [{ mode: 'custom', hotspot: 'true', scheduler: 'false' }],
    });

    const applying = applyChanges(SMALL, {
      connection,
      version: '7.16.2',
      prove: async () => undefined,
    });

    await expect(applying).rejects.toMatchObject({ code: 'ROUTER_DEVICE_MODE' });
    expect(acts()).toEqual([]);
  });

  it('arms nothing and writes nothing when the backup came out empty', async () => {
    const { connection, acts, router } = await stand();
    const { perform } = router.model;
    Object.assign(router.model, {
      perform: (command: string, attributes: ModelRow) =>
        perform(command, command === '/file/add' ? { ...attributes, size: '0' } : attributes),
    });

    const applying = applyChanges(SMALL, {
      connection,
      version: '7.16.2',
      prove: async () => undefined,
    });

    await expect(applying).rejects.toMatchObject({ code: 'ROUTER_TRAP' });
    expect(acts()).toEqual(['/system/backup/save']);
  });

  it('loads the backup at once when the router refuses a change', async () => {
    const { connection, acts, router } = await stand();
    router.refuse = (command) => (command === '/snmp/set' ? 'no such command' : null);

    const applying = applyChanges(SMALL, {
      connection,
      version: '7.16.2',
      prove: async () => undefined,
    });

    await expect(applying).rejects.toThrow('set /snmp: no such command');
    expect(acts().at(-1)).toBe('/system/backup/load');
  });

  it('keeps the backup of an attempt that was never proved', async () => {
    const menus = {
      ...factoryMenus(),
      '/system/scheduler': [{ name: ROLLBACK }, { name: ROLLBACK_AT_BOOT }],
      '/file': [{ name: 'sw-prechange.backup', size: '999' }],
    };
    const { connection, acts } = await stand(menus);

    await applyChanges(SMALL, { connection, version: '7.16.2', prove: async () => undefined });

    expect(acts()).not.toContain('/system/backup/save');
    expect(acts().slice(0, 3)).toEqual([
      '/system/scheduler/remove',
      `/system/scheduler/add ${ROLLBACK}`,
      `/system/scheduler/add ${ROLLBACK_AT_BOOT}`,
    ]);
  });
});

describe('applyChanges from RouterOS 7.18', () => {
  it('needs no dead-man for one batch', async () => {
    const { connection, acts } = await stand();

    await applyChanges(SMALL, { connection, version: '7.18.2', prove: async () => undefined });

    expect(acts()).toEqual(['/safe-mode/take', '/snmp/set', '/safe-mode/release']);
  });

  it('takes the batches before the refused one back as well', async () => {
    const { connection, acts, router } = await stand();
    router.refuse = (command) => (command === '/snmp/set' ? 'no such command' : null);

    const applying = applyChanges(factoryPlan('7.20.8'), {
      connection,
      version: '7.20.8',
      prove: async () => undefined,
    });

    await expect(applying).rejects.toThrow('set /snmp: no such command');
    expect(acts().slice(-2)).toEqual(['/safe-mode/unroll', '/system/backup/load']);
  });

  it('sends no change before what it builds on is answered, and never more than eight at once', async () => {
    const { connection, router } = await stand();
    const answered: (() => void)[] = [];
    let most = 0;
    const { script } = router.peer;
    router.peer.script = (command) => {
      answered.push(() => script(command));
      most = Math.max(most, answered.length);
      // As late as can be: all that is under way is held before the latest is answered first.
      setImmediate(() => answered.pop()?.());
    };
    const changes = factoryPlan('7.20.8');

    await applyChanges(changes, { connection, version: '7.20.8', prove: async () => undefined });

    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
    const filter = router.model.menus.get('/ip/firewall/filter')!;
    const wanted = changes.flatMap((change) =>
      change.kind === 'add' && change.path === '/ip/firewall/filter' ? [change.values] : [],
    );
    expect(wanted.length).toBeGreaterThan(15);
    for (const chain of ['input', 'forward']) {
      const of = (rows: readonly Readonly<Record<string, string>>[]) =>
        rows.filter((row) => row.chain === chain).map((row) => row.comment);
      expect(of(filter)).toEqual(of(wanted));
    }
  });
});
