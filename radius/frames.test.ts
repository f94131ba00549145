import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../test/fixtures/campaign.ts';
import { createFrames } from './frames.ts';

function packet(length: number, fill: number): Buffer {
  const bytes = Buffer.alloc(length, fill);
  bytes.writeUInt16BE(length, 2);
  return bytes;
}

describe('frames', () => {
  it('come out whole however the stream is cut', () => {
    const lengths = fc.array(fc.integer({ min: 20, max: 4096 }), { minLength: 1, maxLength: 5 });
    const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(lengths, cuts, (sizes, steps) => {
        const packets = sizes.map((size, i) => packet(size, i));
        const stream = Buffer.concat(packets);
        const frames = createFrames();
        const out: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i += 1) {
          const step = steps[i % steps.length]!;
          out.push(...frames.push(stream.subarray(at, at + step))!);
          at += step;
        }

        expect(out).toEqual(packets);
        expect(frames.unfinished).toBe(false);
      }),
      campaign(4000),
    );
  });

  it.each([0, 19, 4097, 65_535])('of length %i end the stream', (length) => {
    const head = Buffer.from([1, 1, length >> 8, length & 0xff]);

    expect(createFrames().push(head)).toBeNull();
  });

  it('that have begun are known to be unfinished', () => {
    const frames = createFrames();

    expect(frames.push(packet(20, 1).subarray(0, 1))).toEqual([]);
    expect(frames.unfinished).toBe(true);
    expect(frames.push(packet(20, 1).subarray(1))).toHaveLength(1);
    expect(frames.unfinished).toBe(false);
  });
});
