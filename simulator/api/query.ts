/**
 * The `?` words of a print: each pushes one truth on a stack, `?#` words combine what lies there, and a row is
 * wanted when everything left is true.
 *
 * `?name` is there · `?-name` is not · `?name=v`, `?=name=v` equal · `?<name=v`, `?>name=v` compare ·
 * `?#` with `!` not, `&` and, `|` or, `.` copy the top, `N` followed by another sign copy the Nth, `N` at the end
 * put the Nth in the place of all.
 */

type Values = Readonly<Record<string, string>>;
type Step = (stack: boolean[], row: Values) => void;

export type Query = (row: Values) => boolean;

/** Words that do not parse match nothing, as on a router. */
export function compileQuery(words: readonly string[]): Query {
  const steps = words.map(compileWord);
  return (row) => {
    const stack: boolean[] = [];
    for (const step of steps) step(stack, row);
    return stack.every(Boolean);
  };
}

function compileWord(word: string): Step {
  const text = word.slice(1);
  if (text.startsWith('#')) return compileOperations(text.slice(1));
  if (text.startsWith('-')) {
    const name = text.slice(1);
    return (stack, row) => stack.push(row[name] === undefined);
  }
  const sign = /^[<>=]/.exec(text)?.[0] ?? '';
  const rest = text.slice(sign.length);
  const split = rest.indexOf('=');
  if (split === -1) return (stack, row) => stack.push(row[rest] !== undefined);
  const name = rest.slice(0, split);
  const wanted = rest.slice(split + 1);
  if (sign === '<' || sign === '>') {
    return (stack, row) => {
      const value = row[name];
      const order = value === undefined ? 0 : compareValues(value, wanted);
      stack.push(sign === '<' ? order < 0 : order > 0);
    };
  }
  const alias = { yes: 'true', no: 'false' }[wanted];
  return (stack, row) => {
    const value = row[name];
    stack.push(value !== undefined && (value === wanted || value === alias));
  };
}

function compileOperations(text: string): Step {
  const tokens = text.match(/\d+|[^\d]/g) ?? [];
  return (stack) => {
    for (const [position, token] of tokens.entries()) {
      const last = position === tokens.length - 1;
      if (/^\d/.test(token)) pushAt(stack, Number(token), last);
      else applyOperation(stack, token, /^\d/.test(tokens[position - 1] ?? ''));
    }
  };
}

/** Index 0 is the top of the stack. */
function pushAt(stack: boolean[], index: number, alone: boolean): void {
  const value = stack[stack.length - 1 - index] ?? false;
  if (alone) stack.length = 0;
  stack.push(value);
}

function applyOperation(stack: boolean[], sign: string, afterIndex: boolean): void {
  switch (sign) {
    case '!':
      stack.push(!(stack.pop() ?? false));
      return;
    case '&':
    case '|': {
      const a = stack.pop() ?? false;
      const b = stack.pop() ?? false;
      stack.push(sign === '&' ? a && b : a || b);
      return;
    }
    case '.':
      // A dot after an index only ends the index.
      if (!afterIndex) stack.push(stack.at(-1) ?? false);
      return;
    default:
      stack.push(false);
  }
}

/** Numbers by size, all else by text. */
function compareValues(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (a !== '' && b !== '' && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
