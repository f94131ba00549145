/** An upgrade of RouterOS: the same configuration under another version's table. */
import { MENUS } from './schema.ts';
import { existsIn, type Property, versionNumber } from './schema-parse.ts';
import { rowsOf, type TreeState } from './tree-state.ts';
import { defaultsOf } from './tree-write.ts';

/** What the new version has more starts at its default, what it has no more is gone. */
export function changeVersion(state: TreeState, version: string): void {
  const before = state.versionNumber;
  state.version = version;
  state.versionNumber = versionNumber(version);
  for (const menu of MENUS.values()) {
    if (!existsIn(menu, state.versionNumber)) {
      state.rows.delete(menu.path);
      continue;
    }
    if (menu.package !== null && !state.packages.has(menu.package)) continue;
    if (menu.kind === 'single' && rowsOf(state, menu.path).length === 0) {
      const values = defaultsOf(state, menu);
      state.rows.set(menu.path, [{ id: '', dynamic: false, values }]);
      continue;
    }
    const properties = [...menu.properties.values()];
    const come = properties.filter(
      (property) => existsIn(property, state.versionNumber) && !existsIn(property, before),
    );
    const gone = properties.filter(
      (property) => !existsIn(property, state.versionNumber) && existsIn(property, before),
    );
    if (come.length + gone.length === 0) continue;
    const rows = rowsOf(state, menu.path).map((row) => ({
      ...row,
      values: converted(row.values, come, gone),
    }));
    state.rows.set(menu.path, rows);
  }
}

function converted(
  before: Readonly<Record<string, string>>,
  come: readonly Property[],
  gone: readonly Property[],
): Record<string, string> {
  const values = { ...before };
  for (const { name } of gone) delete values[name];
  for (const { name, default: value } of come) if (value !== undefined) values[name] ??= value;
  return values;
}
