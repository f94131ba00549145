/**
 * `/export file=…`: the configuration as a script that would build it on a router reset to no defaults. Only what
 * differs from that is written, secrets only with `show-sensitive`, long lines are continued with `\`. Over the API
 * nothing is returned. Users, files and the log are no part of it.
 */
import { createHash } from 'node:crypto';
import type { Row } from '../menu/contract.ts';
import { INTERFACE_PATHS, MENUS } from '../menu/schema.ts';
import { existsIn, type Menu, type Property, versionNumber } from '../menu/schema-parse.ts';
import { unknownParameter } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { type Call, DONE, type Outcome } from './call.ts';

const LINE = 80;
const OPTIONS = ['file', 'show-sensitive', 'hide-sensitive', 'compact', 'terse', 'verbose'];
const NOT_EXPORTED: ReadonlySet<string> = new Set([
  '/file',
  '/interface',
  '/safe-mode',
  '/user',
  '/user/group',
]);

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

export interface ExportOptions {
  readonly sensitive: boolean;
  readonly verbose: boolean;
  readonly terse: boolean;
}

/** `under` is a path, empty for everything. */
export function exportText(tree: WritableTree, under: string, options: ExportOptions): string {
  const lines = header(tree);
  for (const menu of EXPORT_ORDER) {
    if (tree.menu(menu.path) === undefined) continue;
    if (menu.path !== under && !menu.path.startsWith(`${under}/`)) continue;
    const statements = statementsOf(tree, menu, options);
    if (statements.length === 0) continue;
    const path = menu.path.replaceAll('/', ' ').trim();
    if (options.terse) lines.push(...statements.map((text) => `/${path} ${text}`));
    else lines.push(`/${path}`, ...statements.map(continued));
  }
  return `${lines.join('\n')}\n`;
}

function header(tree: WritableTree): string[] {
  const board = tree.single('/system/routerboard');
  const serial = board['serial-number'] ?? '';
  const digest = createHash('sha256').update(serial).digest('hex').toUpperCase();
  const clock = tree.rows('/system/clock')[0];
  const { date = '', time = '' } = clock === undefined ? {} : tree.printed('/system/clock', clock);
  return [
    `# ${date} ${time} by RouterOS ${tree.version}`,
    `# software id = ${digest.slice(0, 4)}-${digest.slice(4, 8)}`,
    '#',
    `# model = ${board.model ?? ''}`,
    `# serial number = ${serial}`,
  ];
}

/** A menu comes after those whose rows it names; interfaces of all kinds come before what uses them. */
const EXPORT_ORDER: readonly Menu[] = exportOrder();

function exportOrder(): Menu[] {
  const order: Menu[] = [];
  const seen = new Set<string>();
  const visit = (menu: Menu | undefined): void => {
    if (menu === undefined || seen.has(menu.path)) return;
    seen.add(menu.path);
    for (const { type } of menu.properties.values()) {
      if (type.base !== 'ref') continue;
      if (type.ref !== '/interface') visit(MENUS.get(type.ref));
      // Interfaces on interfaces stay in the order of the table: a tunnel over a VLAN over a bridge.
      else if (menu.interfaceType === null) {
        for (const path of INTERFACE_PATHS) visit(MENUS.get(path));
      }
    }
    order.push(menu);
  };
  for (const menu of MENUS.values()) visit(menu);
  return order.filter(({ kind, path }) => kind !== 'view' && !NOT_EXPORTED.has(path));
}

/** `add …` and `set …` of one menu. */
function statementsOf(tree: WritableTree, menu: Menu, options: ExportOptions): string[] {
  const version = versionNumber(tree.version);
  const written = [...menu.properties.values()]
    .filter((property) => !property.readOnly && !property.writeOnly && existsIn(property, version))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const reset = tree.resets.get('no-defaults')?.get(menu.path) ?? [];
  const rows = tree.rows(menu.path).filter(({ dynamic }) => !dynamic);
  return rows.flatMap((row, index) => {
    const found = reset.find(({ id }) => id === row.id);
    const fixed = found !== undefined || isFixed(menu, row);
    const properties = written.filter(
      ({ secret, name }) => (!secret || options.sensitive) && !(fixed && isIdentity(name, found)),
    );
    const baseline = found ?? (fixed ? row : null);
    const pairs = properties.flatMap((property) => pairOf(property, row, baseline, options));
    if (pairs.length === 0) return [];
    if (menu.kind === 'single') return [`set ${pairs.join(' ')}`];
    if (!fixed) return [`add ${pairs.join(' ')}`];
    return [`set ${targetOf(row, rows, index)} ${pairs.join(' ')}`];
  });
}

