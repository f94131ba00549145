import { expect, it } from 'vitest';
import { ROUTER } from '../test-input.ts';
import { createFleetHours } from './work-hours.ts';

const night = {
  level: 'village',
  name: 'maintenance.hours',
  value: 'mon-sun 01:00-03:00',
} as const;
const row = { ...night, code: ROUTER.villageCode };
const at = (time: string) => Date.parse(`2026-11-24T${time}:00+07:00`);

it('a router that works is changed in its window, by its own clock', () => {
  const hours = createFleetHours('Asia/Jakarta');
  const works = { ...ROUTER, provisioning: 'applied' } as const;
  hours.sync([works, { ...works, id: 'east', timeZone: 'Asia/Jayapura' }], [row]);

  expect(hours.mayChange(works.id, at('02:00'))).toBe(true);
  expect(hours.mayChange(works.id, at('03:00'))).toBe(false);
  expect(hours.mayChange('east', at('00:30'))).toBe(true);
  expect(hours.isQuiet(works, at('01:10'))).toBe(true);
  expect(hours.isQuiet(works, at('22:00'))).toBe(false);
});

it('a router that is new or half written waits for no window; one that is not known waits', () => {
  const hours = createFleetHours('Asia/Jakarta');
  hours.sync(
    (['new', 'failed', 'drifted'] as const).map((provisioning) => ({
      ...ROUTER,
      id: provisioning,
      provisioning,
    })),
    [row],
  );

  const open = ['new', 'failed', 'drifted', 'gone'].map((id) => hours.mayChange(id, at('12:00')));
  expect(open).toEqual([true, true, false, false]);
  expect(hours.isQuiet({ id: 'gone' }, at('02:00'))).toBe(false);
});
