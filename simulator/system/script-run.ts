/** Runs a script that was read: one statement after the other, in the router's own time. */
import { failure, Trap } from '../menu/trap.ts';
import { parseDuration } from '../menu/values.ts';
import { runMenuCommand } from './script-command.ts';
import type { Expression, Operator, Statement, Value } from './script-tree.ts';
import { compare, isTrue, numberOf, textOfValue } from './script-value.ts';

/** What a script acts through. */
export interface Console {
  /** Performs one command as the API has it; throws a Trap. */
  run(word: string, attributes: ReadonlyMap<string, string>): Promise<CommandResult>;
  /** True for a menu of one row, whose `set` and `get` name no row. */
  isSingle(path: string): boolean;
  log(topics: string, message: string): void;
  /** Rejects when the power goes. */
  sleep(ms: number): Promise<void>;
  /** Variables of `:global`, which outlive the script. */
  readonly globals: Map<string, Value>;
}

export interface CommandResult {
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly ret: string | null;
}

export interface ScriptRun {
  readonly console: Console;
  /** The command under way, for the log. */
  at: { readonly word: string; readonly line: number } | null;
  steps: number;
}

type Scope = Map<string, Value>[];

/** A script that never ends would hold up every other twin of the process. */
const MOST_STEPS = 20_000;
/** Characters of one value. */
const LONGEST_TEXT = 1_048_576;
const DEFAULT_DELAY_MS = 1000;

export async function runScript(run: ScriptRun, statements: readonly Statement[]): Promise<Value> {
  return runBody(run, statements, []);
}

async function runBody(run: ScriptRun, body: readonly Statement[], outer: Scope): Promise<Value> {
  const scope = [new Map<string, Value>(), ...outer];
  let last: Value = null;
  for (const statement of body) last = await runStatement(run, statement, scope);
  return last;
}

async function runStatement(run: ScriptRun, statement: Statement, scope: Scope): Promise<Value> {
  run.steps += 1;
  if (run.steps > MOST_STEPS) throw failure('script took too long');
  if (statement.kind === 'scope') return runBody(run, statement.body, scope);
  if (statement.kind === 'builtin') {
    run.at = { word: `:${statement.name}`, line: statement.line };
    return runBuiltin(run, statement, scope);
  }
  const resolve = (expression: Expression): Promise<Value> => evaluate(run, expression, scope);
  return runMenuCommand(run, statement, resolve);
}

type BuiltinStatement = Extract<Statement, { kind: 'builtin' }>;

async function runBuiltin(
  run: ScriptRun,
  statement: BuiltinStatement,
  scope: Scope,
): Promise<Value> {
  const { name, named, positional } = statement;
  const block = (key: string): Promise<Value> => runBlock(run, named.get(key), scope);
  const value = async (index: number): Promise<Value> => {
    const expression = positional[index];
    return expression === undefined ? null : evaluate(run, expression, scope);
  };
  const text = async (index: number): Promise<string> => textOfValue(await value(index));
  switch (name) {
    case 'if':
      return isTrue(await value(0)) ? block('do') : block('else');
    case 'do':
      return runGuarded(run, statement, scope);
    case 'foreach':
      return runForeach(run, statement, scope);
    case 'local':
      scope[0]!.set(await text(0), await value(1));
      return null;
    case 'global':
      declareGlobal(run, await text(0), positional.length > 1, await value(1));
      return null;
    case 'set':
      return assign(run, scope, await text(0), await value(1));
    case 'log': {
      const message = named.get('message') ?? positional[1];
      if (message === undefined) throw new Trap('missing value(s) of argument(s) message');
      const said = textOfValue(await evaluate(run, message, scope));
      run.console.log(`script,${await text(0)}`, said);
      return null;
    }
    case 'delay':
      return delay(run, textOfValue(await evaluateDelay(run, statement, scope)));
    case 'put':
      return value(0);
    case 'error':
      throw new Trap(await text(0));
    case 'len':
      return lengthOf(await value(0));
  }
}

function evaluateDelay(run: ScriptRun, statement: BuiltinStatement, scope: Scope): Promise<Value> {
  const given = statement.named.get('delay-time') ?? statement.positional[0];
  return given === undefined ? Promise.resolve(null) : evaluate(run, given, scope);
}

