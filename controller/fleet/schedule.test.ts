import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Job, Rollout } from '../../store/types.ts';
import { judge, WATCH_MS } from './rollout.ts';
import { type Situation, schedule } from './schedule.ts';
import { change, JOB, LEASE_MS, ROLLOUT, step, type World, worldOf } from './test-fleet.ts';
import { planWaves } from './waves.ts';

const SITUATION: Situation = {
  now: 1000,
  leaseNow: 1000,
  jobs: [],
  rollouts: [],
  limits: { atOnce: 10, perLink: 10 },
  isUp: () => true,
  isDown: () => false,
  isOpen: () => true,
  mayChange: () => true,
  isRebooting: () => false,
};

const claimed = (jobs: Partial<Job>[], over: Partial<Situation> = {}): readonly string[] =>
  schedule({
    ...SITUATION,
    jobs: jobs.map((job, n) => ({ ...JOB, id: `j${n}`, routerId: `r${n}`, link: `r${n}`, ...job })),
    ...over,
  }).claim;

describe('schedule', () => {
  it('waits for routers that are offline, for a retry, and for room', () => {
    const jobs = [{}, { notBefore: 1001 }, {}, {}];

    expect(claimed(jobs, { isUp: (id) => id !== 'r0' })).toEqual(['j2', 'j3']);
    expect(claimed(jobs, { limits: { atOnce: 1, perLink: 10 } })).toEqual(['j0']);
  });

  it('counts what runs on a link, and what holds a live lease', () => {
    const running = { state: 'running', leaseUntil: 2000 } as const;
    const shared = [{ ...running, link: 'vsat' }, { link: 'vsat' }, { link: 'vsat' }, {}];

    expect(claimed(shared, { limits: { atOnce: 10, perLink: 2 } })).toEqual(['j1', 'j3']);
    expect(claimed(shared, { limits: { atOnce: 2, perLink: 2 } })).toEqual(['j1']);
  });

  it('lets an upgrade look at a router that is away or reboots, and nothing else', () => {
    const jobs = [{}, { kind: 'check' }, { kind: 'upgrade' }] as const;

    expect(claimed([...jobs], { isUp: () => false })).toEqual(['j2']);
    expect(claimed([...jobs], { isRebooting: (id) => id !== 'r1' })).toEqual(['j1', 'j2']);
  });

  it('leaves alone what an operator holds by hand, and its router, dead or alive', () => {
    const held = { kind: 'hand', state: 'running', routerId: 'r1' } as const;

    expect(claimed([{ ...held, leaseUntil: 2000 }, {}])).toEqual([]);
    expect(claimed([{ ...held, leaseUntil: 1 }, {}])).toEqual([]);
  });

  it('changes a router only in its own window, but reads it, brings to an end, and obeys at any time', () => {
    const jobs: Partial<Job>[] = [
      {},
      { kind: 'check' },
      { urgent: true },
      { state: 'running', leaseUntil: 1000 },
      { rolloutId: 'roll', wave: 0 },
    ];
    const rollouts = [{ ...ROLLOUT, wave: 0 }];

    expect(claimed(jobs, { rollouts, mayChange: () => false })).toEqual(['j2', 'j3', 'j1']);
    expect(claimed(jobs, { rollouts }).toSorted()).toEqual(['j0', 'j1', 'j2', 'j3', 'j4']);
  });

  it('takes over a lease that ran out, before what only waits, and nothing beside it', () => {
    const jobs = [
      { requestedAt: 1 },
      { state: 'running', leaseUntil: 1000, requestedAt: 5 } as const,
      { routerId: 'r1', kind: 'check', requestedAt: 0 } as const,
    ];

    expect(claimed(jobs)).toEqual(['j1', 'j0']);
  });

  it('lets an urgent job go first, past its wave and its hours', () => {
    const rollout: Rollout = { ...ROLLOUT, state: 'paused', hours: 'mon-sun 01:00-04:00' };
    const member = { rolloutId: 'roll', wave: 0 };
    const jobs = [{}, { ...member }, { ...member, urgent: true, requestedAt: 9 }];

    expect(claimed(jobs, { rollouts: [rollout], isOpen: () => false })).toEqual(['j2', 'j0']);
  });

  it('begins nothing of a rollout outside of its hours, and lets no wave out', () => {
    const rollout: Rollout = { ...ROLLOUT, wave: 0, waves: 2, hours: 'mon-sun 01:00-04:00' };
    const jobs = [
      { rolloutId: 'roll', wave: 0 },
      { rolloutId: 'roll', wave: 1, state: 'held' as const },
    ];
    const at = (isOpen: boolean) => claimed(jobs, { rollouts: [rollout], isOpen: () => isOpen });

    expect(at(false)).toEqual([]);
    expect(at(true)).toEqual(['j0']);
    const before = { ...SITUATION, rollouts: [{ ...rollout, wave: -1 }], isOpen: () => false };
    expect(schedule(before).open).toEqual([]);
    expect(schedule({ ...before, isOpen: () => true }).open).toEqual([
      { rolloutId: 'roll', wave: 0 },
    ]);
  });
});

