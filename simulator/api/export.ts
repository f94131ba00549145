/**
 * `/export file=…`: the configuration as a script that would build it. Only what differs from the defaults is
 * written, secrets only with `show-sensitive`, long lines are continued with `\`. Over the API nothing is returned.
 */
import { formatDateTime } from '../menu/clock-text.ts';
import type { Row } from '../menu/contract.ts';
import { MENUS } from '../menu/schema.ts';
import type { Menu, Property } from '../menu/schema-parse.ts';
import { unknownParameter } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { type Call, DONE, type Outcome } from './call.ts';

const LINE = 80;
const OPTIONS = ['file', 'show-sensitive', 'hide-sensitive', 'compact', 'terse', 'verbose'];
/** Rows that exist on every router; only their changes are written. */
const NOT_EXPORTED: ReadonlySet<string> = new Set(['/file', '/safe-mode', '/user', '/user/group']);

export function exportConfiguration(call: Call, under: string): Outcome {
  for (const name of call.attributes.keys()) {
    if (!OPTIONS.includes(name)) throw unknownParameter(name);
  }
  const file = call.attributes.get('file');
  if (file === undefined) return DONE;
  const options = {
    sensitive: call.attributes.has('show-sensitive') && call.user.rights.has('sensitive'),
    verbose: call.attributes.has('verbose'),
    terse: call.attributes.has('terse'),
  };
  const name = file.endsWith('.rsc') ? file : `${file}.rsc`;
  call.tree.writeFile(name, Buffer.from(exportText(call.tree, under, options)));
  return DONE;
}

interface ExportOptions {
  readonly sensitive: boolean;
  readonly verbose: boolean;
  readonly terse: boolean;
}

export function exportText(tree: WritableTree, under: string, options: ExportOptions): string {
  const board = tree.single('/system/routerboard');
  const lines = [
    `# ${formatDateTime(tree.now())} by RouterOS ${tree.version}`,
    '#',
    `# model = ${board.model ?? ''}`,
    `# serial number = ${board['serial-number'] ?? ''}`,
  ];
  for (const menu of MENUS.values()) {
    if (tree.menu(menu.path) === undefined || NOT_EXPORTED.has(menu.path)) continue;
    if (menu.path !== under && !menu.path.startsWith(`${under}/`)) continue;
    const statements = tree
      .rows(menu.path)
      .map((row) => statement(menu, row, options))
      .filter((text) => text !== null);
    if (statements.length === 0 || menu.path === '/interface') continue;
    const path = menu.path.replaceAll('/', ' ').trim();
    if (options.terse) lines.push(...statements.map((text) => `/${path} ${text}`));
    else lines.push(`/${path}`, ...statements.map(continued));
  }
  return `${lines.join('\n')}\n`;
}

/** `add …` or `set …` for one row; null when there is nothing to say. */
function statement(menu: Menu, row: Row, options: ExportOptions): string | null {
  if (row.dynamic || menu.kind === 'view') return null;
  const builtin = row.values.default === 'true' || row.values.builtin === 'true';
  const fixed = menu.kind === 'fixed' || row.values['default-name'] !== undefined || builtin;
  const pairs: string[] = [];
  for (const property of menu.properties.values()) {
    const value = row.values[property.name];
    if (value === undefined || !exported(property, value, options)) continue;
    if (fixed && ['name', 'mac-address', 'port', 'orig-mac-address'].includes(property.name))
      continue;
    pairs.push(`${property.name}=${quoted(value)}`);
  }
  if (builtin && !options.verbose) return null;
  if (pairs.length === 0) return null;
  if (menu.kind === 'single') return `set ${pairs.join(' ')}`;
  if (!fixed) return `add ${pairs.join(' ')}`;
  const physical = row.values['default-name'];
  const target =
    physical === undefined ? (row.values.name ?? row.id) : `[ find default-name=${physical} ]`;
  return `set ${target} ${pairs.join(' ')}`;
}

function exported(property: Property, value: string, options: ExportOptions): boolean {
  if (property.readOnly || property.writeOnly) return false;
  if (property.secret && !options.sensitive) return false;
  return options.verbose || (value !== property.default && value !== '');
}

function quoted(value: string): string {
  const word = value === 'true' ? 'yes' : value === 'false' ? 'no' : value;
  if (/^[\w.,:/!*@+-]+$/.test(word)) return word;
  return `"${word
    .replaceAll(/["\\$?]/g, '\\$&')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')}"`;
}

/** Breaks between arguments so that no line is longer than it must be. */
function continued(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const part of text.match(/(?:[^\s"]|"(?:\\.|[^"\\])*")+/g) ?? []) {
    if (line !== '' && line.length + part.length + 2 > LINE) {
      lines.push(`${line} \\`);
      line = `    ${part}`;
    } else line = line === '' ? part : `${line} ${part}`;
  }
  return [...lines, line].join('\n');
}
