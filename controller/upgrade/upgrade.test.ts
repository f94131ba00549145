import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouterUpgrade } from '../../store/types.ts';
import { AT_ONCE, admitted, SOAK_MS, wavesOf } from './campaign.ts';
import {
  type ActionResult,
  afterAction,
  decide,
  isOver,
  plannedUpgrade,
  type Seen,
  type Upgrade,
  type UpgradeAction,
} from './machine.ts';
import { compareVersions, splitsDrivers } from './version.ts';

const MINUTE = 60_000;
const MIB = 1_048_576;
const START = Date.parse('2026-11-24T15:00:00Z');

const SEEN: Seen = {
  version: '7.18.2',
  architecture: 'arm64',
  bootEarliest: START - 86_400_000,
  bootLatest: START - 86_399_000,
  currentFirmware: '7.18.2',
  upgradeFirmware: '7.18.2',
  freeBytes: 90 * MIB,
  totalBytes: 128 * MIB,
  packageBytes: 14 * MIB,
  radios: 2,
  radioKind: 'wifi',
  packageFiles: [],
};

const checkedWith = (
  latest: string | null,
  seen: Partial<Seen> = {},
  target: string | null = null,
) =>
  afterAction(
    plannedUpgrade(START, 'stable', target),
    { kind: 'checked', latest },
    { ...SEEN, ...seen },
    START,
  );

describe('what a router must have', () => {
  it.each<[string, string | null, Partial<Seen>, string | null, string]>([
    ['goes on', '7.20.8', {}, null, 'checked'],
    ['is there already', '7.18.2', {}, null, 'done'],
    [
      'has the version but an older boot loader',
      '7.18.2',
      { upgradeFirmware: '7.20' },
      null,
      'checked',
    ],
    ['has no room', '7.20.8', { freeBytes: 8 * MIB }, null, 'failed'],
    [
      'is small and has a megabyte',
      '7.20.8',
      { totalBytes: 16 * MIB, freeBytes: MIB },
      null,
      'checked',
    ],
    ['is small and full', '7.20.8', { totalBytes: 16 * MIB, freeBytes: MIB - 1 }, null, 'failed'],
    ['is newer', '7.16.2', {}, null, 'failed'],
    ['is offered another version', '7.20.8', {}, '7.20.7', 'failed'],
    ['is offered this version', '7.20.7', {}, '7.20.7', 'checked'],
    ['does not learn of updates', null, {}, null, 'planned'],
    [
      'would lose its radios',
      '7.20.8',
      { version: '7.12.1', radioKind: 'wireless', packageFiles: ['wireless-7.20.7-arm.npk'] },
      null,
      'failed',
    ],
    [
      'has the driver package at hand',
      '7.20.8',
      { version: '7.12.1', radioKind: 'wireless', packageFiles: ['flash/wireless-7.20.8-arm.npk'] },
      null,
      'checked',
    ],
  ])('one that %s', (_what, latest, seen, target, phase) => {
    expect(checkedWith(latest, seen, target).phase).toBe(phase);
  });

  it('tries three times to learn of updates', () => {
    let upgrade = plannedUpgrade(START, 'stable', null);
    const phases = [1, 2, 3].map(() => {
      upgrade = afterAction(upgrade, { kind: 'checked', latest: null }, SEEN, START);
      return upgrade.phase;
    });

    expect(phases).toEqual(['planned', 'planned', 'failed']);
    expect(upgrade.reason).toContain('upgrade.mikrotik.com');
  });
});

/** A router that obeys, a link that fails, a controller that dies: all as random numbers say. */
interface World {
  now: number;
  version: string;
  firmware: string;
  bootAt: number;
  /** Not reachable before. */
  backAt: number;
  flashedTo: string | null;
  readonly done: UpgradeAction[];
  /** What broke a rule. */
  readonly breaches: string[];
}

interface Luck {
  readonly ms: number;
  /** The controller dies before the action, before its result is stored, or not at all. */
  readonly crash: 'before' | 'after' | 'no';
  readonly linkUp: boolean;
  readonly obeys: boolean;
  readonly quiet: boolean;
}