describe('judge', () => {
  const done = (n: number, endedAt = 0): Job => ({
    ...JOB,
    id: `d${n}`,
    routerId: `d${n}`,
    rolloutId: 'roll',
    wave: 0,
    state: 'done',
    endedAt,
  });
  const failed = { ...done(9), state: 'failed' } as const;
  const rollout: Rollout = { ...ROLLOUT, wave: 0, waves: 2 };
  const now = WATCH_MS;
  const up = { now, isUp: () => true, isDown: () => false };

  /** All but this one are up. */
  const seen = (down: string) => ({
    now,
    isUp: (id: string) => id !== down,
    isDown: (id: string) => id === down,
  });

  it('waits for routers that nobody has looked at yet, as after a start of ours', () => {
    const blind = { now, isUp: () => false, isDown: () => false };

    expect(judge(rollout, [done(1), done(2)], blind)).toEqual({ kind: 'wait' });
  });

  it('waits until those that are done were watched', () => {
    expect(judge(rollout, [done(1, 1)], up)).toEqual({ kind: 'wait' });
    expect(judge(rollout, [done(1)], up)).toEqual({ kind: 'next', wave: 1 });
    expect(judge({ ...rollout, waves: 1 }, [done(1)], up)).toEqual({ kind: 'finish' });
  });

  it('stops for routers that went down after the change', () => {
    const sight = seen('d1');

    expect(judge(rollout, [done(1), done(2)], sight)).toEqual({
      kind: 'stop',
      reason: '1 went down after the change; 0 allowed',
    });
    expect(judge({ ...rollout, maxFailures: 1 }, [done(1), done(2)], sight).kind).toBe('next');
  });

  it('stops for failures beyond the budget', () => {
    const jobs = [done(1), failed];

    expect(judge(rollout, jobs, up)).toEqual({ kind: 'stop', reason: '1 failed; 0 allowed' });
    expect(judge({ ...rollout, maxFailures: 1 }, jobs, up).kind).toBe('next');
    expect(judge({ ...rollout, maxFailures: 3 }, [failed], up)).toEqual({
      kind: 'stop',
      reason: '0 of 1 of wave 0 succeeded',
    });
  });

  it('leaves behind who is offline, unless that is most of the wave', () => {
    const away: Job = { ...done(8), state: 'waiting' };
    const sight = seen('d8');

    expect(judge(rollout, [done(1), away], sight).kind).toBe('next');
    expect(judge(rollout, [away], sight).kind).toBe('wait');
  });
});

describe('a rollout, whatever happens to its routers', () => {
  const scenario = fc.record({
    size: fc.integer({ min: 1, max: 40 }),
    shares: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
    links: fc.integer({ min: 1, max: 10 }),
    atOnce: fc.integer({ min: 1, max: 8 }),
    perLink: fc.integer({ min: 1, max: 3 }),
    maxFailures: fc.integer({ min: 0, max: 3 }),
    seed: fc.integer(),
    badPercent: fc.integer({ min: 0, max: 30 }),
  });

  it('runs no router twice at once, keeps to limits and budget, and no wave overtakes', () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const luck = randomFrom(given.seed);
        const fleet = Array.from({ length: given.size }, (_, n) => ({
          routerId: `r${n}`,
          link: `l${n % given.links}`,
          isUp: luck() > 0.1,
        }));
        const members = planWaves(fleet, { canaries: [], shares: given.shares }, luck);
        const { atOnce, perLink, maxFailures } = given;
        const world = worldOf(members, { limits: { atOnce, perLink }, maxFailures });
        const found: string[] = [];
        for (let turn = 0; turn < 60 && world.rollout.state === 'running'; turn += 1) {
          const before = { jobs: [...world.jobs.values()], wave: world.rollout.wave };
          step(world);
          found.push(...breaches(world, before));
          live(world, members, luck, given.badPercent);
        }
        expect(found).toEqual([]);
        const failed = [...world.jobs.values()].filter((job) => job.state === 'failed').length;
        expect(failed).toBeLessThanOrEqual(maxFailures + atOnce);
      }),
      { numRuns: 300 },
    );
  });

  it('on routers that all succeed reaches every one, the last wave last', () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const fleet = Array.from({ length: given.size }, (_, n) => ({
          routerId: `r${n}`,
          link: `l${n % given.links}`,
          isUp: true,
        }));
        const members = planWaves(fleet, { canaries: [], shares: given.shares }, () => 0.5);
        const { atOnce, perLink } = given;
        const world = worldOf(members, { limits: { atOnce, perLink }, maxFailures: 0 });
        const order: number[] = [];
        for (let turn = 0; turn < 500 && world.rollout.state === 'running'; turn += 1) {
          for (const id of step(world)) {
            order.push(world.jobs.get(id)!.wave!);
            change(world, id, { state: 'done', endedAt: world.now });
          }
          world.now += WATCH_MS;
        }

        expect(world.rollout.state).toBe('done');
        expect(order).toEqual(order.toSorted((a, b) => a - b));
        expect(order).toHaveLength(given.size);
      }),
      { numRuns: 200 },
    );
  });
});

