import { describe, expect, it } from 'vitest';
import type { Packet } from './codec.ts';
import { createDuplicates, type Duplicate, type Origin } from './duplicates.ts';

const NAS: Origin = { address: '192.0.2.1', port: 40_000, local: '192.0.2.9:1812' };
const REPLY = Buffer.from('reply');

function request({ code = 1, identifier = 7, authenticator = 1 } = {}): Packet {
  const bytes = Buffer.alloc(20, authenticator);
  bytes.set([code, identifier, 0, 20]);
  return { code, identifier, bytes, attributes: [], messageAuthenticatorAt: -1 };
}

function begun(duplicate: Duplicate) {
  if (duplicate.kind !== 'new') throw new Error(`it is ${duplicate.kind}`);
  return duplicate.entry;
}

describe('the duplicate cache', () => {
  it('drops what is in progress, and then keeps the reply for thirty seconds', () => {
    const duplicates = createDuplicates();
    const first = begun(duplicates.begin(NAS, request(), 0));
    expect(duplicates.begin(NAS, request(), 1).kind).toBe('in-progress');
    first.settle(REPLY);

    expect(duplicates.begin(NAS, request(), 29_999)).toEqual({ kind: 'done', reply: REPLY });
    expect(duplicates.begin(NAS, request(), 30_000).kind).toBe('new');
  });

  it('a new authenticator replaces the request, and the old one comes too late to settle', () => {
    const duplicates = createDuplicates();
    const first = begun(duplicates.begin(NAS, request(), 0));
    const other = request({ authenticator: 2 });
    begun(duplicates.begin(NAS, other, 1)).settle(REPLY);
    first.settle(null);

    expect(duplicates.begin(NAS, other, 2)).toEqual({ kind: 'done', reply: REPLY });
    expect(duplicates.begin(NAS, request(), 3).kind).toBe('new');
  });

  it.each([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19])(
    'octet %i of the authenticator tells requests apart',
    (at) => {
      const duplicates = createDuplicates();
      begun(duplicates.begin(NAS, request(), 0)).settle(REPLY);
      const other = request();
      other.bytes[at]! ^= 0x80;

      expect(duplicates.begin(NAS, other, 1).kind).toBe('new');
    },
  );

  it.each<[string, Origin, Packet]>([
    ['address', { ...NAS, address: '192.0.2.2' }, request()],
    ['port', { ...NAS, port: 40_001 }, request()],
    ['address it came to', { ...NAS, local: '192.0.2.8:1812' }, request()],
    ['code', NAS, request({ code: 12 })],
    ['identifier', NAS, request({ identifier: 8 })],
  ])('another %s is another request', (_, origin, packet) => {
    const duplicates = createDuplicates();
    begun(duplicates.begin(NAS, request(), 0)).settle(REPLY);
    const other = begun(duplicates.begin(origin, packet, 1));
    other.settle(Buffer.from('other'));

    expect(duplicates.begin(NAS, request(), 2)).toEqual({ kind: 'done', reply: REPLY });
    expect(duplicates.begin(origin, packet, 2)).toEqual({
      kind: 'done',
      reply: Buffer.from('other'),
    });
  });

  it('a request without a reply is tried again', () => {
    const duplicates = createDuplicates();
    begun(duplicates.begin(NAS, request(), 0)).settle(null);

    expect(duplicates.begin(NAS, request(), 1).kind).toBe('new');
  });

  it('is bounded: old requests give way, from one NAS as from many', () => {
    const duplicates = createDuplicates(4);
    const sent = Array.from({ length: 100 }, (_, i) => ({
      from: { ...NAS, port: 40_000 + (i % 7) },
      packet: request({ identifier: i }),
    }));
    for (const { from, packet } of sent) begun(duplicates.begin(from, packet, 0)).settle(REPLY);

    const last = sent.slice(-4).map(({ from, packet }) => duplicates.begin(from, packet, 1).kind);
    const before = sent.slice(0, -4).map(({ from, packet }) => duplicates.begin(from, packet, 1));
    expect(last).toEqual(['done', 'done', 'done', 'done']);
    expect(before.filter(({ kind }) => kind !== 'new')).toEqual([]);
  });
});
