/**
 * Framing of the RouterOS API (manual "API": words with a length prefix, sentences ended by an empty
 * word). Pure and incremental: bytes may arrive split anywhere. RouterOS has no character set; we
 * write UTF-8 and read what is not UTF-8 as latin1, so that no byte of a foreign comment is lost.
 */
import { isUtf8 } from 'node:buffer';
import { RouterOsError } from './errors.ts';

/** Longest word we accept; file contents and scripts stay far below. */
export const MAX_WORD_BYTES = 4 * 1024 * 1024;
/** Longest sentence we accept. */
export const MAX_SENTENCE_BYTES = 8 * 1024 * 1024;

/** The length prefix of a word of `length` bytes: 1 to 5 bytes, big-endian. */
export function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  if (length < 0x4000) return Buffer.of((length >>> 8) | 0x80, length & 255);
  if (length < 0x20_0000) {
    return Buffer.of((length >>> 16) | 0xc0, (length >>> 8) & 255, length & 255);
  }
  const bytes = Buffer.alloc(length < 0x1000_0000 ? 4 : 5);
  bytes.writeUInt32BE(length, bytes.length - 4);
  bytes[0]! |= bytes.length === 4 ? 0xe0 : 0xf0;
  return bytes;
}

export function encodeSentence(words: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  for (const word of words) {
    const bytes = Buffer.from(word, 'utf8');
    parts.push(encodeLength(bytes.length), bytes);
  }
  parts.push(Buffer.of(0));
  return Buffer.concat(parts);
}

export function decodeWord(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

export interface SentenceParser {
  /**
   * Takes the next bytes and gives the sentences that they complete; empty sentences are dropped.
   * Throws `ROUTER_PROTOCOL` on a reserved control byte or an oversized word; the parser is then dead.
   */
  push(chunk: Buffer): string[][];
}

export function createSentenceParser(): SentenceParser {
  let store = Buffer.allocUnsafe(4096);
  let start = 0;
  let end = 0;
  let words: string[] = [];
  let sentenceBytes = 0;

  const append = (chunk: Buffer): void => {
    if (end + chunk.length > store.length) {
      const held = end - start;
      const target =
        held + chunk.length <= store.length / 2
          ? store
          : Buffer.allocUnsafe(Math.max(store.length * 2, held + chunk.length));
      store.copy(target, 0, start, end);
      store = target;
      start = 0;
      end = held;
    }
    end += chunk.copy(store, end);
  };

  const nextWord = (): Buffer | null => {
    const prefix = readLength(store, start, end);
    if (prefix === null) return null;
    const from = start + prefix.bytes;
    if (from + prefix.length > end) return null;
    sentenceBytes += prefix.length;
    if (sentenceBytes > MAX_SENTENCE_BYTES) throw protocolError('sentence too long');
    start = from + prefix.length;
    return store.subarray(from, start);
  };

  return {
    push: (chunk) => {
      append(chunk);
      const sentences: string[][] = [];
      for (let word = nextWord(); word !== null; word = nextWord()) {
        if (word.length > 0) {
          words.push(decodeWord(word));
          continue;
        }
        if (words.length > 0) sentences.push(words);
        words = [];
        sentenceBytes = 0;
      }
      return sentences;
    },
  };
}

/** The prefix at `start`, or null while its bytes are not all there. */
function readLength(
  store: Buffer,
  start: number,
  end: number,
): { length: number; bytes: number } | null {
  if (start >= end) return null;
  const first = store[start]!;
  if (first < 0x80) return { length: first, bytes: 1 };
  if (first >= 0xf8) throw protocolError(`reserved control byte 0x${first.toString(16)}`);
  const bytes = first < 0xc0 ? 2 : first < 0xe0 ? 3 : first < 0xf0 ? 4 : 5;
  if (start + bytes > end) return null;
  // With five bytes the first says only that; else its low bits are the top of the length.
  let length = bytes === 5 ? 0 : first & (0xff >>> bytes);
  for (let i = 1; i < bytes; i++) length = length * 256 + store[start + i]!;
  if (length > MAX_WORD_BYTES) throw protocolError(`word of ${length} bytes`);
  return { length, bytes };
}

function protocolError(what: string): RouterOsError {
  return new RouterOsError('ROUTER_PROTOCOL', `not the RouterOS API: ${what}`);
}
