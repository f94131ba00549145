/** Whether a text may take the place of a list's last good one. Anything doubtful is refused. */
import { FilterError } from './errors.ts';
import { type ListCounts, type ListFormat, parseList } from './parse-list.ts';

const MAX_INVALID_RATIO = 0.05;
const MIN_SIZE_RATIO = 0.5;

export interface GuardOptions {
  readonly format: ListFormat;
  /** Names in the last good text; 0 when there is none. */
  readonly previous: number;
  /** An operator has looked at it: a drop in size is meant. */
  readonly acceptShrink?: boolean;
}

/**
 * The counts of a text that may be used; throws `FILTER_LIST_HTML`, `FILTER_LIST_INVALID`,
 * `FILTER_LIST_EMPTY` or `FILTER_LIST_SHRUNK`.
 */
export function guardList(text: Uint8Array, options: GuardOptions): ListCounts {
  if (looksLikeMarkup(text)) {
    throw new FilterError('FILTER_LIST_HTML', 'the source answered with a web page, not a list');
  }
  const counts = parseList(text, { format: options.format }, () => {});
  if (counts.invalidLines > counts.lines * MAX_INVALID_RATIO) {
    throw new FilterError(
      'FILTER_LIST_INVALID',
      `${counts.invalidLines} of ${counts.lines} lines are not ${options.format} entries, ` +
        `the first is line ${counts.firstInvalidLine}`,
    );
  }
  if (counts.names === 0) throw new FilterError('FILTER_LIST_EMPTY', 'the list holds no name');
  if (counts.names < options.previous * MIN_SIZE_RATIO && options.acceptShrink !== true) {
    throw new FilterError(
      'FILTER_LIST_SHRUNK',
      `the list holds ${counts.names} names, the last good one ${options.previous}`,
    );
  }
  return counts;
}

/** The first character of a page is `<`; no list begins with one. */
function looksLikeMarkup(text: Uint8Array): boolean {
  for (const octet of text.subarray(0, 4096)) {
    const blank = octet <= 0x20 || octet === 0xef || octet === 0xbb || octet === 0xbf;
    if (!blank) return octet === 0x3c;
  }
  return false;
}
