/** Reads back what our uncompressed PDFs draw: texts with their places, and QR codes as printed. */
import type { Matrix } from './drawing.ts';

export interface ReadText {
  readonly text: string;
  readonly x: number;
  /** Of the baseline, from the top. */
  readonly y: number;
  readonly size: number;
}

export interface ReadPage {
  readonly width: number;
  readonly height: number;
  readonly texts: readonly ReadText[];
  readonly codes: readonly Matrix[];
}

/** More rectangles in one shape than anything else has. */
const CODE = 50;

export function readPdf(pdf: Uint8Array): ReadPage[] {
  const text = Buffer.from(pdf).toString('latin1');
  const sizes = [...text.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)];
  const streams = [...text.matchAll(/stream\n([\s\S]*?)\nendstream/g)].map(([, body]) => body!);
  return sizes.map(([, width, height], i) => ({
    width: Number(width),
    height: Number(height),
    texts: textsIn(streams[i]!, Number(height)),
    codes: streams[i]!.split(/\nf\n/).flatMap(codeIn),
  }));
}

function textsIn(content: string, height: number): ReadText[] {
  const shown =
    /1 0 0 1 ([\d.-]+) ([\d.-]+) Tm\n\/F\d+ ([\d.]+) Tf\n(?:[\d.]+ T[a-z]\n)*\[(.*)\] TJ/g;
  return [...content.matchAll(shown)].map(([, x, y, size, parts]) => {
    const hex = [...parts!.matchAll(/<([0-9a-f]*)>/g)].map(([, some]) => some).join('');
    const text = new TextDecoder('windows-1252').decode(Buffer.from(hex, 'hex'));
    return { text, x: Number(x), y: height - Number(y), size: Number(size) };
  });
}

function codeIn(shape: string): Matrix[] {
  const boxes = [...shape.matchAll(/^([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re$/gm)].map((found) =>
    found.slice(1).map(Number),
  );
  if (boxes.length < CODE) return [];
  const left = Math.min(...boxes.map(([x]) => x!));
  const top = Math.min(...boxes.map(([, y]) => y!));
  const module = boxes[0]![3]!;
  const size = Math.round((Math.max(...boxes.map(([x, , w]) => x! + w!)) - left) / module);
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  for (const [x, y, width] of boxes) {
    const row = rows[Math.round((y! - top) / module)]!;
    const first = Math.round((x! - left) / module);
    row.fill(true, first, first + Math.round(width! / module));
  }
  return [rows];
}
