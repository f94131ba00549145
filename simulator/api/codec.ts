/**
 * Framing of the RouterOS API: a sentence is words up to an empty one, a word is a length of 1 to 5 octets
 * (big-endian, the high bits tell how many) and its octets. A first octet from 0xF8 is a control byte, kept for
 * the future: the connection is dropped.
 */
import { SmartWifiError } from '../../lib/errors.ts';
import { octetsOf, textOf } from './bytes.ts';

export class FrameError extends SmartWifiError {}

export interface FrameLimits {
  readonly wordOctets: number;
  readonly sentenceOctets: number;
  readonly words: number;
}

/** Before login a peer is a stranger: a login sentence is short. */
export const LIMITS_BEFORE_LOGIN: FrameLimits = {
  wordOctets: 4096,
  sentenceOctets: 8192,
  words: 32,
};

export const LIMITS: FrameLimits = {
  wordOctets: 16 * 1024 * 1024,
  sentenceOctets: 32 * 1024 * 1024,
  words: 65_536,
};

export interface SentenceParser {
  /** Whole sentences that the octets so far complete; throws {@link FrameError} when they can not be any. */
  push(chunk: Buffer): string[][];
  setLimits(limits: FrameLimits): void;
}

export function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x4000) return Buffer.from([(length >>> 8) | 0x80, length & 0xff]);
  if (length < 0x20_0000) {
    return Buffer.from([(length >>> 16) | 0xc0, (length >>> 8) & 0xff, length & 0xff]);
  }
  const octets = Buffer.alloc(length < 0x1000_0000 ? 4 : 5);
  if (length < 0x1000_0000) octets.writeUInt32BE((length | 0xe000_0000) >>> 0);
  else {
    octets[0] = 0xf0;
    octets.writeUInt32BE(length, 1);
  }
  return octets;
}

export function encodeSentence(words: readonly string[]): Buffer {
  if (!words.every((word) => word.isWellFormed())) return encodeOctets(words.map(octetsOf));
  let size = 1;
  for (const word of words) size += 5 + Buffer.byteLength(word);
  const sentence = Buffer.allocUnsafe(size);
  let at = 0;
  for (const word of words) {
    const length = Buffer.byteLength(word);
    if (length < 0x80) sentence[at++] = length;
    else at += encodeLength(length).copy(sentence, at);
    at += sentence.write(word, at);
  }
  sentence[at] = 0;
  return sentence.subarray(0, at + 1);
}

function encodeOctets(words: readonly Buffer[]): Buffer {
  return Buffer.concat([
    ...words.flatMap((octets) => [encodeLength(octets.length), octets]),
    Buffer.from([0]),
  ]);
}

export function sentenceParser(limits: FrameLimits = LIMITS): SentenceParser {
  let allowed = limits;
  let chunks: Buffer[] = [];
  let held = 0;
  /** Octets that must be there before another look is worth it. */
  let needed = 1;
  let words: string[] = [];
  let sentenceOctets = 0;

  const take = (octets: Buffer, sentences: string[][]): void => {
    if (octets.length === 0) {
      if (words.length > 0) sentences.push(words);
      words = [];
      sentenceOctets = 0;
      return;
    }
    words.push(textOf(octets));
    sentenceOctets += octets.length;
    if (words.length > allowed.words || sentenceOctets > allowed.sentenceOctets) {
      throw new FrameError('SIMULATOR_FRAME', 'sentence too long');
    }
  };

  return {
    push(chunk) {
      chunks.push(chunk);
      held += chunk.length;
      if (held < needed) return [];
      const buffer = chunks.length === 1 ? chunk : Buffer.concat(chunks);
      const sentences: string[][] = [];
      let at = 0;
      while (at < buffer.length) {
        const header = readLength(buffer, at);
        if (header !== null && header.length > allowed.wordOctets) {
          throw new FrameError('SIMULATOR_FRAME', 'word too long');
        }
        needed = header === null ? buffer.length - at + 1 : header.octets + header.length;
        if (header === null || buffer.length - at < needed) break;
        take(buffer.subarray(at + header.octets, at + needed), sentences);
        at += needed;
        needed = 1;
      }
      chunks = at < buffer.length ? [buffer.subarray(at)] : [];
      held = buffer.length - at;
      return sentences;
    },
    setLimits(next) {
      allowed = next;
    },
  };
}

/** The length at `at` and how many octets it takes; null when more octets are needed to tell. */
function readLength(buffer: Buffer, at: number): { length: number; octets: number } | null {
  const first = buffer[at]!;
  if (first >= 0xf8) throw new FrameError('SIMULATOR_FRAME', 'control byte');
  const octets = first < 0x80 ? 1 : first < 0xc0 ? 2 : first < 0xe0 ? 3 : first < 0xf0 ? 4 : 5;
  if (buffer.length - at < octets) return null;
  if (octets === 5) return { length: buffer.readUInt32BE(at + 1), octets };
  const marker = [0, 0x80, 0xc0, 0xe0][octets - 1]!;
  let length = first & ~marker;
  for (let index = 1; index < octets; index += 1) length = length * 256 + buffer[at + index]!;
  return { length, octets };
}
