/**
 * Test helper: menus as rows in memory, with the five commands that a plan uses. Yes/no are stored as
 * `true`/`false` as a router prints them; secrets are accepted and not shown.
 */
import { commandOf } from './apply.ts';
import type { DesiredConfiguration } from './desired/types.ts';
import type { Change, Observed, ObservedFile } from './plan.ts';

export type ModelRow = Record<string, string>;

export interface RouterModel {
  readonly menus: Map<string, ModelRow[]>;
  /** Performs `/path/verb`; gives `ret`. Throws with RouterOS's text. */
  perform(command: string, attributes: ModelRow): string;
  apply(changes: readonly Change[]): void;
  observed(): Observed;
}

const SECRETS = new Set(['secret', 'password']);

export function routerModel(
  menus: Readonly<Record<string, readonly ModelRow[]>>,
  desired?: DesiredConfiguration,
): RouterModel {
  let nextId = 1;
  const withId = (row: ModelRow): ModelRow => ({
    '.id': `*${(nextId++).toString(16).toUpperCase()}`,
    ...row,
  });
  const model = new Map<string, ModelRow[]>();
  for (const [path, rows] of Object.entries(menus)) model.set(path, rows.map(withId));
  const fixed = new Set<string>();
  for (const menu of desired?.menus ?? []) if (menu.kind === 'single') fixed.add(menu.path);

  const perform = (command: string, attributes: ModelRow): string => {
    const split = command.lastIndexOf('/');
    const path = command.slice(0, split);
    const rows = model.get(path) ?? [];
    model.set(path, rows);
    return performOn(rows, command.slice(split + 1), attributes, withId);
  };
  return {
    menus: model,
    perform,
    apply: (changes) => {
      const added = new Map<string, string>();
      for (const change of changes) {
        const { command, attributes } = commandOf(change, added);
        const ret = perform(command, attributes);
        if (change.kind === 'add') added.set(`${change.path} ${change.key}`, ret);
      }
    },
    observed: () => ({ menus: model, files: filesOf(model.get('/file') ?? []) }),
  };
}

function performOn(
  rows: ModelRow[],
  verb: string,
  attributes: ModelRow,
  withId: (row: ModelRow) => ModelRow,
): string {
  const { '.id': id, 'place-before': placeBefore, numbers, destination, ...values } = attributes;
  const indexOf = (wanted: string): number => {
    const index = rows.findIndex((row) => row['.id'] === wanted);
    if (index === -1) throw new Error('no such item');
    return index;
  };
  switch (verb) {
    case 'add': {
      const row = withId(stored(values));
      if (placeBefore === undefined) rows.push(row);
      else rows.splice(indexOf(placeBefore), 0, row);
      return row['.id']!;
    }
    case 'set': {
      if (id === undefined && rows.length === 0) rows.push(withId({}));
      Object.assign(rows[id === undefined ? 0 : indexOf(id)]!, stored(values));
      return '';
    }
    case 'remove':
      for (const one of (id ?? '').split(',')) rows.splice(indexOf(one), 1);
      return '';
    case 'move': {
      const [row] = rows.splice(indexOf(numbers ?? ''), 1);
      rows.splice(destination === undefined ? rows.length : indexOf(destination), 0, row!);
      return '';
    }
    default:
      throw new Error('no such command');
  }
}

function stored(values: ModelRow): ModelRow {
  const shown: ModelRow = {};
  for (const [name, value] of Object.entries(values)) {
    if (SECRETS.has(name)) continue;
    shown[name] = { yes: 'true', no: 'false' }[value] ?? value;
  }
  return shown;
}

function filesOf(rows: readonly ModelRow[]): Map<string, ObservedFile> {
  return new Map(
    rows.map((row) => [
      row.name ?? '',
      {
        id: row['.id']!,
        type: row.type ?? 'file',
        size: row.contents === undefined ? null : Buffer.byteLength(row.contents),
        contents: row.contents,
      },
    ]),
  );
}
