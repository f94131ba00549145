import { describe, expect, it } from 'vitest';
import { BOARDS, type BoardName } from './boards.ts';
import { factoryTree } from './factory.ts';
import { add, attributes, trapOf } from './test-tree.ts';

const MIB = 1_048_576;
const FULL = 'failure: not enough space';

describe('boards', () => {
  it.each<[BoardName, string, string, number, number, string[]]>([
    ['hap-lite', 'smips', 'wireless', 32, 16, ['wlan1']],
    ['hap-ac-lite', 'mipsbe', 'wireless', 64, 16, ['wlan1', 'wlan2']],
    ['hap-ac2', 'arm', 'wifi-qcom-ac', 128, 16, ['wifi1', 'wifi2']],
    ['hap-ax-lite', 'arm', 'wifi-qcom', 256, 128, ['wifi1']],
    ['hap-ax2', 'arm64', 'wifi-qcom', 1024, 128, ['wifi1', 'wifi2']],
  ])('%s is %s with %s, %i MB of memory and %i MB of flash', (name, arch, driver, ...rest) => {
    const [memory, disk, radios] = rest;
    const tree = factoryTree({ board: name });

    const shown = tree.printed('/system/resource', { id: '', dynamic: false, values: {} });
    const resource = { ...tree.single('/system/resource'), ...shown };
    const packages = tree.rows('/system/package').map(({ values }) => values.name);
    const interfaces = tree.rows('/interface').map(({ values }) => values.name!);

    expect(resource).toMatchObject({
      'architecture-name': arch,
      'total-memory': String(memory * MIB),
      'total-hdd-space': String(disk * MIB),
    });
    expect(packages).toEqual(['routeros', driver]);
    expect(interfaces.filter((each) => each.startsWith('w'))).toEqual(radios);
    expect(interfaces.filter((each) => each.startsWith('ether'))).toHaveLength(
      BOARDS[name].ethernetPorts,
    );
    expect(Number(resource['free-memory'])).toBeGreaterThan(4 * MIB);
    expect(tree.find('/file', 'flash') !== undefined).toBe(disk === 16);
  });

  it('an hAP ac² may carry either driver, other boards only their own', () => {
    const old = factoryTree({ board: 'hap-ac2', radioPackage: 'wireless' });

    const bands = ['hap-ac2', 'hap-ax2'].map((board) =>
      factoryTree({ board })
        .rows('/interface/wifi')
        .map(({ values }) => values['channel.band']),
    );

    expect(bands).toEqual([
      ['2ghz-n', '5ghz-ac'],
      ['5ghz-ax', '2ghz-ax'],
    ]);
    expect(old.menu('/interface/wireless')).toBeDefined();
    expect(old.menu('/interface/wifi')).toBeUndefined();
    expect(old.free().disk).toBeGreaterThan(factoryTree({ board: 'hap-ac2' }).free().disk);
    expect(() => factoryTree({ board: 'hap-lite', radioPackage: 'wifi-qcom' })).toThrow(
      expect.objectContaining({ code: 'SIMULATOR_BOARD' }),
    );
  });
});

describe('flash', () => {
  it('gets less with each file, and refuses what does not fit', () => {
    const tree = factoryTree({ board: 'hap-ac2' });
    const { disk } = tree.free();

    add(tree, '/file', { name: 'flash/a.txt', contents: 'x'.repeat(1000) });
    const left = tree.free().disk;
    tree.writeFile('flash/b', Buffer.alloc(left - 10));

    expect(left).toBe(disk - 1000);
    expect(trapOf(() => add(tree, '/file', { name: 'flash/c', contents: 'x'.repeat(11) }))).toEqual(
      { message: FULL, category: null },
    );
    expect(trapOf(() => tree.writeFile('flash/d', Buffer.alloc(11)))?.message).toBe(FULL);
    expect(tree.find('/file', 'flash/c')).toBeUndefined();
  });

  it('takes a file again that was there, and has room when it is gone', () => {
    const tree = factoryTree({ board: 'hap-ac2' });
    const id = add(tree, '/file', { name: 'flash/a', contents: 'x' });
    tree.writeFile('flash/a', Buffer.alloc(tree.free().disk));

    const again = trapOf(() => tree.set('/file', [id], attributes({ contents: 'y'.repeat(100) })));
    tree.remove('/file', [id]);

    expect(again).toBeNull();
    expect(tree.free()).toEqual(factoryTree({ board: 'hap-ac2' }).free());
  });

  it('is full when another part of the router holds it', () => {
    const tree = factoryTree();
    tree.claim('packages', { disk: tree.free().disk });

    const refused = trapOf(() => add(tree, '/file', { name: 'a', contents: 'x' }))?.message;
    tree.claim('packages', {});

    expect(refused).toBe(FULL);
    expect(trapOf(() => add(tree, '/file', { name: 'a', contents: 'x' }))).toBeNull();
  });

  it('keeps its own row', () => {
    const tree = factoryTree({ board: 'hap-lite' });
    const { id } = tree.find('/file', 'flash')!;

    expect(trapOf(() => tree.remove('/file', [id]))?.message).toBe(
      'failure: not allowed to remove',
    );
  });

  it('outlives a power cut, where 16 MB boards lose what lies beside it', () => {
    const kept = ['hap-lite', 'hap-ax2'].map((board) => {
      const tree = factoryTree({ board });
      add(tree, '/file', { name: 'flash/sw/login.html', contents: 'a' });
      add(tree, '/file', { name: 'sw/login.html', contents: 'a' });
      tree.log('system,info', 'before');

      tree.forget();

      expect(tree.rows('/log')).toEqual([]);
      return tree.rows('/file').map(({ values }) => values.name);
    });

    expect(kept[0]).toEqual(['flash', 'flash/sw', 'flash/sw/login.html']);
    expect(kept[1]).toContain('sw/login.html');
  });
});
