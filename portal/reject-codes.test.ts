import { describe, expect, it } from 'vitest';
import { codeFromRouter, REJECT_CODES, REJECT_STATUS, rejectCode } from './reject-codes.ts';

describe('rejectCode', () => {
  it('finds every code at the start of a reply', () => {
    expect(REJECT_CODES.map((code) => rejectCode(`${code} alasan`))).toEqual(REJECT_CODES);
  });

  it.each(['SW-NEW baru', 'SW-QUOTAS', 'SW-QUOTA-2', 'kuota SW-QUOTA', ''])(
    'calls %j a fault rather than guess',
    (text) => {
      expect(rejectCode(text)).toBe('SW-ERROR');
    },
  );
});

describe('codeFromRouter', () => {
  it.each([
    ['', null],
    ['  ', null],
    ['you are not logged in (ip 172.16.0.20)', null],
    ['SW-EXPIRED masa berlaku habis', 'SW-EXPIRED'],
    ['SW-QUOTA', 'SW-QUOTA'],
    ['invalid username or password', 'SW-TOKEN'],
    ['RADIUS server is not responding', 'SW-ERROR'],
    ['already authorizing, retry later', 'SW-LIMIT'],
    ['no more sessions are allowed for user abc', 'SW-DEVICES'],
    ['user abc has reached uptime limit', 'SW-TIME'],
    ['user abc has reached traffic limit', 'SW-QUOTA'],
    ['<script>alert(1)</script>', 'SW-ERROR'],
  ])('reads %j as %s', (text, code) => {
    expect(codeFromRouter(text)).toBe(code);
  });
});

it('no refusal is answered with a status that a browser could take for success', () => {
  expect(REJECT_CODES.every((code) => REJECT_STATUS[code] >= 400)).toBe(true);
});
