import { checkSelling } from '../../console/counter/selling.ts';
import { realClock } from '../../lib/clock.ts';
import type { Store } from '../../store/contract.ts';
import type { Voucher } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  numberOption,
  operand,
  requiredOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';
import { officerIn } from './batch.ts';

/** One transaction of the CLI stays small, so that a server beside it is not held up. */
const CHUNK = 1000;

export const voucherCreate: Command = {
  summary: 'make vouchers and print their codes',
  usage: '--tariff T --count N [--village CODE] [--batch NAME] [--officer NAME] [--child]',
  options: {
    tariff: { type: 'string' },
    count: { type: 'string' },
    village: { type: 'string' },
    batch: { type: 'string' },
    officer: { type: 'string' },
    child: { type: 'boolean' },
  },
  run: (context) => {
    const officer = officerIn(context, 'officer');
    const count = numberOption(context.options, 'count', { min: 1, max: 100_000 });
    if (count === undefined) throw new UsageError('--count is missing');
    const at = realClock.now();
    const batch = textOption(context.options, 'batch') ?? new Date(at).toISOString().slice(0, 19);
    if (batch.length > 64 || batch.trim() === '' || /\p{C}/u.test(batch)) {
      throw new UsageError('--batch is a name of 1 to 64 characters');
    }
    const tariff = requiredOption(context.options, 'tariff');
    return withStore(context, async (store) => {
      const priced = (await store.listTariffs()).find(({ name }) => name === tariff);
      if (priced !== undefined) checkSelling(priced, context.config.selling);
      const before = (await store.batchCounts({ batch, since: at }))[0]?.vouchers ?? 0;
      const made: { id: string; code: string }[] = [];
      while (made.length < count) {
        made.push(
          ...(await store.createVouchers({
            tariff,
            count: Math.min(CHUNK, count - made.length),
            villageCode: textOption(context.options, 'village') ?? null,
            batch,
            at,
            child: context.options.child === true,
          })),
        );
      }
      await store.recordBatch({
        ...{ batch, kind: 'created', at, officer, detail: tariff },
        ...{ firstSerial: before + 1, lastSerial: before + count },
      });
      const whose = officer === null ? '' : ` for ${officer}`;
      await audit(store, 'voucher.create', batch, `${count} vouchers${whose}`);
      context.print(
        { batch, officer, vouchers: made },
        made.map((voucher) => voucher.code).join('\n'),
      );
      return 0;
    });
  },
};

export const voucherList: Command = {
  summary: 'list vouchers, newest first',
  usage: '[--batch NAME] [--limit N]',
  options: { batch: { type: 'string' }, limit: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const batch = textOption(context.options, 'batch');
      const limit = numberOption(context.options, 'limit', { min: 1, max: 100_000 }) ?? 100;
      const vouchers = await store.listVouchers({
        ...(batch === undefined ? {} : { batch }),
        limit,
      });
      context.print(
        vouchers,
        table(
          ['id', 'batch', 'tariff', 'village', 'state', 'first login', 'valid until'],
          vouchers.map((v) => [
            v.id,
            v.batch,
            v.tariff.name,
            v.villageCode,
            stateOf(v),
            instant(v.firstLoginAt, context.config.timeZone),
            instant(v.validUntil, context.config.timeZone),
          ]),
        ),
      );
      return 0;
    }),
};

export const voucherShow: Command = {
  summary: 'show one voucher and its printable code',
  usage: 'CODE|ID',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const voucher = await findVoucher(store, operand(context, 'the code or id of the voucher'));
      const code = await store.voucherCode(voucher.id);
      await audit(store, 'voucher.show', voucher.id, '');
      context.print({ ...voucher, code }, describe(context, voucher, code));
      return 0;
    }),
};

export const voucherRevoke: Command = {
  summary: 'make a voucher worthless and end its sessions',
  usage: 'CODE|ID',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const voucher = await findVoucher(store, operand(context, 'the code or id of the voucher'));
      await store.revokeVoucher({ id: voucher.id, at: realClock.now() });
      await audit(store, 'voucher.revoke', voucher.id, '');
      context.print({ revoked: voucher.id }, `voucher ${voucher.id} is revoked`);
      return 0;
    }),
};

export async function findVoucher(store: Store, text: string): Promise<Voucher> {
  const found = await store.voucherByCode(text);
  if (found !== null) return found;
  const account = await store.account('voucher', text);
  const code = account === null ? null : await store.voucherCode(text);
  const voucher = code === null ? null : await store.voucherByCode(code);
  if (voucher === null)
    throw new UsageError(`there is no voucher ${text}: check the code as printed`);
  return voucher;
}

function describe(context: CommandContext, v: Voucher, code: string | null): string {
  return [
    `code         ${code}`,
    `id           ${v.id}`,
    `batch        ${v.batch}`,
    `tariff       ${v.tariff.name}`,
    `village      ${v.villageCode ?? 'any'}`,
    `state        ${stateOf(v)}`,
    `first login  ${instant(v.firstLoginAt, context.config.timeZone)}`,
    `valid until  ${instant(v.validUntil, context.config.timeZone)}`,
  ].join('\n');
}

/** One that was spent on an account is over, as one that was revoked is. */
function stateOf({ spentAt, disabled }: Voucher): 'spent' | 'revoked' | 'valid' {
  if (spentAt != null) return 'spent';
  return disabled ? 'revoked' : 'valid';
}
