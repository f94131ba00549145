import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackupHead, readBackup, sealed } from './sealed.ts';

const HEAD: BackupHead = {
  madeAt: '2026-11-24T00:00:00.000Z',
  version: '0.1.0',
  engine: 'sqlite',
  fingerprint: '0123456789abcdef',
};
const KEY = randomBytes(32);
const MIB = 1 << 20;

async function* once(bytes: Uint8Array, size = 70_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}

const seal = (bytes: Uint8Array): Promise<Buffer> => all(sealed(HEAD, KEY, once(bytes)));

async function opened(file: Uint8Array, key = KEY): Promise<Buffer> {
  return all((await readBackup(once(file))).open(key));
}

const DAMAGED = expect.objectContaining({ code: 'BACKUP_DAMAGED' });

describe('a sealed stream', () => {
  it.each([0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB])('of %i octets comes back', async (size) => {
    const bytes = randomBytes(size);

    expect((await opened(await seal(bytes))).equals(bytes)).toBe(true);
  });

  it('says in clear what it is, and nothing else', async () => {
    const file = await seal(Buffer.from('rahasia'.repeat(10)));

    expect((await readBackup(once(file))).head).toEqual(HEAD);
    expect(file.includes('rahasia')).toBe(false);
  });

  it('is found out wherever a bit of it is changed', async () => {
    const file = await seal(randomBytes(300));
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(file);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        await expect(opened(changed)).rejects.toEqual(DAMAGED);
      }),
      { numRuns: 300 },
    );
  });

  it('is found out when it is cut, also between two chunks', async () => {
    const file = await seal(randomBytes(2 * MIB + 5));
    const head = file.indexOf(0x0a) + 1;
    const box = MIB + 16;

    for (const end of [head, head + 10, head + box, head + 2 * box, file.length - 1]) {
      await expect(opened(file.subarray(0, end))).rejects.toEqual(DAMAGED);
    }
  });

  it('is found out when its chunks change places', async () => {
    const file = await seal(randomBytes(2 * MIB + 5));
    const head = file.indexOf(0x0a) + 1;
    const box = MIB + 16;
    const swapped = Buffer.concat([
      file.subarray(0, head),
      file.subarray(head + box, head + 2 * box),
      file.subarray(head, head + box),
      file.subarray(head + 2 * box),
    ]);

    await expect(opened(swapped)).rejects.toEqual(DAMAGED);
  });

  it('opens under no other key', async () => {
    await expect(opened(await seal(randomBytes(10)), randomBytes(32))).rejects.toEqual(DAMAGED);
  });

  it.each(['', 'smartwifi backup 1 {}\n', 'smartwifi backup 2 {}\n', 'PK\u0003\u0004'])(
    'is not %j',
    async (text) => {
      await expect(readBackup(once(Buffer.from(text)))).rejects.toEqual(DAMAGED);
    },
  );
});
