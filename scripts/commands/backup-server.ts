/** The server as one encrypted file, and back: the store and the configuration, never the store key. */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { configFile } from '../../config/load.ts';
import { realClock } from '../../lib/clock.ts';
import { SmartWifiError } from '../../lib/errors.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { backupKey, copyStore, placeCopy } from '../../store/open.ts';
import { type FileToPack, packed, unpack } from '../backup/files.ts';
import { type BackupHead, type OpenedBackup, readBackup, sealed } from '../backup/sealed.ts';
import { audit, type Command, type CommandContext, operand, withStore } from '../command.ts';

export const backup: Command = {
  summary: 'the store and the configuration as one encrypted file, while the service runs',
  usage: 'FILE [--wireguard /etc/wireguard/wg-sw.conf]',
  options: { wireguard: { type: 'string' } },
  run: async (context) => {
    const file = operand(context, 'FILE');
    if (existsSync(file)) throw taken(file);
    const { key, fingerprint } = await backupKey(context.config.keyFile);
    await using work = await workspace(dirname(file));
    const copy = join(work.path, 'store');
    const engine = await copyStore(context.config.store, copy);
    const head: BackupHead = {
      madeAt: new Date(realClock.now()).toISOString(),
      version: packageFile.version,
      engine,
      fingerprint,
    };
    const made = join(work.path, 'backup');
    const files = [
      { name: 'store', path: copy } as const,
      ...configurationOf(context),
      ...wireguardOf(context),
    ];
    await pipeline(
      packed(files),
      createGzip({ level: 1 }),
      (bytes) => sealed(head, key, bytes as AsyncIterable<Uint8Array>),
      createWriteStream(made, { mode: 0o600, flush: true }),
    );
    await rename(made, file);
    await settle(dirname(file));
    await withStore(context, (store) => audit(store, 'backup', basename(file), fingerprint));
    context.print(
      { file, ...head, files: files.map(({ name }) => name) },
      `${file}: ${files.map(({ name }) => name).join(', ')}; opened by the store key ${fingerprint}, which is not in it`,
    );
    return 0;
  },
};

export const restore: Command = {
  summary: 'a backup into an empty store',
  usage: 'FILE',
  options: {},
  run: async (context) => {
    const file = operand(context, 'FILE');
    const { config } = context;
    const found = await readBackup(createReadStream(file));
    const { head } = found;
    const key = await keyFor(head, config.keyFile);
    await mkdir(dirname(config.keyFile), { recursive: true });
    await using work = await workspace(dirname(config.keyFile));
    const names = await unpackAll(found, key, work.path);
    if (!names.has('store')) {
      throw new SmartWifiError('BACKUP_DAMAGED', 'the backup cannot be used: it has no store');
    }
    const migrated = await placeCopy(join(work.path, 'store'), head.engine, config);
    const beside: string[] = [];
    for (const name of names) {
      if (name === 'store') continue;
      // What is there may have been changed since: it is for the operator to compare.
      const place = join(dirname(config.keyFile), `restored-${name}`);
      await rename(join(work.path, name), place);
      beside.push(place);
    }
    await withStore(context, (store) => audit(store, 'restore', basename(file), head.madeAt));
    context.print(
      { file, ...head, migrated, beside },
      [
        `${config.store.replace(/:\/\/.*@/, '://')}: as of ${head.madeAt}`,
        ...beside.map((place) => `${place}: as it was then`),
      ].join('\n'),
    );
    return 0;
  },
};

function configurationOf({ options }: CommandContext): FileToPack[] {
  const path = configFile({ file: options.config as string | undefined, cwd: process.cwd() });
  return path === null ? [] : [{ name: 'smartwifi.yaml', path }];
}

/** The server's interface with its private key, which only root can read. */
function wireguardOf({ config, options, progress }: CommandContext): FileToPack[] {
  const path = options.wireguard as string | undefined;
  if (path !== undefined) return [{ name: 'wireguard.conf', path }];
  if (config.wireguard.publicKey !== undefined) {
    progress(
      'the private key of the tunnel is not in it, and without that key no router finds another server: as root, add --wireguard /etc/wireguard/wg-sw.conf',
    );
  }
  return [];
}

async function keyFor({ fingerprint, madeAt }: BackupHead, keyFile: string): Promise<Uint8Array> {
  const needed = `this backup of ${madeAt} needs the store key ${fingerprint}: put that key file at ${keyFile} (chmod 600)`;
  if (!existsSync(keyFile)) throw new SmartWifiError('STORE_KEY', needed);
  const have = await backupKey(keyFile);
  if (have.fingerprint === fingerprint) return have.key;
  throw new SmartWifiError('STORE_KEY', `${needed}; the one there is ${have.fingerprint}`);
}

/** All of it before any of it is used: a backup that is damaged changes nothing. */
async function unpackAll(
  found: OpenedBackup,
  key: Uint8Array,
  directory: string,
): Promise<ReadonlySet<string>> {
  const names = Promise.withResolvers<ReadonlySet<string>>();
  await pipeline(found.open(key), createGunzip(), async (bytes) => {
    names.resolve(await unpack(bytes as AsyncIterable<Uint8Array>, directory));
  });
  return names.promise;
}

/** A folder on the same disk, so that what is finished only has to be renamed. */
async function workspace(directory: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(directory, '.smartwifi-backup-'));
  await chmod(path, 0o700);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function settle(directory: string): Promise<void> {
  const handle = await open(directory);
  await handle.sync();
  await handle.close();
}

function taken(file: string): SmartWifiError {
  return new SmartWifiError('BACKUP_EXISTS', `${file} exists: give another name, or remove it`);
}
