import { describe, expect, it } from 'vitest';
import { QR_MAX_BYTES, qrModules, qrPicture, qrPictureOf, qrTerminal } from './qr.ts';

const LONGEST = 'x'.repeat(QR_MAX_BYTES);

describe('a QR code', () => {
  it('holds as much as the standard says, and not one octet more', async () => {
    expect(qrModules(LONGEST)).toBe(177);
    const tooLong = expect.objectContaining({ code: 'QR_TOO_LONG' });
    expect(() => qrModules(`${LONGEST}x`)).toThrow(tooLong);
    await expect(qrTerminal(`${'é'.repeat(1477)}`)).rejects.toEqual(tooLong);
    await expect(qrPicture(`${LONGEST}x`, 'png')).rejects.toEqual(tooLong);
  });

  it('is a picture with four light modules around it', async () => {
    const png = await qrPicture('SW1', 'png');
    const svg = (await qrPicture('SW1', 'svg')).toString();

    expect(png.subarray(1, 4).toString()).toBe('PNG');
    // Version 1: 21 modules, six pixels each (PNG §11.2.2: the width is at 16).
    expect(png.readUInt32BE(16)).toBe((21 + 8) * 6);
    expect(svg).toContain('viewBox="0 0 29 29"');
  });

  it('on a terminal takes a line for two modules', async () => {
    const lines = (await qrTerminal('SW1')).trimEnd().split('\n');

    expect(lines.length).toBeGreaterThanOrEqual(Math.ceil(21 / 2));
    expect(lines.length).toBeLessThan(21);
  });

  it.each([
    ['a.svg', 'svg'],
    ['a.PNG', 'png'],
    ['a.jpg', null],
    ['svg', null],
  ])('%s is a file for %s', (file, picture) => {
    expect(qrPictureOf(file)).toBe(picture);
  });
});
