/** Values of scripts as texts, numbers and truths. */
import { Trap } from '../menu/trap.ts';
import type { Value } from './script-tree.ts';

/** As it stands in a string or an argument. */
export function textOfValue(value: Value): string {
  if (value === null) return '';
  return Array.isArray(value) ? value.map(textOfValue).join(';') : String(value);
}

/** A list of ids is an argument with commas. */
export function argumentOf(value: Value): string {
  return Array.isArray(value) ? value.map(textOfValue).join(',') : textOfValue(value);
}

export function isTrue(value: Value): boolean {
  const text = textOfValue(value);
  if (text === 'true' || text === 'yes') return true;
  if (text === 'false' || text === 'no') return false;
  throw new Trap('conditional not boolean');
}

export function numberOf(value: Value): number {
  const text = textOfValue(value);
  if (!/^-?\d{1,15}$/.test(text)) throw new Trap(`cannot use "${text.slice(0, 40)}" as a number`);
  return Number(text);
}

export function compare(
  operator: '=' | '!=' | '<' | '>' | '<=' | '>=' | '~',
  left: Value,
  right: Value,
): boolean {
  const [a, b] = [canonical(left), canonical(right)];
  const order = /^-?\d+$/.test(a) && /^-?\d+$/.test(b) ? Number(a) - Number(b) : a < b ? -1 : 1;
  switch (operator) {
    case '=':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a !== b && order < 0;
    case '>':
      return a !== b && order > 0;
    case '<=':
      return a === b || order < 0;
    case '>=':
      return a === b || order > 0;
    case '~':
      return expression(textOfValue(right)).test(textOfValue(left));
  }
}

/** `yes` and `true` are the same. */
function canonical(value: Value): string {
  const text = textOfValue(value);
  return { yes: 'true', no: 'false' }[text] ?? text;
}

function expression(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Trap('invalid regular expression');
    throw error;
  }
}