describe('planWaves', () => {
  it('gives 242 routers a canary, then 1, 5 and 20 percent, then the rest', () => {
    const fleet = Array.from({ length: 242 }, (_, n) => ({
      routerId: `r${n}`,
      link: `r${n}`,
      isUp: n % 10 !== 0,
    }));
    const members = planWaves(fleet, { canaries: [], shares: [1, 5, 20] }, Math.random);
    const sizes = [...Map.groupBy(members, (one) => one.wave).values()].map((wave) => wave.length);

    expect(sizes).toEqual([1, 3, 13, 49, 176]);
    expect(members.filter((one) => one.wave < 3).every((one) => one.isUp)).toBe(true);
  });

  it('takes the canaries that are named, and leaves no wave empty', () => {
    const fleet = ['a', 'b', 'c'].map((routerId) => ({ routerId, link: routerId, isUp: true }));
    const members = planWaves(fleet, { canaries: ['c', 'a'], shares: [1, 5, 20] }, () => 0);

    expect(members.map((one) => [one.routerId, one.wave])).toEqual([
      ['a', 0],
      ['c', 0],
      ['b', 1],
    ]);
  });
});

/** mulberry32: [0, 1), the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What must never be, between two looks. */
function breaches(world: World, before: { jobs: readonly Job[]; wave: number }): string[] {
  const { limits, rollout, now } = world;
  const jobs = [...world.jobs.values()];
  const running = jobs.filter((job) => job.state === 'running');
  const leased = running.filter((job) => job.leaseUntil > now);
  const onLinks = [...Map.groupBy(leased, (job) => job.link).values()].map((some) => some.length);
  const was = new Map(before.jobs.map((job) => [job.id, job.state]));
  const begun = running.filter((job) => was.get(job.id) !== 'running');
  const failures = before.jobs.filter((job) => job.state === 'failed').length;
  const last = before.jobs.filter((job) => job.wave === before.wave);
  const isOpen = (job: Job): boolean =>
    job.state === 'running' || (job.state === 'waiting' && !world.down.has(job.routerId));
  const overtaken = rollout.wave > before.wave && before.wave >= 0;
  const good = last.filter((job) => job.state === 'done').length * 2 >= last.length;
  const rules: Record<string, boolean> = {
    'two of one router': new Set(running.map((job) => job.routerId)).size < running.length,
    'more than may run': leased.length > limits.atOnce,
    'more than a link bears': onLinks.some((count) => count > limits.perLink),
    'begun beyond the budget': failures > rollout.maxFailures && begun.length > 0,
    'wave before its predecessor is good': overtaken && (last.some(isOpen) || !good),
    'let out before its wave': jobs.some((job) => job.wave! > rollout.wave && job.state !== 'held'),
  };
  return Object.keys(rules).filter((rule) => rules[rule]);
}

/** Jobs end or fail, processes die, routers come and go, time passes. */
function live(
  world: World,
  members: readonly { routerId: string }[],
  luck: () => number,
  badPercent: number,
): void {
  const running = [...world.jobs.values()].filter((job) => job.state === 'running');
  const alive = running.filter((job) => job.leaseUntil > world.now);
  world.now += 1 + luck() * WATCH_MS;
  for (const { id } of alive) {
    const chance = luck() * 100;
    const isBad = chance < 50 + badPercent / 2;
    if (chance >= 50) change(world, id, { state: isBad ? 'failed' : 'done', endedAt: world.now });
    else if (chance < 40) change(world, id, { leaseUntil: world.now + LEASE_MS });
  }
  for (const { routerId } of members) {
    if (luck() < 0.03) world.down.add(routerId);
    else if (luck() < 0.3) world.down.delete(routerId);
  }
}
