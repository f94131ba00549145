/**
 * Reads a RouterOS script, the part of the language that provisioning, netwatch and dead-man scripts use:
 * menu commands, `[find …]`, `:if`, `:do … on-error`, `:foreach`, variables, `:log`, `:delay`. A whole script is
 * read before any of it runs, so an unknown command or property anywhere stops all of it, as on a router.
 */
import { type ReadStatement, readValue } from './script-expression.ts';
import {
  badCommand,
  expectedEnd,
  expectSign,
  lineAt,
  nest,
  peek,
  type ScriptText,
  skipBetween,
  skipBlanks,
  syntaxError,
  take,
  takeMatch,
} from './script-text.ts';
import {
  BUILTINS,
  type Builtin,
  type Condition,
  type Expression,
  type Statement,
  type Vocabulary,
} from './script-tree.ts';

const NAME = /[A-Za-z][A-Za-z0-9_-]*/y;
const NAMED = /[A-Za-z.!][A-Za-z0-9._-]*(?==)/y;
const BLOCKS: ReadonlySet<string> = new Set(['do', 'else', 'on-error']);

const LOG_LEVELS: ReadonlySet<string> = new Set(['debug', 'error', 'info', 'warning']);

interface Reader {
  readonly text: ScriptText;
  readonly vocabulary: Vocabulary;
  /** A line that is only a path is where the following lines start. */
  context: string;
}

/** Throws a {@link ScriptTrap}. */
export function parseScript(source: string, vocabulary: Vocabulary): readonly Statement[] {
  const reader: Reader = { text: { source, at: 0, depth: 0 }, vocabulary, context: '' };
  const statements = readStatements(reader);
  if (reader.text.at < source.length) throw syntaxError(reader.text);
  return statements;
}

function readStatements(reader: Reader): Statement[] {
  const { text } = reader;
  const statements: Statement[] = [];
  for (;;) {
    skipBetween(text);
    if (text.at >= text.source.length || peek(text) === '}') return statements;
    const statement = readStatement(reader, null);
    if (statement !== null) statements.push(statement);
  }
}

/** Null for a line that only changes the context. */
function readStatement(reader: Reader, closing: ']' | '}' | null): Statement | null {
  const { text } = reader;
  if (peek(text) === '{') return { kind: 'scope', body: readBlock(reader) };
  if (take(text, ':')) {
    const at = text.at;
    const name = takeMatch(text, NAME);
    if (name === '') throw syntaxError(text);
    if (!(name in BUILTINS)) throw badCommand(text, name, at);
    return readBuiltin(reader, name as Builtin, at, closing);
  }
  return readCommand(reader, closing);
}

function readBlock(reader: Reader): readonly Statement[] {
  const { context } = reader;
  expectSign(reader.text, '{');
  const body = nest(reader.text, () => readStatements(reader));
  expectSign(reader.text, '}');
  reader.context = context;
  return body;
}

function nested(reader: Reader): ReadStatement {
  return (_text, closing) => {
    const { context } = reader;
    const at = reader.text.at;
    const statement = readStatement(reader, closing);
    reader.context = context;
    if (statement === null) throw syntaxError(reader.text, at);
    return statement;
  };
}

function readBuiltin(
  reader: Reader,
  name: Builtin,
  at: number,
  closing: ']' | '}' | null,
): Statement {
  const { text } = reader;
  const { named: allowed, most, least } = BUILTINS[name];
  const named = new Map<string, Expression>();
  const positional: Expression[] = [];
  while (!atEnd(reader, closing)) {
    const start = text.at;
    const argument = takeMatch(text, NAMED);
    if (argument !== '') {
      if (!(allowed as readonly string[]).includes(argument)) throw expectedEnd(text, start);
      expectSign(text, '=');
      named.set(argument, readArgument(reader, BLOCKS.has(argument)));
    } else {
      if (positional.length >= most) throw expectedEnd(text, start);
      const value = readArgument(reader, name === 'do');
      const topic = name === 'log' && positional.length === 0 && value.kind === 'value';
      if (topic && !LOG_LEVELS.has(String(value.value))) {
        throw badCommand(text, String(value.value), start);
      }
      positional.push(value);
    }
  }
  if (positional.length < least) throw syntaxError(text);
  if ((name === 'if' || name === 'foreach') && !named.has('do')) throw syntaxError(text);
  if (name === 'foreach' && !named.has('in')) throw syntaxError(text);
  return { kind: 'builtin', name, named, positional, line: lineAt(text, at) };
}

function readArgument(reader: Reader, block: boolean): Expression {
  if (block) return { kind: 'block', body: readBlock(reader) };
  return readValue(reader.text, nested(reader));
}

