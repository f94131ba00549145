import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import { octetsOf, textOf } from './bytes.ts';
import {
  encodeLength,
  encodeSentence,
  FrameError,
  LIMITS_BEFORE_LOGIN,
  sentenceParser,
} from './codec.ts';

const sentence = fc.array(fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }), {
  minLength: 1,
  maxLength: 8,
});

describe('lengths', () => {
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
  ])('%d is %s', (length, hex) => {
    expect(encodeLength(length).toString('hex')).toBe(hex);
  });
});

describe('sentences', () => {
  it('come out as they went in, wherever the octets are cut', () => {
    fc.assert(
      fc.property(
        fc.array(sentence, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (sentences, cut) => {
          const octets = Buffer.concat(sentences.map((words) => encodeSentence(words)));
          const at = cut % (octets.length + 1);
          const parser = sentenceParser();

          const first = parser.push(octets.subarray(0, at));
          const second = parser.push(octets.subarray(at));

          expect([...first, ...second]).toEqual(sentences);
        },
      ),
      campaign(10_000),
    );
  });

  it('come out whole when cut at any octet', () => {
    const sentences = [
      ['/login', '=name=désa'],
      ['/ip/address/print', `=x=${'y'.repeat(200)}`],
    ];
    const octets = Buffer.concat(sentences.map((words) => encodeSentence(words)));

    for (let at = 0; at <= octets.length; at += 1) {
      const parser = sentenceParser();
      const found = [octets.subarray(0, at), octets.subarray(at)].flatMap((part) =>
        parser.push(part),
      );
      expect(found).toEqual(sentences);
    }
  });

  it('come out of single octets too', () => {
    const words = ['/ip/address/print', '=x=ü', `=long=${'y'.repeat(20_000)}`, '.tag=1'];
    const parser = sentenceParser();

    const found = [...encodeSentence(words)].flatMap((octet) => parser.push(Buffer.from([octet])));

    expect(found).toEqual([words]);
  });

  it('of no words are passed over', () => {
    expect(sentenceParser().push(Buffer.from([0, 0, 2, 0x2f, 0x61, 0]))).toEqual([['/a']]);
  });

  it.each([
    ['a control byte', Buffer.from([0xf8])],
    ['a word of 2 GiB', Buffer.from([0xf0, 0x80, 0, 0, 0])],
  ])('%s ends the connection', (_what, octets) => {
    expect(() => sentenceParser().push(octets)).toThrow(FrameError);
  });

  it('are short before login', () => {
    const parser = (): ReturnType<typeof sentenceParser> => sentenceParser(LIMITS_BEFORE_LOGIN);
    const many = encodeSentence(Array.from({ length: 40 }, () => '=a=b'));

    expect(() => parser().push(encodeSentence(['x'.repeat(5000)]))).toThrow(FrameError);
    expect(() => parser().push(many)).toThrow(FrameError);
  });

  it('any octets give sentences or our own error', () => {
    const outcome = (octets: Uint8Array): string => {
      try {
        sentenceParser(LIMITS_BEFORE_LOGIN).push(Buffer.from(octets));
        return 'sentences';
      } catch (error) {
        return error instanceof FrameError ? 'refused' : String(error);
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        expect(['sentences', 'refused']).toContain(outcome(octets));
      }),
      campaign(20_000),
    );
  });
});

describe('octets and text', () => {
  it('any octets survive as text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        const before = Buffer.from(octets);

        expect(octetsOf(textOf(before)).equals(before)).toBe(true);
      }),
      campaign(20_000),
    );
  });

  it('UTF-8 is read as itself', () => {
    expect(textOf(Buffer.from('Désa ☕'))).toBe('Désa ☕');
  });
});
