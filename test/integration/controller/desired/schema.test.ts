/** What the controller writes, against the published RouterOS schema, where that lies beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { desired } from '../../../../controller/desired/desired.ts';
import { FACTS, input, local } from '../../../../controller/test-input.ts';

const SCHEMA = new URL('../../../../../shared/data/routeros-schema.json', import.meta.url);

const PPPOE = {
  'wan.kind': 'pppoe',
  'wan.vlan': '100',
  'wan.pppoe-user': 'desa',
  'wan.pppoe-password': 'rahasia',
  'wan2.kind': 'lte',
  'wan2.apn': 'internet',
  'wan2.apn-user': 'desa',
  'wan2.apn-password': 'rahasia',
  'link.down-kbps': '2000',
  'link.up-kbps': '512',
  'link.metered-gb': '50',
  'outage.new-phones': 'pass',
};
const STATIC = {
  'wan.kind': 'static',
  'wan.address': '203.0.113.6/30',
  'wan.gateway': '203.0.113.5',
  'wan2.kind': 'dhcp',
  'time.ntp-servers': 'id.pool.ntp.org',
  'dns.adlist': 'http://203.0.113.9/list.txt',
};

interface Schema {
  readonly paths: Record<string, { properties: Record<string, { since?: string }> } | undefined>;
}

describe('names of menus and properties', () => {
  const there = existsSync(SCHEMA);
  if (!there) console.log('skipped: ../shared/data/routeros-schema.json is not here');

  it.skipIf(!there).each([
    ['7.16.2', 'wifi', {}],
    ['7.20.8', 'wireless', {}],
    ['7.24', 'wifi', {}],
    ['7.16.2', 'wifi', PPPOE],
    ['7.24', 'wifi', PPPOE],
    ['7.16.2', 'wireless', STATIC],
    ['7.20.8', 'wifi', STATIC],
  ] as const)('are those of RouterOS %s with %s and %o', (version, kind, values) => {
    const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as Schema;
    const facts = { ...FACTS, version, wifi: { kind, radios: ['radio1'] } };

    const unknown = desired(input({ facts, local: local(values) })).menus.flatMap((menu) =>
      menu.rows.flatMap((row) =>
        Object.keys({ ...row.values, ...row.secrets, ...row.during?.values })
          .filter((name) => {
            const property = schema.paths[menu.path]?.properties[name];
            return property === undefined || isLater(property.since ?? '0', version);
          })
          .map((name) => `${menu.path} ${name}`),
      ),
    );

    expect(unknown).toEqual([]);
  });
});

function isLater(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) > 0;
}