/** Whether the statement is over: its line, its bracket or its block ends. Blanks before it are taken. */
function atEnd({ text }: Reader, closing: ']' | '}' | null): boolean {
  skipBlanks(text);
  const next = peek(text);
  if (next === '' || next === ';' || next === '\n' || next === '}') return true;
  return next === ']' && closing === ']';
}

function readCommand(reader: Reader, closing: ']' | '}' | null): Statement | null {
  const { text, vocabulary } = reader;
  const start = text.at;
  let path = take(text, '/') ? '' : reader.context;
  while (!atEnd(reader, closing)) {
    const at = text.at;
    const name = takeMatch(text, NAME);
    if (name === '') throw syntaxError(text);
    const word = `${path}/${name}`;
    if (vocabulary.isFolder(word)) {
      path = word;
      take(text, '/');
      continue;
    }
    if (!vocabulary.hasCommand(word)) throw badCommand(text, name, at);
    const { context } = reader;
    // `[find …]` among the arguments means the menu of the command.
    reader.context = path;
    const statement = readArguments(reader, word, start, closing);
    reader.context = context;
    return statement;
  }
  if (closing === ']') throw syntaxError(text);
  reader.context = path;
  return null;
}

function readArguments(
  reader: Reader,
  word: string,
  start: number,
  closing: ']' | '}' | null,
): Statement {
  const { text, vocabulary } = reader;
  const named = new Map<string, Expression>();
  const positional: Expression[] = [];
  const line = lineAt(text, start);
  const verb = word.slice(word.lastIndexOf('/') + 1);
  if (verb === 'find') {
    const conditions = readConditions(reader, closing);
    return { kind: 'command', word, named, positional, conditions, line };
  }
  const parameters = vocabulary.parameters(word);
  let conditions: Condition[] | null = null;
  while (conditions === null && !atEnd(reader, closing)) {
    const at = text.at;
    const argument = takeMatch(text, NAMED);
    if (argument !== '') {
      if (parameters !== null && !parameters.has(argument.replace(/^!/, ''))) {
        throw expectedEnd(text, at);
      }
      expectSign(text, '=');
      named.set(argument, readNamed(reader));
    } else if (takeMatch(text, /where\b/y) !== '') conditions = readConditions(reader, closing);
    else if (parameters?.has(takeFlag(text, at)) === true) named.set(flagAt(text, at), EMPTY);
    else {
      text.at = at;
      positional.push(readValue(text, nested(reader)));
      // `add address` without `=` gives nothing a meaning.
      if (positional.length > 2 || verb === 'add') throw expectedEnd(text, at);
    }
  }
  return { kind: 'command', word, named, positional, conditions, line };
}

const EMPTY: Expression = { kind: 'value', value: '' };

/** `!comment`: the property is unset. */
function takeFlag(text: ScriptText, at: number): string {
  if (text.source.charAt(at) !== '!') return '';
  return takeMatch(text, /![a-z0-9.-]+/y).slice(1);
}

function flagAt(text: ScriptText, at: number): string {
  return text.source.slice(at, text.at);
}

/** A value in braces is the text of a script, as `on-event={…}` has it. */
function readNamed(reader: Reader): Expression {
  const { text } = reader;
  // A line may be broken between the sign and the value.
  takeMatch(text, /\\\r?\n[ \t]*/y);
  if (/[\s;\]}]/.test(peek(text)) || peek(text) === '') return EMPTY;
  if (peek(text) !== '{') return readValue(text, nested(reader));
  const from = text.at + 1;
  readBlock(reader);
  return { kind: 'value', value: text.source.slice(from, text.at - 1).trim() };
}

function readConditions(reader: Reader, closing: ']' | '}' | null): Condition[] {
  const { text } = reader;
  const conditions: Condition[] = [];
  takeMatch(text, /[ \t]*where\b/y);
  while (!atEnd(reader, closing)) {
    if (conditions.length > 0 && takeMatch(text, /(?:and\b|&&)/y) !== '') skipBlanks(text);
    const negated = take(text, '!');
    const name = takeMatch(text, /[A-Za-z.][A-Za-z0-9._-]*/y);
    if (name === '') throw syntaxError(text);
    const operator = takeMatch(text, /!=|[=~<>]/y) as Condition['operator'] | '';
    if (operator === '') {
      conditions.push({ name, operator: negated ? 'unset' : 'set', value: EMPTY });
      continue;
    }
    if (negated) throw syntaxError(text);
    conditions.push({ name, operator, value: readNamed(reader) });
  }
  return conditions;
}
