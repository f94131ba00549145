/**
 * What a mini-browser without scripts sees in a page: forms, links, the refresh, the refusal code.
 *
 * A tag scanner, not a tree: enough for server-rendered pages, and it never fails, whatever it reads.
 */
export interface Form {
  /** Absolute URL. */
  readonly action: string;
  readonly method: 'GET' | 'POST';
  /** Fields with the values they would be sent with if nobody typed anything. */
  readonly fields: ReadonlyMap<string, string>;
  /** Boxes that nobody need tick. */
  readonly boxes: ReadonlySet<string>;
}

export interface Page {
  readonly forms: readonly Form[];
  /** Absolute URLs of `<a href>`, in order. */
  readonly links: readonly string[];
  /** `<meta http-equiv=refresh>` that leads on; null when none does. */
  readonly refresh: Refresh | null;
  /** First `data-code="SW-…"`: why the portal refused. */
  readonly code: string | null;
}

export interface Refresh {
  /** Absolute URL. */
  readonly url: string;
  readonly seconds: number;
}

interface Tag {
  readonly name: string;
  readonly closing: boolean;
  readonly attributes: ReadonlyMap<string, string>;
  /** Where the text after the tag begins. */
  readonly end: number;
}

const REFRESH_SECONDS = 5;
/** Boxes that a citizen ticks, though the page does not insist. */
const AGREEMENTS: ReadonlySet<string> = new Set(['terms', 'data']);
const HIDDEN_TEXT = /<!--[\s\S]*?(?:-->|$)|<(script|style)\b[\s\S]*?(?:<\/\1\s*>|$)/gi;
const TAG = /<(\/?)([a-z][a-z0-9-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

export function readPage(html: string, url: string): Page {
  const visible = html.replaceAll(HIDDEN_TEXT, '');
  const tags = [...scanTags(visible)];
  const base = resolveUrl(tags.find((tag) => tag.name === 'base')?.attributes.get('href'), url);
  const links = tags.flatMap((tag) => {
    const href = tag.name === 'a' && !tag.closing ? tag.attributes.get('href') : undefined;
    const link = href === undefined ? null : resolveUrl(href, base ?? url);
    return link === null ? [] : [link];
  });
  const code = tags
    .map((tag) => tag.attributes.get('data-code'))
    .find((value) => value?.startsWith('SW-'));
  return {
    forms: readForms(visible, tags, base ?? url),
    links,
    refresh: readRefresh(tags, base ?? url),
    code: code ?? null,
  };
}

/** The form in its `application/x-www-form-urlencoded` shape, with `typed` over the fields. */
export function encodeForm(form: Form, typed: Readonly<Record<string, string>>): string {
  const values = new URLSearchParams([...form.fields]);
  for (const [name, value] of Object.entries(typed)) values.set(name, value);
  return values.toString();
}

/** `reference` against `base`; null when it is not a URL, or not one of a web page. */
export function resolveUrl(reference: string | undefined, base: string): string | null {
  if (reference === undefined) return null;
  const url = URL.parse(reference.trim(), base);
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : null;
}

/**
 * A refresh, of the header or of `<meta>`, that leads on within {@link REFRESH_SECONDS}. A later one
 * is the page keeping itself up to date.
 */
export function parseRefresh(content: string | undefined, base: string): Refresh | null {
  const match = /^\s*(\d+)[\d.]*\s*[;,]\s*(?:url\s*=\s*)?(["']?)(.*?)\2\s*$/i.exec(content ?? '');
  if (match === null || Number(match[1]) > REFRESH_SECONDS) return null;
  const url = resolveUrl(match[3], base);
  return url === null ? null : { url, seconds: Number(match[1]) };
}

function* scanTags(html: string): Generator<Tag> {
  for (const match of html.matchAll(TAG)) {
    const attributes = new Map<string, string>();
    for (const [, name = '', double, single, bare] of (match[3] ?? '').matchAll(ATTRIBUTE)) {
      const key = name.toLowerCase();
      if (!attributes.has(key)) attributes.set(key, decode(double ?? single ?? bare ?? ''));
    }
    const end = match.index + match[0].length;
    yield { name: (match[2] ?? '').toLowerCase(), closing: match[1] === '/', attributes, end };
  }
}

function readForms(html: string, tags: readonly Tag[], base: string): Form[] {
  const forms: Form[] = [];
  let fields: Map<string, string> | null = null;
  let boxes = new Set<string>();
  let select: string | null = null;
  for (const tag of tags) {
    if (tag.name === 'form') {
      fields = null;
      if (tag.closing) continue;
      const action = resolveUrl(tag.attributes.get('action') ?? '', base);
      const method = /^post$/i.test(tag.attributes.get('method') ?? '') ? 'POST' : 'GET';
      fields = new Map();
      boxes = new Set();
      if (action !== null) forms.push({ action, method, fields, boxes });
    }
    if (fields === null) continue;
    if (tag.name === 'select') select = tag.closing ? null : (tag.attributes.get('name') ?? null);
    if (tag.name === 'option' && select !== null) readOption(fields, select, tag);
    if (tag.name === 'input' && isOptionalBox(tag)) boxes.add(tag.attributes.get('name') ?? '');
    if (!tag.closing) readField(html, fields, tag);
  }
  return forms;
}

function isOptionalBox({ attributes }: Tag): boolean {
  const isBox = attributes.get('type')?.toLowerCase() === 'checkbox';
  return isBox && !attributes.has('checked') && !attributes.has('required');
}

function readField(html: string, fields: Map<string, string>, tag: Tag): void {
  const name = tag.attributes.get('name');
  if (name === undefined || name === '' || tag.attributes.has('disabled')) return;
  if (tag.name === 'textarea') {
    fields.set(name, decode(/^[^<]*/.exec(html.slice(tag.end))?.[0] ?? ''));
  } else if (tag.name === 'button') {
    const submits = (tag.attributes.get('type') ?? 'submit') === 'submit';
    if (submits && !fields.has(name)) fields.set(name, tag.attributes.get('value') ?? '');
  } else if (tag.name === 'input') {
    readInput(fields, name, tag.attributes);
  }
}

function readInput(
  fields: Map<string, string>,
  name: string,
  attributes: ReadonlyMap<string, string>,
): void {
  const type = (attributes.get('type') ?? 'text').toLowerCase();
  if (type === 'reset' || type === 'button' || type === 'file') return;
  if (type === 'checkbox' || type === 'radio') {
    // A person ticks what must be ticked: the terms of use, and what becomes of the data.
    const ticked = attributes.has('checked') || attributes.has('required') || AGREEMENTS.has(name);
    if (ticked && !fields.has(name)) fields.set(name, attributes.get('value') ?? 'on');
    return;
  }
  fields.set(name, attributes.get('value') ?? '');
}

function readOption(fields: Map<string, string>, select: string, tag: Tag): void {
  const value = tag.attributes.get('value');
  if (value === undefined) return;
  if (!fields.has(select) || tag.attributes.has('selected')) fields.set(select, value);
}

function readRefresh(tags: readonly Tag[], base: string): Refresh | null {
  for (const { name, attributes } of tags) {
    if (name !== 'meta' || !/^refresh$/i.test(attributes.get('http-equiv') ?? '')) continue;
    const refresh = parseRefresh(attributes.get('content'), base);
    if (refresh !== null) return refresh;
  }
  return null;
}

function decode(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi,
    (whole, dec, hex, name) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
      const point = dec === undefined ? Number.parseInt(hex, 16) : Number(dec);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}
