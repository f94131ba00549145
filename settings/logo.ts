/**
 * A logo as inline SVG: shapes and their colours, and nothing that could load, run, style or link. What an
 * operator gives is never shown: it is parsed into this subset or refused with the reason, and pages are
 * written anew from the parsed shapes.
 */

export interface LogoTag {
  /** `path`, `g`, or `/g` for its end. */
  readonly tag: string;
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  /** Whether it stands alone. */
  readonly empty: boolean;
}

export interface Logo {
  readonly viewBox: string;
  /** What lies in it, in order; ends as `/g`. */
  readonly tags: readonly LogoTag[];
}

export const LOGO_LENGTH = 4000;
const MAX_TAGS = 80;
const MAX_DEPTH = 8;

const NUMBER = '-?(?:\\d+\\.?\\d*|\\.\\d+)(?:e-?\\d+)?';
const number = new RegExp(`^${NUMBER}$`);
const numbers = /^[\s,0-9.eE+-]+$/;
const viewBox = new RegExp(`^\\s*${NUMBER}(?:[\\s,]+${NUMBER}){3}\\s*$`);
const path = /^[\s,MmLlHhVvCcSsQqTtAaZz0-9.eE+-]+$/;
const paint = /^(?:none|currentColor|#[0-9a-f]{3}|#[0-9a-f]{6}|black|white)$/i;
const transform = /^\s*(?:(?:translate|scale|rotate|matrix|skewX|skewY)\([\s,0-9.eE+-]+\)\s*)+$/;

const COMMON: Readonly<Record<string, RegExp>> = {
  fill: paint,
  stroke: paint,
  'fill-rule': /^(?:nonzero|evenodd)$/,
  'clip-rule': /^(?:nonzero|evenodd)$/,
  opacity: number,
  'fill-opacity': number,
  'stroke-opacity': number,
  'stroke-width': number,
  'stroke-linecap': /^(?:butt|round|square)$/,
  'stroke-linejoin': /^(?:miter|round|bevel)$/,
  'stroke-miterlimit': number,
  transform,
};

/** Elements, with what each may have beside {@link COMMON}. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  g: {},
  path: { d: path },
  rect: { x: number, y: number, width: number, height: number, rx: number, ry: number },
  circle: { cx: number, cy: number, r: number },
  ellipse: { cx: number, cy: number, rx: number, ry: number },
  line: { x1: number, y1: number, x2: number, y2: number },
  polyline: { points: numbers },
  polygon: { points: numbers },
};
/** Harmless, and left out. */
const DROPPED = /^(?:id|xmlns|xmlns:xlink|xml:space|version|role|focusable|aria-hidden|data-name)$/;

const TOKEN = /<!--[\s\S]*?-->|<\?xml[^<>]*\?>|<(\/?)([a-zA-Z][\w:.-]*)([^<>]*?)(\/?)>|([^<]+)|</g;
const ATTRIBUTE = /\s+([a-zA-Z_][\w:.-]*)\s*=\s*(?:"([^"<>&]*)"|'([^'<>&]*)')/y;

/** The logo, or why the text is none. */
export function parseLogo(text: string): Logo | { readonly why: string } {
  if (text.length > LOGO_LENGTH) return { why: `a logo has at most ${LOGO_LENGTH} characters` };
  const tags: LogoTag[] = [];
  const open: string[] = [];
  let box: string | null = null;
  for (const [whole, slash, name = '', rest = '', alone, between] of text.matchAll(TOKEN)) {
    if (whole.startsWith('<!--') || whole.startsWith('<?xml')) continue;
    if (name === '') {
      if (between?.trim() === '') continue;
      return { why: `only shapes are taken, not ${short(whole)}` };
    }
    if (box === null) {
      const root = slash === '' && name === 'svg' ? readRoot(rest) : 'a logo begins with <svg';
      if (typeof root === 'string') return { why: root };
      box = root.viewBox;
      if (alone === '/') return { why: 'the logo is empty' };
      open.push('svg');
      continue;
    }
    if (open.length === 0) return { why: 'something follows </svg>' };
    if (slash === '/') {
      if (rest.trim() !== '' || open.pop() !== name) return { why: `</${name}> ends nothing` };
      if (name !== 'svg') tags.push({ tag: `/${name}`, attributes: [], empty: false });
      continue;
    }
    const allowed = Object.hasOwn(SHAPES, name) ? SHAPES[name]! : null;
    if (allowed === null) {
      return { why: `<${short(name)}> is not taken, only ${Object.keys(SHAPES).join(', ')}` };
    }
    const attributes = readAttributes(name, rest, { ...COMMON, ...allowed });
    if (typeof attributes === 'string') return { why: attributes };
    tags.push({ tag: name, attributes, empty: alone === '/' });
    if (alone !== '/') open.push(name);
    if (tags.length > MAX_TAGS) return { why: `a logo has at most ${MAX_TAGS} shapes` };
    if (open.length > MAX_DEPTH) return { why: `groups lie at most ${MAX_DEPTH} deep` };
  }
  if (box === null || open.length > 0) return { why: 'the SVG is not complete' };
  return tags.length === 0 ? { why: 'the logo is empty' } : { viewBox: box, tags };
}

function readRoot(rest: string): { viewBox: string } | string {
  const attributes = readAttributes('svg', rest, { ...COMMON, viewBox, width: /./, height: /./ });
  if (typeof attributes === 'string') return attributes;
  const box = attributes.find(({ name }) => name === 'viewBox')?.value;
  return box === undefined ? '<svg> has no viewBox' : { viewBox: box.trim() };
}

function readAttributes(
  tag: string,
  text: string,
  allowed: Readonly<Record<string, RegExp>>,
): LogoTag['attributes'] | string {
  const found: { name: string; value: string }[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(text);
    if (match === null) return `<${tag}> has attributes that cannot be read`;
    at = ATTRIBUTE.lastIndex;
    const name = match[1]!;
    const value = match[2] ?? match[3] ?? '';
    if (DROPPED.test(name)) continue;
    const pattern = Object.hasOwn(allowed, name) ? allowed[name]! : null;
    if (pattern === null) return `<${tag}> may not have ${short(name)}`;
    if (!pattern.test(value)) return `${name}="${short(value)}" of <${tag}> is not taken`;
    if (found.some((one) => one.name === name)) return `<${tag}> has ${name} twice`;
    found.push({ name, value });
  }
  return found;
}

function short(text: string): string {
  return text.trim().slice(0, 30);
}
