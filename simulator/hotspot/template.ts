/**
 * The hotspot servlet's page language: `$(name)`, `$(name-esc)` (URL-encoded) and
 * `$(if …)…$(elif …)…$(else)…$(endif)` with `==`, `!=` or a bare name (set and not `no`).
 *
 * A block that tests `http-status` or `http-header` does not test: it sets the status (`302 Found`) or
 * a header of the response and prints nothing. There is no HTML escape in this language. Pure; text
 * that is not of the language stays as it is.
 */

/** Undefined for a name that the servlet does not know: it prints nothing. */
export type Lookup = (name: string) => string | undefined;

export interface RenderedPage {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

interface Condition {
  readonly name: string;
  readonly operator: '==' | '!=' | null;
  readonly operand: string;
}

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'if'; readonly branches: Branch[] };

interface Branch {
  /** Null for `else`. */
  readonly condition: Condition | null;
  readonly nodes: Node[];
}

export type Template = readonly Node[];

const TAG =
  /\$\((?:(if|elif)\s+([\w-]+)\s*(?:(==|!=)\s*("[^"]*"|'[^']*'|[^\s)]*)\s*)?|(else|endif)|([A-Za-z][\w-]*))\)/g;

export function parseTemplate(text: string): Template {
  const root: Node[] = [];
  const open: { branches: Branch[]; parent: Node[] }[] = [];
  let current = root;
  let last = 0;
  for (const match of text.matchAll(TAG)) {
    if (match.index > last) current.push({ kind: 'text', text: text.slice(last, match.index) });
    last = match.index + match[0].length;
    const [, opener, name, operator, operand, closer, variable] = match;
    if (variable !== undefined) {
      current.push({ kind: 'variable', name: variable });
      continue;
    }
    if (opener === 'if') {
      const branches: Branch[] = [];
      current.push({ kind: 'if', branches });
      open.push({ branches, parent: current });
    }
    const block = open.at(-1);
    // `else` or `endif` without `if` says nothing.
    if (block === undefined) continue;
    if (closer === 'endif') {
      current = block.parent;
      open.pop();
      continue;
    }
    const condition = opener === undefined ? null : conditionOf(name!, operator, operand);
    const branch: Branch = { condition, nodes: [] };
    block.branches.push(branch);
    current = branch.nodes;
  }
  if (last < text.length) current.push({ kind: 'text', text: text.slice(last) });
  return root;
}

function conditionOf(
  name: string,
  operator: string | undefined,
  operand: string | undefined,
): Condition {
  const known = operator === '==' || operator === '!=' ? operator : null;
  return { name, operator: known, operand: (operand ?? '').replace(/^(["'])(.*)\1$/s, '$2') };
}

export function renderTemplate(template: Template, lookup: Lookup): RenderedPage {
  const headers: [string, string][] = [];
  let status = 200;
  let reason = 'OK';

  const render = (nodes: readonly Node[]): string => {
    let output = '';
    for (const node of nodes) {
      if (node.kind === 'text') output += node.text;
      else if (node.kind === 'variable') output += textFor(node.name, lookup);
      else output += renderIf(node.branches);
    }
    return output;
  };
  const renderIf = (branches: readonly Branch[]): string => {
    for (const { condition, nodes } of branches) {
      if (condition?.name === 'http-status' || condition?.name === 'http-header') {
        set(condition, render(nodes).trim());
      } else if (condition === null || holds(condition, lookup)) {
        return render(nodes);
      }
    }
    return '';
  };
  const set = ({ name, operand }: Condition, value: string): void => {
    if (name === 'http-header') {
      // A header that renders empty is not sent; line breaks cannot enter one.
      const line = value.replaceAll(/[\r\n]+/g, ' ');
      if (line !== '' && /^[\w-]+$/.test(operand)) headers.push([operand, line]);
      return;
    }
    const code = Number(operand);
    if (!Number.isInteger(code) || code < 200 || code > 599) return;
    status = code;
    reason = value.replaceAll(/[^\x20-\x7e]+/g, ' ');
  };

  const body = render(template);
  return { status, reason, headers, body };
}

function textFor(name: string, lookup: Lookup): string {
  const value = lookup(name);
  if (value !== undefined) return value;
  return name.endsWith('-esc') ? encodeURIComponent(lookup(name.slice(0, -4)) ?? '') : '';
}

function holds({ name, operator, operand }: Condition, lookup: Lookup): boolean {
  const value = textFor(name, lookup);
  if (operator === '==') return value === operand;
  if (operator === '!=') return value !== operand;
  return value !== '' && value !== 'no' && value !== 'false';
}
