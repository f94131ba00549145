/** The portal's routes and fields, as its sources have them, and requests to it from any loopback address. */
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

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

const PORTAL = sources('portal', '.ts');
export const ROUTES = [
  ...new Set(PORTAL.flatMap((text) => [...text.matchAll(/\bapp\.(get|post)\(\s*'([^']+)'/g)])),
].map(([, method, path]) => ({ method: method!.toUpperCase(), path: path! }));
/** Fields that stand in one template belong together, and go where its form goes. */
export const FORMS = sources('views', '.ejs')
  .map((text) => ({
    action: /<form\b[^>]*\baction="([^"]+)"/.exec(text)?.[1] ?? null,
    names: [
      ...new Set(
        [...text.matchAll(/<(?:input|button|select|textarea)\b[^>]*\bname="([a-z][\w-]*)"/g)].map(
          ([, name]) => name!,
        ),
      ),
    ],
  }))
  .filter(({ names }) => names.length > 0);
export const FIELDS = [
  ...new Set([
    ...PORTAL.flatMap((text) => [...text.matchAll(/\b\w+\.get\('([a-z][\w-]*)'\)/g)]).map(
      ([, name]) => name!,
    ),
    ...FORMS.flatMap(({ names }) => names),
  ]),
];

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
