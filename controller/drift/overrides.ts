/**
 * What an operator has kept of a router as somebody had made it by hand: laid over what we want of it,
 * so that neither `plan` nor the digest calls it drift any more. Pure.
 */
import { createHash } from 'node:crypto';
import type { RowOverride } from '../../store/types.ts';
import type { DesiredConfiguration, DesiredMenu, DesiredRow } from '../desired/types.ts';

/** Path of files in an override; its key is the file's name. */
export const FILES = '/file';
/** Property of an override that means the whole row. */
export const WHOLE_ROW = '*';
export const CONTENTS = 'contents';

export type Override = Pick<RowOverride, 'path' | 'key' | 'property' | 'value'>;

/**
 * `*`: the row is not wanted. Null: the property is not ours to say. Overrides of rows that are not
 * wanted any more, for whatever reason, do nothing.
 */
export function withOverrides(
  desired: DesiredConfiguration,
  overrides: readonly Override[],
): DesiredConfiguration {
  if (overrides.length === 0) return desired;
  const byRow = new Map<string, Override[]>();
  for (const one of overrides) {
    const id = rowId(one.path, one.key);
    byRow.set(id, [...(byRow.get(id) ?? []), one]);
  }
  const menus = desired.menus.map((menu) => overrideMenu(menu, byRow));
  const files = desired.files.flatMap((file) => {
    const own = byRow.get(rowId(FILES, file.name)) ?? [];
    if (own.some(isWholeRow)) return [];
    const contents = own.find(({ property }) => property === CONTENTS)?.value ?? file.contents;
    return [{ ...file, contents }];
  });
  return { ...desired, menus, files, digest: digestOf(desired.digest, overrides) };
}

/** Names a row for operators: `/ip/pool:pool`, `/ip/dns`. */
export function rowId(path: string, key: string): string {
  return key === '' ? path : `${path}:${key}`;
}

function overrideMenu(
  menu: DesiredMenu,
  byRow: ReadonlyMap<string, readonly Override[]>,
): DesiredMenu {
  const rows = menu.rows.flatMap((row) => {
    const own = byRow.get(rowId(menu.path, row.key));
    if (own === undefined) return [row];
    return own.some(isWholeRow) ? [] : [overrideRow(row, own)];
  });
  return { ...menu, rows };
}

function overrideRow(row: DesiredRow, overrides: readonly Override[]): DesiredRow {
  const values = new Map(Object.entries(row.values));
  for (const { property, value } of overrides) {
    if (value === null) values.delete(property);
    else values.set(property, value);
  }
  return { ...row, values: Object.fromEntries(values) };
}

function isWholeRow({ property }: Override): boolean {
  return property === WHOLE_ROW;
}

function digestOf(base: string, overrides: readonly Override[]): string {
  const lines = overrides.map(({ path, key, property, value }) =>
    JSON.stringify([path, key, property, value]),
  );
  return createHash('sha256')
    .update([base, ...lines.toSorted()].join('\n'))
    .digest('hex');
}
