import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { StoredSetting } from '../store/types.ts';
import { set } from './portal.fixture.ts';
import { router } from './village.fixture.ts';
import { settingsOf } from './village-settings.ts';

const of = (rows: readonly StoredSetting[], log = pino({ level: 'silent' })) =>
  settingsOf({ store: { settingsAt: async () => rows }, log }, router);

it('the village decides before its district, and the default where nobody has set anything', async () => {
  const district = { ...set('portal.ways', 'account'), level: 'district' as const };
  const rows = [{ ...district, code: router.districtCode }, set('portal.ways', 'click,voucher')];

  expect((await of(rows)).get('portal.ways')).toEqual(['click', 'voucher']);
  expect((await of(rows.slice(0, 1))).get('portal.ways')).toEqual(['account']);
  expect((await of([])).get('portal.ways')).toEqual(['voucher', 'account']);
});

it('a value for routers that this version does not take keeps no page from being shown', async () => {
  const settings = await of([set('wan.kind', 'pigeon'), set('portal.ways', 'click')]);

  expect(settings.get('portal.ways')).toEqual(['click']);
});

it('a value of a page that this version does not take is logged once, and the page goes on without it', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const rows = () => [set('portal.ways', 'telepathy'), set('portal.remember-days', '7')];

  const settings = await of(rows(), log);
  await of(rows(), log);

  expect(settings.get('portal.ways')).toEqual(['voucher', 'account']);
  expect(settings.get('portal.remember-days')).toBe(7);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 40, setting: 'portal.ways' });
});
