/** The counter as officers use it: vouchers made, printed, handed over, counted; selling stays off. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cli, cliIn } from './cli.fixture.ts';

const VILLAGE = '16.06.01.2001';

let directory: string;
const run: Cli['run'] = (...args) => cliIn(directory).run(...args);
const json: Cli['json'] = (...args) => cliIn(directory).json(...args);
const audited = async (action: string): Promise<string[]> =>
  ((await json('audit', 'list')) as { action: string; subject: string; detail: string }[])
    .filter((entry) => entry.action === action)
    .map(({ subject, detail }) => `${subject}: ${detail}`);

/** What the compressed PDF says, in its order. */
async function saidIn(file: string): Promise<string> {
  const pdf = await readFile(join(directory, file));
  const text = pdf.toString('latin1');
  const said = [];
  for (const found of text.matchAll(/\/Length (\d+)\n\/Filter \/FlateDecode\n>>\nstream\n/g)) {
    const start = found.index + found[0].length;
    const content = inflateSync(pdf.subarray(start, start + Number(found[1]))).toString('latin1');
    for (const [, parts] of content.matchAll(/\[(.*)\] TJ/g)) {
      const hex = [...parts!.matchAll(/<([0-9a-f]*)>/g)].map(([, some]) => some).join('');
      said.push(new TextDecoder('windows-1252').decode(Buffer.from(hex, 'hex')));
    }
  }
  return said.join('\n');
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-counter-'));
  await writeFile(
    join(directory, 'v.csv'),
    'code,village,district\n16.06.01.2001,Teladan,Sekayu\n',
  );
  await json('village', 'import', '--csv', join(directory, 'v.csv'));
  await json('tariff', 'create', 'harian', '--daily-mb', '2000', '--validity-hours', '24');
  const at = ['--village', VILLAGE];
  await json('setting', 'set', 'wifi.ssid', 'WiFi Teladan', ...at);
  await json(
    'setting',
    'set',
    'portal.complaint',
    'Senjang=0811-7112-112',
    '--district',
    '16.06.01',
  );
  const made = ['--tariff', 'harian', '--count', '30', '--batch', 'nov', '--officer', 'Siti'];
  await json('voucher', 'create', ...made, ...at);
});
afterAll(() => rm(directory, { recursive: true }));

const print = (...args: string[]) =>
  json('voucher', 'print', '--out', join(directory, 'out.pdf'), '--format', 'a4', ...args);

