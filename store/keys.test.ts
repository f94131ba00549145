import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKeys, loadKeyFile } from './keys.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-keys-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('opens what it sealed, for that purpose only', () => {
  const keys = createKeys(randomBytes(32));
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, purpose) => {
      const sealed = keys.seal(text, purpose);

      expect(keys.open(sealed, purpose)).toBe(text);
      expect(() => keys.open(sealed, `${purpose}x`)).toThrow(
        expect.objectContaining({ code: 'STORE_KEY' }),
      );
    }),
  );
});

it('refuses a value with any bit changed', () => {
  const keys = createKeys(randomBytes(32));
  const sealed = keys.seal('rahasia', 'test');
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Uint8Array.from(sealed);
    changed[bit >> 3]! ^= 1 << (bit & 7);

    expect(() => keys.open(changed, 'test')).toThrow(
      expect.objectContaining({ code: 'STORE_KEY' }),
    );
  }
});

it('refuses a value sealed under another key file', () => {
  const sealed = createKeys(randomBytes(32)).seal('rahasia', 'test');

  expect(() => createKeys(randomBytes(32)).open(sealed, 'test')).toThrow('put back the key file');
});

it('computes HMAC-SHA-256 as node:crypto does', async () => {
  const { createHmac, hkdfSync } = await import('node:crypto');
  const master = randomBytes(32);
  const key = Buffer.from(hkdfSync('sha256', master, 'smartwifi', 'credential', 32));
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (secret) => {
      expect(createKeys(master).credentialKey(secret)).toBe(
        createHmac('sha256', key).update(secret).digest('hex'),
      );
    }),
  );
});

it('makes a key file that only its owner reads, and reads it back', async () => {
  const path = join(directory, 'deep', 'store.key');
  const made = await loadKeyFile(path);

  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path)).toEqual(made);
  expect(await loadKeyFile(path)).toEqual(made);
});

it.each([
  ['of a wrong length', Buffer.alloc(16), 0o600],
  ['that others can read', Buffer.alloc(32), 0o644],
])('refuses a key file %s', async (_what, content, mode) => {
  const path = join(directory, 'store.key');
  await writeFile(path, content);
  await chmod(path, mode);

  await expect(loadKeyFile(path)).rejects.toMatchObject({ code: 'STORE_KEY' });
});
