/** `/log`: what the rules of `/system/logging` send to memory or to the console; the memory holds its lines and no more. */
import { formatDateTime } from './clock-text.ts';
import type { Row } from './contract.ts';
import { MENUS } from './schema.ts';
import { emitRow, nextId, rowsOf, type TreeState } from './tree-state.ts';

/** A router holds 1,000 unless told otherwise; a twin shows the last of them, as hundreds share one machine. */
const MOST_LINES = 100;
const SHOWN: ReadonlySet<string> = new Set(['memory', 'echo']);

export function appendLog(state: TreeState, topics: string, message: string): void {
  const buffers = buffersFor(state, topics.split(','));
  if (buffers.length === 0) return;
  const zone = rowsOf(state, '/system/clock')[0]?.values['time-zone-name'] ?? 'manual';
  const values = {
    time: formatDateTime(state.now(), zone === 'manual' ? undefined : zone),
    buffer: buffers.join(','),
    topics,
    message,
  };
  const row = { id: nextId(state, MENUS.get('/log')!), dynamic: false, values };
  state.rows.set('/log', [...rowsOf(state, '/log'), row].slice(-linesOf(state)));
  emitRow(state, '/log', row);
}

/** Names of the actions by which `/log` comes to show a message; a tree without rules keeps all. */
function buffersFor(state: TreeState, topics: readonly string[]): string[] {
  const rules = rowsOf(state, '/system/logging');
  if (rules.length === 0) return ['memory'];
  const targets = new Map(
    rowsOf(state, '/system/logging/action').map(({ values }) => [values.name, values.target]),
  );
  const actions = rules
    .filter((rule) => rule.values.disabled !== 'true' && wants(rule, topics))
    .map(({ values }) => values.action ?? '')
    .filter((action) => SHOWN.has(targets.get(action) ?? ''));
  return [...new Set(actions)];
}

/** All topics of a rule must be there, and none of those that it negates. */
function wants({ values }: Row, topics: readonly string[]): boolean {
  const asked = (values.topics ?? '').split(',').filter((topic) => topic !== '');
  return asked.every((topic) =>
    topic.startsWith('!') ? !topics.includes(topic.slice(1)) : topics.includes(topic),
  );
}

function linesOf(state: TreeState): number {
  const action = rowsOf(state, '/system/logging/action').find(
    ({ values }) => values.name === 'memory',
  );
  return Math.min(MOST_LINES, Number(action?.values['memory-lines'] ?? MOST_LINES));
}
