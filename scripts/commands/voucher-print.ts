/** `voucher print`: cards for the counter, from codes that exist already. */
import { writeFile } from 'node:fs/promises';
import { parseSpan, runsOf, spansText } from '../../console/counter/batches.ts';
import { type CardPlace, cardOf, type Printing } from '../../console/counter/card.ts';
import { type LeftOut, worthPrinting } from '../../console/counter/leave-out.ts';
import { createMeasure, renderPdf } from '../../console/counter/pdf.ts';
import { roll58 } from '../../console/counter/roll-58.ts';
import { a4Sheets } from '../../console/counter/sheet-a4.ts';
import { realClock } from '../../lib/clock.ts';
import { placeOf, resolveSettings, type SettingPlace } from '../../settings/resolve.ts';
import type { Store } from '../../store/contract.ts';
import type { BatchVoucher } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  operandsOf,
  requiredOption,
  textOption,
  UsageError,
  withStore,
  wordsOption,
} from '../command.ts';

/** A hundred sheets: more is a mistake, or several files. */
const MOST = 2400;
const LAYOUTS = { a4: a4Sheets, '58mm': roll58 } as const;
type Format = keyof typeof LAYOUTS;
const NO_COMPLAINT =
  'carry no number for complaints: set portal.complaint (smartwifi setting set) and print them again';
const WHY: Readonly<Record<LeftOut, string>> = {
  used: 'in use (--all prints them too)',
  revoked: 'revoked',
  unreadable: 'with a code of an older kind (make new ones)',
};

export const voucherPrint: Command = {
  summary: 'print vouchers as cards on A4 (3×8) or on a roll of 58 mm; codes stay as they are',
  usage:
    '(--batch NAME [--serials 1-48] | --ids ID,ID) --format a4|58mm --out FILE.pdf [--lang id|en] [--all]',
  options: {
    batch: { type: 'string' },
    serials: { type: 'string' },
    ids: { type: 'string' },
    format: { type: 'string' },
    out: { type: 'string' },
    lang: { type: 'string' },
    all: { type: 'boolean' },
  },
  run: (context) => {
    operandsOf(context, []);
    const format = choice(context, 'format', ['a4', '58mm']);
    const locale = choice(context, 'lang', ['id', 'en'], 'id');
    const out = requiredOption(context.options, 'out');
    return withStore(context, async (store) => {
      const asked = await askedFor(context, store);
      const isAll = context.options.all === true || context.options.ids !== undefined;
      const { vouchers, leftOut } = worthPrinting(
        asked,
        isAll,
        (code) => store.voucherForm(code) !== null,
      );
      const left = leftOutText(leftOut);
      if (vouchers.length === 0) throw new UsageError(`there is nothing to print: ${left}`);
      const { config } = context;
      const printing: Printing = {
        locale,
        publicUrl: config.portal.publicUrl,
        selling: config.selling,
        printedAt: realClock.now(),
        timeZone: config.timeZone,
      };
      const { pdf, withoutComplaint } = await pdfOf(context, store, vouchers, format, printing);
      await traceOf(store, vouchers, format, printing.printedAt);
      // Whoever reads it can go online with it.
      await writeFile(out, pdf, { mode: 0o600 });
      const rest = left === '' ? '' : `; left out: ${left}`;
      const silent = withoutComplaint === 0 ? '' : `; ${withoutComplaint} ${NO_COMPLAINT}`;
      context.print(
        { out, format, printed: vouchers.length, leftOut, withoutComplaint },
        `${vouchers.length} vouchers are in ${out}${rest}${silent}`,
      );
      return 0;
    });
  },
};

async function askedFor(context: CommandContext, store: Store): Promise<BatchVoucher[]> {
  const { options } = context;
  const batch = textOption(options, 'batch');
  const ids = wordsOption(options, 'ids');
  if ((batch === undefined) === (ids.length === 0)) {
    throw new UsageError('give one of --batch, --ids');
  }
  if (batch !== undefined) return ofBatch(store, batch, textOption(options, 'serials'));
  if (options.serials !== undefined) throw new UsageError('--serials goes with --batch');
  if (ids.length > MOST) throw new UsageError(`${ids.length} cards are more than ${MOST} a file`);
  const found: BatchVoucher[] = [];
  for (const id of new Set(ids)) {
    const voucher = await store.batchVoucher(id);
    if (voucher === null) {
      throw new UsageError(`there is no voucher ${id}: see smartwifi voucher list`);
    }
    found.push(voucher);
  }
  return found;
}

