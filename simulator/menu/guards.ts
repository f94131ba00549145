/**
 * Rows that RouterOS does not let go because the router could not be run without them. Most of what is referred to
 * may be removed, and the reference then shows the row's id. The texts are not published.
 */
import type { Row } from './contract.ts';
import { failure } from './trap.ts';
import { rowsOf, type TreeState } from './tree-state.ts';

/** Throws a Trap when the row must stay. */
export function refuseRemoval(state: TreeState, path: string, row: Row): void {
  const { name = '' } = row.values;
  if (path === '/user/group') {
    const used = rowsOf(state, '/user').some(({ values }) => values.group === name);
    if (used) throw failure('group is used by users');
  }
  if (path === '/user') keepOneAdministrator(state, row);
}

/** Throws a Trap when nobody could administer the router without this row, or with it disabled. */
export function keepOneAdministrator(state: TreeState, row: Row): void {
  const full = new Set(
    rowsOf(state, '/user/group')
      .filter(
        ({ values }) => values.policy !== undefined && !/!(?:write|policy)\b/.test(values.policy),
      )
      .map(({ values }) => values.name),
  );
  const others = rowsOf(state, '/user').filter(
    ({ id, values }) => id !== row.id && values.disabled !== 'true' && full.has(values.group),
  );
  if (full.has(row.values.group) && row.values.disabled !== 'true' && others.length === 0) {
    throw failure('at least one user with full rights must remain');
  }
}
