import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import { createSentenceParser, encodeLength, encodeSentence } from './codec.ts';
import { RouterOsError } from './errors.ts';
import { parseReply } from './reply.ts';

describe('encodeLength', () => {
  it.each([
    [0, '00'],
    [0x7f, '7f'],
    [0x80, '8080'],
    [0x3fff, 'bfff'],
    [0x4000, 'c04000'],
    [0x1f_ffff, 'dfffff'],
    [0x20_0000, 'e0200000'],
    [0xfff_ffff, 'efffffff'],
    [0x1000_0000, 'f010000000'],
  ])('writes %i as %s', (length, hex) => {
    expect(encodeLength(length).toString('hex')).toBe(hex);
  });
});

describe('createSentenceParser', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
  const sentences = fc.array(fc.array(word, { minLength: 1, maxLength: 6 }), { maxLength: 5 });

  it('reads back what was written, however the bytes were split', () => {
    fc.assert(
      fc.property(sentences, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (sent, sizes) => {
        const bytes = Buffer.concat(sent.map(encodeSentence));
        const parser = createSentenceParser();
        const read: string[][] = [];

        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value;
          read.push(...parser.push(bytes.subarray(at, at + size)));
          at += size;
        }

        expect(read).toEqual(sent);
      }),
    );
  });

  it('reads words of each length class', () => {
    const sent = [['a'.repeat(0x80), 'b'.repeat(0x4000), 'c'.repeat(0x20_0000)]];

    expect(createSentenceParser().push(encodeSentence(sent[0]!))).toEqual(sent);
  });

  it('keeps bytes that are not UTF-8 as latin1', () => {
    const bytes = Buffer.from([4, 0x44, 0xe9, 0x73, 0x61, 0]);

    expect(createSentenceParser().push(bytes)).toEqual([['Désa']]);
  });

  it('ignores empty sentences', () => {
    expect(createSentenceParser().push(Buffer.from([0, 0, 1, 0x61, 0]))).toEqual([['a']]);
  });

  it.each([
    ['a reserved control byte', 'f8'],
    ['an oversized word', 'f0ffffffff'],
  ])('refuses %s', (_name, hex) => {
    expect(() => createSentenceParser().push(Buffer.from(hex, 'hex'))).toThrow(
      expect.objectContaining({ code: 'ROUTER_PROTOCOL' }),
    );
  });

  it('lets only its own error out, whatever bytes come', () => {
    const read = (chunks: readonly Uint8Array[]): void => {
      const parser = createSentenceParser();
      try {
        for (const chunk of chunks) {
          for (const words of parser.push(Buffer.from(chunk))) parseReply(words);
        }
      } catch (error) {
        if (!(error instanceof RouterOsError)) throw error;
      }
    };
    const bytes = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 });

    expect(() => fc.assert(fc.property(bytes, read), campaign(100_000))).not.toThrow();
  });
});

describe('parseReply', () => {
  it('takes values with "=", newlines and nothing in them, and a tag anywhere', () => {
    const reply = parseReply(['!re', '=a==b', '=on-event=x\ny', '=empty=', '=detail', '.tag=9']);

    expect(reply).toEqual({
      kind: 're',
      tag: '9',
      attributes: { a: '=b', 'on-event': 'x\ny', empty: '', detail: '' },
      text: '',
    });
  });

  it('is null for a sentence that is no reply', () => {
    expect(parseReply(['/login'])).toBeNull();
  });
});