async function delay(run: ScriptRun, text: string): Promise<null> {
  const ms = text === '' ? DEFAULT_DELAY_MS : parseDuration(text);
  if (ms === null) throw new Trap('invalid value for argument delay-time', 1);
  await run.console.sleep(ms);
  return null;
}

/** `:do {…} on-error={…}`: what a router refuses is caught; a script that can not be read never gets here. */
async function runGuarded(
  run: ScriptRun,
  { named, positional }: BuiltinStatement,
  scope: Scope,
): Promise<Value> {
  const caught = named.get('on-error');
  try {
    return await runBlock(run, positional[0], scope);
  } catch (error) {
    if (!(error instanceof Trap) || caught === undefined) throw error;
    return runBlock(run, caught, scope);
  }
}

async function runForeach(
  run: ScriptRun,
  { named, positional }: BuiltinStatement,
  scope: Scope,
): Promise<Value> {
  const variable = textOfValue(await evaluate(run, positional[0]!, scope));
  const list = await evaluate(run, named.get('in')!, scope);
  for (const item of Array.isArray(list) ? list : [list]) {
    await runBlock(run, named.get('do'), [new Map([[variable, item as Value]]), ...scope]);
  }
  return null;
}

async function runBlock(
  run: ScriptRun,
  block: Expression | undefined,
  scope: Scope,
): Promise<Value> {
  return block?.kind === 'block' ? runBody(run, block.body, scope) : null;
}

/** Without a value an existing variable is only made known here. */
function declareGlobal(run: ScriptRun, name: string, given: boolean, value: Value): void {
  const { globals } = run.console;
  if (given || !globals.has(name)) globals.set(name, value);
}

function assign(run: ScriptRun, scope: Scope, name: string, value: Value): null {
  const owner = [...scope, run.console.globals].find((variables) => variables.has(name));
  if (owner === undefined) throw new Trap(`unknown variable ${name}`);
  owner.set(name, value);
  return null;
}

function lengthOf(value: Value): number {
  return Array.isArray(value) ? value.length : textOfValue(value).length;
}

async function evaluate(run: ScriptRun, expression: Expression, scope: Scope): Promise<Value> {
  switch (expression.kind) {
    case 'value':
      return expression.value;
    case 'variable': {
      const variables = [...scope, run.console.globals];
      return variables.find((each) => each.has(expression.name))?.get(expression.name) ?? null;
    }
    case 'run':
      return runStatement(run, expression.statement, scope);
    case 'block':
      return runBody(run, expression.body, scope);
    case 'join': {
      const parts: string[] = [];
      for (const part of expression.parts)
        parts.push(textOfValue(await evaluate(run, part, scope)));
      return bounded(parts.join(''));
    }
    case 'list': {
      const items: Value[] = [];
      for (const item of expression.items) items.push(await evaluate(run, item, scope));
      return items;
    }
    case 'not':
      return !isTrue(await evaluate(run, expression.operand, scope));
    case 'minus':
      return -numberOf(await evaluate(run, expression.operand, scope));
    case 'operator': {
      const left = await evaluate(run, expression.left, scope);
      return operate(expression.operator, left, () => evaluate(run, expression.right, scope));
    }
  }
}

function bounded(text: string): string {
  if (text.length > LONGEST_TEXT) throw failure('out of memory');
  return text;
}

async function operate(
  operator: Operator,
  left: Value,
  right: () => Promise<Value>,
): Promise<Value> {
  switch (operator) {
    case '||':
      return isTrue(left) || isTrue(await right());
    case '&&':
      return isTrue(left) && isTrue(await right());
    case '.':
      return bounded(textOfValue(left) + textOfValue(await right()));
    case '+':
      return numberOf(left) + numberOf(await right());
    case '-':
      return numberOf(left) - numberOf(await right());
    case '*':
      return numberOf(left) * numberOf(await right());
    case '/': {
      const by = numberOf(await right());
      if (by === 0) throw new Trap('division by zero');
      return Math.trunc(numberOf(left) / by);
    }
    case '=':
    case '!=':
    case '<':
    case '>':
    case '<=':
    case '>=':
    case '~':
      return compare(operator, left, await right());
  }
}
