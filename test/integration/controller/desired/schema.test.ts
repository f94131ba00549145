/** What the controller writes, against the published RouterOS schema, where that lies beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { desired } from '../../../../controller/desired/desired.ts';
import { FACTS, input } from '../../../../controller/test-input.ts';

const SCHEMA = new URL('../../../../../shared/data/routeros-schema.json', import.meta.url);

interface Schema {
  readonly paths: Record<string, { properties: Record<string, { since?: string }> } | undefined>;
}

describe('names of menus and properties', () => {
  const there = existsSync(SCHEMA);
  if (!there) console.log('skipped: ../shared/data/routeros-schema.json is not here');

  it.skipIf(!there).each([
    ['7.16.2', 'wifi'],
    ['7.20.8', 'wireless'],
    ['7.24', 'wifi'],
  ] as const)('are those of RouterOS %s with %s', (version, kind) => {
    const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as Schema;
    const facts = { ...FACTS, version, wifi: { kind, radios: ['radio1'] } };

    const unknown = desired(input({ facts })).menus.flatMap((menu) =>
      menu.rows.flatMap((row) =>
        Object.keys({ ...row.values, ...row.secrets })
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
