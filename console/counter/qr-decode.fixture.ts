/**
 * Reads a QR code from its modules, level M, versions 1 to 10, or of a table that is given (ISO/IEC 18004): on its own, so that
 * the encoder cannot vouch for itself. The code is taken as printed; nothing is corrected, a wrong codeword throws.
 */
import type { Matrix } from './drawing.ts';

/** Of one version and level. */
export interface QrTable {
  readonly level: 'L' | 'M';
  /** Centres of alignment patterns, without the 6. */
  readonly alignment: readonly number[];
  /** Error correction codewords of a block, then blocks and their data codewords. */
  readonly blocks: readonly [number, ...(readonly [number, number])[]];
}

/** As the format information has them. */
const LEVELS = { L: 1, M: 0 } as const;
const ALIGNMENT = [[], [], [18], [22], [26], [30], [34], [22, 38], [24, 42], [26, 46], [28, 50]];
/** Of level M, by version: error correction codewords of a block, then blocks and their data codewords. */
const BLOCKS: readonly (readonly [number, ...(readonly [number, number])[]])[] = [
  [0],
  [10, [1, 16]],
  [16, [1, 28]],
  [26, [1, 44]],
  [18, [2, 32]],
  [24, [2, 43]],
  [16, [4, 27]],
  [18, [4, 31]],
  [22, [2, 38], [2, 39]],
  [22, [3, 36], [2, 37]],
  [26, [4, 43], [1, 44]],
];
const MASKS: readonly ((r: number, c: number) => boolean)[] = [
  (r, c) => (r + c) % 2 === 0,
  (r) => r % 2 === 0,
  (_r, c) => c % 3 === 0,
  (r, c) => (r + c) % 3 === 0,
  (r, c) => (Math.floor(r / 2) + Math.floor(c / 3)) % 2 === 0,
  (r, c) => ((r * c) % 2) + ((r * c) % 3) === 0,
  (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2 === 0,
  (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2 === 0,
];
const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

export function decodeQr(rows: Matrix): string {
  return decodeQrBy(tableOf((rows.length - 17) / 4), rows);
}

export function decodeQrBy(table: QrTable, rows: Matrix): string {
  const version = (rows.length - 17) / 4;
  const format = formatOf(rows);
  if (format >> 3 !== LEVELS[table.level]) {
    throw new Error(`level ${format >> 3} is not ${table.level}`);
  }
  const mask = MASKS[format & 7]!;
  const bits = dataCells(rows.length, version, table).map(([r, c]) => rows[r]![c]! !== mask(r, c));
  const codewords = Array.from({ length: bits.length >> 3 }, (_, i) =>
    bits.slice(i * 8, i * 8 + 8).reduce((byte, bit) => byte * 2 + Number(bit), 0),
  );
  return textOf(deinterleave(codewords, table), version);
}

function tableOf(version: number): QrTable {
  const blocks = BLOCKS[version];
  if (blocks === undefined) throw new Error(`no table of version ${version}`);
  return { level: 'M', alignment: ALIGNMENT[version]!, blocks };
}

/** The five bits of level and mask. */
function formatOf(rows: Matrix): number {
  const cells = [
    ...[0, 1, 2, 3, 4, 5, 7, 8].map((r) => [r, 8] as const),
    ...[7, 5, 4, 3, 2, 1, 0].map((c) => [8, c] as const),
  ];
  const bits = cells.reduce((sum, [r, c], i) => sum | (Number(rows[r]![c]) << i), 0);
  return (bits ^ 0x5412) >> 10;
}

/** Cells that carry codewords, in their order: up and down in columns of two, from the right. */
function dataCells(size: number, version: number, table: QrTable): [number, number][] {
  const cells: [number, number][] = [];
  let up = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let i = 0; i < size; i += 1) {
      const r = up ? size - 1 - i : i;
      for (const c of [right, right - 1]) {
        if (!isFunction(r, c, { size, version, table })) cells.push([r, c]);
      }
    }
    up = !up;
  }
  return cells;
}