async function ofBatch(
  store: Store,
  batch: string,
  serials: string | undefined,
): Promise<BatchVoucher[]> {
  const span = serials === undefined ? { first: 1, last: MOST } : parseSpan(serials);
  if (span === null) throw new UsageError(`--serials is a range such as 1-48, not ${serials}`);
  if (span.last - span.first >= MOST) {
    throw new UsageError(`--serials ${serials} is more than ${MOST} cards a file`);
  }
  const vouchers = await store.batchVouchers({ batch, ...span });
  const whole = vouchers[0]?.of ?? 0;
  if (whole === 0) {
    const known = (await store.batchCounts({ batch, since: 0 }))[0]?.vouchers;
    throw new UsageError(
      known === undefined
        ? `there is no batch ${batch}: see smartwifi voucher batches`
        : `batch ${batch} has only ${known} vouchers`,
    );
  }
  if (serials === undefined && whole > MOST) {
    throw new UsageError(`batch ${batch} has ${whole} vouchers: print --serials 1-${MOST} first`);
  }
  return vouchers;
}

async function pdfOf(
  context: CommandContext,
  store: Store,
  vouchers: readonly BatchVoucher[],
  format: Format,
  printing: Printing,
): Promise<{ pdf: Uint8Array; withoutComplaint: number }> {
  const placeAt = await places(context, store);
  const cards = [];
  let withoutComplaint = 0;
  for (const voucher of vouchers) {
    const code = store.voucherForm(voucher.code)!;
    const sealed = { code, seal: store.voucherSeal(code) };
    const place = await placeAt(voucher.villageCode);
    if (place.complaint === null) withoutComplaint += 1;
    cards.push(cardOf(voucher, sealed, place, printing));
  }
  const pages = LAYOUTS[format](cards, createMeasure());
  const about = { title: 'Voucher WiFi', createdAt: printing.printedAt };
  return { pdf: await renderPdf(pages, about), withoutComplaint };
}

/** What is set for a village, each read once. */
async function places(
  { config }: CommandContext,
  store: Store,
): Promise<(villageCode: string | null) => Promise<CardPlace>> {
  const rows = (await store.listSettings()).flatMap((row) =>
    row.value === null ? [] : [{ ...row, value: row.value }],
  );
  const villages = await store.listVillages();
  const known = new Map<string | null, CardPlace>();
  const nowhere: SettingPlace = {
    ...{ routerId: null, villageCode: null, districtCode: null },
    regencyCode: config.regency,
  };
  return async (code) => {
    const before = known.get(code);
    if (before !== undefined) return before;
    const village = villages.find((one) => one.code === code) ?? null;
    const here =
      village === null
        ? nowhere
        : placeOf({ villageCode: village.code, districtCode: village.districtCode });
    const settings = resolveSettings(rows, here);
    const regency = villages.find(({ regencyCode }) => regencyCode === config.regency);
    const place: CardPlace = {
      ssid: settings.get('wifi.ssid') ?? config.network.ssid,
      village,
      regency: regency === undefined ? null : regency.regencyName,
      complaint: settings.get('portal.complaint'),
    };
    known.set(code, place);
    return place;
  };
}

/** Written down before the file is: a print that nobody knows of is worse than one that failed. */
async function traceOf(
  store: Store,
  vouchers: readonly BatchVoucher[],
  format: Format,
  at: number,
): Promise<void> {
  for (const [batch, some] of Map.groupBy(vouchers, (voucher) => voucher.batch)) {
    const runs = runsOf(some.map(({ serial }) => serial).toSorted((a, b) => a - b));
    for (const { first, last } of runs) {
      await store.recordBatch({
        ...{ batch, kind: 'printed', at, officer: null, detail: format },
        ...{ firstSerial: first, lastSerial: last },
      });
    }
    const what = `${some.length} cards, ${format}, serials ${spansText(runs)}`;
    await audit(store, 'voucher.print', batch, what);
  }
}

function leftOutText(leftOut: Readonly<Record<LeftOut, number>>): string {
  return (Object.keys(WHY) as LeftOut[])
    .filter((why) => leftOut[why] > 0)
    .map((why) => `${leftOut[why]} ${WHY[why]}`)
    .join(', ');
}

function choice<const C extends string>(
  context: CommandContext,
  option: string,
  choices: readonly C[],
  fallback?: NoInfer<C>,
): C {
  const given = textOption(context.options, option) ?? fallback;
  const chosen = choices.find((one) => one === given);
  if (chosen === undefined) {
    const not = given === undefined ? '' : `, not ${given}`;
    throw new UsageError(`--${option} is ${choices.join(' or ')}${not}`);
  }
  return chosen;
}