describe('voucher print', () => {
  it('unifi-voucher-site#53, #121, #74, #29, unifi-voucher-manager#9: prints the codes that exist, with what is set for the village, for the owner alone', async () => {
    const listed = (await json('voucher', 'list', '--batch', 'nov')) as { id: string }[];
    const shown = await json('voucher', 'show', listed[0]!.id);

    const once = await print('--batch', 'nov');
    const said = await saidIn('out.pdf');
    await print('--batch', 'nov');

    expect(once).toMatchObject({
      ...{ printed: 30, leftOut: { used: 0, revoked: 0 } },
      withoutComplaint: 0,
    });
    expect(said).toContain('WiFi Teladan');
    expect(said).toContain('Desa Teladan, Kec. Sekayu');
    expect(said).toContain('Pengaduan 0811-7112-112 (');
    expect(said).toContain('1 hari, 2 GB, 1 HP');
    expect(said).toContain(shown.code);
    expect(said).toContain('Batch nov · 30/30');
    expect((await saidIn('out.pdf')).includes(shown.code)).toBe(true);
    expect((await stat(join(directory, 'out.pdf'))).mode & 0o077).toBe(0);
    expect(await audited('voucher.print')).toContain('nov: 30 cards, a4, serials 1-30');
  });

  it('prints a range, and single ones by id, on the roll and in English', async () => {
    const range = await print('--batch', 'nov', '--serials', '25-99');
    const [last] = (await json('voucher', 'list', '--limit', '1')) as { id: string }[];
    const single = await print('--ids', last!.id, '--format', '58mm', '--lang', 'en');

    expect(range.printed).toBe(6);
    expect(single.printed).toBe(1);
    expect(await saidIn('out.pdf')).toContain('FREE – not for sale');
  });

  it('says which cards have no number to complain to, and how they get one', async () => {
    const create = ['--tariff', 'harian', '--count', '1', '--batch', 'nowhere'];
    await json('voucher', 'create', ...create);
    const args = ['--out', join(directory, 'out.pdf'), '--format', 'a4', '--batch', 'nowhere'];

    const { out } = await run('voucher', 'print', ...args);

    expect(out).toContain('1 carry no number for complaints: set portal.complaint');
    expect(await print('--batch', 'nowhere')).toMatchObject({ withoutComplaint: 1 });
  });

  it('leaves out what is revoked', async () => {
    const { vouchers } = await json(
      'voucher',
      'create',
      '--tariff',
      'harian',
      '--count',
      '2',
      '--batch',
      'r',
    );
    await json('voucher', 'revoke', vouchers[0].id);

    const printed = await print('--batch', 'r');
    await json('voucher', 'revoke', vouchers[1].id);
    const none = await run('voucher', 'print', '--out', 'x', '--format', 'a4', '--batch', 'r');

    expect(printed).toMatchObject({ printed: 1, leftOut: { revoked: 1 } });
    expect(none).toMatchObject({ code: 2, err: 'there is nothing to print: 2 revoked' });
  });

  it.each([
    [['--format', 'a4'], 'give one of --batch, --ids'],
    [['--format', 'a4', '--batch', 'nov', '--ids', 'x'], 'give one of --batch, --ids'],
    [['--format', 'a5', '--batch', 'nov'], '--format is a4 or 58mm, not a5'],
    [['--batch', 'nov'], '--format is a4 or 58mm'],
    [
      ['--format', 'a4', '--batch', 'none'],
      'there is no batch none: see smartwifi voucher batches',
    ],
    [['--format', 'a4', '--batch', 'nov', '--serials', '31-40'], 'batch nov has only 30 vouchers'],
    [['--format', 'a4', '--batch', 'nov', '--serials', 'all'], '--serials is a range such as 1-48'],
    [['--format', 'a4', '--batch', 'nov', '--serials', '1-9999'], 'more than 2400 cards a file'],
    [['--format', 'a4', '--ids', 'none'], 'there is no voucher none'],
    [['--format', 'a4', '--ids', 'x', '--serials', '1'], '--serials goes with --batch'],
  ])('refuses %j', async (args, message) => {
    const outcome = await run('voucher', 'print', '--out', join(directory, 'no.pdf'), ...args);

    expect(outcome.code).toBe(2);
    expect(outcome.err).toContain(message);
    await expect(stat(join(directory, 'no.pdf'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('the way of a batch', () => {
  it('libremesh/pirania#5, JuanFi#48: is told from who asked for it to who has the cards', async () => {
    await json(
      'voucher',
      'create',
      '--tariff',
      'harian',
      '--count',
      '10',
      '--batch',
      'way',
      '--officer',
      'Diskominfo',
    );
    await print('--batch', 'way', '--serials', '1-5');
    await json('voucher', 'handover', '--batch', 'way', '--to', 'Siti');
    await json('voucher', 'handover', '--batch', 'way', '--to', 'Budi', '--serials', '1-3');

    const [report] = await json('voucher', 'batches', '--batch', 'way');
    const listed = await run('voucher', 'batches');

    expect(report).toMatchObject({
      ...{ batch: 'way', officer: 'Diskominfo', vouchers: 10, printed: 5, handedOut: 10 },
      ...{ used: 0, unused: 10, revoked: 0, usedPerDay: 0, daysLeft: null },
      holders: [
        { officer: 'Budi', first: 1, last: 3 },
        { officer: 'Siti', first: 4, last: 10 },
      ],
    });
    expect(listed.out).toMatch(/way +1-3 +Budi/);
    expect(await audited('voucher.handover')).toContain('way: serials 1-3 to Budi');
    expect(await audited('voucher.create')).toContain('way: 10 vouchers for Diskominfo');
  });

  it.each([
    [['handover', '--batch', 'none', '--to', 'Siti'], 2, 'there is no batch none'],
    [['handover', '--batch', 'nov'], 2, '--to is missing'],
    [['handover', '--batch', 'nov', '--to', 'a\u0007b'], 2, '--to is a name of 1 to 80 characters'],
    [
      ['handover', '--batch', 'nov', '--to', 'Siti', '--serials', '1-31'],
      1,
      'has only 30 vouchers',
    ],
    [['batches', '--batch', 'none'], 2, 'there is no batch none'],
    [
      ['create', '--tariff', 'harian', '--count', '1', '--batch', 'b'.repeat(65)],
      2,
      '--batch is a name',
    ],
  ])('refuses %j', async (args, code, message) => {
    const outcome = await run('voucher', ...args);

    expect(outcome.code).toBe(code);
    expect(outcome.err).toContain(message);
  });
});

describe('selling', () => {
  const SELLING = "selling: { permit: '91200001234560001', partner: PT Contoh Internet }\n";
  const config = (): string => join(directory, 'smartwifi.yaml');

  it('is off: no tariff gets a price', async () => {
    const created = await run('tariff', 'create', 'jual', '--price', '500000');
    const changed = await run('tariff', 'change', 'harian', '--price', '500000');

    expect(created.code).toBe(1);
    expect(created.err).toContain('costs Rp 5.000, and selling is off: set selling.permit');
    expect(changed.err).toContain('selling is off');
    expect(JSON.stringify(await json('tariff', 'list'))).not.toContain('500000');
  });

  it('is on with permit and partner, which stand on the card; off again, nothing is issued or printed', async () => {
    await writeFile(config(), SELLING);
    await json('tariff', 'create', 'jual', '--price', '500000');
    await json('voucher', 'create', '--tariff', 'jual', '--count', '1', '--batch', 'jual');
    await print('--batch', 'jual');
    const said = await saidIn('out.pdf');
    const listed = await run('tariff', 'list');
    await rm(config());
    const made = await run('voucher', 'create', '--tariff', 'jual', '--count', '1');
    const printed = await run(
      'voucher',
      'print',
      '--out',
      'x',
      '--format',
      'a4',
      '--batch',
      'jual',
    );

    expect(said).toContain('Rp 5.000');
    expect(said).toContain('Izin jual kembali 91200001234560001');
    expect(said).toContain('Mitra ISP PT Contoh Internet');
    expect(said).not.toContain('GRATIS');
    expect(listed.out).toMatch(/price +Rp 5\.000/);
    expect([made.code, printed.code]).toEqual([1, 1]);
    expect(made.err).toContain('selling is off');
    expect(printed.err).toContain('selling is off');
  });

  it.each([
    ['50', '--price must lie between 100'],
    ['150', 'whole rupiah'],
    ['gratis', '--price expects a number'],
  ])('refuses the price %s', async (price, message) => {
    const outcome = await run('tariff', 'create', 'x', '--price', price);

    expect(outcome).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});
