/** Several files as one stream, and back: a line that names each and says its size, then its octets. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SmartWifiError } from '../../lib/errors.ts';

/** Only names that are given here ever come out again: a backup writes nowhere else. */
export const BACKED_UP = ['store', 'smartwifi.yaml', 'wireguard.conf'] as const;
export type BackedUp = (typeof BACKED_UP)[number];

export interface FileToPack {
  readonly name: BackedUp;
  readonly path: string;
}

const MAX_LINE = 200;

export async function* packed(files: readonly FileToPack[]): AsyncGenerator<Uint8Array> {
  for (const { name, path } of files) {
    const { size } = await stat(path);
    yield Buffer.from(`${JSON.stringify({ name, size })}\n`);
    if (size > 0) yield* createReadStream(path, { end: size - 1 });
  }
}

/** Writes each into `directory` (mode 0600) under its name; gives the names. `BACKUP_DAMAGED`. */
export async function unpack(
  bytes: AsyncIterable<Uint8Array>,
  directory: string,
): Promise<Set<BackedUp>> {
  const names = new Set<BackedUp>();
  let head = Buffer.alloc(0);
  let left = 0;
  let file: FileHandle | null = null;
  const finish = async (): Promise<void> => {
    if (file === null || left > 0) return;
    await file.sync();
    await file.close();
    file = null;
  };
  try {
    for await (const piece of bytes) {
      let rest = Buffer.from(piece);
      while (rest.length > 0) {
        if (file === null) {
          const end = rest.indexOf(0x0a);
          head = Buffer.concat([head, end === -1 ? rest : rest.subarray(0, end)]);
          if (head.length > MAX_LINE) throw damaged();
          if (end === -1) break;
          rest = rest.subarray(end + 1);
          const { name, size } = parseLine(head.toString('utf8'));
          if (names.has(name)) throw damaged();
          names.add(name);
          head = Buffer.alloc(0);
          left = size;
          file = await open(join(directory, name), 'wx', 0o600);
        }
        const part = rest.subarray(0, left);
        rest = rest.subarray(part.length);
        left -= part.length;
        await file.writeFile(part);
        await finish();
      }
      await finish();
    }
    if (file !== null || head.length > 0) throw damaged();
    return names;
  } finally {
    await (file as FileHandle | null)?.close();
  }
}

function parseLine(line: string): { name: BackedUp; size: number } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw damaged();
  }
  const { name, size } = value as { name?: unknown; size?: unknown };
  const known = BACKED_UP.find((one) => one === name);
  if (known === undefined || !Number.isSafeInteger(size) || (size as number) < 0) throw damaged();
  return { name: known, size: size as number };
}

function damaged(): SmartWifiError {
  return new SmartWifiError(
    'BACKUP_DAMAGED',
    'the backup cannot be used: its list of files is wrong',
  );
}
