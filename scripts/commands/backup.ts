import { writeFile } from 'node:fs/promises';
import { backUpRouter } from '../../controller/backup/back-up.ts';
import { diffExports, renderDiff } from '../../controller/backup/diff.ts';
import { maskSecrets } from '../../controller/backup/normalise-export.ts';
import { restoreRouter } from '../../controller/backup/restore-router.ts';
import type { Change } from '../../controller/plan.ts';
import { open } from '../../controller/provision.ts';
import { renderPlan } from '../../controller/render-plan.ts';
import { errorCode, errorMessage, printable } from '../../lib/errors.ts';
import { forEachLimited } from '../../lib/retry.ts';
import type { Store } from '../../store/contract.ts';
import type { Backup, Router, SavedBackup } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  operandsOf,
  requiredOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';
import { chosenRouters, inHandOf, requireRouter, taskOf } from './router.ts';

const AT_ONCE = 8;
const NAME = 'the name of the router';

export const backupTake: Command = {
  summary: 'take a backup of routers now; what is the same as the last one is no new version',
  usage: '(NAME | --village CODE | --district CODE | --all)',
  options: { village: { type: 'string' }, district: { type: 'string' }, all: { type: 'boolean' } },
  run: (context) =>
    withStore(context, async (store) => {
      const results: { router: string; version: number | null; detail: string }[] = [];
      await forEachLimited(await chosenRouters(context, store), AT_ONCE, async (router) => {
        const result = await take(context, store, router);
        context.progress(`${router.name}: ${result.detail}`);
        results.push({ router: router.name, ...result });
      });
      const good = results.filter(({ version }) => version !== null).length;
      context.print(results, `${good} of ${results.length} routers are backed up`);
      return good === results.length ? 0 : 1;
    }),
};

export const backupList: Command = {
  summary: 'list the backups of a router, or the last one of each',
  usage: '[NAME]',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const [name, ...rest] = context.operands;
      if (rest.length > 0) throw new UsageError(`unexpected: ${rest.join(' ')}`);
      const routers = await store.listRouters();
      const names = new Map(routers.map((router) => [router.id, router.name]));
      const backups =
        name === undefined
          ? await store.latestBackups()
          : await store.listBackups((await requireRouter(store, name)).id);
      const at = (instantMs: number): string => instant(instantMs, context.config.timeZone);
      context.print(
        backups.map((one) => ({ router: names.get(one.routerId), ...one })),
        table(
          ['router', 'version', 'taken', 'last seen', 'why', 'RouterOS', 'bytes'],
          backups.map((one) => [
            names.get(one.routerId) ?? one.routerId,
            one.version,
            at(one.takenAt),
            at(one.checkedAt),
            one.reason,
            one.osVersion,
            one.octets,
          ]),
        ),
      );
      return 0;
    }),
};

export const backupDiff: Command = {
  summary: 'show what changed between two backups of a router; by default the last two',
  usage: 'NAME [VERSION [VERSION]]',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const [name, ...versions] = context.operands;
      if (name === undefined) throw new UsageError(`${NAME} is missing`);
      if (versions.length > 2) throw new UsageError(`unexpected: ${versions.slice(2).join(' ')}`);
      const router = await requireRouter(store, name);
      const backups = await store.listBackups(router.id);
      const newer = chosen(router, backups, versions[1], -1);
      const older = chosen(router, backups, versions[0], -2);
      const [a, b] = await Promise.all([older, newer].map((one) => textOf(store, one)));
      const changes = diffExports(a!, b!);
      context.print(
        {
          router: router.name,
          from: older.version,
          to: newer.version,
          changes: changes.map((one) => ({ ...one, line: maskSecrets(one.line) })),
        },
        changes.length === 0
          ? `versions ${older.version} and ${newer.version} of ${router.name} are the same`
          : `${router.name}, version ${older.version} to ${newer.version}\n${renderDiff(changes).trimEnd()}`,
      );
      return 0;
    }),
};

export const backupExport: Command = {
  summary: 'write a backup of a router to a file, with the passwords in it; this is audited',
  usage: 'NAME [VERSION] --file FILE',
  options: { file: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const [name, version, ...rest] = context.operands;
      if (name === undefined) throw new UsageError(`${NAME} is missing`);
      if (rest.length > 0) throw new UsageError(`unexpected: ${rest.join(' ')}`);
      const file = requiredOption(context.options, 'file');
      const router = await requireRouter(store, name);
      const backup = chosen(router, await store.listBackups(router.id), version, -1);
      await audit(store, 'backup.export', router.name, `version ${backup.version}`);
      await writeSecret(file, await textOf(store, backup));
      context.print(
        { router: router.name, version: backup.version, file },
        `version ${backup.version} of ${router.name} is in ${file}; it holds passwords`,
      );
      return 0;
    }),
};

