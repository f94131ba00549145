/**
 * Texts of others on paper: names come from files and operators, so any of them may be long or odd. What the
 * fonts of every PDF reader have (WinAnsi) stays; the rest is brought near to it.
 */
import type { FontName, Measure } from './drawing.ts';

export interface Fitted {
  readonly text: string;
  readonly size: number;
}

export interface Room {
  readonly font: FontName;
  readonly width: number;
  readonly largest: number;
  /** Below it nobody can read; then the end is cut off. */
  readonly smallest: number;
}

/** Of Windows-1252, beyond ASCII and Latin 1. */
const SPECIALS = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';
const ELLIPSIS = '…';

/** One line of characters that the fonts have; never empty. */
export function printable(text: string): string {
  const line = Array.from(text.normalize('NFC').replaceAll(/\p{Z}|[\t\n\r]/gu, ' '), inFont)
    .join('')
    .replaceAll(/ +/g, ' ')
    .trim();
  return line === '' ? '-' : line;
}

/** As large as it may be; smaller where it must be; cut where even that is too wide. */
export function fitted(text: string, room: Room, measure: Measure): Fitted {
  const line = printable(text);
  const size = Math.min(room.largest, room.width / measure(line, room.font));
  if (size >= room.smallest) return { text: line, size: Math.floor(size * 20) / 20 };
  return { text: cut(line, room, measure), size: room.smallest };
}

/** Phrases put together as `a, b, c`, on a second line what would make the first smaller than `largest`. */
export function twoLines(phrases: readonly string[], room: Room, measure: Measure): string[] {
  const whole = phrases.join(', ');
  if (measure(printable(whole), room.font) * room.largest <= room.width) return [whole];
  let first = 1;
  const upTo = (n: number): string => phrases.slice(0, n).join(', ');
  while (
    first < phrases.length - 1 &&
    measure(printable(upTo(first + 1)), room.font) * room.largest <= room.width
  ) {
    first += 1;
  }
  return phrases.length < 2 ? [whole] : [upTo(first), phrases.slice(first).join(', ')];
}

function cut(line: string, room: Room, measure: Measure): string {
  const characters = Array.from(line);
  let fits = 0;
  let tooMany = characters.length;
  const upTo = (n: number): string => characters.slice(0, n).join('').trimEnd() + ELLIPSIS;
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (measure(upTo(middle), room.font) * room.smallest <= room.width) fits = middle;
    else tooMany = middle;
  }
  return upTo(fits);
}

function inFont(character: string): string {
  if (/[\p{C}\p{M}]/u.test(character)) return '';
  if (isWinAnsi(character)) return character;
  const near = character.normalize('NFKD').replaceAll(/[\p{M}\p{C}]/gu, '');
  return near !== '' && Array.from(near).every(isWinAnsi) ? near : '?';
}

function isWinAnsi(character: string): boolean {
  return /^[\x20-\x7E\xA0-\xFF]$/.test(character) || SPECIALS.includes(character);
}
