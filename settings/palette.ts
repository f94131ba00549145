/**
 * From one accent colour to the colours of a page, in light and in dark. Pure. An accent with which anything
 * would be hard to read is refused with the reason: contrast by WCAG 2.2 (1.4.3), 4.5:1 for text of any size.
 */

/** Of one scheme, `#rrggbb` each. */
export interface Tones {
  /** Links, buttons, marks. */
  readonly accent: string;
  /** Text on the accent. */
  readonly on: string;
  /** Behind notes. */
  readonly tint: string;
  /** Behind the page's head; its text is white. */
  readonly band: string;
}

export interface Palette {
  readonly light: Tones;
  readonly dark: Tones;
}

/** What the style sheet has, whatever the accent. */
export const GROUND = {
  light: { page: '#f3f6f4', card: '#ffffff', text: '#15201b', soft: '#4a5a53' },
  dark: { page: '#0e1512', card: '#17201c', text: '#e9f0ec', soft: '#adbcb5' },
} as const;

const LEAST = 4.5;
/** Links in the dark glow a little less than white text, and stay well above the least. */
const DARK_LEAST = 6.5;
const STEPS = 50;
const GLOW = 190;

type Rgb = readonly [number, number, number];

/** The palette, or why the colour makes none. */
export function paletteOf(accent: string): Palette | { readonly why: string } {
  const rgb = rgbOf(accent);
  if (rgb === null) return { why: 'a colour is written #rrggbb' };
  const light: Tones = {
    accent: hexOf(rgb),
    on: '#ffffff',
    tint: mix(rgb, rgbOf(GROUND.light.card)!, 0.1),
    band: hexOf(rgb),
  };
  const grounds = [GROUND.light.page, GROUND.light.card, light.tint, light.on];
  const least = Math.min(...grounds.map((ground) => contrast(light.accent, ground)));
  if (least < LEAST) {
    return {
      why: `too light to be read: contrast ${least.toFixed(1)}:1 with the page, and ${LEAST}:1 is the least; choose a darker tone of it`,
    };
  }
  return { light, dark: darkTones(rgb) };
}

/** WCAG 2.2, relative luminance and contrast ratio: 1 to 21. */
export function contrast(a: string, b: string): number {
  const [one, two] = [luminance(rgbOf(a)!), luminance(rgbOf(b)!)];
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}

/**
 * The accent is made to glow and then mixed with white until it can be read in the dark; that always ends,
 * for white can.
 */
function darkTones(rgb: Rgb): Tones {
  const { card } = GROUND.dark;
  const tint = mix(rgb, rgbOf(card)!, 0.22);
  const band = mix(rgb, [0, 0, 0], 0.5);
  const on = mix(rgb, [0, 0, 0], 0.2);
  for (let step = 0; step <= STEPS; step += 1) {
    const accent = mix([255, 255, 255], glowing(rgb), step / STEPS);
    const grounds = [GROUND.dark.page, card, tint];
    const least = Math.min(...grounds.map((ground) => contrast(accent, ground)));
    if (least >= DARK_LEAST && contrast(accent, on) >= LEAST) return { accent, on, tint, band };
  }
  return { accent: '#ffffff', on: '#000000', tint: card, band };
}

/** As bright as its strongest channel allows, up to {@link GLOW}: mixed with white alone, a dark tone turns grey. */
function glowing(rgb: Rgb): Rgb {
  const factor = Math.max(1, GLOW / Math.max(1, ...rgb));
  return [rgb[0] * factor, rgb[1] * factor, rgb[2] * factor];
}

/** `share` of `a`, the rest of `b`. */
function mix(a: Rgb, b: Rgb, share: number): string {
  return hexOf([0, 1, 2].map((i) => a[i]! * share + b[i]! * (1 - share)) as unknown as Rgb);
}

function luminance(rgb: Rgb): number {
  const [r = 0, g = 0, b = 0] = rgb.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function rgbOf(hex: string): Rgb | null {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) return null;
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function hexOf(rgb: Rgb): string {
  return `#${rgb.map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`;
}
