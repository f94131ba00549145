/**
 * Passwords that people choose: argon2id over the store's keyed hash of the secret (architecture,
 * decision 11). The work is asynchronous and bounded: so many at once, so many waiting, no more.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** OWASP's first choice: 19 MiB, two passes, one lane; about 30 ms of CPU. */
const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;
const SALT_BYTES = 16;
const PREFIX = 'argon2id$';

export interface PasswordHasher {
  /** Null at once when the queue is full. */
  derive(k: string, salt: Uint8Array): Promise<Buffer> | null;
}

export interface PasswordHasherOptions {
  readonly concurrency: number;
  readonly queueLimit: number;
}

export interface StoredHash {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const waiting: (() => void)[] = [];
  let running = 0;
  const run = async (k: string, salt: Uint8Array): Promise<Buffer> => {
    try {
      return await argon2id(k, salt);
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return {
    derive: (k, salt) => {
      if (running < options.concurrency) {
        running += 1;
        return run(k, salt);
      }
      if (waiting.length >= options.queueLimit) return null;
      return new Promise<void>((turn) => waiting.push(turn)).then(() => run(k, salt));
    },
  };
}

/** `argon2id$<salt>$<hash>` of a keyed secret (`k`, hex), base64url. */
export async function hardenedPassword(k: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await argon2id(k, salt);
  return `${PREFIX}${salt.toString('base64url')}$${tag.toString('base64url')}`;
}

/** Null for anything that {@link hardenedPassword} did not write. */
export function parseHardened(stored: string): StoredHash | null {
  const [salt, tag, more] = stored.startsWith(PREFIX)
    ? stored
        .slice(PREFIX.length)
        .split('$')
        .map((part) => Buffer.from(part, 'base64url'))
    : [];
  if (salt?.length !== SALT_BYTES || tag?.length !== PARAMETERS.tagLength || more !== undefined) {
    return null;
  }
  return { salt, tag };
}

/** The `k` of a password that waits to be hardened; null for any other form. */
export function unhardenedKey(stored: string): string | null {
  return stored.startsWith('k$') ? stored.slice(2) : null;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function argon2id(k: string, nonce: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { ...PARAMETERS, message: Buffer.from(k, 'hex'), nonce }, (error, tag) => {
      if (error === null) resolve(tag);
      else reject(error);
    });
  });
}
