/** Batches of vouchers on their way: who took the cards, and how fast they are used. */
import { type BatchReport, parseSpan, reportBatch } from '../../console/counter/batches.ts';
import { realClock } from '../../lib/clock.ts';
import {
  audit,
  type Command,
  type CommandContext,
  numberOption,
  operandsOf,
  requiredOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';

const DAY_MS = 86_400_000;
const WINDOW_DAYS = 14;
const NAME_LENGTH = 80;

export const voucherHandover: Command = {
  summary: 'note which officer took the cards of a batch',
  usage: '--batch NAME --to OFFICER [--serials 1-48]',
  options: { batch: { type: 'string' }, to: { type: 'string' }, serials: { type: 'string' } },
  run: (context) => {
    operandsOf(context, []);
    const { options } = context;
    const batch = requiredOption(options, 'batch');
    const officer = officerIn(context, 'to');
    if (officer === null) throw new UsageError('--to is missing');
    const serials = textOption(options, 'serials');
    const span = serials === undefined ? null : parseSpan(serials);
    if (serials !== undefined && span === null) {
      throw new UsageError(`--serials is a range such as 1-48, not ${serials}`);
    }
    return withStore(context, async (store) => {
      const at = realClock.now();
      const [count] = await store.batchCounts({ batch, since: at });
      if (count === undefined) {
        throw new UsageError(`there is no batch ${batch}: see smartwifi voucher batches`);
      }
      const { first, last } = span ?? { first: 1, last: count.vouchers };
      await store.recordBatch({
        ...{ batch, kind: 'handed', at, officer, detail: '' },
        ...{ firstSerial: first, lastSerial: last },
      });
      await audit(store, 'voucher.handover', batch, `serials ${first}-${last} to ${officer}`);
      context.print(
        { batch, officer, first, last },
        `${officer} has the cards ${first} to ${last} of batch ${batch}`,
      );
      return 0;
    });
  },
};

export const voucherBatches: Command = {
  summary: 'list batches: printed, handed out, used, never used, and how long they last',
  usage: '[--batch NAME] [--days 14]',
  options: { batch: { type: 'string' }, days: { type: 'string' } },
  run: (context) => {
    operandsOf(context, []);
    const batch = textOption(context.options, 'batch');
    const of = batch === undefined ? {} : { batch };
    const days = numberOption(context.options, 'days', { min: 1, max: 365 }) ?? WINDOW_DAYS;
    return withStore(context, async (store) => {
      const now = realClock.now();
      const counts = await store.batchCounts({ ...of, since: now - days * DAY_MS });
      if (batch !== undefined && counts.length === 0) {
        throw new UsageError(`there is no batch ${batch}: see smartwifi voucher batches`);
      }
      const events = await store.batchEvents(of);
      const reports = counts.map((count) => reportBatch(count, events, now, days));
      context.print(reports, text(reports, context.config.timeZone));
      return 0;
    });
  },
};

/** Names of officers are printed and listed; null when none is given. */
export function officerIn({ options }: CommandContext, option: string): string | null {
  const given = textOption(options, option)?.trim();
  if (given === undefined) return null;
  if (given === '' || given.length > NAME_LENGTH || /\p{C}/u.test(given)) {
    throw new UsageError(`--${option} is a name of 1 to ${NAME_LENGTH} characters`);
  }
  return given;
}

function text(reports: readonly BatchReport[], timeZone: string): string {
  const counts = table(
    [
      ...['batch', 'village', 'made', 'by', 'vouchers', 'printed', 'handed out', 'used'],
      ...['never used', 'revoked', 'a day', 'days left'],
    ],
    reports.map((one) => [
      ...[one.batch, one.villageCode, instant(one.createdAt, timeZone), one.officer],
      ...[one.vouchers, one.printed, one.handedOut, one.used],
      ...[one.unused, one.revoked, one.usedPerDay, one.daysLeft],
    ]),
  );
  const holders = reports.flatMap(({ batch, holders: some }) =>
    some.map(({ first, last, officer, at }) => [
      ...[batch, `${first}-${last}`, officer, instant(at, timeZone)],
    ]),
  );
  if (holders.length === 0) return counts;
  return `${counts}\n\n${table(['batch', 'cards', 'with', 'since'], holders)}`;
}
