/** `print` and its kin: rows under `.proplist` and queries, followed, repeated or counted. */
import type { Row } from '../menu/contract.ts';
import type { Menu } from '../menu/schema-parse.ts';
import { missing, noSuchItem, unknownParameter } from '../menu/trap.ts';
import { parseDuration } from '../menu/values.ts';
import type { Call, Outcome, Reply } from './call.ts';
import { compileQuery, type Query } from './query.ts';

const MASK = '*****';
const LAST_ID = '*FFFFFFFF';

/** How one print sees a row. */
interface Lens {
  readonly proplist: readonly string[] | null;
  readonly wanted: Query | null;
  readonly contents: boolean;
}

export function print(call: Call, menu: Menu): Outcome {
  const { attributes } = call;
  for (const name of attributes.keys()) refuseUnknown(menu, name);
  const lens = lensOf(call, menu);
  if (attributes.has('count-only')) {
    return { kind: 'done', ret: String(rowsUnder(call, menu, lens).length) };
  }
  if (attributes.has('follow') || attributes.has('follow-only')) {
    return follow(call, menu, lens, attributes.has('follow'));
  }
  const interval = attributes.get('interval');
  if (interval !== undefined) return repeat(call, menu, lens, interval);
  return { kind: 'rows', rows: rowsUnder(call, menu, lens) };
}

/** Changes only, never the present. */
export function listen(call: Call, menu: Menu): Outcome {
  for (const name of call.attributes.keys()) refuseUnknown(menu, name);
  return follow(call, menu, lensOf(call, menu), false);
}

/** One value in `=ret=`, or the whole row as `name=value;…`. */
export function get(call: Call, menu: Menu): Outcome {
  const rows = call.tree.rows(menu.path);
  const token = call.attributes.get('.id') ?? call.attributes.get('number');
  if (menu.kind !== 'single' && token === undefined) throw missing('.id');
  const row = menu.kind === 'single' ? rows[0] : call.tree.find(menu.path, token ?? '');
  if (row === undefined) throw noSuchItem();
  const values = visible(call, menu, row, true);
  const name = call.attributes.get('value-name');
  if (name === undefined) {
    const pairs = Object.entries(values).map(([key, value]) => `${key}=${value}`);
    return { kind: 'done', ret: pairs.join(';') };
  }
  if (!menu.properties.has(name) && name !== '.id') throw unknownParameter(name);
  return { kind: 'done', ret: values[name] ?? '' };
}

/** Ids of the rows that match, `*1;*2`. */
export function find(call: Call, menu: Menu): Outcome {
  const rows = rowsUnder(call, menu, { ...lensOf(call, menu), proplist: ['.id'] });
  return { kind: 'done', ret: rows.map((row) => row['.id'] ?? '').join(';') };
}

function refuseUnknown(menu: Menu, name: string): void {
  const known = ['.proplist', 'count-only', 'follow', 'follow-only', 'interval', 'from', 'brief'];
  if (known.includes(name)) return;
  if (name === 'detail' && menu.kind !== 'single') return;
  if (name === 'stats' && menu.stats) return;
  throw unknownParameter(name);
}

function lensOf(call: Call, menu: Menu): Lens {
  const proplist = call.attributes.get('.proplist')?.split(',') ?? null;
  const detail = proplist === null && call.attributes.has('detail');
  return {
    proplist,
    wanted: call.queries.length === 0 ? null : compileQuery(call.queries),
    contents: menu.path === '/file' && (detail || (proplist?.includes('contents') ?? false)),
  };
}

function rowsUnder(call: Call, menu: Menu, lens: Lens): Reply[] {
  const from = call.attributes.get('from')?.split(',');
  const all = call.tree.rows(menu.path);
  const answer: Reply[] = [];
  for (const [index, row] of all.entries()) {
    if (from !== undefined && !from.includes(row.id)) continue;
    const seen = through(call, menu, lens, row, all[index + 1]);
    if (seen !== null) answer.push(seen);
  }
  return answer;
}

/** The row as this print shows it; null when its queries leave the row out. */
function through(call: Call, menu: Menu, lens: Lens, row: Row, next?: Row): Reply | null {
  const values = visible(call, menu, row, lens.contents);
  if (lens.wanted !== null && !lens.wanted(values)) return null;
  if (lens.proplist === null) return values;
  const chosen: Record<string, string> = {};
  for (const name of lens.proplist) {
    const value = name === '.nextid' && menu.ordered ? (next?.id ?? LAST_ID) : values[name];
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}

function visible(call: Call, menu: Menu, row: Row, contents: boolean): Record<string, string> {
  const values = call.tree.printed(menu.path, row, contents);
  if (menu.path === '/safe-mode') values.current = String(call.safeMode.held(call.session));
  if (!call.user.rights.has('sensitive')) {
    for (const name of Object.keys(values)) {
      if (menu.properties.get(name)?.secret === true && values[name] !== '') values[name] = MASK;
    }
  }
  return row.id === '' ? values : { '.id': row.id, ...values };
}

function follow(call: Call, menu: Menu, lens: Lens, present: boolean): Outcome {
  if (present) for (const row of rowsUnder(call, menu, lens)) call.send(row);
  const stop = call.tree.onRow(({ path, row, dead }) => {
    if (path !== menu.path) return;
    if (dead) {
      call.send({ '.id': row.id, '.dead': 'true' });
      return;
    }
    const seen = through(call, menu, lens, row);
    if (seen !== null) call.send(seen);
  });
  return { kind: 'running', stop };
}

function repeat(call: Call, menu: Menu, lens: Lens, interval: string): Outcome {
  const ms = parseDuration(interval);
  if (ms === null || ms === 0) throw unknownParameter('interval');
  const end = new AbortController();
  const run = async (): Promise<void> => {
    for (let section = 0; !end.signal.aborted; section += 1) {
      for (const row of rowsUnder(call, menu, lens)) {
        call.send({ ...row, '.section': String(section) });
      }
      await call.clock.sleep(ms, end.signal);
    }
  };
  run().catch((error: unknown) => {
    if (!end.signal.aborted) call.finish(error);
  });
  return { kind: 'running', stop: () => end.abort() };
}
