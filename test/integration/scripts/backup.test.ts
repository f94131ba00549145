/** The server as one file, and back on an empty machine, on both engines. */
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import { START_MS } from '../../../radius/radius.fixture.ts';
import type { CommandContext } from '../../../scripts/command.ts';
import { COMMANDS } from '../../../scripts/commands.ts';
import { openStore, type StoreOptions } from '../../../store/open.ts';
import { ENGINES } from '../store/engines.ts';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-backup-'));
  file = join(directory, 'server.backup');
});
afterEach(() => rm(directory, { recursive: true }));

async function command(
  name: 'backup' | 'restore',
  options: StoreOptions,
  configuration?: string,
  more: CommandContext['options'] = {},
): Promise<{ document: unknown; text: string }> {
  const said: { document: unknown; text: string }[] = [];
  const context: CommandContext = {
    config: { ...loadConfig({ cwd: '/nonexistent' }), ...options },
    options: { config: configuration, ...more },
    operands: [file],
    json: false,
    print: (document, text) => void said.push({ document, text }),
    progress: () => undefined,
    signal: new AbortController().signal,
  };
  await (await COMMANDS[name]!()).run(context);
  return said[0]!;
}

/** A store with a voucher in it; gives the voucher's code. */
async function seed(options: StoreOptions): Promise<string> {
  const { store } = await openStore(options);
  await using _closed = store;
  await store.createTariff({ ...TARIFF, at: START_MS });
  const [voucher] = await store.createVouchers({
    tariff: TARIFF.name,
    count: 1,
    villageCode: null,
    batch: 'b1',
    at: START_MS,
  });
  return voucher!.code;
}

async function works(options: StoreOptions, code: string): Promise<boolean> {
  const { store } = await openStore(options);
  await using _closed = store;
  const voucher = await store.voucherByCode(code);
  return voucher !== null && (await store.voucherCode(voucher.id)) === code;
}

const TARIFF = { name: 'harian', downKbps: 2048 };

describe.each(ENGINES)('a backup of $name', (engine) => {
  it('gives back a store in which everything can be read', async () => {
    await using from = await engine.place();
    await using to = await engine.place();
    const code = await seed(from.options);
    const made = await command('backup', from.options);
    await copyFile(from.options.keyFile, to.options.keyFile);
    await command('restore', to.options);

    expect(await works(to.options, code)).toBe(true);
    expect(made.document).toMatchObject({ engine: engine.name, files: ['store'] });
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('goes nowhere where a store is already', async () => {
    await using from = await engine.place();
    const code = await seed(from.options);
    await command('backup', from.options);

    await expect(command('restore', from.options)).rejects.toThrow(
      expect.objectContaining({ code: 'STORE_CONFLICT' }),
    );
    expect(await works(from.options, code)).toBe(true);
  });
});

describe('a backup', () => {
  const [sqlite] = ENGINES;

  it('says which key it needs, and holds none', async () => {
    await using from = await sqlite!.place();
    await using to = await sqlite!.place();
    await seed(from.options);
    const { document } = await command('backup', from.options);
    const { fingerprint } = document as { fingerprint: string };
    const refused = { code: 'STORE_KEY', message: expect.stringContaining(fingerprint) };
    await expect(command('restore', to.options)).rejects.toThrow(expect.objectContaining(refused));
    await writeFile(to.options.keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
    await expect(command('restore', to.options)).rejects.toThrow(expect.objectContaining(refused));

    expect((await readFile(file)).includes(await readFile(from.options.keyFile))).toBe(false);
  });

  it('brings the configuration along, beside what is there', async () => {
    await using from = await sqlite!.place();
    await using to = await sqlite!.place();
    await seed(from.options);
    const configuration = join(directory, 'mine.yaml');
    await writeFile(configuration, 'regency: "16.06"\n');
    await command('backup', from.options, configuration);
    await copyFile(from.options.keyFile, to.options.keyFile);
    await command('restore', to.options);

    const beside = join(dirname(to.options.keyFile), 'restored-smartwifi.yaml');
    expect(await readFile(beside, 'utf8')).toBe('regency: "16.06"\n');
  });

  it('brings the key of the tunnel along, readable by nobody else', async () => {
    await using from = await sqlite!.place();
    await using to = await sqlite!.place();
    await seed(from.options);
    const tunnel = join(directory, 'wg-sw.conf');
    await writeFile(tunnel, '[Interface]\nPrivateKey = rahasia\n');
    const made = await command('backup', from.options, undefined, { wireguard: tunnel });
    await copyFile(from.options.keyFile, to.options.keyFile);
    await command('restore', to.options);

    const beside = join(dirname(to.options.keyFile), 'restored-wireguard.conf');
    expect(made.document).toMatchObject({ files: ['store', 'wireguard.conf'] });
    expect((await readFile(file)).includes('rahasia')).toBe(false);
    expect(await readFile(beside, 'utf8')).toContain('rahasia');
    expect((await stat(beside)).mode & 0o077).toBe(0);
  });

  it('that is damaged changes nothing', async () => {
    await using from = await sqlite!.place();
    await using to = await sqlite!.place();
    await seed(from.options);
    await command('backup', from.options);
    await copyFile(from.options.keyFile, to.options.keyFile);
    const bytes = await readFile(file);
    bytes[bytes.length - 20]! ^= 1;
    await writeFile(file, bytes);

    await expect(command('restore', to.options)).rejects.toThrow(
      expect.objectContaining({ code: 'BACKUP_DAMAGED' }),
    );
    await expect(stat(to.options.store.slice('sqlite:'.length))).rejects.toThrow('ENOENT');
  });

  it('replaces no file', async () => {
    await using from = await sqlite!.place();
    await seed(from.options);
    await writeFile(file, 'mine');

    await expect(command('backup', from.options)).rejects.toThrow(
      expect.objectContaining({ code: 'BACKUP_EXISTS' }),
    );
    expect(await readFile(file, 'utf8')).toBe('mine');
  });
});
