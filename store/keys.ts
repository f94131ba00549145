/**
 * The store key: one random 32-byte key in a file of its own (0600), never in the database and never
 * in a backup. From it come the key that seals secrets (AES-256-GCM) and the key that finds them
 * (HMAC-SHA-256), separated by HKDF (RFC 5869).
 */
import {
  createCipheriv,
  createDecipheriv,
  hash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../lib/errors.ts';
import { StoreError } from './errors.ts';

export interface Keys {
  /** Nonce, ciphertext and tag; `purpose` binds the value to its column, so that rows cannot be swapped. */
  seal(text: string, purpose: string): Uint8Array;
  /** `STORE_KEY` when it was sealed under another key or for another purpose. */
  open(sealed: Uint8Array, purpose: string): string;
  /** HMAC-SHA-256 of a secret, hex; costs about 3 µs. */
  credentialKey(secret: string): string;
}

const NONCE = 12;
const TAG = 16;
const BLOCK = 64;

/** Reads the key file, making one (0600) when there is none. */
export async function loadKeyFile(path: string): Promise<Uint8Array> {
  try {
    const key = await readFile(path);
    if (key.length !== 32) {
      throw new StoreError(
        'STORE_KEY',
        `${path} is not a store key: 32 bytes expected, ${key.length} found`,
      );
    }
    const mode = (await stat(path)).mode & 0o077;
    if (mode !== 0) {
      throw new StoreError('STORE_KEY', `${path} can be read by others: run chmod 600 ${path}`);
    }
    return key;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  await mkdir(dirname(path), { recursive: true });
  const key = randomBytes(32);
  await writeFile(path, key, { mode: 0o600, flag: 'wx' });
  await chmod(path, 0o600);
  return key;
}

export function createKeys(master: Uint8Array): Keys {
  const derive = (label: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', master, 'smartwifi', label, 32));
  const sealKey = derive('seal');
  const pads = hmacPads(derive('credential'));
  return {
    seal: (text, purpose) => {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(Buffer.from(purpose));
      return Buffer.concat([
        nonce,
        cipher.update(text, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
    },
    open: (sealed, purpose) => openSealed(sealKey, sealed, purpose),
    credentialKey: (secret) => {
      const inner = hash('sha256', Buffer.concat([pads.inner, Buffer.from(secret)]), 'buffer');
      return hash('sha256', Buffer.concat([pads.outer, inner]), 'hex');
    },
  };
}

/** Constant-time comparison of two hex or text values of equal meaning. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function openSealed(key: Uint8Array, sealed: Uint8Array, purpose: string): string {
  const bytes = Buffer.from(sealed);
  if (bytes.length < NONCE + TAG) throw new StoreError('STORE_KEY', 'a sealed value is damaged');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE))
    .setAAD(Buffer.from(purpose))
    .setAuthTag(bytes.subarray(bytes.length - TAG));
  try {
    const text = decipher.update(bytes.subarray(NONCE, bytes.length - TAG));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new StoreError(
      'STORE_KEY',
      'a secret cannot be opened with this key file: put back the key file that belongs to this store',
      { cause },
    );
  }
}

function hmacPads(key: Uint8Array): { inner: Uint8Array; outer: Uint8Array } {
  const inner = new Uint8Array(BLOCK).fill(0x36);
  const outer = new Uint8Array(BLOCK).fill(0x5c);
  key.forEach((byte, i) => {
    inner[i]! ^= byte;
    outer[i]! ^= byte;
  });
  return { inner, outer };
}
