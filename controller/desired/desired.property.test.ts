/** What holds for every configuration, whatever operators have set. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorCode } from '../../lib/errors.ts';
import { FACTS, input, local } from '../test-input.ts';
import { desired } from './desired.ts';
import type { DesiredConfiguration, DesiredMenu } from './types.ts';

const SECRET = 'tidak-boleh-terlihat';
const kbps = fc.integer({ min: 64, max: 10_000_000 }).map(String);
const wan = (prefix: 'wan' | 'wan2') =>
  fc.constantFrom<Record<string, string>>(
    { [`${prefix}.kind`]: 'dhcp', [`${prefix}.vlan`]: '7' },
    {
      [`${prefix}.kind`]: 'pppoe',
      [`${prefix}.pppoe-user`]: 'u',
      [`${prefix}.pppoe-password`]: SECRET,
    },
    {
      [`${prefix}.kind`]: 'static',
      [`${prefix}.address`]: '203.0.113.6/30',
      [`${prefix}.gateway`]: '203.0.113.5',
    },
    {
      [`${prefix}.kind`]: 'lte',
      [`${prefix}.apn-user`]: 'u',
      [`${prefix}.apn-password`]: SECRET,
      [`${prefix}.interface`]: `lte${prefix === 'wan' ? 1 : 2}`,
    },
    {},
  );
const settings = fc
  .tuple(
    wan('wan'),
    wan('wan2'),
    fc.record(
      {
        'link.down-kbps': kbps,
        'link.up-kbps': kbps,
        'link.rtt-ms': fc.integer({ min: 1, max: 3000 }).map(String),
        'link.metered-gb': fc.integer({ min: 1, max: 500 }).map(String),
        'wifi.ssid': fc.constantFrom('WiFi Desa', 'Kantor Desa'),
        'dns.cache-kib': fc.integer({ min: 64, max: 65_536 }).map(String),
        'outage.new-phones': fc.constantFrom('wait', 'pass'),
        'outage.floor': fc.constantFrom('judi.example', 'a.example,b.example'),
      },
      { requiredKeys: [] },
    ),
  )
  .map((parts) => Object.assign({}, ...parts) as Record<string, string>);
const facts = fc.record({
  version: fc.constantFrom('7.16.2', '7.18.2', '7.20.8', '7.24'),
  memoryMb: fc.constantFrom(null, 32, 64, 128, 256, 1024),
  hasTunnel: fc.boolean(),
  hasFlashFolder: fc.boolean(),
});

function rowsOf(made: DesiredConfiguration, path: string): DesiredMenu['rows'] {
  return made.menus.filter((menu) => menu.path === path).flatMap((menu) => menu.rows);
}

describe('every configuration', () => {
  it('has one menu a path, one key a row, and no secret among its values', () => {
    fc.assert(
      fc.property(settings, facts, (values, given) => {
        const made = desired(input({ local: local(values), facts: { ...FACTS, ...given } }));
        const paths = made.menus.map((menu) => menu.path);

        expect(new Set(paths).size).toBe(paths.length);
        for (const { rows } of made.menus) {
          expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
        }
        const shown = made.menus.map((menu) =>
          menu.rows.map((row) => [row.values, row.adopt, row.during]),
        );
        expect(JSON.stringify(shown)).not.toContain(SECRET);
      }),
    );
  });

  it('closes every way out: listed, masqueraded, no port of it among the phones', () => {
    fc.assert(
      fc.property(settings, facts, (values, given) => {
        const made = desired(input({ local: local(values), facts: { ...FACTS, ...given } }));
        const outside = rowsOf(made, '/interface/list/member')
          .filter((row) => row.values.list === 'sw-WAN')
          .map((row) => row.values.interface);
        const bridged = rowsOf(made, '/interface/bridge/port').map((row) => row.values.interface);
        const second = values['wan2.kind'] !== undefined;

        expect(outside).toHaveLength(second ? 2 : 1);
        expect(outside.filter((name) => bridged.includes(name))).toEqual([]);
        const chains = rowsOf(made, '/ip/firewall/filter');
        expect(chains.filter((row) => row.values.action === 'drop').at(-1)?.key).toBe('fw-99');
        expect(JSON.stringify(made.menus)).not.toContain('fasttrack');
      }),
    );
  });

  it('switches only rows that a script of a watch which is there switches', () => {
    fc.assert(
      fc.property(settings, facts, (values, given) => {
        const made = desired(input({ local: local(values), facts: { ...FACTS, ...given } }));
        const scripts = new Map(
          rowsOf(made, '/tool/netwatch').map((row) => [row.key, row.values['down-script'] ?? '']),
        );

        for (const row of made.menus.flatMap((menu) => menu.rows)) {
          if (row.during === undefined) continue;
          const script = scripts.get(row.during.watch) ?? '';
          for (const [property, value] of Object.entries(row.during.values)) {
            expect(script).toContain(`${property}=${value}`);
          }
        }
      }),
    );
  });

  it('is refused by one code only', () => {
    const anything = fc.record(
      {
        'wan.kind': fc.constantFrom('dhcp', 'pppoe', 'static', 'lte'),
        'wan2.kind': fc.constantFrom('dhcp', 'pppoe', 'static', 'lte'),
        'wan.interface': fc.constantFrom('ether1', 'ether9', 'lte1'),
        'wan2.interface': fc.constantFrom('ether1', 'ether2', 'sfp1'),
        'time.ntp-servers': fc.constantFrom('10.255.0.9', 'ntp.example', '203.0.113.9'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anything, (values) => {
        let code = 'ROUTER_SETTINGS';
        try {
          desired(input({ local: local(values) }));
        } catch (error) {
          code = errorCode(error);
        }

        expect(code).toBe('ROUTER_SETTINGS');
      }),
    );
  });
});