/** A row that every router has, made by RouterOS itself. */
function isFixed(menu: Menu, { values }: Row): boolean {
  const builtin = values.default === 'true' || values.builtin === 'true';
  return menu.kind === 'fixed' || values['default-name'] !== undefined || builtin;
}

/** What such a row is found by is not written. */
function isIdentity(name: string, found: Row | undefined): boolean {
  return found === undefined && ['name', 'mac-address', 'orig-mac-address'].includes(name);
}

function pairOf(
  property: Property,
  row: Row,
  baseline: Row | null,
  { verbose }: ExportOptions,
): string[] {
  const { name } = property;
  const value = row.values[name];
  const before = baseline === null ? property.default : baseline.values[name];
  if (value === undefined) return before !== undefined && property.unsettable ? [`!${name}`] : [];
  return verbose || value !== before ? [`${name}=${quoted(property, value)}`] : [];
}

/** How a script finds a row that it did not make. */
function targetOf({ values }: Row, rows: readonly Row[], index: number): string {
  const physical = values['default-name'];
  if (physical !== undefined) return `[ find default-name=${physical} ]`;
  const defaults = rows.filter((row) => row.values.default === 'true');
  if (values.default === 'true' && defaults.length === 1) return '[ find default=yes ]';
  return values.name ?? String(index);
}

function quoted(property: Property, value: string): string {
  const { base } = property.type;
  const word = base !== 'bool' ? value : value === 'true' ? 'yes' : 'no';
  if (/^[\w.,:/!*@+-]+$/.test(word)) return word;
  return `"${Array.from(Buffer.from(word), quotedOctet).join('')}"`;
}

const NAMED_OCTETS: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quotedOctet(octet: number): string {
  const sign = String.fromCharCode(octet);
  if ('"\\$?'.includes(sign)) return `\\${sign}`;
  if (octet >= 0x20 && octet < 0x7f) return sign;
  return NAMED_OCTETS[sign] ?? `\\${octet.toString(16).padStart(2, '0').toUpperCase()}`;
}

/**
 * Breaks a statement as RouterOS does, so that no line is longer than it must be: between arguments, between a name and
 * its value, within a long string. A string that goes on with a space says so by `\_`, as blanks there mean nothing.
 */
function continued(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const part of text.match(/(?:[^\s"]|"(?:\\.|[^"\\])*")+/g) ?? []) {
    const joined = line === '' ? part : `${line} ${part}`;
    const name = /^!?[\w.-]+=/.exec(part)?.[0] ?? '';
    if (joined.length <= LINE - 2) line = joined;
    else if (name !== '' && line.length + name.length <= LINE - 2) {
      lines.push(`${line} ${name}\\`);
      line = cut(lines, INDENT + part.slice(name.length));
    } else {
      lines.push(`${line} \\`);
      line = cut(lines, INDENT + part);
    }
  }
  return [...lines, line].join('\n');
}

const INDENT = '    ';

/** Moves what is too long of a string to `lines`; returns what is left. */
function cut(lines: string[], text: string): string {
  let rest = text;
  while (rest.length > LINE - 2 && /"$/.test(rest)) {
    // Neither an escape nor the closing quote is torn.
    const head = fitting(rest, LINE - 2);
    const tail = rest.slice(head.length);
    lines.push(`${head}\\`);
    rest = INDENT + (tail.startsWith(' ') ? `\\_${tail.slice(1)}` : tail);
  }
  return rest;
}

/** The longest beginning of `text` up to `length` that ends with a whole sign. */
function fitting(text: string, length: number): string {
  let end = 0;
  for (const [sign] of text.matchAll(/\\(?:[0-9A-F]{2}|.)|[^\\]/g)) {
    if (end + sign.length > length) break;
    end += sign.length;
  }
  return text.slice(0, end);
}
