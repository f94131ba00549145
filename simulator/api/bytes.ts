/**
 * RouterOS strings are octets without a character set. Inside the twin they are UTF-8 text; an octet that is not
 * UTF-8 becomes the lone surrogate U+DC00 + octet and turns back into itself, so nothing that passes is altered.
 */
import { isUtf8 } from 'node:buffer';

const ESCAPE = 0xdc00;

export function textOf(octets: Buffer): string {
  if (isUtf8(octets)) return octets.toString('utf8');
  let text = '';
  let at = 0;
  while (at < octets.length) {
    const length = sequenceLength(octets, at);
    if (length === 0) {
      text += String.fromCharCode(ESCAPE + octets[at]!);
      at += 1;
    } else {
      text += octets.toString('utf8', at, at + length);
      at += length;
    }
  }
  return text;
}

export function octetsOf(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const escaped = code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff;
    parts.push(escaped ? Buffer.from([code - ESCAPE]) : Buffer.from(character, 'utf8'));
  }
  return Buffer.concat(parts);
}

/** Octets of the valid UTF-8 character at `at`; 0 when there is none. */
function sequenceLength(octets: Buffer, at: number): number {
  const lead = octets[at]!;
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return isUtf8(octets.subarray(at, at + length)) && at + length <= octets.length ? length : 0;
}
