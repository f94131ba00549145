import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import {
  checkWord,
  createSentenceParser,
  encodeLength,
  encodeSentence,
  MAX_SENTENCE_WORDS,
  MAX_WORD_BYTES,
  type Sentence,
  type Word,
} from './codec.ts';
import { RouterOsError } from './errors.ts';
import { type Attributes, parseReply, rawValue } from './reply.ts';

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
        const read: (readonly string[])[] = [];

        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value;
          read.push(...parser.push(bytes.subarray(at, at + size)).map(({ words }) => words));
          at += size;
        }

        expect(read).toEqual(sent);
      }),
    );
  });

  it('reads words of each length class', () => {
    const sent = [['a'.repeat(0x80), 'b'.repeat(0x4000), 'c'.repeat(0x20_0000)]];

    const read = createSentenceParser().push(encodeSentence(sent[0]!));

    expect(read.map(({ words }) => words)).toEqual(sent);
  });

  it('reads what is not UTF-8 as latin1 and keeps its bytes', () => {
    const bytes = Buffer.from([1, 0x61, 4, 0x44, 0xe9, 0x73, 0x61, 0]);

    const [sentence] = createSentenceParser().push(bytes);

    expect(sentence?.words).toEqual(['a', 'Désa']);
    expect(sentence?.raw).toEqual(new Map([[1, Buffer.from([0x44, 0xe9, 0x73, 0x61])]]));
  });

  it('keeps those bytes whatever comes after them', () => {
    const parser = createSentenceParser();
    const [first] = parser.push(Buffer.from([1, 0xe9, 0]));

    parser.push(Buffer.alloc(4096, Buffer.from([1, 0x78, 0])));

    expect(first?.raw?.get(0)).toEqual(Buffer.from([0xe9]));
  });

  it('ignores empty sentences', () => {
    const read = createSentenceParser().push(Buffer.from([0, 0, 1, 0x61, 0]));

    expect(read.map(({ words }) => words)).toEqual([['a']]);
  });

  it.each([
    ['a reserved control byte', 'f8'],
    ['an oversized word', 'f0ffffffff'],
    ['a word of one byte over 16 MiB', 'e1000001'],
  ])('refuses %s', (_name, hex) => {
    expect(() => createSentenceParser().push(Buffer.from(hex, 'hex'))).toThrow(
      expect.objectContaining({ code: 'ROUTER_PROTOCOL' }),
    );
  });

  it('waits for a word of 16 MiB and takes no memory before it comes', () => {
    const before = process.memoryUsage().arrayBuffers;

    const parsers = Array.from({ length: 64 }, () => createSentenceParser());
    const read = parsers.map((parser) => parser.push(Buffer.from('e1000000', 'hex')));

    expect(read.flat()).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MAX_WORD_BYTES);
  });

  it.each([
    [
      'bytes',
      [encodeSentence(['x'.repeat(MAX_WORD_BYTES)]).subarray(0, -1), Buffer.from('0178', 'hex')],
    ],
    ['words', [Buffer.alloc(2 * (MAX_SENTENCE_WORDS + 1), Buffer.from('0178', 'hex'))]],
  ])('refuses a sentence of too many %s', (_name, chunks) => {
    const parser = createSentenceParser();
    const read = (): unknown => chunks.map((chunk) => parser.push(chunk));

    expect(read).toThrow(expect.objectContaining({ code: 'ROUTER_PROTOCOL' }));
  });

  it('lets only its own error out, whatever bytes come', () => {
    const read = (chunks: readonly Uint8Array[]): void => {
      const parser = createSentenceParser();
      try {
        for (const chunk of chunks) {
          for (const sentence of parser.push(Buffer.from(chunk))) parseReply(sentence);
        }
      } catch (error) {
        if (!(error instanceof RouterOsError)) throw error;
      }
    };
    const bytes = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 });

    expect(() => fc.assert(fc.property(bytes, read), campaign(100_000))).not.toThrow();
  });
});

const sentence = (...words: readonly string[]): Sentence =>
  createSentenceParser().push(encodeSentence(words))[0]!;

describe('parseReply', () => {
  it('takes values with "=", newlines and nothing in them, and a tag anywhere', () => {
    const reply = parseReply(
      sentence('!re', '=a==b', '=on-event=x\ny', '=empty=', '=detail', '.tag=9'),
    );

    expect(reply).toMatchObject({
      kind: 're',
      tag: '9',
      attributes: { a: '=b', 'on-event': 'x\ny', empty: '', detail: '' },
      text: '',
    });
  });

  it('is null for a sentence that is no reply', () => {
    expect(parseReply(sentence('/login'))).toBeNull();
  });

  it('changes no prototype', () => {
    const reply = parseReply(sentence('!re', '=__proto__=x', '=constructor=y'));

    expect(Object.entries(reply!.attributes)).toEqual([['constructor', 'y']]);
    expect(Object.getPrototypeOf(reply!.attributes)).toBe(Object.prototype);
  });
});

describe('rawValue', () => {
  const latin = Buffer.concat([Buffer.from('=comment='), Buffer.from([0x44, 0xe9])]);
  const row = (...words: readonly Word[]): Attributes =>
    parseReply(createSentenceParser().push(encodeSentence(['!re', ...words]))[0]!)!.attributes;

  it('gives the bytes that came, and they are sent as they are', () => {
    const bytes = rawValue(row('=name=é', latin), 'comment');

    expect(bytes).toEqual(Buffer.from([0x44, 0xe9]));
    expect(encodeSentence([Buffer.concat([Buffer.from('=comment='), bytes!])])).toEqual(
      Buffer.concat([Buffer.of(latin.length), latin, Buffer.of(0)]),
    );
  });

  it('gives UTF-8 for text, and null for what is not there', () => {
    const one = row('=name=é', latin);

    expect(rawValue(one, 'name')).toEqual(Buffer.from('é'));
    expect(rawValue(one, 'toString')).toBeNull();
  });

  it('follows the last of two values with one name', () => {
    expect(rawValue(row(latin, '=comment=x'), 'comment')).toEqual(Buffer.from('x'));
  });

  it('leaves a row what it is for everybody else', () => {
    expect(row(latin)).toStrictEqual({ comment: 'Dé' });
  });
});

describe('checkWord', () => {
  it.each([
    ['an empty word, which would end the sentence', ''],
    ['half a character, which would arrive as another', 'a\ud800'],
    ['a word that no router would take', Buffer.alloc(MAX_WORD_BYTES + 1)],
  ])('refuses %s', (_name, word) => {
    expect(() => checkWord(word)).toThrow(expect.objectContaining({ code: 'ROUTER_PROTOCOL' }));
  });
});