const luck: fc.Arbitrary<Luck> = fc.record({
  ms: fc.integer({ min: 10_000, max: 12 * MINUTE }),
  crash: fc.constantFrom('before', 'after', 'no', 'no'),
  linkUp: fc.boolean(),
  obeys: fc.boolean(),
  quiet: fc.boolean(),
});
const STEADY: Luck = { ms: 6 * MINUTE, crash: 'no', linkUp: true, obeys: true, quiet: true };
const TO = '7.20.8';

function seenIn(world: World): Seen {
  return {
    ...SEEN,
    version: world.version,
    currentFirmware: world.firmware,
    upgradeFirmware: world.version,
    bootEarliest: world.bootAt - 1000,
    bootLatest: world.bootAt,
  };
}

function boot(world: World): void {
  world.bootAt = world.now + MINUTE;
  world.backAt = world.now + 2 * MINUTE;
  if (world.flashedTo !== null) world.firmware = world.flashedTo;
}

/** The action as the router takes it; null when the answer is lost. */
function perform(world: World, action: UpgradeAction, { obeys, quiet }: Luck, upgrade: Upgrade) {
  world.done.push(action);
  const disturbs = action === 'install' || action === 'reboot';
  if (disturbs && !quiet) world.breaches.push(`${action} in busy hours`);
  if (action === 'install' && upgrade.backup === null)
    world.breaches.push('install without backup');
  const result = ((): ActionResult | null => {
    switch (action) {
      case 'check':
        return { kind: 'checked', latest: TO };
      case 'back-up':
        return { kind: 'backed-up', version: 7 };
      case 'flash':
        world.flashedTo = world.version;
        return { kind: 'flashed' };
      case 'install':
        if (!obeys) return null;
        world.version = TO;
        boot(world);
        return null;
      case 'reboot':
        if (world.version !== TO) world.breaches.push('reboot before the version');
        if (obeys) boot(world);
        return null;
      case 'wait':
        return null;
    }
  })();
  return result;
}

function live(stored: Upgrade, world: World, step: Luck): Upgrade {
  world.now += step.ms;
  const reachable = step.linkUp && world.now >= world.backAt;
  const seen = reachable ? seenIn(world) : null;
  const { next, action } = decide(stored, seen, world.now, step.quiet);
  if (action === 'wait' || step.crash === 'before' || seen === null) return next;
  const result = perform(world, action, step, next);
  return result === null || step.crash === 'after'
    ? next
    : afterAction(next, result, seen, world.now);
}

function newWorld(): World {
  return {
    now: START,
    version: '7.18.2',
    firmware: '7.18.2',
    bootAt: START - 86_400_000,
    backAt: 0,
    flashedTo: null,
    done: [],
    breaches: [],
  };
}

describe('an upgrade', () => {
  it('goes in order when nothing happens', () => {
    const world = newWorld();
    let upgrade = plannedUpgrade(START, 'stable', null);
    for (let step = 0; step < 20; step++) upgrade = live(upgrade, world, STEADY);

    expect(upgrade).toMatchObject({ phase: 'done', from: '7.18.2', to: TO, backup: 7 });
    expect(world.done).toEqual(['check', 'back-up', 'install', 'flash', 'reboot']);
    expect(world).toMatchObject({ version: TO, firmware: TO });
  });

  it('disturbs nobody, never skips the backup, and ends well or says why, whatever breaks', () => {
    fc.assert(
      fc.property(fc.array(luck, { maxLength: 60 }), (steps) => {
        const world = newWorld();
        let upgrade = plannedUpgrade(START, 'stable', null);
        for (const step of [...steps, ...Array<Luck>(40).fill(STEADY)]) {
          upgrade = JSON.parse(JSON.stringify(live(upgrade, world, step))) as Upgrade;
        }

        expect(world.breaches).toEqual([]);
        expect(isOver(upgrade)).toBe(true);
        const isUpgraded = world.version === TO && world.firmware === TO;
        expect(upgrade.phase === 'failed' || isUpgraded).toBe(true);
        expect(upgrade.phase === 'done' || (upgrade.reason ?? '') !== '').toBe(true);
        const count = (action: UpgradeAction) => world.done.filter((one) => one === action).length;
        expect(count('install')).toBeLessThanOrEqual(3);
        expect(count('reboot')).toBeLessThanOrEqual(3);
      }),
      { numRuns: 2000 },
    );
  });

  it('survives a crash of ours at any one step', () => {
    for (let at = 0; at < 12; at++) {
      for (const crash of ['before', 'after'] as const) {
        const world = newWorld();
        let upgrade = plannedUpgrade(START, 'stable', null);
        for (let step = 0; step < 30; step++) {
          upgrade = live(upgrade, world, { ...STEADY, crash: step === at ? crash : 'no' });
        }

        expect([at, crash, upgrade.phase]).toEqual([at, crash, 'done']);
        expect(world).toMatchObject({ version: TO, firmware: TO, breaches: [] });
      }
    }
  });

  it.each<[string, Partial<Upgrade>, Partial<Seen> | null, number, RegExp]>([
    ['does not come back', { phase: 'installing' }, null, 31, /come back/],
    [
      'rebooted and is what it was',
      { phase: 'installing', bootAt: START - 86_399_000 },
      { bootEarliest: START },
      5,
      /still 7\.18\.2/,
    ],
    ['lost a radio', { phase: 'installed', radios: 2 }, { radios: 0, version: TO }, 1, /radios/],
    [
      'keeps its boot loader',
      { phase: 'rebooting', bootAt: START - 86_399_000 },
      { bootEarliest: START, upgradeFirmware: TO },
      5,
      /boot loader/,
    ],
  ])('fails and says so when a router %s', (_what, upgrade, seen, minutes, reason) => {
    const before = { ...plannedUpgrade(START, 'stable', null), to: TO, ...upgrade };
    const shown = seen === null ? null : { ...SEEN, ...seen };

    const { next, action } = decide(before, shown, START + minutes * MINUTE, true);

    expect([next.phase, action]).toEqual(['failed', 'wait']);
    expect(next.reason).toMatch(reason);
  });
});