interface Shape {
  readonly size: number;
  readonly version: number;
  readonly table: QrTable;
}

function isFunction(r: number, c: number, shape: Shape): boolean {
  const { size, version } = shape;
  const corner = (r < 9 && c < 9) || (r < 9 && c >= size - 8) || (r >= size - 8 && c < 9);
  const inVersion = version >= 7 && ((r < 6 && c >= size - 11) || (c < 6 && r >= size - 11));
  return corner || r === 6 || c === 6 || inVersion || inAlignment(r, c, shape);
}

function inAlignment(r: number, c: number, { size, version, table }: Shape): boolean {
  const centres = [6, ...table.alignment];
  const near = (at: number): number | undefined => centres.find((one) => Math.abs(one - at) <= 2);
  const [row, column] = [near(r), near(c)];
  if (version === 1 || row === undefined || column === undefined) return false;
  const last = size - 7;
  const isFinder =
    (row === 6 && column === 6) || (row === 6 && column === last) || (row === last && column === 6);
  return !isFinder;
}

function deinterleave(codewords: readonly number[], { blocks: said }: QrTable): number[] {
  const [correction, ...groups] = said;
  const lengths = groups.flatMap(([count, data]) => Array.from({ length: count }, () => data));
  const blocks = lengths.map((): number[] => []);
  let next = 0;
  for (let i = 0; i < Math.max(...lengths); i += 1) {
    for (const [b, length] of lengths.entries()) {
      if (i < length) blocks[b]!.push(codewords[next++]!);
    }
  }
  const data = blocks.flatMap((block) => [...block]);
  for (let i = 0; i < correction; i += 1) {
    for (const block of blocks) block.push(codewords[next++]!);
  }
  if (blocks.some((block) => !isCodeword(block, correction))) throw new Error('wrong codewords');
  return data;
}

/** Whether all syndromes are zero, over GF(256) with x⁸+x⁴+x³+x²+1. */
function isCodeword(block: readonly number[], correction: number): boolean {
  return Array.from({ length: correction }, (_, i) => power(i)).every(
    (root) => block.reduce((sum, codeword) => times(sum, root) ^ codeword, 0) === 0,
  );
}

function power(exponent: number): number {
  let value = 1;
  for (let i = 0; i < exponent; i += 1) value = times(value, 2);
  return value;
}

function times(a: number, b: number): number {
  let product = 0;
  for (let i = 7; i >= 0; i -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    if (((b >> i) & 1) === 1) product ^= a;
  }
  return product;
}

function textOf(data: readonly number[], version: number): string {
  const bits = data.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  // Lengths of counts (table 3).
  const size = version >= 27 ? 2 : version >= 10 ? 1 : 0;
  let at = 0;
  const take = (n: number): number => {
    at += n;
    return Number.parseInt(bits.slice(at - n, at), 2);
  };
  let text = '';
  for (;;) {
    const mode = bits.length - at < 4 ? 0 : take(4);
    if (mode === 0) return text;
    if (mode === 4) {
      const bytes = Array.from({ length: take(size > 0 ? 16 : 8) }, () => take(8));
      text += Buffer.from(bytes).toString('utf8');
    } else if (mode === 2) {
      for (let left = take(9 + 2 * size); left > 0; left -= 2) {
        const value = take(left > 1 ? 11 : 6);
        text += left > 1 ? ALPHANUMERIC[Math.floor(value / 45)]! : '';
        text += ALPHANUMERIC[value % 45]!;
      }
    } else if (mode === 1) {
      for (let left = take(10 + 2 * size); left > 0; left -= 3) {
        const digits = Math.min(3, left);
        text += String(take(digits * 3 + 1)).padStart(digits, '0');
      }
    } else throw new Error(`mode ${mode}`);
  }
}
