/** A menu command of a script: what its unnamed arguments mean, and `find` and `where`, which the API has not. */
import { noSuchItem, Trap } from '../menu/trap.ts';
import type { CommandResult, ScriptRun } from './script-run.ts';
import type { Condition, Expression, Statement, Value } from './script-tree.ts';
import { argumentOf, compare } from './script-value.ts';

type CommandStatement = Extract<Statement, { kind: 'command' }>;
type Resolve = (expression: Expression) => Promise<Value>;

/** What unnamed arguments are called, by command or verb. */
const UNNAMED: ReadonlyMap<string, readonly string[]> = new Map([
  ['/system/script/run', ['number']],
  ['/import', ['file-name']],
  ['/log/info', ['message']],
  ['/log/warning', ['message']],
  ['/log/error', ['message']],
  ['/log/debug', ['message']],
  ['set', ['numbers']],
  ['remove', ['numbers']],
  ['enable', ['numbers']],
  ['disable', ['numbers']],
  ['unset', ['numbers', 'value-name']],
  ['comment', ['numbers', 'comment']],
  ['move', ['numbers', 'destination']],
]);

export async function runMenuCommand(
  run: ScriptRun,
  statement: CommandStatement,
  resolve: Resolve,
): Promise<Value> {
  const { word } = statement;
  const verb = word.slice(word.lastIndexOf('/') + 1);
  const path = word.slice(0, word.lastIndexOf('/'));
  const named = new Map<string, Value>();
  for (const [name, expression] of statement.named) named.set(name, await resolve(expression));
  const unnamed: Value[] = [];
  for (const expression of statement.positional) unnamed.push(await resolve(expression));
  run.at = { word, line: statement.line };
  if (verb === 'find' || verb === 'print' || verb === 'getall') {
    const rows = await matching(run, path, statement.conditions ?? [], resolve);
    if (verb === 'find') return rows.map((row) => row['.id'] ?? '');
    return unnamed.includes('count-only') || named.has('count-only') ? rows.length : null;
  }
  if (verb === 'get') return get(run, path, named, unnamed);
  const single = run.console.isSingle(path);
  const names = UNNAMED.get(word) ?? (single ? [] : (UNNAMED.get(verb) ?? []));
  for (const [index, value] of unnamed.entries()) {
    const name = names[index];
    // `/export show-sensitive`: a word alone is a switch.
    if (name === undefined) named.set(argumentOf(value), '');
    else named.set(name, value);
  }
  const rows = named.get('numbers');
  if (Array.isArray(rows) && rows.length === 0) return null;
  if (rows !== undefined && !single) named.set('numbers', await byIndex(run, path, rows));
  return (await run.console.run(word, texts(named))).ret;
}

/** `set 0 …`, as exports have it for rows without a name. */
async function byIndex(run: ScriptRun, path: string, rows: Value): Promise<Value> {
  if (typeof rows !== 'string' || !/^\d{1,4}$/.test(rows)) return rows;
  const listed = await run.console.run(`${path}/print`, new Map());
  return listed.rows[Number(rows)]?.['.id'] ?? rows;
}

function texts(named: ReadonlyMap<string, Value>): Map<string, string> {
  return new Map([...named].map(([name, value]) => [name, argumentOf(value)]));
}

async function get(
  run: ScriptRun,
  path: string,
  named: Map<string, Value>,
  unnamed: Value[],
): Promise<Value> {
  const rest = [...unnamed];
  const row = run.console.isSingle(path) ? null : (named.get('number') ?? rest.shift() ?? null);
  if (Array.isArray(row) && row.length !== 1) throw noSuchItem();
  const name = named.get('value-name') ?? rest.shift() ?? null;
  if (name === null) throw new Trap('missing value(s) of argument(s) value-name');
  const attributes = new Map([['value-name', argumentOf(name)]]);
  if (row !== null) attributes.set('.id', argumentOf(row));
  return (await run.console.run(`${path}/get`, attributes)).ret;
}

async function matching(
  run: ScriptRun,
  path: string,
  conditions: readonly Condition[],
  resolve: Resolve,
): Promise<CommandResult['rows']> {
  let { rows } = await run.console.run(`${path}/print`, new Map());
  for (const { name, operator, value } of conditions) {
    const wanted = await resolve(value);
    rows = rows.filter((row) => {
      const found = row[name];
      if (operator === 'set') return found !== undefined && found !== 'false' && found !== '';
      if (operator === 'unset') return found === undefined || found === 'false' || found === '';
      if (operator === '~' && Array.isArray(wanted)) return false;
      return compare(operator, found ?? null, wanted);
    });
  }
  return rows;
}
