import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desired } from '../desired/desired.ts';
import { input } from '../test-input.ts';
import { PART_MENUS, type PartRow, parsePart } from './parts.ts';

const RESERVED = {
  names: ['wifi.example.test', 'login.wifi.test'],
  networks: ['10.255.0.0/16', '172.16.4.0/22'],
};
const part = (menu: string, values: unknown, key: unknown = 'a') =>
  parsePart('kantor', { rows: [{ menu, key, values }] }, RESERVED);

const GOOD: readonly (readonly [string, Record<string, unknown>])[] = [
  ['/ip/dns/static', { name: 'arsip.example', type: 'A', address: '10.1.2.3' }],
  ['/ip/firewall/address-list', { list: 'op-printer', address: '10.1.2.0/24' }],
  ['/ip/firewall/filter', { action: 'drop', protocol: 'tcp', 'dst-port': '25,6881-6889' }],
  ['/ip/hotspot/ip-binding', { 'mac-address': 'AA:BB:CC:00:00:01', type: 'bypassed' }],
  ['/ip/hotspot/walled-garden/ip', { action: 'accept', 'dst-host': 'kominfo.example' }],
  ['/ip/dhcp-server/lease', { address: '172.16.4.20', 'mac-address': 'AA:BB:CC:00:00:01' }],
];

describe('a part', () => {
  it.each(GOOD)('may have rows of %s', (menu, values) => {
    expect(part(menu, values).rows).toEqual([{ menu, key: 'a', values }]);
  });

  it('takes YAML as YAML reads it', () => {
    const values = { name: 'a.example', type: 'NXDOMAIN', 'match-subdomain': true };

    expect(part('/ip/dns/static', values).rows[0]?.values['match-subdomain']).toBe('yes');
    expect(
      part('/ip/firewall/filter', { action: 'drop', protocol: 'tcp', 'dst-port': 25 }).rows,
    ).toMatchObject([{ values: { 'dst-port': '25' } }]);
  });

  it.each([
    ['a menu of scripts', '/system/scheduler', { name: 'a', 'on-event': '/system reboot' }],
    ['a menu of users', '/user', { name: 'a', group: 'full' }],
    ['a menu that is no menu', 'constructor', {}],
    ['network address translation', '/ip/firewall/nat', { chain: 'dstnat', action: 'dst-nat' }],
    ['a rule that accepts', '/ip/firewall/filter', { action: 'accept', protocol: 'tcp' }],
    ['a rule that drops everything', '/ip/firewall/filter', { action: 'drop' }],
    [
      'a chain of its own',
      '/ip/firewall/filter',
      { chain: 'input', action: 'drop', protocol: 'tcp' },
    ],
    ['ports of no protocol', '/ip/firewall/filter', { action: 'drop', 'dst-port': '25' }],
    [
      'ports backwards',
      '/ip/firewall/filter',
      { action: 'drop', protocol: 'tcp', 'dst-port': '9-1' },
    ],
    ['our address lists', '/ip/firewall/address-list', { list: 'sw-services', address: '1.2.3.4' }],
    ["the portal's name", '/ip/dns/static', { name: 'wifi.example.test', type: 'NXDOMAIN' }],
    [
      'all below a name that the portal lies in',
      '/ip/dns/static',
      { name: 'example.test', type: 'NXDOMAIN', 'match-subdomain': 'yes' },
    ],
    ['a forward past the filter', '/ip/dns/static', { name: 'a.example', type: 'FWD' }],
    ['an expression', '/ip/dns/static', { regexp: '.*', type: 'NXDOMAIN' }],
    ['a garden without a wall', '/ip/hotspot/walled-garden/ip', { action: 'accept' }],
    [
      'a garden as wide as the Internet',
      '/ip/hotspot/walled-garden/ip',
      { action: 'accept', 'dst-address': '8.0.0.0/8' },
    ],
    [
      'a garden into the tunnel',
      '/ip/hotspot/walled-garden/ip',
      { action: 'accept', 'dst-address': '10.255.0.0/24' },
    ],
    ['a tag of its own', '/ip/hotspot/ip-binding', { comment: 'sw:x', type: 'blocked' }],
    ['no MAC address', '/ip/hotspot/ip-binding', { type: 'bypassed' }],
    ['a value that is no scalar', '/ip/dns/static', { name: ['a.example'], type: 'NXDOMAIN' }],
    ['a value with a line end', '/ip/dns/static', { name: 'a.example', type: 'TXT', text: 'a\nb' }],
  ])('is refused with %s', (_what, menu, values) => {
    expect(() => part(menu, values)).toThrow(expect.objectContaining({ code: 'ROUTER_PART' }));
  });

  it.each([
    ['a list', []],
    ['nothing', null],
    ['another key', { rows: [], more: 1 }],
    ['rows that are no list', { rows: {} }],
    ['a row that is no map', { rows: ['x'] }],
    [
      'two rows of one key',
      { rows: [0, 1].map(() => ({ menu: GOOD[0]![0], key: 'a', values: GOOD[0]![1] })) },
    ],
    ['too many rows', { rows: Array.from({ length: 101 }, () => null) }],
  ])('is refused as %s', (_what, document) => {
    expect(() => parsePart('kantor', document, RESERVED)).toThrow(
      expect.objectContaining({ code: 'ROUTER_PART' }),
    );
  });

  it('throws nothing but its own error, whatever it is given', () => {
    const row = fc.record({
      menu: fc.oneof(fc.constantFrom(...PART_MENUS), fc.anything()),
      key: fc.oneof(fc.constant('a'), fc.anything()),
      values: fc.oneof(
        fc.dictionary(
          fc.constantFrom('name', 'type', 'action', 'list', '__proto__'),
          fc.anything(),
        ),
        fc.anything(),
      ),
    });
    fc.assert(
      fc.property(fc.oneof(fc.record({ rows: fc.array(row) }), fc.anything()), (document) => {
        let code = 'ROUTER_PART';
        try {
          parsePart('kantor', document, RESERVED);
        } catch (error) {
          code = (error as { code?: string }).code ?? String(error);
        }

        expect(code).toBe('ROUTER_PART');
      }),
      { numRuns: 500 },
    );
  });
});

describe('parts in a configuration', () => {
  const rows: PartRow[] = GOOD.flatMap(([menu, values]) => part(menu, values).rows);
  const made = desired(input({ parts: [{ name: 'kantor', rows }] }));
  const menu = (path: string) => made.menus.find((one) => one.path === path)!;

  it('are tagged as ours', () => {
    for (const [path] of GOOD) {
      const row = menu(path).rows.find((one) => one.key === 'op-kantor-a');
      expect(row?.values.comment).toBe('sw:op-kantor-a');
    }
  });

  it('stand after all that portal and management need, before the way out', () => {
    const keys = menu('/ip/firewall/filter').rows.map((row) => row.key);

    expect(keys.indexOf('op-kantor-a')).toBeGreaterThan(keys.indexOf('fw-26'));
    expect(keys.indexOf('op-kantor-a') + 1).toBe(keys.indexOf('fw-90'));
  });

  it('narrow only what comes from the phones', () => {
    const rule = menu('/ip/firewall/filter').rows.find((one) => one.key === 'op-kantor-a')!;

    expect(rule.values).toMatchObject({ chain: 'forward', 'in-interface-list': 'sw-LAN' });
  });

  it('leave their menus behind to be emptied when they go', () => {
    const paths = desired(input()).menus.map((one) => one.path);

    for (const [path] of GOOD) expect(paths).toContain(path);
  });
});
