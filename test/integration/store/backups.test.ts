import { glob as find, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { RouterUpgrade } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const TEXT = '/system identity\nset name=kayu-ara-1\n';
const OTHER = '/system identity\nset name=other\n';

describe.each(ENGINES)('backups of routers on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;
  let routerId: string;
  const save = (text: string, at = AT) =>
    store.saveBackup({ routerId, text, reason: 'nightly', osVersion: '7.20.8', at });

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    await store.importVillages({ villages: [village], at: AT });
    routerId = (await store.addRouter(newRouter)).id;
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('makes a version of each change, and none of what stayed the same', async () => {
    expect(await save(TEXT)).toEqual({ version: 1, isNew: true });
    expect(await save(TEXT, AT + 1)).toEqual({ version: 1, isNew: false });
    expect(await save(OTHER, AT + 2)).toEqual({ version: 2, isNew: true });
    expect(await save(TEXT, AT + 3)).toEqual({ version: 3, isNew: true });

    const listed = await store.listBackups(routerId);
    expect(listed.map(({ version, takenAt, checkedAt }) => [version, takenAt, checkedAt])).toEqual([
      [1, AT, AT + 1],
      [2, AT + 2, AT + 2],
      [3, AT + 3, AT + 3],
    ]);
    expect(listed[0]!.hash).toBe(listed[2]!.hash);
    expect(listed[0]!.octets).toBe(Buffer.byteLength(TEXT));
    expect(await store.latestBackups()).toEqual([listed[2]]);
  });

  it('gives the text of a version, and null for one that is not there', async () => {
    await save(TEXT);
    await save(OTHER);

    expect(await store.backupText({ routerId, version: 1 })).toBe(TEXT);
    expect(await store.backupText({ routerId, version: 2 })).toBe(OTHER);
    expect(await store.backupText({ routerId, version: 3 })).toBeNull();
  });

  it('drops versions but never the newest, and no text that a version still needs', async () => {
    for (const [at, text] of [TEXT, OTHER, TEXT, OTHER].entries()) await save(text, AT + at);

    expect(await store.dropBackups({ routerId, versions: [1, 2, 4] })).toBe(2);
    expect((await store.listBackups(routerId)).map(({ version }) => version)).toEqual([3, 4]);
    expect(await store.backupText({ routerId, version: 3 })).toBe(TEXT);
    expect(await store.backupText({ routerId, version: 4 })).toBe(OTHER);
    expect(await save(TEXT)).toEqual({ version: 5, isNew: true });
  });

  it('goes with its router', async () => {
    await save(TEXT);
    await store.removeRouter({ routerId, at: AT });

    expect(await store.listBackups(routerId)).toEqual([]);
    expect(await store.latestBackups()).toEqual([]);
  });

  it('keeps what was changed by hand by row, and tells of it', async () => {
    const told: string[] = [];
    store.onInvalidate((kind, id) => void told.push(`${kind}:${id}`));
    const pool = { path: '/ip/pool', key: 'pool' };
    const overrides = [
      { ...pool, property: 'ranges', value: '172.16.0.9-172.16.0.20' },
      { ...pool, property: 'comment', value: null },
      { path: '/ip/dns', key: '', property: 'cache-size', value: '4096' },
    ];

    await store.setRowOverrides({ routerId, overrides, at: AT });
    await store.setRowOverrides({
      routerId,
      overrides: [{ ...pool, property: 'ranges', value: 'x' }],
      at: AT + 1,
    });

    expect(told).toContain(`router:${routerId}`);
    expect(await store.rowOverrides(routerId)).toEqual([
      { routerId, path: '/ip/dns', key: '', property: 'cache-size', value: '4096', setAt: AT },
      { routerId, ...pool, property: 'comment', value: null, setAt: AT },
      { routerId, ...pool, property: 'ranges', value: 'x', setAt: AT + 1 },
    ]);
    expect(await store.dropRowOverrides({ routerId, ...pool })).toBe(2);
    expect(await store.rowOverrides(routerId)).toHaveLength(1);
  });

  it('knows since when each row differs, and forgets those that do not any more', async () => {
    const record = (at: number, ...rows: string[]) => store.recordDrift({ routerId, rows, at });

    expect(await record(AT, '/ip/dns')).toEqual([{ row: '/ip/dns', since: AT }]);
    expect(await record(AT + 5, '/ip/dns', '/ip/pool:pool')).toEqual([
      { row: '/ip/dns', since: AT },
      { row: '/ip/pool:pool', since: AT + 5 },
    ]);
    expect(await record(AT + 9, '/ip/pool:pool')).toEqual([
      { row: '/ip/pool:pool', since: AT + 5 },
    ]);
    const last = [{ row: '/ip/dns', since: AT + 10 }];
    expect(await record(AT + 10, '/ip/dns', '/ip/dns')).toEqual(last);
    expect(await store.driftSince(routerId)).toEqual(last);
  });

  it('goes on with an upgrade from its last step only', async () => {
    const upgrade: RouterUpgrade = {
      routerId,
      campaign: 'c1',
      wave: 0,
      phase: 'planned',
      phaseAt: AT,
      document: '{"phase":"planned"}',
    };
    const next = { ...upgrade, phase: 'installing', phaseAt: AT + 1, document: '{}' };

    expect(await store.planUpgrades({ upgrades: [upgrade] })).toBe(1);
    expect(await store.saveUpgrade({ upgrade: next, was: upgrade.document })).toBe(true);
    expect(await store.saveUpgrade({ upgrade: next, was: upgrade.document })).toBe(false);
    expect(await store.planUpgrades({ upgrades: [upgrade] })).toBe(0);
    expect(await store.listUpgrades()).toEqual([next]);
    expect(await store.dropUpgrade({ routerId })).toBe(false);
    const over = { ...next, phase: 'failed' };
    await store.saveUpgrade({ upgrade: over, was: next.document });
    expect(await store.dropUpgrade({ routerId })).toBe(true);
    expect(await store.listUpgrades()).toEqual([]);
  });
});

it('texts lie sealed in the file of SQLite', async () => {
  await using place = await ENGINES[0]!.place();
  const { options } = place;
  const { store } = await openStore(options);
  await store.importVillages({ villages: [village], at: AT });
  const { id } = await store.addRouter(newRouter);
  const text = '/radius\nadd secret=jangan-terlihat\n';
  await store.saveBackup({ routerId: id, text, reason: 'manual', osVersion: '7.20.8', at: AT });
  await store[Symbol.asyncDispose]();

  const file = options.store.replace('sqlite:', '');
  const files = await Array.fromAsync(find(`${file}*`));
  const bytes = await Promise.all(files.map((one) => readFile(one)));

  expect(bytes.length).toBeGreaterThan(0);
  expect(Buffer.concat(bytes).includes('jangan-terlihat')).toBe(false);
  expect(Buffer.concat(bytes).includes(newRouter.name)).toBe(true);
});
