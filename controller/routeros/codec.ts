/**
 * Framing of the RouterOS API (manual "API": words with a length prefix, sentences ended by an empty
 * word). Pure and incremental: bytes may arrive split anywhere. RouterOS has no character set; we
 * write UTF-8 and read what is not UTF-8 as latin1, with its bytes beside it, so that nothing of a
 * foreign comment is lost.
 */
import { isUtf8 } from 'node:buffer';
import { RouterOsError } from './errors.ts';

/** Longest word and longest sentence that we accept or send; the protocol itself allows 4 GiB. */
export const MAX_WORD_BYTES = 16 * 1024 * 1024;
export const MAX_SENTENCE_BYTES = MAX_WORD_BYTES;
/** Most words of a sentence: a row has some hundred properties, and each word costs more than its bytes. */
export const MAX_SENTENCE_WORDS = 65_536;
/** What an idle parser keeps; a large answer's memory is given back. */
const IDLE_BYTES = 4096;
const KEPT_BYTES = 64 * 1024;

/** A word to send: text as UTF-8, or the bytes that a router once gave. */
export type Word = string | Uint8Array;

export interface Sentence {
  readonly words: readonly string[];
  /** Bytes of those words that are not UTF-8, by position; null when all are. */
  readonly raw: ReadonlyMap<number, Buffer> | null;
  /** Length of all words together. */
  readonly bytes: number;
}

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

export function encodeSentence(words: readonly Word[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const word of words) {
    const bytes = typeof word === 'string' ? Buffer.from(word, 'utf8') : word;
    parts.push(encodeLength(bytes.length), bytes);
  }
  parts.push(Buffer.of(0));
  return Buffer.concat(parts);
}

/** Throws `ROUTER_PROTOCOL` for a word that a router would read as something else, or not at all. */
export function checkWord(word: Word): void {
  const bytes = typeof word === 'string' ? Buffer.byteLength(word) : word.length;
  // An empty word would end the sentence.
  if (bytes === 0 || bytes > MAX_WORD_BYTES) throw protocolError(`word of ${bytes} bytes`);
  // Half a surrogate pair would arrive as U+FFFD.
  if (typeof word === 'string' && !word.isWellFormed()) throw protocolError('text is no Unicode');
}

export interface SentenceParser {
  /**
   * Takes the next bytes and gives the sentences that they complete; empty sentences are dropped.
   * Throws `ROUTER_PROTOCOL` on a reserved control byte or an oversized word; the parser is then dead.
   */
  push(chunk: Buffer): Sentence[];
}

export function createSentenceParser(): SentenceParser {
  const held = createByteQueue();
  let words: string[] = [];
  let raw: Map<number, Buffer> | null = null;
  let bytes = 0;

  const take = (word: Buffer): void => {
    bytes += word.length;
    if (bytes > MAX_SENTENCE_BYTES || words.length >= MAX_SENTENCE_WORDS) {
      throw protocolError('sentence too long');
    }
    if (isUtf8(word)) {
      words.push(word.toString('utf8'));
      return;
    }
    raw ??= new Map();
    raw.set(words.length, Buffer.from(word));
    words.push(word.toString('latin1'));
  };

  return {
    push: (chunk) => {
      held.append(chunk);
      const sentences: Sentence[] = [];
      for (let word = held.nextWord(); word !== null; word = held.nextWord()) {
        if (word.length > 0) {
          take(word);
          continue;
        }
        if (words.length > 0) sentences.push({ words, raw, bytes });
        words = [];
        raw = null;
        bytes = 0;
      }
      return sentences;
    },
  };
}

interface ByteQueue {
  append(chunk: Buffer): void;
  /** A view that the next `append` overwrites; null while the word's bytes are not all there. */
  nextWord(): Buffer | null;
}

/** Grows with what has arrived, never with what a prefix promises. */
function createByteQueue(): ByteQueue {
  let store = Buffer.allocUnsafe(IDLE_BYTES);
  let start = 0;
  let end = 0;

  return {
    append: (chunk) => {
      if (start === end) {
        start = 0;
        end = 0;
        if (store.length > KEPT_BYTES) store = Buffer.allocUnsafe(IDLE_BYTES);
      }
      if (end + chunk.length > store.length) {
        const held = end - start;
        const fits = held + chunk.length <= store.length / 2;
        const size = Math.max(store.length * 2, held + chunk.length);
        const target = fits ? store : Buffer.allocUnsafe(size);
        store.copy(target, 0, start, end);
        store = target;
        start = 0;
        end = held;
      }
      end += chunk.copy(store, end);
    },
    nextWord: () => {
      const prefix = readLength(store, start, end);
      if (prefix === null || start + prefix.bytes + prefix.length > end) return null;
      const from = start + prefix.bytes;
      start = from + prefix.length;
      return store.subarray(from, start);
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
