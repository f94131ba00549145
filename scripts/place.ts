/** What an operator means by `--village`, `--district`, `--regency`. */
import type { Store } from '../store/contract.ts';
import type { PolicyLevel, Village } from '../store/types.ts';
import { type CommandContext, textOption, UsageError } from './command.ts';

export interface Place {
  readonly level: PolicyLevel;
  readonly code: string;
}

export const PLACE_OPTIONS = {
  village: { type: 'string' },
  district: { type: 'string' },
  regency: { type: 'string' },
} as const;

/** From the nearest to the widest. */
export const LEVELS: readonly PolicyLevel[] = ['village', 'district', 'regency'];

const CODES: Record<PolicyLevel, (village: Village) => string> = {
  village: (v) => v.code,
  district: (v) => v.districtCode,
  regency: (v) => v.regencyCode,
};

/** The one place that is named, which must exist. */
export async function requirePlace(context: CommandContext, store: Store): Promise<Place> {
  const given = LEVELS.filter((level) => textOption(context.options, level) !== undefined);
  const [level, ...more] = given;
  if (level === undefined || more.length > 0) {
    throw new UsageError('give one of --village, --district, --regency');
  }
  const code = textOption(context.options, level)!;
  const villages = await store.listVillages();
  if (!villages.some((village) => CODES[level](village) === code)) {
    throw new UsageError(`there is no ${level} ${code}: see smartwifi village list`);
  }
  return { level, code };
}

/** What holds for a village: its own row, else its district's, else its regency's. */
export function nearest<T extends Place>(rows: readonly T[], village: Village): T | null {
  for (const level of LEVELS) {
    const row = rows.find((one) => one.level === level && one.code === CODES[level](village));
    if (row !== undefined) return row;
  }
  return null;
}
