/**
 * Pages: compiled EJS templates with escaping everywhere (`<%-` only includes), one response each.
 *
 * Templates see one variable, `p`: the {@link Frame} of the request and the page's own facts.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import ejs from 'ejs';
import type { Frame } from './frame.ts';
import type { PageFacts, PageName } from './pages.ts';
import { pagePolicy } from './security.ts';

const VIEWS = fileURLToPath(new URL('../views/', import.meta.url));
const PAGES: readonly PageName[] = [
  'login',
  'otp',
  'consent',
  'account',
  'data',
  'number',
  'register',
  'release',
  'topup',
  'choose',
  'join',
  'status',
  'offline',
  'welcome',
  'bye',
  'help',
  'why',
  'blocked',
  'document',
  'message',
];
const squeeze = promisify(gzip);

export interface PageOptions {
  readonly status?: number;
  /** Origins that forms of the page may lead to besides the portal. */
  readonly formTargets?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Views {
  render<N extends PageName>(name: N, frame: Frame, facts: PageFacts[N]): string;
  send<N extends PageName>(
    exchange: { req: IncomingMessage; res: ServerResponse },
    page: { name: N; frame: Frame; facts: PageFacts[N] },
    options?: PageOptions,
  ): Promise<void>;
}

export async function loadViews(): Promise<Views> {
  const templates = new Map<PageName, ejs.TemplateFunction>();
  for (const name of PAGES) templates.set(name, await compileTemplate(`portal/${name}.ejs`));
  const styleHash = hashOfStyle(await readFile(`${VIEWS}partials/style.ejs`, 'utf8'));

  const render: Views['render'] = (name, frame, facts) =>
    templates.get(name)!({ ...frame, page: name, ...facts });
  return {
    render,
    send: async ({ req, res }, { name, frame, facts }, options = {}) => {
      const html = render(name, frame, facts);
      res.statusCode = options.status ?? 200;
      res.setHeader('Content-Type', 'text/html; charset=utf-8');
      res.setHeader('Content-Language', frame.locale);
      res.setHeader('Vary', 'Accept-Encoding, Accept-Language');
      const styles = [styleHash, frame.cssHash];
      const policy = pagePolicy(styles, options.formTargets ?? []);
      res.setHeader('Content-Security-Policy', policy);
      for (const [key, value] of Object.entries(options.headers ?? {})) res.setHeader(key, value);
      await endWith(req, res, html);
    },
  };
}

async function compileTemplate(file: string): Promise<ejs.TemplateFunction> {
  return ejs.compile(await readFile(VIEWS + file, 'utf8'), {
    filename: VIEWS + file,
    cache: true,
    strict: true,
    _with: false,
    localsName: 'p',
  });
}

async function endWith(req: IncomingMessage, res: ServerResponse, html: string): Promise<void> {
  const plain = Buffer.from(html);
  const zipped = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(
    String(req.headers['accept-encoding'] ?? ''),
  );
  if (zipped) res.setHeader('Content-Encoding', 'gzip');
  const body = zipped ? await squeeze(plain) : plain;
  res.setHeader('Content-Length', body.byteLength);
  res.end(body);
}

/** The hash of exactly the bytes between the tags, as CSP wants it. */
function hashOfStyle(partial: string): string {
  const style = /<style>([\s\S]*?)<\/style>/.exec(partial)?.[1] ?? '';
  return `sha256-${createHash('sha256').update(style).digest('base64')}`;
}
