/** Printed vouchers: what stands on them, that it fits, that the QR leads where it should. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sealedCodeIn, voucherUrl } from '../../settings/voucher-url.ts';
import { AT, card, tariff, URL_OF_CARD, village } from './card.fixture.ts';
import type { Card } from './card.ts';
import type { Page } from './drawing.ts';
import { createMeasure, renderPdf } from './pdf.ts';
import { readPdf } from './pdf-read.fixture.ts';
import { qrOf } from './qr.ts';
import { decodeQr } from './qr-decode.fixture.ts';
import { roll58 } from './roll-58.ts';
import { a4Sheets, CARD_HEIGHT, CARD_WIDTH, CARDS_A_SHEET, COLUMNS, ROWS } from './sheet-a4.ts';

const measure = createMeasure();
/** Height of capitals in the fonts, of their size. */
const CAPITAL = 0.73;
const selling = { permit: '91200001234560001', partner: 'PT Contoh Internet' };
const HOSTILE = 'Sumber Rejeki Makmur \u202eSejahtera (Łódź) 中文 <script>\n'.repeat(3);
const CARDS: readonly Card[] = [
  card(),
  card({ voucher: { serial: 4, villageCode: null }, place: { village: null, complaint: null } }),
  card({
    voucher: { batch: HOSTILE, tariff: { ...tariff, weeklySeconds: 36_000 } },
    place: {
      ssid: 'W'.repeat(32),
      village: { ...village, name: HOSTILE },
      complaint: { label: HOSTILE, number: '+62 0811 7112 112 00' },
    },
  }),
  card({ voucher: { tariff: { ...tariff, priceMinor: 500_000 } }, printing: { selling } }),
  card({ printing: { locale: 'en' } }),
];

async function printed(pages: readonly Page[]) {
  return renderPdf(pages, { title: 'Voucher WiFi', createdAt: AT, compress: false });
}

