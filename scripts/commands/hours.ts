import { errorMessage } from '../../lib/errors.ts';
import { parseHours } from '../../settings/hours.ts';
import { audit, type Command, operand, UsageError, withStore } from '../command.ts';
import { PLACE_OPTIONS, requirePlace } from '../place.ts';
import { table } from '../table.ts';

const PLACE = '(--village CODE | --district CODE | --regency CODE)';

export const hoursSet: Command = {
  summary: 'say when the WiFi lets people in; the nearest level decides',
  usage: `${PLACE} "mon-fri 06:00-22:00, sat-sun 07:00-23:00"`,
  options: PLACE_OPTIONS,
  run: (context) => {
    const hours = operand(context, 'the opening hours, in quotes,').trim();
    try {
      parseHours(hours);
    } catch (error) {
      throw new UsageError(errorMessage(error));
    }
    return withStore(context, async (store) => {
      const place = await requirePlace(context, store);
      await store.setOpeningHours({ ...place, hours });
      await audit(store, 'hours.set', `${place.level}:${place.code}`, hours);
      context.print({ ...place, hours }, `${place.level} ${place.code} is open ${hours}`);
      return 0;
    });
  },
};

export const hoursList: Command = {
  summary: 'list opening hours; a village without any, at no level, is always open',
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const rows = await store.listOpeningHours();
      context.print(
        rows,
        table(
          ['level', 'code', 'open'],
          rows.map((row) => [row.level, row.code, row.hours]),
        ),
      );
      return 0;
    }),
};

export const hoursClear: Command = {
  summary: 'take the opening hours of a level away: the next level decides',
  usage: PLACE,
  options: PLACE_OPTIONS,
  run: (context) =>
    withStore(context, async (store) => {
      if (context.operands.length > 0) {
        throw new UsageError(`unexpected: ${context.operands.join(' ')}`);
      }
      const place = await requirePlace(context, store);
      await store.setOpeningHours({ ...place, hours: null });
      await audit(store, 'hours.clear', `${place.level}:${place.code}`);
      context.print({ cleared: place }, `${place.level} ${place.code} has no hours of its own`);
      return 0;
    }),
};
