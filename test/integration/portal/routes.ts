/** The portal's routes and fields, as it has them, and requests to it from any loopback address. */
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Express } from 'express';
import { createPortalApp } from '../../../portal/app.ts';
import type { PortalDeps } from '../../../portal/context.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
export const FORM = 'application/x-www-form-urlencoded';

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly from: string;
}

export interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly setCookie: boolean;
  readonly headers: IncomingHttpHeaders;
  readonly type: string;
  readonly body: string;
}

const agent = new Agent({ keepAlive: false });

function sources(directory: string, ending: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

/** As the router of Express knows them, whichever way they were added. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle?: unknown;
}

/** Throws for a router within the router: its paths would be missed. */
export function routesOf(app: Express): Route[] {
  return (app.router.stack as unknown as readonly Layer[]).flatMap(({ route, handle }) => {
    if (typeof handle === 'function' && 'stack' in handle)
      throw new Error('a router in the router');
    if (route === undefined) return [];
    const methods = Object.keys(route.methods).filter((method) => route.methods[method] === true);
    return methods.map((method) => ({ method: method.toUpperCase(), path: route.path }));
  });
}

/** All that a portal with everything configured answers; no handler is called. */
export const ROUTES: readonly Route[] = routesOf(
  createPortalApp(
    {
      publicOrigin: 'http://127.0.0.1',
      blockAddresses: new Set<string>(),
      inbound: true,
    } as unknown as PortalDeps,
    { upgrade: false },
  ),
);

const PORTAL = sources('portal', '.ts');
/** What partials hold counts where they are included. */
const VIEWS = new Map(
  readdirSync(join(ROOT, 'views'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ejs'))
    .map((entry) => [
      entry.name.replace('.ejs', ''),
      readFileSync(join(entry.parentPath, entry.name), 'utf8'),
    ]),
);

export interface Form {
  readonly action: string;
  /** Fields that stand in it; hidden ones come from the page. */
  readonly names: readonly string[];
}

/** Every form of every template, with what its partials add; a form of two actions is two. */
export const FORMS: readonly Form[] = [...VIEWS.values()].flatMap((text) =>
  [...text.matchAll(/<form\b[\s\S]*?\baction="([^"]+)"([\s\S]*?)<\/form>/g)].flatMap(
    ([, action, inner]) => {
      const paths = [...action!.matchAll(/\/[a-z/]+/g)].map(([path]) => path);
      if (paths.length === 0) throw new Error(`nobody can tell where a form leads: ${action}`);
      const names = [...new Set(fieldsIn(included(inner!)))];
      return paths.map((path) => ({ action: path, names }));
    },
  ),
);

function included(text: string): string {
  return text.replaceAll(/include\('(?:[./]*partials\/)?([a-z-]+)'/g, (_all, name: string) =>
    included(VIEWS.get(name) ?? ''),
  );
}

function fieldsIn(html: string): string[] {
  return [...html.matchAll(/\bname="([^"]+)"/g)].flatMap(([, name]) => {
    if (!name!.startsWith('<%')) return [name!];
    return name === '<%= name %>' ? ['terms', 'data'] : [];
  });
}

/** Everything that some handler reads, or some form sends. */
export const FIELDS: readonly string[] = [
  ...new Set([
    ...PORTAL.flatMap((text) => [
      ...text.matchAll(/\.(?:get|getAll|has)\(\s*'([a-z][\w.-]*)'/g),
    ]).map(([, name]) => name!),
    ...FORMS.flatMap(({ names }) => names),
  ]),
].filter((name) => !name.startsWith('portal.'));

export function encode(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name}=${percent(value)}`).join('&');
}

/** Lone surrogates become what a browser makes of them; text that is escaped already stays so. */
export function percent(text: string): string {
  if (/^%(?:[0-9a-f]{2}|$)/i.test(text)) return text.replaceAll(/[^\x21-\x7e]/g, '');
  return encodeURIComponent(text.toWellFormed());
}

export function send(origin: string, sent: Sent): Promise<Answer> {
  return new Promise((done, fail) => {
    const outgoing = request(
      origin + sent.path,
      { agent, method: sent.method, headers: sent.headers, localAddress: sent.from },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', fail);
        response.once('end', () => {
          const bytes = Buffer.concat(chunks);
          const zipped = response.headers['content-encoding'] === 'gzip';
          done({
            status: response.statusCode ?? 0,
            location: response.headers.location ?? null,
            setCookie: response.headers['set-cookie'] !== undefined,
            headers: response.headers,
            type: response.headers['content-type'] ?? '',
            body: (zipped ? gunzipSync(bytes) : bytes).toString('utf8'),
          });
        });
      },
    );
    outgoing.once('error', fail);
    outgoing.end(sent.body ?? undefined);
  });
}
