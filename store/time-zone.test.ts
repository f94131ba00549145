import { describe, expect, it } from 'vitest';
import { timeZoneOf } from './time-zone.ts';

describe('timeZoneOf', () => {
  it.each([
    ['16.06.01.1009', 'Asia/Jakarta'],
    ['62.71.01.1001', 'Asia/Jakarta'],
    ['51.71.01.1001', 'Asia/Makassar'],
    ['73.71.01.1001', 'Asia/Makassar'],
    ['91.71.01.1001', 'Asia/Jayapura'],
    ['97.71.01.1001', 'Asia/Jayapura'],
    ['sekolah', null],
    ['00.01.01.1001', null],
  ])('of %s is %s', (code, zone) => {
    expect(timeZoneOf(code)).toBe(zone);
  });
});
