/**
 * A router's configuration as it exports it. Over the API `/export` returns nothing: it writes a file,
 * which is read in pieces (`/file/read`, RouterOS 7.13) and taken away again. On boards with `flash/` the
 * file lies in memory, so that it costs no flash.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RouterOsConnection } from '../routeros/client.ts';
import { rawValue } from '../routeros/client.ts';
import { RouterOsError, RouterTrap } from '../routeros/errors.ts';
import { normaliseExport } from './normalise-export.ts';

const NAME = 'sw-export';
const FILE = `${NAME}.rsc`;
const CHUNK = 16_384;
/** A small board needs a while. */
const EXPORT_TIMEOUT_MS = 120_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** The list of files may lag behind. */
const LOOKS = 4;
const LOOK_EVERY_MS = 500;

/** Normalised, secrets included. `RouterTrap` when the router refuses (flash full), else `ROUTER_*`. */
export async function readExport(
  connection: RouterOsConnection,
  signal?: AbortSignal,
): Promise<string> {
  const stop = signal === undefined ? {} : { signal };
  await connection.run(
    '/export',
    { file: NAME, 'show-sensitive': '' },
    { timeoutMs: EXPORT_TIMEOUT_MS, ...stop },
  );
  const { id, size } = await findFile(connection, stop);
  try {
    const bytes = await readFile(connection, size, stop);
    return normaliseExport(bytes.toString());
  } finally {
    // A file with passwords in it does not stay; a connection that is lost leaves it to the next export.
    if (connection.open) await connection.run('/file/remove', { '.id': id });
  }
}

interface Stop {
  readonly signal?: AbortSignal;
}

async function findFile(
  connection: RouterOsConnection,
  stop: Stop,
): Promise<{ id: string; size: number }> {
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await delay(LOOK_EVERY_MS, undefined, stop);
    const [row] = await connection.run(
      '/file/print',
      {},
      { proplist: ['.id', 'size'], queries: [`name=${FILE}`], ...stop },
    );
    const size = Number(row?.size ?? Number.NaN);
    if (row?.['.id'] !== undefined && Number.isInteger(size) && size <= MAX_BYTES) {
      return { id: row['.id'], size };
    }
  }
  throw new RouterOsError('ROUTER_PROTOCOL', `the router exported, but has no ${FILE}`);
}

async function readFile(connection: RouterOsConnection, size: number, stop: Stop): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at < size) {
    const piece = await readPiece(connection, at, stop);
    if (piece === null) return await readContents(connection, size, stop);
    if (piece.length === 0) break;
    pieces.push(piece);
    at += piece.length;
  }
  if (at !== size) {
    throw new RouterOsError('ROUTER_PROTOCOL', `${FILE} has ${size} bytes, ${at} came`);
  }
  return Buffer.concat(pieces);
}

/** Null where the command does not exist. */
async function readPiece(
  connection: RouterOsConnection,
  offset: number,
  stop: Stop,
): Promise<Buffer | null> {
  try {
    const { rows, ret } = await connection.runFor(
      '/file/read',
      { file: FILE, offset: String(offset), 'chunk-size': String(CHUNK) },
      stop,
    );
    const [row] = rows;
    return (row === undefined ? null : rawValue(row, 'data')) ?? Buffer.from(ret ?? '');
  } catch (error) {
    if (error instanceof RouterTrap && error.missing) return null;
    throw error;
  }
}

/** Before 7.13: as far as print shows it. */
async function readContents(
  connection: RouterOsConnection,
  size: number,
  stop: Stop,
): Promise<Buffer> {
  const [row] = await connection.run(
    '/file/print',
    {},
    { proplist: ['contents'], queries: [`name=${FILE}`], ...stop },
  );
  const bytes = (row === undefined ? null : rawValue(row, 'contents')) ?? Buffer.alloc(0);
  if (bytes.length === size) return bytes;
  throw new RouterOsError(
    'ROUTER_PROTOCOL',
    `before RouterOS 7.13 only ${bytes.length} of ${size} bytes of an export can be read`,
  );
}
