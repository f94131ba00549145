/** The pages of the servlet: a file of the profile's folders if there is one, else the vendor's. */
import type { MenuTree } from '../menu/contract.ts';
import type { HotspotConfig } from './config.ts';
import type { PlainResponse } from './http.ts';
import { type PageContext, VENDOR_PAGES, variables } from './pages.ts';
import { parseTemplate, renderTemplate, type Template } from './template.ts';

export interface ServletFiles {
  /** Text of a file in the folders of the profile. */
  text(hotspot: HotspotConfig, name: string): string | undefined;
  has(hotspot: HotspotConfig, name: string): boolean;
  /** The first of `names` that the folder holds, else the first that the vendor has. */
  render(names: readonly string[], context: PageContext): PlainResponse;
}

export const CONTENT_TYPE: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/captive+json',
  css: 'text/css',
  js: 'application/javascript',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};

const MAX_PARSED = 32;

export function createServletFiles(tree: MenuTree): ServletFiles {
  const parsed = new Map<string, Template>();
  const template = (text: string): Template => {
    const known = parsed.get(text);
    if (known !== undefined) return known;
    if (parsed.size >= MAX_PARSED) parsed.clear();
    const made = parseTemplate(text);
    parsed.set(text, made);
    return made;
  };
  const text = (hotspot: HotspotConfig, name: string): string | undefined => {
    for (const directory of hotspot.htmlDirectories) {
      const found = tree.file(`${directory}/${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    text,
    has: (hotspot, name) => text(hotspot, name) !== undefined,
    render: (names, context) => {
      const own = names
        .map((name) => text(context.hotspot, name))
        .find((found) => found !== undefined);
      const vendor = names.map((name) => VENDOR_PAGES[name]).find((found) => found !== undefined);
      const page = renderTemplate(template(own ?? vendor ?? ''), variables(context));
      const typed = page.headers.some(([name]) => name.toLowerCase() === 'content-type');
      const type = ['Content-Type', CONTENT_TYPE.html!] as const;
      const headers = typed ? page.headers : [type, ...page.headers];
      return { status: page.status, reason: page.reason, headers, body: page.body };
    },
  };
}
