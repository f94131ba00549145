/** The statements of a normalised export: `add` and `set` with the menu that they stand in. Pure. */
import type { Values } from '../desired/types.ts';

export interface ExportStatement {
  /** `/ip/firewall/filter`. */
  readonly path: string;
  readonly verb: string;
  /** What a `set` is about: `wifi1`, or `default-name=ether1` of `[ find default-name=ether1 ]`. */
  readonly target: string | null;
  readonly values: Values;
}

const VERBS = new Set(['add', 'set', 'remove', 'reset']);
/** A bracketed search, `name=value` with the value in quotes or not, or a bare word. */
const TOKEN =
  /\[([^\]]*)\]|([\w.!*-]+)=(?:"((?:\\[\s\S]|[^"\\])*)"|(\S*))|"((?:\\[\s\S]|[^"\\])*)"|(\S+)/g;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  _: ' ',
};

/** Lines that are no statement (scripts of other tools, prose) give nothing. */
export function parseExport(text: string): ExportStatement[] {
  const statements: ExportStatement[] = [];
  let path = '';
  for (const line of text.split('\n')) {
    const words = line.trim();
    if (!words.startsWith('/')) {
      const parsed = statement(path, words);
      if (parsed !== null) statements.push(parsed);
      continue;
    }
    const steps = words.split(/\s+/);
    const verb = steps.findIndex((step) => VERBS.has(step));
    path = (verb === -1 ? steps : steps.slice(0, verb)).join('/');
    if (verb === -1) continue;
    // The terse form: menu and statement on one line.
    const rest = words.slice(words.search(new RegExp(`\\s${steps[verb]!}\\s`))).trim();
    const parsed = statement(path, rest);
    if (parsed !== null) statements.push(parsed);
  }
  return statements;
}

function statement(path: string, words: string): ExportStatement | null {
  const [verb = ''] = words.split(/\s/, 1);
  if (path === '' || !VERBS.has(verb)) return null;
  const values: Record<string, string> = {};
  let target: string | null = null;
  for (const [, find, name, quoted, bare, quotedWord, word] of words
    .slice(verb.length)
    .matchAll(TOKEN)) {
    if (find !== undefined) target = find.trim().replace(/^find\s+/, '');
    else if (name === '__proto__') continue;
    else if (name !== undefined)
      values[name] = quoted === undefined ? (bare ?? '') : unquote(quoted);
    else target = quotedWord === undefined ? (word ?? '') : unquote(quotedWord);
  }
  return { path, verb, target, values };
}

/** `\"`, `\_` and `\C3\A9`: bytes of UTF-8, which need not be whole. */
function unquote(text: string): string {
  const bytes: Buffer[] = [];
  let at = 0;
  for (const match of text.matchAll(/\\([0-9A-F]{2}|[\s\S])/g)) {
    bytes.push(Buffer.from(text.slice(at, match.index)));
    const code = match[1]!;
    bytes.push(code.length === 2 ? Buffer.from(code, 'hex') : Buffer.from(ESCAPES[code] ?? code));
    at = match.index + match[0].length;
  }
  bytes.push(Buffer.from(text.slice(at)));
  return Buffer.concat(bytes).toString();
}
