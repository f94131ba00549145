/** Backups of a twin: taken, normalised, kept once, compared, gone back to. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyChanges } from '../../../controller/apply.ts';
import {
  type BackupOutcome,
  backUpBefore,
  backUpRouter,
} from '../../../controller/backup/back-up.ts';
import { diffExports } from '../../../controller/backup/diff.ts';
import { createNightlyBackups } from '../../../controller/backup/nightly.ts';
import { desiredOfBackup } from '../../../controller/backup/restore.ts';
import { restoreRouter } from '../../../controller/backup/restore-router.ts';
import { observe } from '../../../controller/observe.ts';
import { plan } from '../../../controller/plan.ts';
import { look, open, provisionRouter } from '../../../controller/provision.ts';
import { factoryMenus } from '../../../controller/test-input.ts';
import { testRouter } from '../../../controller/test-router.ts';
import { realClock } from '../../../lib/clock.ts';
import { ADMIN } from '../../../simulator/api/test-twin.ts';
import type { Store } from '../../../store/contract.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { type TwinBench, twinBench } from './twin-bench.ts';

const HOUR = 3_600_000;

describe('backups of a twin', () => {
  let bench: TwinBench;

  beforeEach(async () => {
    bench = await twinBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const take = async () => {
    const task = await bench.task();
    await using link = await open(task);
    return await backUpRouter(
      task,
      task.router,
      { connection: link.connection, version: '7.20.8' },
      'manual',
    );
  };
  const text = async (version: number): Promise<string> =>
    (await bench.store.backupText({ routerId: bench.routerId, version })) ?? '';

  it('is one version as long as nothing changes, and leaves no file behind', async () => {
    expect(await take()).toEqual({ version: 1, isNew: true });
    expect(await take()).toEqual({ version: 1, isNew: false });

    expect(await text(1)).toContain('/ip address\nadd ');
    expect(await text(1)).not.toMatch(/^#/m);
    expect(bench.twin.tree.fileBytes('sw-export.rsc')).toBeUndefined();
  });

  it('tells what was changed by hand between two of them', async () => {
    await take();
    bench.twin.tree.setSingle('/system/identity', new Map([['name', 'pasar é “lama”']]));
    await take();

    expect(
      diffExports(await text(1), await text(2)).filter(({ menu }) => menu === '/system identity'),
    ).toEqual([expect.objectContaining({ kind: 'added', line: expect.stringContaining('pasar') })]);
  });

  it('is taken before every apply, as it was before', async () => {
    const task = await bench.task();
    const counted: BackupOutcome[] = [];
    const backUp = backUpBefore({ ...task, counted: (outcome) => void counted.push(outcome) });

    await provisionRouter({ ...task, backUp });
    await provisionRouter({ ...(await bench.task()), backUp });

    expect(counted).toEqual(['new']);
    const [first, ...more] = await bench.store.listBackups(bench.routerId);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ version: 1, reason: 'apply', osVersion: '7.20.8' });
    expect(await text(1)).not.toContain('sw:');
  });

  it('brings our rows back, and no row of anybody else', async () => {
    await provisionRouter(await bench.task());
    await take();
    const { tree } = bench.twin;
    tree.add(
      '/ip/firewall/address-list',
      new Map([
        ['list', 'kantor'],
        ['address', '192.0.2.1'],
      ]),
    );
    const pool = tree.rows('/ip/pool').find(({ values }) => values.comment === 'sw:pool')!;
    tree.set('/ip/pool', [pool.id], new Map([['ranges', '172.31.0.2-172.31.0.9']]));
    const nat = tree
      .rows('/ip/firewall/nat')
      .find(({ values }) => values.comment === 'sw:nat-masq')!;
    tree.remove('/ip/firewall/nat', [nat.id]);

    const task = await bench.task();
    await using link = await open(task);
    const { configuration, facts } = await look(task, link);
    const wanted = desiredOfBackup(await text(1), configuration)!;
    const changes = plan(wanted, await observe(link.connection, wanted));

    expect(changes.map(({ kind, path, key }) => [kind, path, key])).toEqual([
      ['add', '/ip/firewall/nat', 'nat-masq'],
      ['set', '/ip/pool', 'pool'],
    ]);
    await applyChanges(changes, {
      connection: link.connection,
      version: facts.version,
      prove: link.prove,
    });
    expect(plan(wanted, await observe(link.connection, wanted))).toEqual([]);
    expect((await look(task, link)).changes).toEqual([]);
    expect(
      tree.rows('/ip/firewall/address-list').some(({ values }) => values.list === 'kantor'),
    ).toBe(true);
  });

  it('brought back is told from what the router should be, and its secrets stay ours', async () => {
    await provisionRouter(await bench.task());
    const { tree } = bench.twin;
    const rename = (name: string) => tree.setSingle('/system/identity', new Map([['name', name]]));
    rename('dulu');
    await take();
    rename('sekarang');
    const before = (await bench.task()).router;
    const secret = () => tree.rows('/radius').map(({ values }) => values.secret);
    const secrets = secret();

    expect((await restoreRouter(await bench.task(), await text(1), 'plan'))?.changes).toHaveLength(
      1,
    );
    expect(tree.single('/system/identity').name).toBe('sekarang');
    const restored = await restoreRouter(await bench.task(), await text(1), 'apply');

    expect(restored).toMatchObject({ against: 1 });
    expect(tree.single('/system/identity').name).toBe('dulu');
    expect(secret()).toEqual(secrets);
    expect((await bench.task()).router).toMatchObject({
      provisioning: 'drifted',
      appliedDigest: before.appliedDigest,
    });
  });

  it('that cannot be brought back whole leaves a router that counts as half written', async () => {
    await provisionRouter(await bench.task());
    await take();
    bench.twin.tree.setSingle('/system/identity', new Map([['name', 'sekarang']]));
    const cut = new AbortController();
    const task = await bench.task();
    const dying: Store = Object.assign(Object.create(bench.store), {
      recordProvisioning: async (args: Parameters<Store['recordProvisioning']>[0]) => {
        await bench.store.recordProvisioning(args);
        cut.abort();
      },
    });

    const work = restoreRouter(
      { ...task, store: dying, signal: cut.signal },
      await text(1),
      'apply',
    );

    await expect(work).rejects.toMatchObject({ code: 'ROUTER_ABORTED' });
    expect((await bench.task()).router).toMatchObject({
      provisioning: 'failed',
      appliedDigest: null,
    });
  });

  it('older than our first apply is none to bring back', async () => {
    await take();
    expect(await restoreRouter(await bench.task(), await text(1), 'apply')).toBeNull();
  });

  it('goes on with an apply when the router refuses to export', async () => {
    const task = await bench.task();
    const counted: BackupOutcome[] = [];
    const backUp = backUpBefore({ ...task, counted: (outcome) => void counted.push(outcome) });
    await using full = await testRouter(factoryMenus());
    full.refuse = (command) => (command === '/export' ? 'failure: no space left on device' : null);
    const router = { ...task.router, apiPort: full.port };
    full.users.set(ADMIN.name, ADMIN.password);

    const result = await provisionRouter({ ...task, router, backUp });

    expect(counted).toEqual(['refused']);
    expect(result).toMatchObject({ outcome: 'applied', empty: true });
  });

  it('comes by itself at night, once, and again after an hour where it failed', async () => {
    const task = await bench.task();
    let now = Date.parse('2026-11-24T20:30:00Z');
    const counted: BackupOutcome[] = [];
    const up = new Set<string>();
    await using nightly = createNightlyBackups({
      store: bench.store,
      clock: { now: () => now, sleep: realClock.sleep },
      log: task.log,
      apiUser: 'sw-ctl',
      timeZone: 'Asia/Jakarta',
      isUp: (id) => up.has(id),
      counted: (outcome) => void counted.push(outcome),
    });
    // Again and again: what was counted may still be on its way out, and is not begun twice.
    const pass = async (wanted: number, router = task.router): Promise<BackupOutcome[]> => {
      const ask = async (): Promise<number> => {
        await nightly.pass([router]);
        return counted.length;
      };
      await eventually(ask, (count) => count >= wanted, 10_000);
      return [...counted];
    };

    expect(await pass(0)).toEqual([]);
    up.add(task.router.id);
    expect(await pass(1)).toEqual(['new']);
    expect(await pass(1)).toEqual(['new']);
    const [taken] = await bench.store.listBackups(bench.routerId);
    expect(taken).toMatchObject({ reason: 'nightly', osVersion: '7.20.8', takenAt: now });

    now += 24 * HOUR;
    const broken = { ...task.router, apiPort: 1 };
    expect(await pass(2, broken)).toEqual(['new', 'refused']);
    expect(await pass(2)).toEqual(['new', 'refused']);
    now += HOUR;
    expect(await pass(3)).toEqual(['new', 'refused', 'same']);
  });
});
