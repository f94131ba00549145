/**
 * A screenshot with its colours in a table: a page has few, and the file is then a third as large. Reads
 * what Chromium writes: 8 bits a channel, RGB or RGBA, not interlaced (PNG, ISO/IEC 15948).
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const PALETTE = 256;

export function smallPng(png: Uint8Array): Buffer {
  const { width, height, channels, data } = readPng(Buffer.from(png));
  const rows = unfilter(data, width * channels, height, channels);
  for (let bits = 0; ; bits += 1) {
    const indexed = indexColours(rows, width * height, channels, bits);
    if (indexed !== null) return writePng(width, height, indexed);
  }
}

/** Null when there are more colours than a table holds; `bits` lowest of each channel are left out. */
function indexColours(rows: Buffer, pixels: number, channels: number, bits: number) {
  const known = new Map<number, number>();
  const indices = Buffer.alloc(pixels);
  for (let i = 0; i < pixels; i += 1) {
    const colour = colourAt(rows, i * channels, bits);
    let index = known.get(colour);
    if (index === undefined) {
      index = known.size;
      if (index === PALETTE) return null;
      known.set(colour, index);
    }
    indices[i] = index;
  }
  return { colours: [...known.keys()], indices };
}

function colourAt(rows: Buffer, at: number, bits: number): number {
  const mask = 0xff & ~((1 << bits) - 1);
  return ((rows[at]! & mask) << 16) | ((rows[at + 1]! & mask) << 8) | (rows[at + 2]! & mask);
}

function readPng(png: Buffer) {
  if (!png.subarray(0, 8).equals(SIGNATURE)) throw new Error('not a PNG');
  const parts: Buffer[] = [];
  let header: Buffer = Buffer.alloc(13);
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 8, at + 8 + length);
    const kind = png.toString('latin1', at + 4, at + 8);
    if (kind === 'IHDR') header = body;
    if (kind === 'IDAT') parts.push(body);
    at += length + 12;
  }
  const [bits, colour, , , interlaced] = header.subarray(8);
  if (bits !== 8 || (colour !== 2 && colour !== 6) || interlaced !== 0) {
    throw new Error(`a PNG of another kind: ${header.toString('hex')}`);
  }
  return {
    width: header.readUInt32BE(0),
    height: header.readUInt32BE(4),
    channels: colour === 2 ? 3 : 4,
    data: inflateSync(Buffer.concat(parts)),
  };
}

function unfilter(data: Buffer, stride: number, height: number, channels: number): Buffer {
  const rows = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const kind = data[y * (stride + 1)]!;
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x >= channels ? rows[at - channels]! : 0;
      const up = y > 0 ? rows[at - stride]! : 0;
      const corner = x >= channels && y > 0 ? rows[at - stride - channels]! : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][kind]!;
      rows[at] = data[y * (stride + 1) + 1 + x]! + guess;
    }
  }
  return rows;
}

function paeth(left: number, up: number, corner: number): number {
  const near = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(near - value)) as [
    number,
    number,
    number,
  ];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function writePng(
  width: number,
  height: number,
  { colours, indices }: { colours: readonly number[]; indices: Buffer },
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const table = Buffer.alloc(colours.length * 3);
  for (const [i, colour] of colours.entries()) table.writeUIntBE(colour, i * 3, 3);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    indices.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  }
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', table),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(kind: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, 'latin1'), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
