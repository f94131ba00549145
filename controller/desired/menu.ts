/** Short forms for building menus; all pure. */
import type { DesiredMenu, DesiredRow, Values } from './types.ts';

/** Our tag in the `comment` of a row. */
export const TAG = 'sw:';
/** Our prefix where a menu has no comments. */
export const NAME_PREFIX = 'sw-';

export function single(path: string, values: Values): DesiredMenu {
  return { path, kind: 'single', ownedBy: 'name', ordered: false, rows: [{ key: '', values }] };
}

/** Rows tagged by comment. */
export function tagged(
  path: string,
  rows: readonly DesiredRow[],
  options: { ordered?: boolean; matchers?: readonly string[] } = {},
): DesiredMenu {
  return {
    path,
    kind: 'rows',
    ownedBy: 'comment',
    ordered: options.ordered ?? false,
    ...(options.matchers === undefined ? {} : { matchers: options.matchers }),
    rows: rows.map((row) => ({ ...row, values: { ...row.values, comment: TAG + row.key } })),
  };
}

/** Rows of a menu without comments: their name is the tag. */
export function named(path: string, rows: readonly Values[]): DesiredMenu {
  return {
    path,
    kind: 'rows',
    ownedBy: 'name',
    ordered: false,
    rows: rows.map((values) => ({ key: values.name ?? '', values })),
  };
}

/** The router's own rows by name. */
export function fixed(path: string, rows: Readonly<Record<string, Values>>): DesiredMenu {
  return {
    path,
    kind: 'fixed',
    ownedBy: 'name',
    ordered: false,
    rows: Object.entries(rows).map(([key, values]) => ({ key, values })),
  };
}

export function row(key: string, values: Values, extra: Partial<DesiredRow> = {}): DesiredRow {
  return { key, values, ...extra };
}

/** One menu a path, at the place of its first part. */
export function mergeMenus(menus: readonly DesiredMenu[]): DesiredMenu[] {
  const merged = new Map<string, DesiredMenu>();
  for (const menu of menus) {
    const before = merged.get(menu.path);
    merged.set(
      menu.path,
      before === undefined ? menu : { ...before, rows: [...before.rows, ...menu.rows] },
    );
  }
  return [...merged.values()];
}

/** `1w2d3h4m5s`, as RouterOS writes it. */
export function duration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  let text = '';
  for (const [unit, size] of [
    ['w', 604_800],
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += count + unit;
  }
  return text || '0s';
}

/** Milliseconds as RouterOS writes them: `3s400ms`. */
export function milliseconds(ms: number): string {
  const rest = Math.round(ms) % 1000;
  const whole = duration((ms - rest) / 1000);
  if (rest === 0) return whole;
  return `${whole === '0s' ? '' : whole}${rest}ms`;
}

/** Whether `version` (`7.20.8`) is `major.minor` or later. */
export function atLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return a > major || (a === major && b >= minor);
}
