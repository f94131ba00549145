/** Two exports side by side: the lines that went and came, under the menu that they stand in. Pure. */
import { printable } from '../../lib/errors.ts';
import { maskSecrets } from './normalise-export.ts';

export interface LineChange {
  readonly kind: 'removed' | 'added';
  /** `/ip pool`. */
  readonly menu: string;
  readonly line: string;
}

interface Line {
  readonly menu: string;
  readonly text: string;
}

/** In the order of the newer text; a changed line is one removed and one added. Secrets stay in. */
export function diffExports(older: string, newer: string): LineChange[] {
  const a = linesOf(older);
  const b = linesOf(newer);
  const same = (i: number, j: number): boolean =>
    a[i]!.text === b[j]!.text && a[i]!.menu === b[j]!.menu;
  let start = 0;
  while (start < a.length && start < b.length && same(start, start)) start += 1;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    same(a.length - 1 - end, b.length - 1 - end)
  ) {
    end += 1;
  }
  return walk(a.slice(start, a.length - end), b.slice(start, b.length - end));
}

/** One line a change, with its menu as a heading; secrets as dots. Empty when nothing changed. */
export function renderDiff(changes: readonly LineChange[]): string {
  let menu = '';
  let text = '';
  for (const change of changes) {
    if (change.menu !== menu) {
      menu = change.menu;
      text += `${menu}\n`;
    }
    const line = maskSecrets(change.line);
    const note = line === change.line ? '' : ' (secrets as dots may differ)';
    text += `${change.kind === 'added' ? '+' : '-'} ${printable(line)}${note}\n`;
  }
  return text;
}

/** Longest common subsequence (Wagner and Fischer 1974); exports have hundreds of lines. */
function walk(a: readonly Line[], b: readonly Line[]): LineChange[] {
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  const isSame = (i: number, j: number): boolean =>
    a[i]!.text === b[j]!.text && a[i]!.menu === b[j]!.menu;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const below = length[(i + 1) * width + j]!;
      const right = length[i * width + j + 1]!;
      length[i * width + j] = isSame(i, j)
        ? length[(i + 1) * width + j + 1]! + 1
        : Math.max(below, right);
    }
  }
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && isSame(i, j)) {
      i += 1;
      j += 1;
    } else if (
      j === b.length ||
      (i < a.length && length[(i + 1) * width + j]! >= length[i * width + j + 1]!)
    ) {
      changes.push({ kind: 'removed', menu: a[i]!.menu, line: a[i]!.text });
      i += 1;
    } else {
      changes.push({ kind: 'added', menu: b[j]!.menu, line: b[j]!.text });
      j += 1;
    }
  }
  return changes;
}

function linesOf(text: string): Line[] {
  let menu = '';
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('/')) menu = line;
    return line === '' || line === menu ? [] : [{ menu, text: line }];
  });
}
