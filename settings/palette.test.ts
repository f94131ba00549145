import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, GROUND, type Palette, paletteOf } from './palette.ts';

const colour = fc.nat(0xffffff).map((value) => `#${value.toString(16).padStart(6, '0')}`);

/** Everything that stands on something, in both schemes. */
function pairs({ light, dark }: Palette): [string, string, string][] {
  return (['light', 'dark'] as const).flatMap((scheme): [string, string, string][] => {
    const { accent, on, tint, band } = { light, dark }[scheme];
    const { page, card, text, soft } = GROUND[scheme];
    return [
      [`${scheme} link on the page`, accent, page],
      [`${scheme} link on a card`, accent, card],
      [`${scheme} link in a note`, accent, tint],
      [`${scheme} text on a button`, on, accent],
      [`${scheme} text in a note`, text, tint],
      [`${scheme} soft text in a note`, soft, tint],
      [`${scheme} head`, '#ffffff', band],
      [`${scheme} initials`, band, '#ffffff'],
    ];
  });
}

describe('contrast', () => {
  it.each([
    ['#000000', '#ffffff', 21],
    ['#777777', '#ffffff', 4.48],
    ['#0a6647', '#ffffff', 7],
    ['#ff0000', '#ffffff', 4],
  ])('of %s and %s is %f', (a, b, ratio) => {
    expect(contrast(a, b)).toBeCloseTo(ratio, 1);
    expect(contrast(b, a)).toBe(contrast(a, b));
  });
});

describe('paletteOf', () => {
  it('makes of every colour that it takes a page that can be read, in light and dark', () => {
    let taken = 0;
    fc.assert(
      fc.property(colour, (accent) => {
        const palette = paletteOf(accent);
        fc.pre(!('why' in palette));
        taken += 1;

        const hard = pairs(palette).filter(([, fore, back]) => contrast(fore, back) < 4.5);
        expect(hard).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it('keeps the colour itself in the light', () => {
    expect(paletteOf('#1D4ED8')).toMatchObject({ light: { accent: '#1d4ed8', band: '#1d4ed8' } });
  });

  it.each(['#ffd700', '#7cc7a2', '#ffffff', '#7a7a7a'])('refuses %s: it is too light', (accent) => {
    expect(paletteOf(accent)).toEqual({ why: expect.stringContaining('contrast') });
  });

  it.each(['green', '#fff', '#0a664', 'url(#x)', '#0a6647;x'])('refuses %s: no colour', (text) => {
    expect(paletteOf(text)).toEqual({ why: 'a colour is written #rrggbb' });
  });
});
