import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SETTING_NAMES, SETTINGS } from './known.ts';
import {
  checkSetting,
  explainSetting,
  placeOf,
  resolveSettings,
  SETTING_LEVELS,
  type SettingLevel,
  type SettingRow,
} from './resolve.ts';
import { ROUTER_SETTINGS } from './router.ts';
import type { Setting } from './setting.ts';

const PLACE = placeOf({ id: 'r1', villageCode: '16.06.01.1009', districtCode: '16.06.01' });
const CODES: Record<SettingLevel, string> = {
  router: 'r1',
  village: '16.06.01.1009',
  district: '16.06.01',
  regency: '16.06',
};
const rate = (level: SettingLevel, value: string, code = CODES[level]): SettingRow => ({
  level,
  code,
  name: 'link.down-kbps',
  value,
});

describe('the value that holds', () => {
  it('is the default where nobody has set one', () => {
    expect(explainSetting('wan.kind', [], PLACE)).toEqual({
      name: 'wan.kind',
      value: 'dhcp',
      from: 'default',
      code: null,
      overridden: [],
      notUnderstood: [],
    });
    expect(resolveSettings([], PLACE).get('link.down-kbps')).toBeNull();
  });

  it('is the nearest one, whatever the order of rows, and the others are named', () => {
    fc.assert(
      fc.property(
        fc.subarray([...SETTING_LEVELS], { minLength: 1 }),
        fc.infiniteStream(fc.nat()),
        (levels, noise) => {
          const rows = levels
            .flatMap((level, i) => [
              rate(level, String(1000 + i)),
              rate(level, '99', 'another place'),
            ])
            .map((row) => ({ row, key: noise.next().value }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ row }) => row);

          const said = explainSetting('link.down-kbps', rows, PLACE);

          expect(said.from).toBe(levels[0]);
          expect(said.code).toBe(CODES[levels[0]!]);
          expect(said.overridden.map((row) => row.level)).toEqual(levels.slice(1));
          expect(resolveSettings(rows, PLACE).get('link.down-kbps')).toBe(1000);
        },
      ),
    );
  });

  it('refuses a stored value that is none any more, and says whose it is', () => {
    expect(() => resolveSettings([rate('district', 'fast')], PLACE)).toThrow(
      expect.objectContaining({
        code: 'SETTING_VALUE',
        message: expect.stringContaining('district 16.06.01'),
      }),
    );
  });

  it('of a page is the next wider one where this version does not take what is stored, one key at a time', () => {
    const page = (level: SettingLevel, name: string, value: string): SettingRow => ({
      ...rate(level, value),
      name,
    });
    const bad = page('village', 'portal.ways', 'telepathy');
    const rows = [
      bad,
      page('district', 'portal.ways', 'click'),
      page('village', 'portal.accent', 'beige?'),
      page('village', 'portal.name', 'WiFi Desa'),
    ];
    const settings = resolveSettings(rows, PLACE);

    expect(settings.get('portal.ways')).toEqual(['click']);
    expect(settings.get('portal.accent')).toEqual(resolveSettings([], PLACE).get('portal.accent'));
    expect(settings.get('portal.name')).toBe('WiFi Desa');
    expect(explainSetting('portal.ways', rows, PLACE)).toEqual({
      name: 'portal.ways',
      value: 'click',
      from: 'district',
      code: '16.06.01',
      overridden: [],
      notUnderstood: [bad],
    });
  });

  it('does not mind the names of another version', () => {
    const row = { ...rate('regency', 'x'), name: 'link.colour' };

    expect(resolveSettings([row], PLACE).get('link.rtt-ms')).toBe(60);
  });
});

describe('checkSetting', () => {
  it.each([
    ['link.colour', 'red'],
    ['toString', 'red'],
    ['link.down-kbps', '63'],
    ['link.down-kbps', '1e3'],
    ['link.rtt-ms', '3001'],
    ['wan.kind', 'modem'],
    ['wan.vlan', '4095'],
    ['wan.address', '203.0.113.6'],
    ['wan.address', '203.0.113.6/33'],
    ['wan.gateway', '224.0.0.1'],
    ['wan.interface', 'sw-wan'],
    ['wan.interface', 'ether1,ether2'],
    ['wan.pppoe-password', 'a\nb'],
    ['wifi.ssid', 'x"; /system reboot'],
    ['wifi.ssid', 'a'.repeat(33)],
    ['outage.resolvers', '1.1.1.3,one'],
    ['outage.resolvers', '1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4'],
    ['outage.floor', 'com'],
    ['outage.floor', 'a.com"]; /user remove 0'],
    ['dns.adlist', 'https://lists.example/a.txt'],
    ['dns.adlist', 'file:///etc/passwd'],
  ])('refuses %s = %s', (name, value) => {
    expect(() => checkSetting(name, value)).toThrow(
      expect.objectContaining({ code: 'SETTING_VALUE' }),
    );
  });

  it.each([
    ['link.metered-gb', ' 50 ', '50'],
    ['wan.address', '203.0.113.6/30', '203.0.113.6/30'],
    ['wifi.ssid', 'WiFi Desa Kayu Ara', 'WiFi Desa Kayu Ara'],
    ['outage.floor', 'Judi.example, a.example', 'Judi.example, a.example'],
    ['wan.pppoe-password', ' keeps its spaces ', ' keeps its spaces '],
  ])('takes %s = %s', (name, value, kept) => {
    expect(checkSetting(name, value)).toEqual({ name, value: kept });
  });

  it('never shows a secret that it refuses', () => {
    expect(() => checkSetting('wan.pppoe-password', 'kata\nsandi')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('kata') }),
    );
  });

  it('lets nothing through that could end a word of a script', () => {
    const open = SETTING_NAMES.filter(
      (name) => Object.hasOwn(ROUTER_SETTINGS, name) && !SETTINGS[name].secret,
    );
    fc.assert(
      fc.property(fc.constantFrom(...open), fc.string(), (name, text) => {
        const type = (SETTINGS[name] as Setting).type;
        fc.pre(type.parse(text.trim()) !== null);

        expect(text).not.toMatch(/["\\$`;{}[\]\n\r]/);
      }),
      { numRuns: 2000 },
    );
  });

  it('has defaults that are values', () => {
    const wrong = SETTING_NAMES.filter((name) => {
      const { fallback, type }: Setting = SETTINGS[name];
      return fallback !== null && type.parse(fallback) === null;
    });

    expect(wrong).toEqual([]);
  });
});
