/**
 * A stream under one key, in chunks that are sealed one by one (AES-256-GCM): it can be made and read in
 * little memory, and whoever cuts, reorders or joins it is found out, because the nonce counts the chunks
 * and marks the last one (the STREAM construction; Hoang, Reyhanitabar, Rogaway, Vizár 2015).
 *
 * A head in clear says what the file is; the key of the chunks comes from it and from the backup key
 * (HKDF), so that a changed head opens nothing.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { SmartWifiError } from '../../lib/errors.ts';

/** What everybody may know of a backup. */
export interface BackupHead {
  readonly madeAt: string;
  readonly version: string;
  readonly engine: 'sqlite' | 'postgres';
  /** Of the store key: which one opens this file. */
  readonly fingerprint: string;
}

const MAGIC = 'smartwifi backup 1';
const CHUNK = 1 << 20;
const TAG = 16;
const SALT = 32;
const MAX_HEAD = 4096;

/** `bytes` sealed: head, then chunks of 1 MiB. */
export async function* sealed(
  head: BackupHead,
  key: Uint8Array,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const salt = randomBytes(SALT);
  const line = `${MAGIC} ${JSON.stringify({ ...head, salt: salt.toString('hex') })}\n`;
  yield Buffer.from(line);
  const chunkKey = keyOf(key, line, salt);
  let index = 0;
  for await (const { chunk, last } of chunks(bytes)) {
    const cipher = createCipheriv('aes-256-gcm', chunkKey, nonceOf(index, last));
    yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
    index += 1;
  }
}

export interface OpenedBackup {
  readonly head: BackupHead;
  /** Throws `BACKUP_DAMAGED` at the first chunk that is not what was sealed; call once. */
  open(key: Uint8Array): AsyncGenerator<Uint8Array>;
}

/** Reads the head; `BACKUP_DAMAGED` when it is none of ours. */
export async function readBackup(file: AsyncIterable<Uint8Array>): Promise<OpenedBackup> {
  const reader = createReader(file);
  const line = await reader.line(MAX_HEAD);
  const { salt, ...head } = parseHead(line);
  return { head, open: (key) => opened(reader, keyOf(key, line, Buffer.from(salt, 'hex'))) };
}

async function* opened(reader: Reader, chunkKey: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let index = 0; ; index += 1) {
    const box = await reader.upTo(CHUNK + TAG);
    const last = await reader.atEnd();
    if (box.length < TAG) throw damaged('it is cut off');
    const decipher = createDecipheriv('aes-256-gcm', chunkKey, nonceOf(index, last));
    decipher.setAuthTag(box.subarray(box.length - TAG));
    const text = decipher.update(box.subarray(0, box.length - TAG));
    try {
      decipher.final();
    } catch {
      throw damaged('it is cut off, or was changed');
    }
    yield text;
    if (last) return;
  }
}

function parseHead(line: string): BackupHead & { readonly salt: string } {
  const head = /^smartwifi backup 1 (\{.*\})\n$/.exec(line)?.[1];
  if (head === undefined) throw damaged('it is not a backup of this program');
  let value: unknown;
  try {
    value = JSON.parse(head);
  } catch {
    throw damaged('its head cannot be read');
  }
  const { madeAt, version, engine, fingerprint, salt } = value as Record<string, unknown>;
  const isText = (one: unknown): one is string => typeof one === 'string';
  if (
    !isText(madeAt) ||
    !isText(version) ||
    !isText(fingerprint) ||
    !isText(salt) ||
    !/^[0-9a-f]{64}$/.test(salt) ||
    (engine !== 'sqlite' && engine !== 'postgres')
  ) {
    throw damaged('its head cannot be read');
  }
  return { madeAt, version, engine, fingerprint, salt };
}

function keyOf(key: Uint8Array, head: string, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, head, 32));
}

/** 11 octets of count, one that is 1 for the last chunk. */
function nonceOf(index: number, last: boolean): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 7);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** Pieces of just 1 MiB; the last one, and only that, is shorter, and may be empty. */
async function* chunks(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ chunk: Uint8Array; last: boolean }> {
  const reader = createReader(bytes);
  for (;;) {
    const chunk = await reader.upTo(CHUNK);
    const last = await reader.atEnd();
    yield { chunk, last };
    if (last) return;
  }
}

type Reader = ReturnType<typeof createReader>;

function createReader(bytes: AsyncIterable<Uint8Array>) {
  const source = bytes[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  let over = false;
  const more = async (): Promise<boolean> => {
    const next = over ? { done: true as const, value: undefined } : await source.next();
    if (next.done === true) {
      over = true;
      return false;
    }
    held = held.length === 0 ? Buffer.from(next.value) : Buffer.concat([held, next.value]);
    return true;
  };
  const take = (count: number): Buffer => {
    const taken = held.subarray(0, count);
    held = held.subarray(count);
    return taken;
  };
  return {
    /** Fewer only at the end. */
    upTo: async (count: number): Promise<Buffer> => {
      while (held.length < count && (await more()));
      return take(count);
    },
    atEnd: async (): Promise<boolean> => {
      while (held.length === 0) if (!(await more())) return true;
      return false;
    },
    line: async (most: number): Promise<string> => {
      while (!held.includes(0x0a) && held.length < most && (await more()));
      return take(held.subarray(0, most).indexOf(0x0a) + 1).toString('utf8');
    },
  };
}

function damaged(why: string): SmartWifiError {
  return new SmartWifiError('BACKUP_DAMAGED', `the backup cannot be used: ${why}`);
}
