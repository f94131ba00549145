import { describe, expect, it } from 'vitest';
import type { Call } from '../api/call.ts';
import type { FactoryOptions } from '../menu/factory.ts';
import { column, type LivingRouter, livingRouter, set } from './test-system.ts';

const RELEASES = { stable: '7.20.8', testing: '7.24' };

interface Upgrading extends LivingRouter {
  /** Answers of a command of the living router. */
  run(word: string, attributes?: Record<string, string>): Readonly<Record<string, string>>[];
  restart(how: 'orderly' | 'power cut'): void;
}

function upgrading(
  factory: FactoryOptions,
  releases: () => Readonly<Record<string, string>> | null = () => RELEASES,
): Upgrading {
  const router = livingRouter(factory, { releases });
  const { system, tree } = router;
  return Object.assign(router, {
    run(word: string, attributes: Record<string, string> = {}) {
      const call = { tree, word, attributes: new Map(Object.entries(attributes)) };
      const outcome = system.commands.get(word)!.run(call as unknown as Call);
      return outcome.kind === 'rows' ? [...outcome.rows] : [];
    },
    restart(how: 'orderly' | 'power cut') {
      if (how === 'orderly') system.goingDown();
      system.powerCut();
      system.boot();
      system.powerOn();
    },
  });
}

const CHECK = '/system/package/update/check-for-updates';
const DOWNLOAD = '/system/package/update/download';
const INSTALL = '/system/package/update/install';
const FIRMWARE = '/system/routerboard/upgrade';

describe('check-for-updates', () => {
  it('answers in sections what it is doing and what it found', () => {
    const { run } = upgrading({ version: '7.18.2' });

    expect(run(CHECK)).toEqual([
      {
        channel: 'stable',
        'installed-version': '7.18.2',
        status: 'finding out latest version...',
        '.section': '0',
      },
      {
        channel: 'stable',
        'installed-version': '7.18.2',
        'latest-version': '7.20.8',
        status: 'New version is available',
        '.section': '1',
      },
    ]);
    expect(run(CHECK, { once: '' })).toHaveLength(1);
  });

  it.each<[string, string, (() => null) | undefined, string]>([
    ['7.20.8', 'stable', undefined, 'System is already up to date'],
    ['7.24', 'stable', undefined, 'System is already up to date'],
    ['7.20.8', 'testing', undefined, 'New version is available'],
    ['7.20.8', 'long-term', undefined, 'ERROR: file not found'],
    ['7.18.2', 'stable', () => null, 'ERROR: could not resolve dns name'],
  ])('%s on channel %s', (version, channel, releases, status) => {
    const { tree, run } = upgrading({ version }, releases);
    set(tree, '/system/package/update', { channel });

    expect(run(CHECK).at(-1)).toMatchObject({ status });
  });
});

describe('an upgrade', () => {
  it('brings the new version with the restart, its menus and its defaults; the boot loader later', () => {
    const { tree, power, run, restart } = upgrading({ version: '7.16.2' });
    set(tree, '/system/identity', { name: 'desa' });
    const before = tree.menu('/safe-mode');

    const rows = run(INSTALL);
    const downloaded = tree.version;
    restart('orderly');
    const board = { ...tree.single('/system/routerboard') };
    run(FIRMWARE);
    const written = { ...tree.single('/system/routerboard') };
    restart('orderly');

    expect(rows.at(-1)?.status).toBe('Downloaded, please reboot router to upgrade it');
    expect([before, downloaded, power]).toEqual([undefined, '7.16.2', ['reboot']]);
    expect(tree.version).toBe('7.20.8');
    expect(tree.menu('/safe-mode')).toBeDefined();
    expect(tree.rows('/safe-mode')).toHaveLength(1);
    expect(tree.single('/system/identity').name).toBe('desa');
    expect(tree.single('/system/resource').version).toBe('7.20.8 (stable)');
    expect(column(tree, '/system/package', 'version')).toEqual(['7.20.8', '7.20.8']);
    expect(tree.single('/tool/bandwidth-server')['allowed-addresses4']).toBe('');
    expect(board).toMatchObject({ 'current-firmware': '7.16.2', 'upgrade-firmware': '7.20.8' });
    expect(written['current-firmware']).toBe('7.16.2');
    expect(tree.single('/system/routerboard')['current-firmware']).toBe('7.20.8');
  });

  it('takes flash while it waits, and gives it back', () => {
    const { tree, run, restart } = upgrading({ version: '7.18.2' });
    const { disk } = tree.free();

    run(DOWNLOAD);
    const waiting = tree.free().disk;
    restart('orderly');

    expect(disk - waiting).toBe(21 * 1_048_576);
    expect(tree.free().disk).toBe(disk);
  });

  it('of a board with 16 MB is refused when less than a mebibyte is free, and may be again', () => {
    const { tree, power, run, restart } = upgrading({ version: '7.18.2', board: 'hap-ac2' });
    tree.writeFile('flash/pages.txt', Buffer.alloc(200_000));

    const refused = run(INSTALL).at(-1);
    tree.remove('/file', [tree.find('/file', 'flash/pages.txt')!.id]);
    const allowed = run(INSTALL).at(-1);
    restart('orderly');

    expect(refused?.status).toBe(
      'ERROR: not enough disk space, 1.0MiB is required and only 0.8MiB is free',
    );
    expect(allowed?.status).toBe('Downloaded, please reboot router to upgrade it');
    expect(power).toEqual(['reboot']);
    expect(tree.version).toBe('7.20.8');
  });

  it('does not happen when the flash filled up meanwhile; the old version boots', () => {
    const { tree, run, restart, logged } = upgrading({ version: '7.18.2', board: 'hap-ac2' });
    run(DOWNLOAD);
    tree.writeFile('flash/pages.txt', Buffer.alloc(200_000));

    restart('orderly');

    expect(tree.version).toBe('7.18.2');
    expect(logged('system,error')).toEqual([
      'can not install routeros-7.20.8: not enough disk space',
    ]);
  });

  it.each([
    ['hap-ac2', '7.18.2'],
    ['hap-ax2', '7.20.8'],
  ])('whose packages a power cut meets: %s boots %s', (board, version) => {
    const { tree, run, restart } = upgrading({ version: '7.18.2', board });
    run(DOWNLOAD);

    restart('power cut');

    expect(tree.version).toBe(version);
  });
});

describe('packages', () => {
  it.each([
    ['hap-ax2', undefined, 'wifi-qcom'],
    ['hap-ac2', undefined, 'wifi-qcom-ac'],
    ['hap-ac2', 'wireless', 'wireless'],
    ['hap-ac-lite', undefined, 'wireless'],
    ['hap-lite', undefined, 'wireless'],
  ] as const)('%s (%s) drives its radios by %s', (board, radioPackage, driver) => {
    const { tree } = livingRouter({
      board,
      ...(radioPackage === undefined ? {} : { radioPackage }),
    });

    expect(column(tree, '/system/package', 'name')).toEqual(['routeros', driver]);
  });
});