describe.each([
  ['a4', a4Sheets],
  ['58mm', roll58],
] as const)('%s', (name, layout) => {
  it('is the golden file, byte for byte', async () => {
    const pdf = Buffer.from(await printed(layout(CARDS, measure))).toString('latin1');
    const file = join(import.meta.dirname, 'golden', `${name}.pdf`);
    if (process.env.UPDATE_GOLDEN === '1') await writeFile(file, pdf, 'latin1');

    expect(pdf).toBe(await readFile(file, 'latin1'));
  });

  it('has on each card all that a citizen and an inspector need', async () => {
    const [page] = readPdf(await printed(layout([card()], measure)));
    const said = page!.texts.map(({ text }) => text);

    expect(said).toEqual(
      expect.arrayContaining([
        'Desa Digital',
        'Kelurahan Kayu Ara, Kec. Sekayu',
        '1 hari, 2 GB, 1 HP',
        'Berlaku 1 hari sejak pertama dipakai',
        'GRATIS – tidak diperjualbelikan',
        'ACDE-FGHJ-KMNP',
        'Pengaduan 0811-7112-112',
        expect.stringContaining('Batch 2026-11-24 · 3/48'),
        expect.stringContaining('24 Nov 2026'),
      ]),
    );
  });

  it('has permit and ISP in the place of "free" where vouchers are sold', async () => {
    const sold = card({
      voucher: { tariff: { ...tariff, priceMinor: 500_000 } },
      printing: { selling },
    });
    const [page] = readPdf(await printed(layout([sold], measure)));
    const said = page!.texts.map(({ text }) => text);

    expect(said).toContain('Rp 5.000');
    expect(said).toContain('Izin jual kembali 91200001234560001');
    expect(said).toContain('Mitra ISP PT Contoh Internet');
    expect(said.join()).not.toContain('GRATIS');
  });

  it('prints QR codes that lead to the portal with code and seal', async () => {
    const pages = readPdf(await printed(layout(CARDS, measure)));
    const read = pages.flatMap(({ codes }) => codes.map((code) => decodeQr(code)));

    expect(read).toEqual(CARDS.map(() => URL_OF_CARD));
  });

  it('is the same bytes for the same cards', async () => {
    const once = await printed(layout(CARDS, measure));
    const again = await printed(layout(CARDS, createMeasure()));

    expect(Buffer.from(once).equals(again)).toBe(true);
  });

  it('keeps every line within its card, whatever the names are', () => {
    const any = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(fc.tuple(any, any, any, any), ([ssid, place, batch, complaint]) => {
        const one = card({
          voucher: { batch },
          place: {
            ssid,
            village: { ...village, name: place },
            complaint: { label: complaint, number: '112' },
          },
        });
        const [page] = layout([one], measure);
        const width = name === 'a4' ? CARD_WIDTH : page!.width;
        const left = name === 'a4' ? (page!.width - COLUMNS * CARD_WIDTH) / 2 : 0;
        const outside = page!.marks.filter(
          (mark) =>
            mark.kind === 'text' &&
            (mark.x < left + 5 ||
              mark.x + measure(mark.text, mark.font) * mark.size > left + width - 5 ||
              mark.y > page!.height),
        );

        expect(outside).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the A4 sheet', () => {
  it('never cuts the number for complaints', () => {
    const complaint = { label: 'Kantor Kecamatan Babat Toman', number: '+62 0811 7112 112 00' };
    const [page] = a4Sheets([card({ place: { complaint } })], measure);
    const said = page!.marks.map((mark) => (mark.kind === 'text' ? mark.text : ''));

    expect(said.join()).toContain(`Pengaduan ${complaint.number}`);
  });

  it('has 24 cards a page, each in its own field', async () => {
    const cards = Array.from({ length: CARDS_A_SHEET + 1 }, (_, i) =>
      card({ voucher: { serial: i + 1 } }),
    );
    const pages = a4Sheets(cards, measure);
    const codes = pages.map(({ marks }) => marks.filter(({ kind }) => kind === 'modules'));
    const fields = codes[0]!.map((mark) => {
      const { x, y } = mark as Extract<typeof mark, { kind: 'modules' }>;
      const { width, height } = pages[0]!;
      return [
        Math.floor((x - (width - COLUMNS * CARD_WIDTH) / 2) / CARD_WIDTH),
        Math.floor((y - (height - ROWS * CARD_HEIGHT) / 2) / CARD_HEIGHT),
      ].join();
    });

    expect(codes.map((some) => some.length)).toEqual([24, 1]);
    expect(new Set(fields).size).toBe(24);
  });

  it('never cuts serial, date, permit or partner, however long the rest is', () => {
    const long = { permit: '9'.repeat(32), partner: `PT ${'Nusantara '.repeat(5)}Tbk` };
    const one = card({
      voucher: {
        ...{ batch: '2026-11-24T16:09:20', serial: 99_999, of: 100_000 },
        tariff: { ...tariff, priceMinor: 500_000 },
      },
      printing: { selling: long },
    });
    const said = a4Sheets([one], measure)[0]!.marks.map((m) => (m.kind === 'text' ? m.text : ''));

    expect(said).toContain('Batch 2026-11-24T16:09:20 · 99999/100000');
    expect(said).toContain('24 Nov 2026');
    expect(said).toContain(`Izin jual kembali ${long.permit}`);
    expect(said).toContain(`Mitra ISP ${long.partner}`);
  });

  it('leaves the quiet zone of the QR to it', () => {
    const [page] = a4Sheets([card()], measure);
    const code = page!.marks.find((mark) => mark.kind === 'modules')!;
    const quiet = (4 * code.size) / code.rows.length;
    const near = page!.marks.filter(
      (mark) =>
        mark.kind === 'text' &&
        mark.y > code.y - quiet &&
        mark.y - CAPITAL * mark.size < code.y + code.size + quiet &&
        mark.x + measure(mark.text, mark.font) * mark.size > code.x - quiet,
    );

    expect(near).toEqual([]);
  });
});

describe('the reader of QR codes', () => {
  it('reads what the encoder wrote, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 130 }), (text) => {
        expect(decodeQr(qrOf(text))).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  it('sees a single module that is wrong', () => {
    const rows = qrOf(URL_OF_CARD).map((row) => [...row]);
    rows[12]![12] = !rows[12]![12];

    expect(() => decodeQr(rows)).toThrow('wrong codewords');
  });
});

describe('voucherUrl', () => {
  it('is read back as the code and the seal', () => {
    const url = voucherUrl('https://wifi.example.go.id', 'ACDEFGHJKMNP', 'a1b2c3d4e5');

    expect(url).toBe(URL_OF_CARD);
    expect(sealedCodeIn(url.split('/').at(-1)!)).toEqual({
      code: 'ACDEFGHJKMNP',
      seal: 'a1b2c3d4e5',
    });
  });

  it.each(['', 'ACDEFGHJKMNP', 'ACDE.', '.a1b2', 'ACDE.a1b2.c3d4', 'ACDE.a1b2/..', 'ÄÖÜß.a1b2'])(
    'reads nothing from %j',
    (part) => {
      expect(sealedCodeIn(part)).toBeNull();
    },
  );
});
