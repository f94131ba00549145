/** What an account has used, beyond what was topped up. On the path of every login. */
import type { ReadContext } from '../sql.ts';
import type { AccountKind, AccountUsage } from '../types.ts';

/** First row: the totals of day, week and month. Then one row for each open session, its start in `a`. */
interface UsageRow {
  readonly id: string | null;
  readonly mac: string | null;
  readonly router_id: string | null;
  /** Octets of the day, or when the session started. */
  readonly a: number;
  readonly day_seconds: number;
  readonly week_octets: number;
  readonly week_seconds: number;
  readonly month_octets: number;
  readonly month_seconds: number;
  readonly credit_octets: number;
}

const USAGE = `SELECT NULL AS id, NULL AS mac, NULL AS router_id,
    COALESCE(SUM(CASE WHEN day = ? THEN octets - credit_octets END), 0) AS a,
    COALESCE(SUM(CASE WHEN day = ? THEN seconds - credit_seconds END), 0) AS day_seconds,
    COALESCE(SUM(CASE WHEN day >= ? THEN octets - credit_octets END), 0) AS week_octets,
    COALESCE(SUM(CASE WHEN day >= ? THEN seconds - credit_seconds END), 0) AS week_seconds,
    COALESCE(SUM(CASE WHEN day >= ? THEN octets - credit_octets END), 0) AS month_octets,
    COALESCE(SUM(CASE WHEN day >= ? THEN seconds - credit_seconds END), 0) AS month_seconds,
    COALESCE(SUM(CASE WHEN day = ? THEN credit_octets END), 0) AS credit_octets
  FROM usage_days WHERE account_id = ? AND day >= ? AND day <= ?
  UNION ALL
  SELECT id, mac, router_id, started_at, 0, 0, 0, 0, 0, 0 FROM sessions
  WHERE account_id = ? AND state <> 'closed' AND disconnect_requested_at IS NULL`;

export const usageReads = {
  async usage(
    { sql }: ReadContext,
    _kind: AccountKind,
    id: string,
    day: string,
  ): Promise<AccountUsage> {
    const { week, month } = periodsOf(day);
    const since = week < month ? week : month;
    // One statement: this is on the path of every login.
    const [used, ...open] = await sql.all<UsageRow>(
      USAGE,
      day,
      day,
      week,
      week,
      month,
      month,
      day,
      id,
      since,
      day,
      id,
    );
    return {
      dayOctets: used!.a,
      daySeconds: used!.day_seconds,
      weekOctets: used!.week_octets,
      weekSeconds: used!.week_seconds,
      monthOctets: used!.month_octets,
      monthSeconds: used!.month_seconds,
      creditOctets: used!.credit_octets,
      open: open.map((row) => ({
        id: row.id!,
        mac: row.mac!,
        routerId: row.router_id!,
        startedAt: row.a,
      })),
    };
  },
};

interface Periods {
  readonly day: string;
  readonly week: string;
  readonly month: string;
}

/** The last answer: nearly everybody asks for today. */
let lastPeriods: Periods = { day: '', week: '', month: '' };

/** First days of the week (Monday) and the month that hold a day. */
function periodsOf(day: string): Periods {
  if (day === lastPeriods.day) return lastPeriods;
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  lastPeriods = { day, week: date.toISOString().slice(0, 10), month: `${day.slice(0, 8)}01` };
  return lastPeriods;
}
