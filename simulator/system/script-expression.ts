/** Values of a script: strings with what is put into them, variables, `[commands]`, `(expressions)`, `{lists}`. */
import {
  expectSign,
  nest,
  peek,
  type ScriptText,
  skipBetween,
  skipBlanks,
  syntaxError,
  take,
  takeEscape,
  takeMatch,
} from './script-text.ts';
import type { Expression, Operator, Statement } from './script-tree.ts';

/** Reads a statement up to the sign that ends it; given by the parser of statements. */
export type ReadStatement = (text: ScriptText, closing: ']' | '}') => Statement;

/** A value as an argument has it: bare words end at blanks and closing signs. */
export function readValue(text: ScriptText, statement: ReadStatement): Expression {
  switch (peek(text)) {
    case '"':
      return readString(text, statement);
    case '$':
      return readVariable(text);
    case '[':
      return readRun(text, statement);
    case '(':
      return readParenthesis(text, statement);
    case '{':
      return readList(text, statement);
    default: {
      const word = takeMatch(text, /[^\s;"$[\](){}\\]*/y);
      const end = peek(text);
      // A quote or variable in the middle of a bare word is no value.
      if (end !== '' && !/[\s;\])}\\]/.test(end)) throw syntaxError(text);
      return { kind: 'value', value: word };
    }
  }
}

/** In parentheses `true`, `yes` and whole numbers are values of their own; an argument stays as it is written. */
function literal(word: string): string | number | boolean {
  if (word === 'true' || word === 'yes') return true;
  if (word === 'false' || word === 'no') return false;
  return /^-?(?:0|[1-9]\d{0,14})$/.test(word) ? Number(word) : word;
}

function readString(text: ScriptText, statement: ReadStatement): Expression {
  const opened = text.at;
  expectSign(text, '"');
  const parts: Expression[] = [];
  let octets: Buffer[] = [];
  const close = (): void => {
    const value = Buffer.concat(octets).toString();
    if (value !== '' || parts.length === 0) parts.push({ kind: 'value', value });
    octets = [];
  };
  for (;;) {
    octets.push(Buffer.from(takeMatch(text, /[^"\\$]+/y)));
    if (take(text, '"')) break;
    if (take(text, '\\')) {
      const sign = takeEscape(text);
      octets.push(typeof sign === 'number' ? Buffer.of(sign) : Buffer.from(sign));
    } else if (peek(text) === '$') {
      close();
      parts.push(readInterpolated(text, statement));
    } else throw syntaxError(text, opened);
  }
  close();
  const only = parts.length === 1 ? parts[0] : undefined;
  return only?.kind === 'value' ? only : { kind: 'join', parts };
}

function readInterpolated(text: ScriptText, statement: ReadStatement): Expression {
  const next = text.source.charAt(text.at + 1);
  if (next !== '[' && next !== '(') return readVariable(text);
  text.at += 1;
  return next === '[' ? readRun(text, statement) : readParenthesis(text, statement);
}

/** `$name`, or `$"name-with-signs"`. */
function readVariable(text: ScriptText): Expression {
  const at = text.at;
  expectSign(text, '$');
  const name = takeMatch(text, /[A-Za-z0-9]+|"[A-Za-z0-9_-]+"/y).replaceAll('"', '');
  if (name === '') throw syntaxError(text, at);
  return { kind: 'variable', name };
}

function readRun(text: ScriptText, statement: ReadStatement): Expression {
  expectSign(text, '[');
  skipBlanks(text);
  const read = nest(text, () => statement(text, ']'));
  skipBlanks(text);
  expectSign(text, ']');
  return { kind: 'run', statement: read };
}

/** `{1;2;3}`. */
function readList(text: ScriptText, statement: ReadStatement): Expression {
  expectSign(text, '{');
  const items: Expression[] = [];
  skipBetween(text);
  while (peek(text) !== '}') {
    items.push(nest(text, () => readValue(text, statement)));
    skipBlanks(text);
    if (peek(text) !== '}' && peek(text) !== ';') throw syntaxError(text);
    skipBetween(text);
  }
  expectSign(text, '}');
  return { kind: 'list', items };
}

function readParenthesis(text: ScriptText, statement: ReadStatement): Expression {
  expectSign(text, '(');
  const inner = nest(text, () => readLevel(text, statement, 0));
  expectSign(text, ')');
  return inner;
}

/** Loosest first; operators of one level go from left to right. */
const LEVELS: readonly (readonly (readonly [sign: RegExp, operator: Operator])[])[] = [
  [[/\|\||or\b/y, '||']],
  [[/&&|and\b/y, '&&']],
  [
    [/!=/y, '!='],
    [/<=/y, '<='],
    [/>=/y, '>='],
    [/=/y, '='],
    [/</y, '<'],
    [/>/y, '>'],
    [/~/y, '~'],
  ],
  [
    [/\+/y, '+'],
    [/-/y, '-'],
    [/\./y, '.'],
  ],
  [
    [/\*/y, '*'],
    [/\//y, '/'],
  ],
];

const LONGEST_CHAIN = 500;

function readLevel(text: ScriptText, statement: ReadStatement, level: number): Expression {
  const operators = LEVELS[level];
  if (operators === undefined) return readOperand(text, statement);
  let left = readLevel(text, statement, level + 1);
  for (let count = 0; ; count += 1) {
    skipWide(text);
    const found = operators.find(([sign]) => takeMatch(text, sign) !== '');
    if (found === undefined) return left;
    if (count > LONGEST_CHAIN) throw syntaxError(text);
    const right = readLevel(text, statement, level + 1);
    left = { kind: 'operator', operator: found[1], left, right };
  }
}

function readOperand(text: ScriptText, statement: ReadStatement): Expression {
  skipWide(text);
  if (take(text, '!') || takeMatch(text, /not\b/y) !== '') {
    return { kind: 'not', operand: nest(text, () => readOperand(text, statement)) };
  }
  if (take(text, '-')) {
    return { kind: 'minus', operand: nest(text, () => readOperand(text, statement)) };
  }
  const sign = peek(text);
  if ('"$[('.includes(sign) && sign !== '') return readValue(text, statement);
  const at = text.at;
  const word = takeMatch(text, /[A-Za-z0-9_][A-Za-z0-9_.:]*/y);
  if (word === '') throw syntaxError(text, at);
  return { kind: 'value', value: literal(word) };
}

/** Within parentheses a line may end anywhere. */
function skipWide(text: ScriptText): void {
  takeMatch(text, /(?:\s|\\\r?\n)*/y);
}
