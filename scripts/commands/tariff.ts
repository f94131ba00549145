import { checkSelling, formatRupiah } from '../../console/counter/selling.ts';
import { realClock } from '../../lib/clock.ts';
import type { NewTariff, Tariff } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  numberOption,
  operand,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { fairUseProblem, formatFairUse, parseFairUse } from '../fair-use.ts';
import { table } from '../table.ts';

const MANY = 1_000_000_000;
const MINUTE = 60;
const HOUR = 3600;
const MB = 1_000_000;
/** Takes a limit away. */
const NONE = 'none';

type Limit = Exclude<
  keyof Tariff,
  'id' | 'name' | 'devices' | 'whenFull' | 'fairUse' | 'priceMinor'
>;
export type TariffLimits = Omit<NewTariff, 'name' | 'at'>;

/** Option, the limit it sets, and the unit it is given in; null = whole numbers, as they are. */
const AMOUNTS: readonly (readonly [string, Limit, number | null])[] = [
  ['down-kbps', 'downKbps', null],
  ['up-kbps', 'upKbps', null],
  ['burst-down-kbps', 'burstDownKbps', null],
  ['burst-up-kbps', 'burstUpKbps', null],
  ['burst-seconds', 'burstSeconds', null],
  ['session-minutes', 'sessionSeconds', MINUTE],
  ['session-mb', 'sessionOctets', MB],
  ['daily-minutes', 'dailySeconds', MINUTE],
  ['daily-mb', 'dailyOctets', MB],
  ['weekly-minutes', 'weeklySeconds', MINUTE],
  ['weekly-mb', 'weeklyOctets', MB],
  ['monthly-minutes', 'monthlySeconds', MINUTE],
  ['monthly-mb', 'monthlyOctets', MB],
  ['validity-hours', 'validitySeconds', HOUR],
];
const OTHERS = ['devices', 'when-full', 'fair-use', 'price'] as const;
/** Minor units of a rupiah, of which there are no coins: a price is in whole rupiah. */
const RUPIAH = 100;
const OPTIONS = Object.fromEntries(
  [...AMOUNTS.map(([option]) => option), ...OTHERS].map((name) => [
    name,
    { type: 'string' as const },
  ]),
);
const USAGE = `NAME [${AMOUNTS.map(([option]) => `--${option} N`).join(' ')} --devices N --when-full refuse|replace --fair-use day:500MB=1M/512k,month:20GB=block --price N]`;

export const tariffCreate: Command = {
  summary: 'make a tariff: what its subscribers may use',
  usage: USAGE,
  options: OPTIONS,
  run: (context) => {
    const limits = limitsOf(context);
    checkTogether(limits);
    return withStore(context, async (store) => {
      const name = operand(context, 'the name of the tariff');
      checkSelling({ name, priceMinor: limits.priceMinor ?? null }, context.config.selling);
      const tariff = await store.createTariff({ name, ...limits, at: realClock.now() });
      await audit(store, 'tariff.create', name, JSON.stringify(limits));
      context.print(tariff, `tariff ${tariff.name} made`);
      return 0;
    });
  },
};

export const tariffChange: Command = {
  summary: 'change a tariff, for open sessions too; "none" takes a limit away',
  usage: USAGE,
  options: OPTIONS,
  run: (context) => {
    const limits = limitsOf(context);
    if (Object.keys(limits).length === 0) throw new UsageError('nothing to change is given');
    return withStore(context, async (store) => {
      const name = operand(context, 'the name of the tariff');
      checkSelling({ name, priceMinor: limits.priceMinor ?? null }, context.config.selling);
      const before = (await store.listTariffs()).find((tariff) => tariff.name === name);
      if (before !== undefined) checkTogether({ ...before, ...limits });
      const tariff = await store.changeTariff({ name, ...limits, at: realClock.now() });
      await audit(store, 'tariff.change', name, JSON.stringify(limits));
      context.print(tariff, `tariff ${name} changed`);
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
      context.print(tariffs, tariffs.map(describe).join('\n\n'));
      return 0;
    }),
};

/** What the options say, and only that. */
export function limitsOf({ options }: Pick<CommandContext, 'options'>): TariffLimits {
  const limits: { -readonly [K in Limit]?: number | null } = {};
  for (const [option, limit, unit] of AMOUNTS) {
    if (textOption(options, option) === NONE) limits[limit] = null;
    else {
      const bounds = { min: unit === null ? 1 : 0.01, max: MANY, whole: unit === null };
      const value = numberOption(options, option, bounds);
      if (value !== undefined) limits[limit] = Math.round(value * (unit ?? 1));
    }
  }
  const devices = numberOption(options, 'devices', { min: 1, max: 100_000 });
  const whenFull = textOption(options, 'when-full');
  if (whenFull !== undefined && whenFull !== 'refuse' && whenFull !== 'replace') {
    throw new UsageError(`--when-full is refuse or replace, not ${whenFull}`);
  }
  const fairUse = textOption(options, 'fair-use');
  const priceMinor = priceOf(options);
  return {
    ...(priceMinor === undefined ? {} : { priceMinor }),
    ...limits,
    ...(devices === undefined ? {} : { devices }),
    ...(whenFull === undefined ? {} : { whenFull }),
    ...(fairUse === undefined ? {} : { fairUse: fairUse === NONE ? [] : parseFairUse(fairUse) }),
  };
}

/** `--price 500000` is Rp 5.000. */
function priceOf(options: CommandContext['options']): number | null | undefined {
  if (textOption(options, 'price') === NONE) return null;
  const price = numberOption(options, 'price', { min: RUPIAH, max: MANY });
  if (price === undefined || price % RUPIAH === 0) return price;
  throw new UsageError(`--price is in minor units, ${RUPIAH} to a rupiah, and in whole rupiah`);
}

/** Limits that need each other. */
export function checkTogether(limits: TariffLimits): void {
  const { burstSeconds, fairUse } = limits;
  for (const way of ['down', 'up'] as const) {
    const rate = way === 'down' ? limits.downKbps : limits.upKbps;
    const burst = way === 'down' ? limits.burstDownKbps : limits.burstUpKbps;
    if (burst == null) continue;
    if (rate == null)
      throw new UsageError(`--burst-${way}-kbps needs --${way}-kbps, which it exceeds`);
    if (burst <= rate) {
      throw new UsageError(`--burst-${way}-kbps ${burst} does not exceed --${way}-kbps ${rate}`);
    }
    if (burstSeconds == null) throw new UsageError(`--burst-${way}-kbps needs --burst-seconds`);
  }
  if (burstSeconds != null && limits.burstDownKbps == null && limits.burstUpKbps == null) {
    throw new UsageError('--burst-seconds needs --burst-down-kbps or --burst-up-kbps');
  }
  const problem = fairUseProblem(fairUse ?? []);
  if (problem !== null) throw new UsageError(`--fair-use: ${problem}`);
}

/** Only what is limited: most tariffs leave most open. */
export function describe(tariff: Tariff): string {
  const limited = AMOUNTS.flatMap(([option, limit, unit]) => {
    const value = tariff[limit];
    return value === null ? [] : [[`  ${option}`, value / (unit ?? 1)] as const];
  });
  const rows = [
    ...limited,
    ['  devices', `${tariff.devices}, when full ${tariff.whenFull}`] as const,
    ...(tariff.fairUse.length === 0
      ? []
      : [['  fair-use', formatFairUse(tariff.fairUse)] as const]),
    ...(tariff.priceMinor === null ? [] : [['  price', formatRupiah(tariff.priceMinor)] as const]),
  ];
  return table([tariff.name, ''], rows);
}
