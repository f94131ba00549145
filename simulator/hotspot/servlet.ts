/**
 * The hotspot servlet: `/login`, `/logout`, `/status` and the files of the profile's html-directory,
 * as the router serves them to its own phones.
 */
import type { Clock } from '../../lib/clock.ts';
import type { MenuTree } from '../menu/contract.ts';
import type { HotspotConfig } from './config.ts';
import type { Host } from './hosts.ts';
import type { PlainResponse } from './http.ts';
import type { Login } from './login.ts';
import { errorTexts, type PageContext } from './pages.ts';
import { CONTENT_TYPE, createServletFiles, type ServletFiles } from './servlet-files.ts';
import type { Sessions } from './sessions.ts';

export interface ServletRequest {
  readonly host: Host;
  readonly hotspot: HotspotConfig;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface ServletOptions {
  readonly tree: MenuTree;
  readonly clock: Clock;
  readonly login: Login;
  readonly sessions: Sessions;
  /** The port that stands for 80, part of every link unless it is 80. */
  readonly httpPort: number;
}

export interface Servlet {
  respond(request: ServletRequest): Promise<PlainResponse>;
  /** The answer to a phone that is not logged in and asked for `url`. */
  redirect(request: ServletRequest, url: string): PlainResponse;
}

/** A request with what every page of its answer needs. */
interface Exchange extends ServletRequest {
  readonly options: ServletOptions;
  readonly files: ServletFiles;
  /** `http://login.example[:port]`. */
  readonly base: string;
}

export function createServlet(options: ServletOptions): Servlet {
  const files = createServletFiles(options.tree);
  const exchangeOf = (request: ServletRequest): Exchange => {
    const base = baseOf(request.hotspot, options.httpPort);
    return { ...request, options, files, base };
  };
  return {
    respond: (request) => respond(exchangeOf(request)),
    redirect: (request, url) => {
      const exchange = exchangeOf(request);
      const redirect = `${exchange.base}/login?dst=${encodeURIComponent(url)}`;
      const context = contextOf(exchange, { original: url, redirect });
      return files.render(['rlogin.html', 'redirect.html'], context);
    },
  };
}

async function respond(exchange: Exchange): Promise<PlainResponse> {
  const { files, host, path } = exchange;
  const name = path.split('?')[0]!;
  switch (name) {
    case '/':
      return host.session === null
        ? toLogin(exchange, 'redirect.html')
        : moved(contextOf(exchange).redirect);
    case '/login':
      return login(exchange);
    case '/logout':
      return logout(exchange);
    case '/status':
      return host.session === null
        ? toLogin(exchange, 'fstatus.html')
        : files.render(['status.html'], contextOf(exchange));
    default:
      return other(exchange, name === '/api' ? 'api.json' : name.slice(1));
  }
}

async function login(exchange: Exchange): Promise<PlainResponse> {
  const { files, host, hotspot } = exchange;
  const fields = fieldsOf(exchange);
  const original = fields.get('dst') ?? '';
  const username = fields.get('username');
  if (host.session === null) {
    if (username === null) {
      return files.render(['login.html', 'redirect.html'], contextOf(exchange, { original }));
    }
    const password = fields.get('password') ?? '';
    const outcome = await exchange.options.login.byForm(host, hotspot, username, password);
    if (outcome.kind === 'refused') {
      const own = files.text(hotspot, 'errors.txt');
      const { error, original: errorOriginal } = errorTexts(outcome.error, outcome.message, own);
      const context = contextOf(exchange, { original, username, error, errorOriginal });
      return files.render(['flogin.html', 'login.html'], context);
    }
  }
  const context = contextOf(exchange, original === '' ? {} : { original, redirect: original });
  const welcome = files.has(hotspot, 'alogin.html');
  return welcome ? files.render(['alogin.html'], context) : moved(context.redirect);
}

function logout(exchange: Exchange): PlainResponse {
  const { session } = exchange.host;
  if (session === null) return toLogin(exchange, 'flogout.html');
  // The page shows the totals of the session that it ends.
  const page = exchange.files.render(['logout.html'], contextOf(exchange));
  exchange.options.sessions.end(session, 'User-Request');
  return page;
}

/** For a phone that is not logged in: the folder's own page, else the way to `/login`. */
function toLogin(exchange: Exchange, own: string): PlainResponse {
  const context = contextOf(exchange, { redirect: `${exchange.base}/login` });
  return exchange.files.render([own, 'redirect.html'], context);
}

/** Any other file of the folder; pages and JSON are filled in, the rest is sent as it is. */
function other(exchange: Exchange, name: string): PlainResponse {
  const { files, hotspot } = exchange;
  const text = files.text(hotspot, name);
  if (text === undefined || name === 'errors.txt') {
    return { status: 404, reason: 'Not Found', headers: [], body: '' };
  }
  const extension = /\.(\w+)$/.exec(name)?.[1] ?? '';
  if (extension === 'html') return files.render([name], contextOf(exchange));
  const headers = [
    ['Content-Type', CONTENT_TYPE[extension] ?? 'application/octet-stream'],
  ] as const;
  const body = extension === 'json' ? files.render([name], contextOf(exchange)).body : text;
  return { status: 200, reason: 'OK', headers, body };
}

function contextOf(exchange: Exchange, more: Partial<PageContext> = {}): PageContext {
  const { host, hotspot, headers, base } = exchange;
  return {
    host,
    hotspot,
    headers,
    base,
    now: exchange.options.clock.now(),
    original: '',
    redirect: `${base}/status`,
    username: host.session?.username ?? '',
    error: '',
    errorOriginal: '',
    ...more,
  };
}

function baseOf(hotspot: HotspotConfig, port: number): string {
  const host = hotspot.dnsName === '' ? hotspot.address : hotspot.dnsName;
  return port === 80 ? `http://${host}` : `http://${host}:${port}`;
}

/** Query and form fields; a field of the form wins. */
function fieldsOf({ method, path, body }: ServletRequest): URLSearchParams {
  const mark = path.indexOf('?');
  const fields = new URLSearchParams(mark === -1 ? '' : path.slice(mark + 1));
  if (method === 'POST') {
    for (const [name, value] of new URLSearchParams(body)) fields.set(name, value);
  }
  return fields;
}

function moved(location: string): PlainResponse {
  const safe = location.replaceAll(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character));
  return { status: 302, reason: 'Found', headers: [['Location', safe]], body: '' };
}
