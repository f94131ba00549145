import { describe, expect, it } from 'vitest';
import type { DriftRow } from './rows.ts';
import { dueRows, mayStay } from './safety.ts';

const row = (
  path: string,
  values: readonly string[] = [],
  kind: DriftRow['kind'] = 'changed',
): DriftRow => ({
  ...{ id: path, path, key: '', kind, changes: [] },
  values: values.map((name) => ({ name, ours: 'a', theirs: 'b' })),
});

describe('mayStay', () => {
  it.each([
    ['/queue/tree', ['max-limit']],
    ['/ip/pool', ['ranges']],
    ['/system/identity', ['name']],
    ['/ip/dns', ['cache-size']],
    ['/interface/wifi/configuration', ['ssid']],
  ])('%s %j', (path, names) => {
    expect(mayStay(row(path, names))).toBe(true);
  });

  it.each([
    ['/ip/firewall/filter', ['disabled']],
    ['/user', ['group']],
    ['/ip/service', ['address']],
    ['/radius', ['address']],
    ['/ip/dns', ['servers']],
    ['/ip/dns', ['cache-size', 'servers']],
    ['/interface/wireless', ['default-forwarding']],
    ['/ip/dhcp-server/network', ['dns-server']],
    ['/file', ['contents']],
    ['/something/new', ['x']],
  ])('not %s %j', (path, names) => {
    expect(mayStay(row(path, names))).toBe(false);
  });

  it('not a row of such a menu that was taken away, or made', () => {
    expect(mayStay(row('/ip/dhcp-server', [], 'missing'))).toBe(false);
    expect(mayStay(row('/ip/hotspot', [], 'extra'))).toBe(false);
  });
});

describe('dueRows', () => {
  const rows = [row('/ip/firewall/nat'), row('/ip/pool'), row('/system/note')];
  const since = new Map([
    ['/ip/pool', 0],
    ['/system/note', 50],
  ]);
  const due = (now: number, mayChange = true, graceMs = 100) =>
    dueRows(rows, { since, now, graceMs, mayChange }).map(({ id }) => id);

  it('are those of safety at once, the others each after its own time', () => {
    expect(due(99)).toEqual(['/ip/firewall/nat']);
    expect(due(100)).toEqual(['/ip/firewall/nat', '/ip/pool']);
    expect(due(150)).toEqual(['/ip/firewall/nat', '/ip/pool', '/system/note']);
    expect(due(0, true, 0)).toEqual(['/ip/firewall/nat', '/ip/pool']);
  });

  it('are those of safety alone outside of the window', () => {
    expect(due(1000, false)).toEqual(['/ip/firewall/nat']);
  });

  it('wait where nobody knows since when', () => {
    expect(
      dueRows([row('/ip/pool')], { since: new Map(), now: 9, graceMs: 1, mayChange: true }),
    ).toEqual([]);
  });
});
