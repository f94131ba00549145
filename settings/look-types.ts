/** Kinds of settings that pages show: a colour, a logo, numbers to call, links to other services. */
import { LOGO_LENGTH, type Logo, parseLogo } from './logo.ts';
import { type Palette, paletteOf } from './palette.ts';
import { domainName, type ValueType } from './value-types.ts';

/** A number to call; the label is null for those whose name the pages know (112). */
export interface CallNumber {
  readonly label: string | null;
  /** As it is shown: `0811-7112-112`. */
  readonly number: string;
}

export interface ServiceLink {
  readonly label: string;
  readonly url: string;
}

/** What fits a line of a small phone, and says nothing to a browser. */
const LABEL = /^[\p{L}\p{N}][\p{L}\p{N} .()/-]{0,39}$/u;
const CALL = /^\+?\d(?:[\d -]{0,18}\d)?$/;

export const accentColour: ValueType<Palette> = {
  expects: 'a colour #rrggbb, dark enough for white text (contrast 4.5:1)',
  parse: (text) => {
    const palette = paletteOf(text);
    return 'why' in palette ? null : palette;
  },
  why: (text) => whyIn(paletteOf(text)),
};

export const svgLogo: ValueType<Logo> = {
  expects: `an SVG of at most ${LOGO_LENGTH} characters with a viewBox, made of shapes alone`,
  parse: (text) => {
    const logo = parseLogo(text);
    return 'why' in logo ? null : logo;
  },
  why: (text) => whyIn(parseLogo(text)),
};

export const initials: ValueType<string> = {
  expects: '1 to 3 letters or digits',
  parse: (text) => (/^[\p{L}\p{N}]{1,3}$/u.test(text) ? text : null),
};

/** `0811-7112-112`, or `Kantor Camat=0714-321000`. */
export const callNumber: ValueType<CallNumber> = {
  expects: 'a number to call, or Label=number',
  parse: (text) => {
    const [label, number] = pairIn(text);
    const good = CALL.test(number) && (label === null || LABEL.test(label));
    return good ? { label, number } : null;
  },
};

/** `Pengaduan=https://lapor.example.go.id/`; the address in its usual form, without user or fragment. */
export const serviceLink: ValueType<ServiceLink> = {
  expects: 'Label=https://address',
  parse: (text) => {
    const [label, address] = pairIn(text);
    const url = URL.parse(address);
    if (label === null || !LABEL.test(label) || url === null || url.href.length > 200) return null;
    const plain = url.username === '' && url.password === '' && url.hash === '';
    const named = domainName.parse(url.hostname) !== null;
    return url.protocol === 'https:' && plain && named ? { label, url: url.href } : null;
  },
};

function pairIn(text: string): [label: string | null, value: string] {
  const at = text.indexOf('=');
  if (at === -1) return [null, text.trim()];
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function whyIn(outcome: object): string | null {
  return 'why' in outcome ? String(outcome.why) : null;
}
