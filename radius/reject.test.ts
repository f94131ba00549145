import { describe, expect, it } from 'vitest';
import { parseRejectMessage, REJECT_TEXTS, type RejectCode, rejectMessage } from './reject.ts';

const CODES = Object.keys(REJECT_TEXTS) as RejectCode[];

describe('Reply-Message of a reject', () => {
  it.each(CODES)('%s is read back with its text, and fits one attribute', (code) => {
    expect(parseRejectMessage(rejectMessage(code))).toEqual({ code, text: REJECT_TEXTS[code] });
    expect(Buffer.byteLength(rejectMessage(code))).toBeLessThanOrEqual(253);
  });

  it.each(['', 'No such user', 'SW-NEW baru', 'constructor x'])('%j is SW-ERROR', (message) => {
    expect(parseRejectMessage(message)).toEqual({ code: 'SW-ERROR', text: message });
  });
});
