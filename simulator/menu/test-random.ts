/** Random writes to any menu of a tree, for property tests: each is drawn from a tape of numbers, half of it wrong. */
import { MENUS } from './schema.ts';
import type { Menu, Property } from './schema-parse.ts';
import type { WritableTree } from './tree-state.ts';

/** A number below `bound`. */
export type Draw = (bound: number) => number;

export function drawFrom(tape: readonly number[]): Draw {
  let at = 0;
  return (bound) => {
    const number = tape[at % tape.length]!;
    at += 1;
    return (number + Math.floor(at / tape.length)) % bound;
  };
}

/** Menus of this tree that clients may write. */
export function writableMenus(tree: WritableTree): Menu[] {
  return [...MENUS.values()].filter(
    ({ path, kind }) => tree.menu(path) !== undefined && kind !== 'view' && path !== '/interface',
  );
}

/** Attributes for an `add` or `set`: the required properties, mostly, and a few others. */
export function randomAttributes(
  tree: WritableTree,
  menu: Menu,
  draw: Draw,
  adding: boolean,
): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const property of menu.properties.values()) {
    const chance = property.required && adding ? 30 : property.readOnly ? 1 : 5;
    if (draw(32) >= chance) continue;
    if (property.unsettable && draw(8) === 0) attributes.set(`!${property.name}`, '');
    else attributes.set(property.name, randomValue(tree, property, draw));
  }
  return attributes;
}

function randomValue(tree: WritableTree, property: Property, draw: Draw): string {
  const { type } = property;
  if (draw(24) === 0) return 'bukan-nilai';
  const sign = type.negatable && draw(4) === 0 ? '!' : '';
  if (type.words.length > 0 && type.base !== 'set' && type.base !== 'policy' && draw(3) === 0) {
    return sign + pick(type.words, draw);
  }
  const count = type.list ? 1 + draw(3) : 1;
  const parts = Array.from({ length: count }, () => {
    if (type.base === 'ref') return reference(tree, type.ref, draw);
    if (type.base === 'int') return String(type.min + draw(Math.min(type.max - type.min + 2, 9e6)));
    if (type.base === 'word') return pick(type.words, draw);
    if (type.base === 'set' || type.base === 'policy') {
      return type.words.filter(() => draw(3) === 0).join(',');
    }
    return pick(SAMPLES[type.base] ?? ['x'], draw);
  });
  return sign + parts.join(',');
}

/** Mostly a row that exists, by name or by id. */
function reference(tree: WritableTree, path: string, draw: Draw): string {
  const rows = tree.rows(path);
  const row = rows[draw(rows.length + 1)];
  return (draw(4) === 0 ? row?.id : row?.values.name) ?? 'tidak-ada';
}

function pick(words: readonly string[], draw: Draw): string {
  return words[draw(words.length)] ?? '';
}

const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  text: ['a', 'b', 'c', 'd', 'desa digital', 'Désa "☕"', '10.1.2.3', 'bridge', 'x'.repeat(40), ''],
  bool: ['yes', 'no', 'true', 'false', 'perhaps'],
  time: ['90', '1h30m', '00:01:30', '1d 02:03:04', '8w', '250ms', '0', '-5', 'soon'],
  ip: ['10.0.0.1', '10.0.0.2', '0.0.0.0', '255.255.255.255', '10.0.0.256', '10.0.0'],
  prefix: ['10.1.2.3/24', '10.0.0.7', '0.0.0.0/0', '10.0.0.0/33'],
  ifaddr: ['10.1.0.1/24', '10.2.0.1/32', '10.3.0.1/22', '10.1.0.1', 'x/24'],
  range: ['10.0.0.1-10.0.0.9', '10.0.0.5', '10.5.5.5/16', '10.0.0.9-10.0.0.1'],
  host: ['a.example', '10.0.0.1', '10.9.8.7/24', '10.0.0.1-10.0.0.9'],
  mac: ['02:00:00:00:00:01', '02-00-00-00-00-0a', 'aa:bb:cc:dd:ee:ff', '02:00'],
  ports: ['53', '80,443', '64872-64875', '9-1', '70000'],
  rate: ['2M', '512k', '0', '1.5G', 'fast'],
  rates: ['2M/5M', '512k', '0/0', '1/2/3'],
  wgkey: [`${'A'.repeat(43)}=`, `${'B'.repeat(42)}A=`, 'kunci'],
  date: ['2026-11-24', 'nov/24/2026', '2026-02-30', 'today'],
  clock: ['1:02', '23:59:59', '24:00'],
  limit: ['10,20:packet', '10,20', '5/1m,10:bit', 'x'],
  zone: ['Asia/Jakarta', 'Asia/Jayapura', 'Mars/Base'],
};
