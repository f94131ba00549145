/** Reply sentences (`!re`, `!done`, `!trap`, `!fatal`, `!empty`) as typed values. */

/** Attributes of one row as the router printed them. */
export type Attributes = Record<string, string>;

export interface Reply {
  /** `re`, `done`, `trap`, `fatal`, `empty`, or a word of a later RouterOS. */
  readonly kind: string;
  readonly tag: string | null;
  readonly attributes: Attributes;
  /** Words that are no attribute: the reason of `!fatal`. */
  readonly text: string;
}

/** Null when the sentence does not begin with a reply word. `.tag` may stand anywhere. */
export function parseReply(words: readonly string[]): Reply | null {
  const kind = words[0] ?? '';
  if (!kind.startsWith('!')) return null;
  const attributes: Attributes = {};
  const bare: string[] = [];
  let tag: string | null = null;
  for (const word of words.slice(1)) {
    if (word.startsWith('.tag=')) {
      tag = word.slice(5);
    } else if (word.startsWith('=')) {
      const split = word.indexOf('=', 1);
      if (split === -1) attributes[word.slice(1)] = '';
      else attributes[word.slice(1, split)] = word.slice(split + 1);
    } else {
      bare.push(word);
    }
  }
  return { kind: kind.slice(1), tag, attributes, text: bare.join(' ') };
}