describe('versions', () => {
  it('are in the order of MikroTik', () => {
    const order = [
      'x',
      '6.49.10',
      '7.9',
      '7.12.1',
      '7.20beta2',
      '7.20rc1',
      '7.20',
      '7.20.8',
      '7.21',
    ];

    expect(order.toReversed().toSorted(compareVersions)).toEqual(order);
  });

  it.each([
    ['7.12.1', '7.13', true],
    ['7.11', '7.20.8', true],
    ['7.13', '7.20.8', false],
    ['7.10', '7.12.1', false],
  ])('from %s to %s drivers split: %s', (from, to, splits) => {
    expect(splitsDrivers(from, to)).toBe(splits);
  });
});

describe('a campaign', () => {
  it.each([
    [1, [1]],
    [6, [1, 5]],
    [242, [1, 5, 49, 187]],
  ])('of %d has waves of %j', (count, sizes) => {
    const waves = wavesOf(count);

    expect(waves).toEqual(waves.toSorted((a, b) => a - b));
    expect(
      [0, 1, 2, 3].map((w) => waves.filter((one) => one === w).length).filter(Boolean),
    ).toEqual(sizes);
  });

  const phases = fc.constantFrom('planned', 'planned', 'installing', 'done', 'failed');
  const row = (phase: string, index: number, phaseAt: number, wave: number): RouterUpgrade => ({
    routerId: `r${index}`,
    campaign: 'c',
    wave,
    phase,
    phaseAt,
    document: '',
  });

  it('begins no wave before the one before has held, and nothing after a failure', () => {
    const hours = fc.integer({ min: 0, max: 4 * SOAK_MS });
    fc.assert(
      fc.property(fc.array(fc.tuple(phases, hours), { minLength: 1, maxLength: 40 }), (given) => {
        const waves = wavesOf(given.length);
        const rows = given.map(([phase, at], index) => row(phase, index, at, waves[index]!));
        const now = 4 * SOAK_MS;
        const begun = admitted(rows, now).filter(({ phase }) => phase === 'planned');

        const blocked = begun.filter(({ wave }) =>
          rows.some(
            (one) =>
              one.phase === 'failed' ||
              (one.wave < wave && (one.phase !== 'done' || now < one.phaseAt + SOAK_MS)),
          ),
        );
        expect(blocked).toEqual([]);
        expect(begun.length).toBeLessThanOrEqual(AT_ONCE);
      }),
    );
  });

  it('lets what is on its way go on after a failure', () => {
    const rows = [row('failed', 0, 0, 0), row('rebooting', 1, 0, 1), row('planned', 2, 0, 1)];

    expect(admitted(rows, SOAK_MS * 2).map(({ routerId }) => routerId)).toEqual(['r1']);
  });
});
