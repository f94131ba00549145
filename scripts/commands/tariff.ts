import { realClock } from '../../lib/clock.ts';
import type { Tariff } from '../../store/types.ts';
import { type Command, numberOption, operand, withStore } from '../command.ts';
import { table } from '../table.ts';

const MANY = 1_000_000_000;

export const tariffCreate: Command = {
  summary: 'make a tariff: what its subscribers may use',
  usage:
    'NAME [--down-kbps N --up-kbps N --session-minutes N --daily-minutes N --daily-mb N --validity-hours N --devices N]',
  options: {
    'down-kbps': { type: 'string' },
    'up-kbps': { type: 'string' },
    'session-minutes': { type: 'string' },
    'daily-minutes': { type: 'string' },
    'daily-mb': { type: 'string' },
    'validity-hours': { type: 'string' },
    devices: { type: 'string' },
  },
  run: (context) => {
    const amount = (name: string, unit = 1): number | null => {
      const value = numberOption(context.options, name, {
        min: 0.01,
        max: MANY,
        whole: unit === 1,
      });
      return value === undefined ? null : Math.round(value * unit);
    };
    return withStore(context, async (store) => {
      const tariff = await store.createTariff({
        name: operand(context, 'the name of the tariff'),
        downKbps: amount('down-kbps'),
        upKbps: amount('up-kbps'),
        sessionSeconds: amount('session-minutes', 60),
        dailySeconds: amount('daily-minutes', 60),
        dailyOctets: amount('daily-mb', 1_000_000),
        validitySeconds: amount('validity-hours', 3600),
        devices: amount('devices') ?? 1,
        at: realClock.now(),
      });
      context.print(tariff, `tariff ${tariff.name} made`);
      return 0;
    });
  },
};

export const tariffList: Command = {
  summary: 'list the tariffs',
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const tariffs = await store.listTariffs();
      context.print(
        tariffs,
        table(
          [
            'tariff',
            'down kbit/s',
            'up kbit/s',
            'session s',
            'daily s',
            'daily octets',
            'validity s',
            'devices',
          ],
          tariffs.map((t: Tariff) => [
            t.name,
            t.downKbps,
            t.upKbps,
            t.sessionSeconds,
            t.dailySeconds,
            t.dailyOctets,
            t.validitySeconds,
            t.devices,
          ]),
        ),
      );
      return 0;
    }),
};
