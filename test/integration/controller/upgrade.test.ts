/** Upgrades of a twin over its API: backup, both reboots, the boot loader, a crash of ours. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { connectRouter } from '../../../controller/routeros/client.ts';
import { plannedUpgrade, type UpgradePhase } from '../../../controller/upgrade/machine.ts';
import {
  carryOn,
  createUpgrades,
  parseUpgrade,
  type UpgradeDeps,
  type UpgradesDeps,
} from '../../../controller/upgrade/upgrades.ts';
import { type Clock, realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import { ADMIN } from '../../../simulator/api/test-twin.ts';
import { type FactoryOptions, factoryTree } from '../../../simulator/menu/factory.ts';
import type { WritableTree } from '../../../simulator/menu/tree-state.ts';
import { createTwin, type Twin } from '../../../simulator/twin.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { Router } from '../../../store/types.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';
import type { KilledUpgradeArgs } from './killed-upgrade.ts';

const MINUTE = 60_000;
/** Of the queue. */
const LEASE_MS = 60_000;
/** Ten in the evening where the router stands. */
const NIGHT = Date.parse('2026-11-24T15:00:00Z');
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

interface Bench {
  readonly twin: Twin;
  readonly tree: WritableTree;
  readonly store: Store;
  readonly deps: UpgradeDeps;
  /** For `killed-upgrade.ts`. */
  readonly child: (dieAt: KilledUpgradeArgs['dieAt']) => string;
  readonly phase: () => Promise<UpgradePhase>;
  /** One pass, then time goes by. */
  readonly pass: (over?: Partial<UpgradeDeps>, ms?: number) => Promise<UpgradePhase>;
  readonly reason: () => Promise<string | null>;
}

async function bench(factory: FactoryOptions, latest: string | null = '7.20.8'): Promise<Bench> {
  let offset = NIGHT - Date.now();
  const clock: Clock = { now: () => Date.now() + offset, sleep: realClock.sleep };
  const tree = factoryTree({ adminPassword: ADMIN.password, now: clock.now, ...factory });
  const address = '127.77.0.1';
  const twin = await createTwin({
    ...{ address, apiPort: 0, httpPort: 0, dnsPort: 0, tree, clock, tunnel: [], portMap: {} },
    releases: () => (latest === null ? null : { stable: latest }),
  });
  open.push(twin);
  await twin.settled();
  const place = await ENGINES[0]!.place();
  open.push(place);
  const { store } = await openStore(place.options);
  open.push(store);
  await store.importVillages({ villages: [village], at: AT });
  const login = { apiUser: ADMIN.name, apiPassword: ADMIN.password };
  await store.addRouter({ ...newRouter, address, apiPort: twin.apiPort, ...login });
  const router = async (): Promise<Router> => (await store.listRouters())[0]!;
  const upgrade = plannedUpgrade(clock.now(), 'stable', null);
  const { phase, phaseAt } = upgrade;
  const document = JSON.stringify(upgrade);
  const routerId = (await router()).id;
  const row = { routerId, campaign: 'c', wave: 0, phase, phaseAt, document };
  await store.planUpgrades({ upgrades: [row] });
  const stored = async () => parseUpgrade((await store.listUpgrades())[0]!.document);
  offset += MINUTE;
  const log = createLogger('test', 'silent');
  const deps: UpgradeDeps = { store, clock, log, apiUser: 'sw-ctl', isQuiet: () => true };
  return {
    twin,
    tree,
    store,
    deps,
    child: (dieAt) => JSON.stringify({ place: place.options, offset, dieAt }),
    phase: async () => (await stored()).phase,
    reason: async () => (await stored()).reason,
    pass: async (over = {}, ms = 12 * MINUTE) => {
      const signal = new AbortController().signal;
      await carryOn({ ...deps, ...over }, await router(), (await store.listUpgrades())[0]!, signal);
      offset += ms;
      return (await stored()).phase;
    },
  };
}

const seen = ({ tree }: Bench) => {
  const [row] = tree.rows('/system/resource');
  return tree.printed('/system/resource', row!);
};
const board = (tree: WritableTree) => tree.single('/system/routerboard');

/** The twin is back when its API listens again; meanwhile little time goes by. */
async function untilPhase({ pass }: Bench, wanted: UpgradePhase): Promise<void> {
  const isOver = (phase: UpgradePhase): boolean => phase === wanted || phase === 'failed';
  expect(await eventually(() => pass({}, 1000), isOver, 30_000)).toBe(wanted);
}

