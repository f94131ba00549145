/** What every engine does with routers that a command has for itself, and with work that is long over. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { ClaimJobs, HoldRouter, JobKind } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const LEASE_MS = 60_000;
const DAY = 86_400_000;
const CLAIM: Omit<ClaimJobs, 'ids'> = {
  ...{ owner: 'queue', at: AT, leaseAt: AT, leaseMs: LEASE_MS, atOnce: 8, perLink: 8 },
};

describe.each(ENGINES)('holds on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;
  let routerId: string;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    await store.importVillages({ villages: [village], at: AT });
    routerId = (await store.addRouter(newRouter)).id;
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  const hold = (over: Partial<HoldRouter> = {}) =>
    store.holdRouter({
      ...{
        routerId,
        kind: 'hand',
        link: 'x',
        owner: 'ani',
        at: AT,
        leaseAt: AT,
        leaseMs: LEASE_MS,
      },
      ...over,
    });
  const ask = (kind: JobKind = 'apply') =>
    store.requestJobs({ jobs: [{ routerId, kind, link: 'x', urgent: false }], at: AT });
  const claim = async (over: Partial<ClaimJobs> = {}) => {
    const ids = (await store.listJobs({})).map(({ id }) => id);
    return store.claimJobs({ ...CLAIM, ids, ...over });
  };
  const finish = (id: string, owner = 'ani') =>
    store.finishJob({ id, owner, outcome: 'done', detail: null, at: AT });
  const applied = () =>
    store.recordProvisioning({
      ...{ routerId, provisioning: 'applied', digest: 'd', detail: null, at: AT },
    });

  it('keep out other commands and the queue, and let them in when they end', async () => {
    const held = await hold();
    await ask();

    expect(held).toMatchObject({ outcome: 'held', job: { kind: 'hand', leaseOwner: 'ani' } });
    expect(await hold({ owner: 'budi' })).toEqual({ outcome: 'busy', kind: 'hand' });
    expect(await claim()).toEqual([]);
    if (held.outcome !== 'held') return;
    expect(await store.renewLease({ id: held.job.id, owner: 'ani', until: AT + 1 })).toBe(true);
    expect(await finish(held.job.id)).toBe(true);
    expect(await claim()).toMatchObject([{ kind: 'apply' }]);
    expect(await hold()).toEqual({ outcome: 'busy', kind: 'apply' });
  });

  it('asked for by several at once are given to one', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => hold({ owner })));

    expect(all.filter(({ outcome }) => outcome === 'held')).toHaveLength(1);
  });

  it('that died are never claimed; they are given up, and the router counts as half written', async () => {
    await applied();
    await hold();
    const late = { leaseAt: AT + LEASE_MS };

    expect(await claim(late)).toEqual([]);
    expect(await store.abandonHolds({ leaseAt: AT + LEASE_MS - 1, at: AT })).toEqual([]);
    expect(await store.abandonHolds({ ...late, at: AT + 5 })).toEqual([routerId]);

    expect(await store.listRouters()).toMatchObject([
      { provisioning: 'failed', appliedDigest: null, appliedAt: AT + 5 },
    ]);
    expect(await store.listJobs({})).toEqual([]);
    expect(await store.abandonHolds({ ...late, at: AT + 6 })).toEqual([]);
  });

  it('that only read leave the router as it was when they die', async () => {
    await applied();
    expect(await hold({ kind: 'read' })).toMatchObject({ job: { kind: 'read' } });
    const late = { leaseAt: AT + LEASE_MS };

    expect(await hold()).toEqual({ outcome: 'busy', kind: 'read' });
    expect(await claim(late)).toEqual([]);
    expect(await store.abandonHolds({ ...late, at: AT + 5 })).toEqual([]);

    expect(await store.listJobs({})).toEqual([]);
    expect(await store.listRouters()).toMatchObject([
      { provisioning: 'applied', appliedDigest: 'd', appliedAt: AT },
    ]);
    await hold({ kind: 'read' });
    expect(await hold(late)).toMatchObject({ outcome: 'held', job: { kind: 'hand' } });
    expect(await store.listRouters()).toMatchObject([{ appliedDigest: 'd' }]);
  });

  it('take over from a command that died', async () => {
    await applied();
    await hold();

    const next = await hold({ owner: 'budi', leaseAt: AT + LEASE_MS });

    expect(next).toMatchObject({ outcome: 'held', job: { leaseOwner: 'budi' } });
    expect(await store.listRouters()).toMatchObject([{ appliedDigest: null }]);
  });

  it('put back what a controller that died had begun', async () => {
    await ask();
    await claim();

    expect(await hold({ leaseAt: AT + LEASE_MS })).toMatchObject({ outcome: 'held' });

    const jobs = await store.listJobs({});
    expect(jobs.map(({ kind, state }) => [kind, state])).toEqual(
      expect.arrayContaining([
        ['apply', 'waiting'],
        ['hand', 'running'],
      ]),
    );
  });

  it('and applies wait for a router that reboots for its upgrade, whose own steps do not', async () => {
    const upgrade = { routerId, campaign: 'c', wave: 0, phaseAt: AT, document: '{}' };
    await store.planUpgrades({ upgrades: [{ ...upgrade, phase: 'planned' }] });
    let was = upgrade.document;
    const to = async (phase: string) => {
      await store.saveUpgrade({ upgrade: { ...upgrade, phase, document: phase }, was });
      was = phase;
    };
    await ask();
    await to('installing');

    expect(await hold()).toEqual({ outcome: 'reboots' });
    expect(await claim()).toEqual([]);
    await ask('upgrade');
    const [job] = await claim();
    expect(job).toMatchObject({ kind: 'upgrade' });
    await finish(job!.id, 'queue');
    await to('installed');
    expect(await claim()).toMatchObject([{ kind: 'apply' }]);
  });

  describe('work that is over', () => {
    const purge = (what: 'jobs' | 'rollouts', before: number, limit = 100) =>
      store.purge({ what, before, limit });
    const rollout = () =>
      store.startRollout({
        ...{ kind: 'apply', note: '', maxFailures: 0, hours: null, at: AT },
        members: [{ routerId, link: 'x', wave: 0 }],
      });

    it('is purged once it is old, and not before', async () => {
      await ask();
      const [job] = await claim();
      await finish(job!.id, 'queue');

      expect(await purge('jobs', AT)).toBe(0);
      expect(await purge('jobs', AT + 1)).toBe(1);
    });

    it('of a rollout stays while the rollout lasts, and goes before it', async () => {
      const { id } = await rollout();
      await store.openWave({ rolloutId: id, wave: 0 });
      const [job] = await claim();
      await finish(job!.id, 'queue');

      expect(await purge('jobs', AT + DAY)).toBe(0);
      await store.changeRollout({ id, to: 'finish', at: AT });
      expect(await purge('rollouts', AT + DAY)).toBe(0);
      expect(await purge('jobs', AT + DAY)).toBe(1);
      expect(await purge('rollouts', AT)).toBe(0);
      expect(await purge('rollouts', AT + DAY)).toBe(1);
      expect(await store.listRollouts(9)).toEqual([]);
    });

    it('is not over while a router that was left behind still waits', async () => {
      const { id } = await rollout();
      await store.openWave({ rolloutId: id, wave: 0 });
      await store.changeRollout({ id, to: 'finish', at: AT });

      expect(await purge('jobs', AT + DAY)).toBe(0);
      expect(await purge('rollouts', AT + DAY)).toBe(0);
      expect(await store.listJobs({})).toHaveLength(1);
    });
  });
});
