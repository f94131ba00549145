/** What a batch adds to routers, days and roll-ups, summed by key. */
import type {
  AccountedRow,
  AccountingPlan,
  DayIncrement,
  RollupIncrement,
  RouterIncrement,
} from './rows.ts';

export interface Sums {
  add(
    row: AccountedRow,
    hour: string,
    input: number,
    output: number,
    seconds: number,
    sessions: number,
  ): void;
  /** In the order of keys; what came to nothing is left out. */
  take(): Pick<AccountingPlan, 'routers' | 'days' | 'rollups'>;
}

interface Usage {
  input: number;
  output: number;
  seconds: number;
  sessions: number;
}

export function createSums(): Sums {
  const routers = new Map<string, RouterIncrement>();
  const days = new Map<string, DayIncrement>();
  const rollups = new Map<string, RollupIncrement>();

  const rollup = (
    kind: RollupIncrement['kind'],
    period: RollupIncrement['period'],
    bucket: string,
    id: string,
  ): RollupIncrement => {
    const key = `${kind}|${period}|${bucket}|${id}`;
    let sum = rollups.get(key);
    if (sum === undefined) {
      sum = { kind, period, bucket, id, input: 0, output: 0, seconds: 0, sessions: 0 };
      rollups.set(key, sum);
    }
    return sum;
  };
  const dayOf = (row: AccountedRow, day: string): DayIncrement => {
    const key = `${row.account_id}|${day}`;
    let sum = days.get(key);
    if (sum === undefined) {
      const account = { accountKind: row.account_kind!, accountId: row.account_id! };
      sum = { ...account, day, input: 0, output: 0, seconds: 0, sessions: 0 };
      days.set(key, sum);
    }
    return sum;
  };
  return {
    add: (row, hour, input, output, seconds, sessions) => {
      const day = hour.slice(0, 10);
      let router = routers.get(row.router_id);
      if (router === undefined) {
        router = { id: row.router_id, input: 0, output: 0 };
        routers.set(row.router_id, router);
      }
      router.input += input;
      router.output += output;
      raise(rollup('router', 'hour', hour, row.router_id), input, output, seconds, sessions);
      raise(rollup('router', 'day', day, row.router_id), input, output, seconds, sessions);
      if (row.tariff_id !== null) {
        raise(rollup('tariff', 'hour', hour, row.tariff_id), input, output, seconds, sessions);
        raise(rollup('tariff', 'day', day, row.tariff_id), input, output, seconds, sessions);
      }
      if (row.account_id !== null) {
        raise(rollup('account', 'hour', hour, row.account_id), input, output, seconds, sessions);
        raise(dayOf(row, day), input, output, seconds, sessions);
      }
    },
    take: () => ({
      routers: inOrder(routers).filter(({ input, output }) => input !== 0 || output !== 0),
      days: inOrder(days).filter(isSomething),
      rollups: inOrder(rollups).filter(isSomething),
    }),
  };
}

function raise(sum: Usage, input: number, output: number, seconds: number, sessions: number): void {
  sum.input += input;
  sum.output += output;
  sum.seconds += seconds;
  sum.sessions += sessions;
}

function isSomething(sum: Usage): boolean {
  return sum.input !== 0 || sum.output !== 0 || sum.seconds !== 0 || sum.sessions !== 0;
}

function inOrder<T>(sums: ReadonlyMap<string, T>): T[] {
  return [...sums.keys()].sort().map((key) => sums.get(key)!);
}
