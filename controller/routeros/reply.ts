/** Reply sentences (`!re`, `!done`, `!trap`, `!fatal`, `!empty`) as typed values. */
import type { Sentence } from './codec.ts';

/** Attributes of one row as the router printed them; {@link rawValue} has the bytes. */
export type Attributes = Record<string, string>;

export interface Reply {
  /** `re`, `done`, `trap`, `fatal`, `empty`, or a word of a later RouterOS. */
  readonly kind: string;
  readonly tag: string | null;
  readonly attributes: Attributes;
  /** Words that are no attribute: the reason of `!fatal`. */
  readonly text: string;
  /** What the sentence may cost to keep, in bytes. */
  readonly weight: number;
}

/** Strings and slots of a word, beside its bytes. */
const WORD_WEIGHT = 48;
/** Not enumerable: a row is compared, copied and printed as the text it is. */
const RAW = Symbol('bytes that are not UTF-8');

/** Null when the sentence does not begin with a reply word. `.tag` may stand anywhere. */
export function parseReply({ words, raw, bytes }: Sentence): Reply | null {
  const kind = words[0] ?? '';
  if (!kind.startsWith('!')) return null;
  const attributes: Attributes = {};
  const rawValues = raw === null ? null : new Map<string, Buffer>();
  const bare: string[] = [];
  let tag: string | null = null;
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!;
    if (word.startsWith('.tag=')) {
      tag = word.slice(5);
    } else if (word.startsWith('=')) {
      const split = word.indexOf('=', 1);
      const name = split === -1 ? word.slice(1) : word.slice(1, split);
      // No property of RouterOS; as a key it would not be one of ours either.
      if (name === '__proto__') continue;
      attributes[name] = split === -1 ? '' : word.slice(split + 1);
      // In latin1 a character is a byte, so the offsets agree.
      const octets = raw?.get(at);
      if (octets === undefined) rawValues?.delete(name);
      else rawValues?.set(name, octets.subarray(split === -1 ? octets.length : split + 1));
    } else {
      bare.push(word);
    }
  }
  if (rawValues !== null) Object.defineProperty(attributes, RAW, { value: rawValues });
  const weight = bytes + words.length * WORD_WEIGHT;
  return { kind: kind.slice(1), tag, attributes, text: bare.join(' '), weight };
}

/**
 * The bytes of a value as the router sent them, to be sent back unchanged; null when the row has no
 * such value. Copies of a row (`{ ...row }`) know the text alone.
 */
export function rawValue(row: Attributes, name: string): Buffer | null {
  const text = Object.hasOwn(row, name) ? row[name] : undefined;
  if (text === undefined) return null;
  const raw = (row as { readonly [RAW]?: ReadonlyMap<string, Buffer> })[RAW]?.get(name);
  return raw ?? Buffer.from(text, 'utf8');
}
