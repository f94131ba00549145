/**
 * Our rows as a backup has them, in the form of what a router should be: `plan` then says what going back
 * would change. Rows of others, files and users are not in it. Pure.
 */
import { createHash } from 'node:crypto';
import { NAME_PREFIX, TAG } from '../desired/menu.ts';
import type { DesiredConfiguration, DesiredMenu, DesiredRow, Values } from '../desired/types.ts';
import { type ExportStatement, parseExport } from './parse-export.ts';

/** Users are not exported, and a router that we have locked ourselves out of is no better for it. */
const NEVER = new Set(['/user', '/user/group', '/file']);
const SECRET = /(?:password|secret|passphrase|preshared-key|private-key|pre-shared-key)$/;

/**
 * `current` says which menus there are, how their rows are ours, and in which order they are applied.
 * Null when the backup holds no row of ours: it is older than the first apply.
 */
export function desiredOfBackup(
  text: string,
  current: DesiredConfiguration,
): DesiredConfiguration | null {
  const byPath = new Map<string, ExportStatement[]>();
  for (const one of parseExport(text)) {
    byPath.set(one.path, [...(byPath.get(one.path) ?? []), one]);
  }
  const menus = current.menus
    .filter(({ path }) => !NEVER.has(path))
    .map((menu) => menuOfBackup(menu, byPath.get(menu.path) ?? []))
    .filter((menu) => menu.kind === 'rows' || menu.rows.length > 0);
  if (!menus.some(({ kind, rows }) => kind === 'rows' && rows.length > 0)) return null;
  const digest = createHash('sha256').update(text).digest('hex');
  return { menus, files: [], folders: [], factory: [], digest };
}

function menuOfBackup(menu: DesiredMenu, statements: readonly ExportStatement[]): DesiredMenu {
  if (menu.kind !== 'rows') {
    const rows = menu.rows.flatMap((row) => settingsOf(menu, row, statements));
    return { ...menu, rows };
  }
  const rows = statements.flatMap(({ verb, values }): DesiredRow[] => {
    const owner = values[menu.ownedBy] ?? '';
    const prefix = menu.ownedBy === 'comment' ? TAG : NAME_PREFIX;
    if (verb !== 'add' || !owner.startsWith(prefix)) return [];
    const key = menu.ownedBy === 'comment' ? owner.slice(TAG.length) : owner;
    return [{ key, ...split(values) }];
  });
  return { ...menu, rows };
}

/** Of what we set on a row that the router has anyway, as much as the backup names. */
function settingsOf(
  menu: DesiredMenu,
  row: DesiredRow,
  statements: readonly ExportStatement[],
): DesiredRow[] {
  const found = statements.find(({ verb, target }) =>
    verb === 'set' && menu.kind === 'single'
      ? target === null
      : target === row.key || target === `default-name=${row.key}` || target === `name=${row.key}`,
  );
  const known = Object.entries(found?.values ?? {}).filter(([name]) => name in row.values);
  return known.length === 0 ? [] : [{ key: row.key, values: Object.fromEntries(known) }];
}

function split(all: Values): { values: Values; secrets?: Values } {
  const entries = Object.entries(all);
  const secrets = entries.filter(([name]) => SECRET.test(name));
  const values = Object.fromEntries(entries.filter(([name]) => !SECRET.test(name)));
  return secrets.length === 0 ? { values } : { values, secrets: Object.fromEntries(secrets) };
}