export const backupRestore: Command = {
  summary: 'show what bringing our rows back from a backup would change; --apply does it',
  usage: 'NAME VERSION [--apply | --file FILE]',
  options: { apply: { type: 'boolean' }, file: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const [name = '', version = ''] = operandsOf(context, [NAME, 'the version']);
      const router = await requireRouter(store, name);
      const backup = chosen(router, await store.listBackups(router.id), version, -1);
      const text = await textOf(store, backup);
      const file = textOption(context.options, 'file');
      if (file === undefined) return await restore(context, { store, router, backup, text });
      await audit(store, 'backup.export', router.name, `version ${backup.version}, for /import`);
      await writeSecret(file, text);
      context.print(
        { router: router.name, version: backup.version, file },
        `put ${file} on a router that was reset without defaults, then: /import file-name=…; it holds passwords`,
      );
      return 0;
    }),
};

async function restore(
  context: CommandContext,
  from: { store: Store; router: Router; backup: Backup; text: string },
): Promise<number> {
  const { store, router, backup, text } = from;
  const apply = context.options.apply === true;
  const result = apply
    ? await inHandOf(context, store, router, async (task) => {
        await audit(store, 'backup.restore', router.name, `version ${backup.version}`);
        return await restoreRouter(task, text, 'apply');
      })
    : await restoreRouter(taskOf(context, store, router), text, 'plan');
  if (result === null) {
    throw new UsageError(`version ${backup.version} is older than our first apply: use --file`);
  }
  const { changes, against } = result;
  const note =
    against === 0
      ? ''
      : `\n${against} changes lie between this and what the router should be: smartwifi router plan ${router.name}`;
  const shown = changes.length === 0 ? 'nothing to bring back' : shownPlan(changes);
  context.print(
    {
      router: router.name,
      version: backup.version,
      applied: apply,
      changes: changes.map(({ kind, path, key }) => ({ kind, path, key })),
    },
    apply ? `${shown}${note}` : shown,
  );
  return 0;
}

/** Values come from a router. */
function shownPlan(changes: readonly Change[]): string {
  return renderPlan(changes).trimEnd().split('\n').map(printable).join('\n');
}

async function take(
  context: CommandContext,
  store: Store,
  router: Router,
): Promise<{ version: number | null; detail: string }> {
  try {
    const saved = await inHandOf(context, store, router, exported, { kind: 'read' });
    await audit(store, 'backup.take', router.name, `version ${saved.version}`);
    const detail = `version ${saved.version}${saved.isNew ? '' : ', unchanged'}`;
    return { version: saved.version, detail };
  } catch (error) {
    if (!errorCode(error).startsWith('ROUTER_')) throw error;
    return { version: null, detail: `${errorCode(error)}: ${errorMessage(error)}` };
  }
}

async function exported(task: ReturnType<typeof taskOf>): Promise<SavedBackup> {
  await using link = await open(task);
  const { connection } = link;
  const [row] = await connection.run('/system/resource/print', {}, { proplist: ['version'] });
  const from = { connection, version: row?.version?.split(' ')[0] ?? '' };
  return await backUpRouter(task, task.router, from, 'manual');
}

/** The backup of a version as it was typed, else counted from the end. */
function chosen(
  router: Router,
  backups: readonly Backup[],
  version: string | undefined,
  fallback: number,
): Backup {
  const found =
    version === undefined
      ? backups.at(fallback)
      : backups.find((one) => String(one.version) === version);
  if (found !== undefined) return found;
  throw new UsageError(
    version === undefined
      ? `${router.name} has ${backups.length} backups`
      : `${router.name} has no version ${version}: see smartwifi router backups ${router.name}`,
  );
}

async function textOf(store: Store, { routerId, version }: Backup): Promise<string> {
  const text = await store.backupText({ routerId, version });
  if (text === null) throw new UsageError(`version ${version} was dropped just now`);
  return text;
}

async function writeSecret(file: string, text: string): Promise<void> {
  // Never over another file, and never readable by others.
  await writeFile(file, text, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    throw errorCode(error) === 'EEXIST' ? new UsageError(`${file} is there already`) : error;
  });
}
