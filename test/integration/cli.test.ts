/** The command line as operators use it: real processes, a store of their own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const CLI = resolve(import.meta.dirname, '../../scripts/cli.ts');

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-cli-'));
});
afterEach(() => rm(directory, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function smartwifi(...args: string[]): Promise<Outcome> {
  return new Promise((done) => {
    execFile(process.execPath, [CLI, ...args], { cwd: directory }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

it('brings villages and makes vouchers, as text and as JSON', async () => {
  const imported = await smartwifi('village', 'import', '--regency', '16.06', '--json');
  await smartwifi('tariff', 'create', 'harian', '--down-kbps', '5000', '--daily-mb', '500');
  const vouchers = await smartwifi('voucher', 'create', '--tariff', 'harian', '--count', '3');
  const listed = await smartwifi('voucher', 'list', '--json');

  expect(JSON.parse(imported.out)).toMatchObject({ villages: 242, districts: 15, added: 242 });
  expect(vouchers.out.trim().split('\n')).toHaveLength(3);
  expect(JSON.parse(listed.out)).toHaveLength(3);
  expect(listed.out).not.toContain(vouchers.out.trim().split('\n')[0]);
});

it.each([
  [['no-such-verb'], 2, 'unknown command: no-such-verb'],
  [['voucher', 'create', '--count', '3'], 2, '--tariff is missing'],
  [['voucher', 'create', '--tariff', 'x', '--count', 'many'], 2, '--count expects a number'],
  [['voucher', 'create', '--tariff', 'x', '--count', '3'], 1, 'there is no tariff x'],
  [['village', 'list', '--colour'], 2, 'colour'],
  [['village', 'list', '--config', 'none.yaml'], 78, 'none.yaml'],
])('answers %j with exit code %i and says why', async (args, code, text) => {
  const outcome = await smartwifi(...args);

  expect(outcome.code).toBe(code);
  expect(outcome.err).toContain(text);
  expect(outcome.out).toBe('');
});

it('imports nothing from a file with one bad row', async () => {
  await writeFile(
    join(directory, 'v.csv'),
    'code,village,district\n16.06.01.1009,Kayu Ara,Sekayu\nbad,X,Y\n',
  );
  const imported = await smartwifi('village', 'import', '--csv', 'v.csv');
  const listed = await smartwifi('village', 'list', '--json');

  expect(imported).toMatchObject({ code: 1 });
  expect(imported.err).toContain('line 3: code "bad"');
  expect(JSON.parse(listed.out)).toEqual([]);
});

it('shows what stands in a file, and never lets it paint the terminal', async () => {
  await writeFile(join(directory, 'r.csv'), 'name,village,\u001B[31mred\u0007\nx,y,z\n');
  const none = await smartwifi('router', 'import', '--csv', 'none.csv');
  const red = await smartwifi('router', 'import', '--csv', 'r.csv');

  expect(none.err).toMatch(/^smartwifi router import: ENOENT: no such file/);
  expect(red.err).toContain('line 1: column \\x1b[31mred\\x07 is not known\n');
  expect(red.err.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});

it('lists the verbs of the counter in its help, each with a help of its own', async () => {
  const help = await smartwifi('--help');
  const verbs = [
    ...['voucher print', 'voucher handover', 'voucher batches', 'case show', 'trace'],
    'session who',
  ];
  const own = await smartwifi('session', 'who', '--help');

  expect(help.code).toBe(0);
  expect(verbs.filter((verb) => !new RegExp(`^  ${verb} {2,}\\S`, 'm').test(help.err))).toEqual([]);
  expect(own).toMatchObject({ code: 0, err: '' });
  expect(own.out).toContain('--reason TEXT');
});

it('prints vouchers and asks for a reason before it looks at anybody', async () => {
  await smartwifi('tariff', 'create', 'harian', '--daily-mb', '500');
  await smartwifi('voucher', 'create', '--tariff', 'harian', '--count', '2', '--batch', 'b');
  const printed = await smartwifi(
    ...['voucher', 'print', '--batch', 'b', '--format', 'a4', '--out', 'b.pdf', '--json'],
  );
  const looked = await smartwifi('trace', '0812-3456-7890');
  const sold = await smartwifi('tariff', 'create', 'jual', '--price', '500000');

  expect(JSON.parse(printed.out)).toMatchObject({ printed: 2, out: 'b.pdf' });
  expect(looked).toMatchObject({ code: 2, out: '' });
  expect(looked.err).toContain('--reason is missing');
  expect(sold).toMatchObject({ code: 1, out: '' });
  expect(sold.err).toContain('CONSOLE_SELLING_OFF');
});
