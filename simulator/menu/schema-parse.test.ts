import { describe, expect, it } from 'vitest';
import { MENUS } from './schema.ts';
import { prefixed, versionNumber } from './schema-parse.ts';

describe('the notation', () => {
  it('parses names, types and flags', () => {
    const port = MENUS.get('/radius')?.properties.get('accounting-port');

    expect(port).toMatchObject({ default: '1813', readOnly: false, required: false });
    expect(port?.type).toMatchObject({ base: 'int', min: 1, max: 65_535 });
  });

  it('puts a prefix before names and drops defaults', () => {
    expect(prefixed('security', 'ft,ft-over-ds bool =false')).toBe(
      'security.ft,security.ft-over-ds bool unset',
    );
  });

  it('reads versions as numbers that compare', () => {
    expect(versionNumber('7.20.8')).toBeGreaterThan(versionNumber('7.18'));
    expect(versionNumber('7.18')).toBeGreaterThan(versionNumber('7.16.2'));
    expect(versionNumber('7.24rc1')).toBe(versionNumber('7.24'));
  });
});
