/** Tariffs: their columns, and how a row becomes one. */
import { uuidv7 } from '../../lib/uuid.ts';
import { StoreError } from '../errors.ts';
import type { ReadContext, SqlValue, WriteContext } from '../sql.ts';
import type { FairUseStep, NewTariff, Tariff } from '../types.ts';

export interface TariffColumns {
  tariff_id: string;
  tariff_name: string;
  down_kbps: number | null;
  up_kbps: number | null;
  burst_down_kbps: number | null;
  burst_up_kbps: number | null;
  burst_seconds: number | null;
  session_seconds: number | null;
  session_octets: number | null;
  daily_seconds: number | null;
  daily_octets: number | null;
  weekly_seconds: number | null;
  weekly_octets: number | null;
  monthly_seconds: number | null;
  monthly_octets: number | null;
  validity_seconds: number | null;
  devices: number;
  when_full: Tariff['whenFull'];
  fair_use: string;
  price_minor: number | null;
}

const LIMITS = [
  'down_kbps',
  'up_kbps',
  'burst_down_kbps',
  'burst_up_kbps',
  'burst_seconds',
  'session_seconds',
  'session_octets',
  'daily_seconds',
  'daily_octets',
  'weekly_seconds',
  'weekly_octets',
  'monthly_seconds',
  'monthly_octets',
  'validity_seconds',
  'devices',
  'when_full',
  'fair_use',
  'price_minor',
] as const;

/** More tariffs than a regency has. */
const REMEMBERED = 1000;

const UNLIMITED: Omit<Tariff, 'id' | 'name'> = {
  downKbps: null,
  upKbps: null,
  burstDownKbps: null,
  burstUpKbps: null,
  burstSeconds: null,
  sessionSeconds: null,
  sessionOctets: null,
  dailySeconds: null,
  dailyOctets: null,
  weeklySeconds: null,
  weeklyOctets: null,
  monthlySeconds: null,
  monthlyOctets: null,
  validitySeconds: null,
  devices: 1,
  whenFull: 'refuse',
  fairUse: [],
  priceMinor: null,
};

/** Select list of a tariff that stands in a join as `t`. */
export const TARIFF = `t.id AS tariff_id, t.name AS tariff_name, ${LIMITS.map((c) => `t.${c}`).join(', ')}`;

export const tariffReads = {
  async listTariffs({ sql }: ReadContext): Promise<Tariff[]> {
    return (await sql.all<TariffColumns>(`SELECT ${TARIFF} FROM tariffs t ORDER BY t.name`)).map(
      toTariff,
    );
  },
};

export const tariffWrites = {
  async createTariff(ctx: WriteContext, args: NewTariff): Promise<Tariff> {
    const taken = await ctx.sql.get('SELECT id FROM tariffs WHERE name = ?', args.name);
    if (taken !== undefined) {
      throw new StoreError('STORE_CONFLICT', `there is already a tariff ${args.name}`);
    }
    const { at, ...limits } = args;
    const tariff: Tariff = { ...UNLIMITED, id: uuidv7(at), ...limits };
    await ctx.sql.run(
      `INSERT INTO tariffs (id, name, created_at, ${LIMITS.join(', ')})
       VALUES (?, ?, ?, ${LIMITS.map(() => '?').join(', ')})`,
      tariff.id,
      tariff.name,
      at,
      ...limitValues(tariff),
    );
    ctx.invalidate('tariff', tariff.id);
    return tariff;
  },

  async changeTariff(ctx: WriteContext, args: NewTariff): Promise<Tariff> {
    const id = await tariffByName(ctx, args.name);
    const row = await ctx.sql.get<TariffColumns>(
      `SELECT ${TARIFF} FROM tariffs t WHERE t.id = ?`,
      id,
    );
    const { at: _at, ...change } = args;
    const tariff: Tariff = { ...toTariff(row!), ...change };
    await ctx.sql.run(
      `UPDATE tariffs SET ${LIMITS.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
      ...limitValues(tariff),
      id,
    );
    ctx.invalidate('tariff', id);
    return tariff;
  },
};

/** What each tariff was when it was last read: accounts by the ten thousand show the same object. */
const lastRead = new Map<string, { readonly columns: TariffColumns; readonly tariff: Tariff }>();

export function toTariff(row: TariffColumns): Tariff {
  const last = lastRead.get(row.tariff_id);
  const isSame =
    last?.columns.tariff_name === row.tariff_name &&
    LIMITS.every((column) => last.columns[column] === row[column]);
  if (isSame) return last.tariff;
  const columns = { ...row };
  const tariff = fromColumns(columns);
  if (lastRead.size >= REMEMBERED) lastRead.clear();
  lastRead.set(row.tariff_id, { columns, tariff });
  return tariff;
}

function fromColumns(row: TariffColumns): Tariff {
  return {
    id: row.tariff_id,
    name: row.tariff_name,
    downKbps: row.down_kbps,
    upKbps: row.up_kbps,
    burstDownKbps: row.burst_down_kbps,
    burstUpKbps: row.burst_up_kbps,
    burstSeconds: row.burst_seconds,
    sessionSeconds: row.session_seconds,
    sessionOctets: row.session_octets,
    dailySeconds: row.daily_seconds,
    dailyOctets: row.daily_octets,
    weeklySeconds: row.weekly_seconds,
    weeklyOctets: row.weekly_octets,
    monthlySeconds: row.monthly_seconds,
    monthlyOctets: row.monthly_octets,
    validitySeconds: row.validity_seconds,
    devices: row.devices,
    whenFull: row.when_full,
    fairUse: JSON.parse(row.fair_use) as FairUseStep[],
    priceMinor: row.price_minor,
  };
}

/** `STORE_NOT_FOUND` names an unknown tariff. */
export async function tariffByName({ sql }: ReadContext, name: string): Promise<string> {
  const row = await sql.get<{ id: string }>('SELECT id FROM tariffs WHERE name = ?', name);
  if (row === undefined) {
    throw new StoreError(
      'STORE_NOT_FOUND',
      `there is no tariff ${name}: see smartwifi tariff list`,
    );
  }
  return row.id;
}

/** In the order of {@link LIMITS}. */
function limitValues(tariff: Omit<Tariff, 'id' | 'name'>): SqlValue[] {
  return [
    tariff.downKbps,
    tariff.upKbps,
    tariff.burstDownKbps,
    tariff.burstUpKbps,
    tariff.burstSeconds,
    tariff.sessionSeconds,
    tariff.sessionOctets,
    tariff.dailySeconds,
    tariff.dailyOctets,
    tariff.weeklySeconds,
    tariff.weeklyOctets,
    tariff.monthlySeconds,
    tariff.monthlyOctets,
    tariff.validitySeconds,
    tariff.devices,
    tariff.whenFull,
    JSON.stringify(tariff.fairUse),
    tariff.priceMinor,
  ];
}
