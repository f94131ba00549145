/**
 * The characters of a RouterOS script, with the place of each refusal. Texts as the console words them:
 * `syntax error (line 1 column 5)`, `bad command name foo (line 1 column 2)`, `expected end of command (…)`.
 */
import { Trap } from '../menu/trap.ts';

/** Category 3 of the API: scripting. */
const SCRIPTING = 3;

export interface ScriptText {
  readonly source: string;
  /** Index of the next character. */
  at: number;
  /** Brackets of any kind that are open. */
  depth: number;
}

/** Deeper scripts than a person writes are refused, before they exhaust the stack. */
const DEEPEST = 100;

/** Reads something within brackets. */
export function nest<T>(text: ScriptText, read: () => T): T {
  text.depth += 1;
  if (text.depth > DEEPEST) throw syntaxError(text);
  const inner = read();
  text.depth -= 1;
  return inner;
}

/** Where a script broke before anything of it ran. */
export class ScriptTrap extends Trap {}

export function syntaxError(text: ScriptText, at = text.at): ScriptTrap {
  return new ScriptTrap(`syntax error ${placeOf(text, at)}`, SCRIPTING);
}

export function badCommand(text: ScriptText, name: string, at: number): ScriptTrap {
  return new ScriptTrap(`bad command name ${name} ${placeOf(text, at)}`, SCRIPTING);
}

export function expectedEnd(text: ScriptText, at: number): ScriptTrap {
  return new ScriptTrap(`expected end of command ${placeOf(text, at)}`, SCRIPTING);
}

/** Lines and columns count from 1, columns in characters as they are stored. */
function placeOf({ source }: ScriptText, at: number): string {
  const before = source.slice(0, at).split('\n');
  return `(line ${before.length} column ${(before.at(-1) ?? '').length + 1})`;
}

export function lineAt({ source }: ScriptText, at: number): number {
  return source.slice(0, at).split('\n').length;
}

export function peek(text: ScriptText): string {
  return text.source.charAt(text.at);
}

/** Takes `sign` when it stands next. */
export function take(text: ScriptText, sign: string): boolean {
  if (!text.source.startsWith(sign, text.at)) return false;
  text.at += sign.length;
  return true;
}

export function expectSign(text: ScriptText, sign: string): void {
  if (!take(text, sign)) throw syntaxError(text);
}

/** The longest match of a sticky expression from here on; empty when it does not match. */
export function takeMatch(text: ScriptText, sticky: RegExp): string {
  sticky.lastIndex = text.at;
  const found = sticky.exec(text.source)?.[0] ?? '';
  text.at += found.length;
  return found;
}

/** Blanks within a line; a backslash at its end joins it with the next. */
export function skipBlanks(text: ScriptText): void {
  takeMatch(text, /(?:[ \t\r]|\\\r?\n)*/y);
}

/** Blanks, line ends, semicolons and comments between statements. */
export function skipBetween(text: ScriptText): void {
  takeMatch(text, /(?:[ \t\r\n;]|\\\r?\n|#[^\n]*)*/y);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  n: '\n',
  r: '\r',
  t: '\t',
  $: '$',
  '?': '?',
  _: ' ',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** What follows a backslash within a string: a sign, an octet in upper-case hex, or a joined line. */
export function takeEscape(text: ScriptText): string | number {
  const at = text.at - 1;
  if (takeMatch(text, /\r?\n[ \t]*/y) !== '') return '';
  const hex = takeMatch(text, /[0-9A-F]{2}/y);
  if (hex !== '') return parseInt(hex, 16);
  const sign = ESCAPES[peek(text)];
  if (sign === undefined) throw syntaxError(text, at);
  text.at += 1;
  return sign;
}