describe('an upgrade of a twin', { timeout: 60_000 }, () => {
  it('takes a backup, installs, and brings the boot loader with a second reboot', async () => {
    const up = await bench({ version: '7.18.2' });

    expect(await up.pass()).toBe('installing');
    await untilPhase(up, 'done');

    expect(up.tree.version).toBe('7.20.8');
    expect(board(up.tree)).toMatchObject({ 'current-firmware': '7.20.8' });
    const [router] = await up.store.listRouters();
    expect(await up.store.listBackups(router!.id)).toMatchObject([
      { reason: 'upgrade', osVersion: '7.18.2' },
    ]);
    const said = parseUpgrade((await up.store.listUpgrades())[0]!.document);
    expect(said).toMatchObject({ from: '7.18.2', to: '7.20.8', backup: 1, reason: null });
  });

  it('is done when there is nothing newer', async () => {
    const up = await bench({ version: '7.20.8' });

    expect(await up.pass()).toBe('done');
    expect(up.tree.version).toBe('7.20.8');
  });

  it('waits until a reboot may begin, and does not even look', async () => {
    const up = await bench({ version: '7.18.2' });
    let dialled = 0;
    const connect: UpgradeDeps['connect'] = async (options) => {
      dialled += 1;
      return await connectRouter(options);
    };

    expect(await up.pass({ isQuiet: () => false, connect })).toBe('planned');
    expect(dialled).toBe(0);
    expect(up.tree.single('/system/package/update')['latest-version']).toBeUndefined();
  });

  it('is work of the queue: asked for once, when it may go on, and done under its lease', async () => {
    const up = await bench({ version: '7.18.2' });
    const { store } = up;
    const routers = await store.listRouters();
    const make = (over: Partial<UpgradesDeps> = {}) =>
      createUpgrades({ ...up.deps, store, linkOf: () => 'vsat', ...over });

    expect(await make({ isQuiet: () => false }).pass(routers)).toBe(false);
    expect(await make().pass([])).toBe(false);
    expect(await make().pass(routers)).toBe(true);
    expect(await make().pass(routers)).toBe(false);
    const [waiting] = await store.listJobs({});
    expect(waiting).toMatchObject({ kind: 'upgrade', link: 'vsat', state: 'waiting' });
    const claim = { owner: 'a', at: NIGHT, leaseAt: 0, leaseMs: 1, atOnce: 9, perLink: 9 };
    const [job] = await store.claimJobs({ ids: [waiting!.id], ...claim });
    const { signal } = new AbortController();

    expect(await make().perform(job!, signal)).toEqual({ outcome: 'done', detail: null });
    expect(await up.phase()).toBe('installing');
    await untilPhase(up, 'done');
    expect(await make().perform(job!, signal)).toMatchObject({ outcome: 'done' });
  });

  it.each([
    ['before', '/system/package/update/install'],
    ['after', '/system/package/update/install'],
    ['before', '/system/routerboard/upgrade'],
    ['after', '/system/reboot'],
  ] as const)('goes on when the process was killed %s %s', async (when, command) => {
    const up = await bench({ version: '7.18.2' });
    const child = fork(
      new URL('./killed-upgrade.ts', import.meta.url),
      [up.child({ when, command })],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    const [job] = await up.store.listJobs({});
    expect(job).toMatchObject({ kind: 'upgrade', state: 'running' });

    // What was never asked for is asked for again, when it has had its time.
    if (when === 'before') await up.pass({}, 25 * MINUTE);
    await untilPhase(up, 'done');

    expect(up.tree.version).toBe('7.20.8');
    expect(board(up.tree)).toMatchObject({ 'current-firmware': '7.20.8' });
    const [router] = await up.store.listRouters();
    expect(await up.store.listBackups(router!.id)).toHaveLength(1);
    // Its job is begun again by whoever claims next, and finds nothing left to do.
    const { id } = job!;
    const claim = { owner: 'b', at: NIGHT, leaseAt: Date.now() + LEASE_MS, leaseMs: 1 };
    expect(await up.store.claimJobs({ ids: [id], ...claim, atOnce: 9, perLink: 9 })).toMatchObject([
      { id, attempts: 2 },
    ]);
  });

  it('fails after three tries when the router learns of no update', async () => {
    const up = await bench({ version: '7.18.2' }, null);

    expect([await up.pass(), await up.pass(), await up.pass()]).toEqual([
      'planned',
      'planned',
      'failed',
    ]);
    expect(await up.reason()).toContain('upgrade.mikrotik.com');
  });

  it('goes on where a process died between two steps', async () => {
    const up = await bench({ version: '7.18.2' });
    let left = 2;
    const dying: Store = Object.assign(Object.create(up.store), {
      saveUpgrade: async (args: Parameters<Store['saveUpgrade']>[0]) => {
        if (left-- === 0) throw new Error('power of the server is gone');
        return await up.store.saveUpgrade(args);
      },
    });

    await expect(up.pass({ store: dying })).rejects.toThrow('power of the server');
    expect(await up.phase()).toBe('backed-up');
    await untilPhase(up, 'done');
    expect(up.tree.version).toBe('7.20.8');
  });

  it('is not begun on a small board whose flash is full, and says how much is missing', async () => {
    const up = await bench({ version: '7.18.2', board: 'hap-ac2' });
    const free = Number(seen(up)['free-hdd-space']);
    up.tree.writeFile('flash/foto.bin', Buffer.alloc(free - 300_000));

    expect(await up.pass()).toBe('failed');
    expect(await up.reason()).toMatch(/^\d+ KiB of flash are free, 1024 are needed/);
    expect(up.tree.version).toBe('7.18.2');
  });
});
