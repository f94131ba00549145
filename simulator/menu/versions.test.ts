import { describe, expect, it } from 'vitest';
import { hasCommand } from '../api/commands.ts';
import { factoryTree } from './factory.ts';
import { add, attributes, trapOf } from './test-tree.ts';
import type { WritableTree } from './tree-state.ts';

const VERSIONS = ['7.16.2', '7.18.2', '7.20.8', '7.24'] as const;
type Write = readonly [path: string, row: Readonly<Record<string, string>>, property: string];

/** What the property test of a version is about: the row without it is accepted in all. */
const NEW: readonly (readonly [(typeof VERSIONS)[number], Write])[] = [
  ['7.18.2', ['/interface/wifi/configuration', { name: 'c', 'max-clients': '60' }, 'max-clients']],
  [
    '7.18.2',
    [
      '/system/logging/action',
      { name: 'sw', target: 'remote', 'remote-log-format': 'syslog' },
      'remote-log-format',
    ],
  ],
  [
    '7.18.2',
    ['/tool/netwatch', { host: '10.0.0.1', 'ignore-initial-down': 'yes' }, 'ignore-initial-down'],
  ],
  [
    '7.20.8',
    ['/ip/dhcp-client', { interface: 'ether2', 'check-gateway': 'ping' }, 'check-gateway'],
  ],
  ['7.24', ['/system/logging', { topics: 'info', comment: 'sw:log' }, 'comment']],
  ['7.24', ['/ip/dhcp-server/option/sets', { name: 'sw-opts', comment: 'sw:o' }, 'comment']],
];

const treeOf = (version: string): WritableTree => factoryTree({ version });

describe('versions', () => {
  it.each(NEW)('from %s on: %j', (since, [path, row, property]) => {
    const refusals = VERSIONS.map((version) => trapOf(() => add(treeOf(version), path, row)));

    expect(refusals).toEqual(
      VERSIONS.map((version) =>
        VERSIONS.indexOf(version) >= VERSIONS.indexOf(since)
          ? null
          : { message: `unknown parameter ${property}`, category: null },
      ),
    );
    const { [property]: _new, ...rest } = row;
    expect(VERSIONS.map((version) => trapOf(() => add(treeOf(version), path, rest)))).toEqual(
      VERSIONS.map(() => null),
    );
  });

  it('up to 7.16: what later versions took away', () => {
    const strict = attributes({ 'allow-none-crypto': 'no' });

    const refusals = VERSIONS.map((version) =>
      trapOf(() => treeOf(version).setSingle('/ip/ssh', strict)),
    );

    expect(refusals.map((trap) => trap?.message)).toEqual([
      undefined,
      'unknown parameter allow-none-crypto',
      'unknown parameter allow-none-crypto',
      'unknown parameter allow-none-crypto',
    ]);
  });

  it('show only the properties that they have', () => {
    const shown = VERSIONS.map((version) => {
      const tree = treeOf(version);
      return Object.keys(tree.single('/ipv6/settings')).includes('allow-fast-path');
    });

    expect(shown).toEqual([false, true, true, true]);
  });

  it('have safe mode from 7.18 on', () => {
    const has = VERSIONS.map((version) =>
      ['take', 'release', 'unroll', 'toggle', 'print'].every((verb) =>
        hasCommand(treeOf(version), new Map(), `/safe-mode/${verb}`),
      ),
    );

    expect(has).toEqual([false, true, true, true]);
  });
});
