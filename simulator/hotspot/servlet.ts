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
import { errorTexts, type PageContext, VENDOR_PAGES, variables } from './pages.ts';
import type { Sessions } from './sessions.ts';
import { parseTemplate, renderTemplate, type Template } from './template.ts';

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
  redirect(request: Omit<ServletRequest, 'body'>, url: string): PlainResponse;
}

const CONTENT_TYPE: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/captive+json',
  css: 'text/css',
  js: 'application/javascript',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};
const MAX_PARSED = 32;

export function createServlet(options: ServletOptions): Servlet {
  const { tree, clock } = options;
  const parsed = new Map<string, Template>();

  const file = (hotspot: HotspotConfig, name: string): string | undefined => {
    for (const directory of hotspot.htmlDirectories) {
      const text = tree.file(`${directory}/${name}`);
      if (text !== undefined) return text;
    }
    return undefined;
  };
  const template = (text: string): Template => {
    const known = parsed.get(text);
    if (known !== undefined) return known;
    if (parsed.size >= MAX_PARSED) parsed.clear();
    const made = parseTemplate(text);
    parsed.set(text, made);
    return made;
  };
  /** The first of `names` that the folder holds, else the vendor's first. */
  const render = (names: readonly string[], context: PageContext): PlainResponse => {
    const own = names.map((name) => file(context.hotspot, name)).find((text) => text !== undefined);
    const vendor = names.map((name) => VENDOR_PAGES[name]).find((text) => text !== undefined);
    const text = own ?? vendor ?? '';
    const page = renderTemplate(template(text), variables(context));
    const headers = [['Content-Type', CONTENT_TYPE.html!] as const, ...page.headers];
    return { status: page.status, reason: page.reason, headers, body: page.body };
  };
  const contextOf = (
    request: Omit<ServletRequest, 'body'>,
    more: Partial<PageContext>,
  ): PageContext => {
    const { host, hotspot, headers } = request;
    const base = baseOf(hotspot, options.httpPort);
    return {
      host,
      hotspot,
      headers,
      base,
      now: clock.now(),
      original: '',
      redirect: `${base}/status`,
      username: host.session?.username ?? '',
      error: '',
      errorOriginal: '',
      ...more,
    };
  };

  const login = async (request: ServletRequest): Promise<PlainResponse> => {
    const { host, hotspot } = request;
    const fields = fieldsOf(request);
    const original = fields.get('dst') ?? '';
    const username = fields.get('username');
    if (host.session === null && username === null) {
      return render(['login.html', 'redirect.html'], contextOf(request, { original }));
    }
    if (host.session === null && username !== null) {
      const password = fields.get('password') ?? '';
      const outcome = await options.login.byForm(host, hotspot, username, password);
      if (outcome.kind === 'refused') {
        const texts = errorTexts(outcome.error, outcome.message, file(hotspot, 'errors.txt'));
        const { error, original: errorOriginal } = texts;
        const context = contextOf(request, { original, username, error, errorOriginal });
        const failed = file(hotspot, 'flogin.html') !== undefined;
        return render([failed ? 'flogin.html' : 'login.html'], context);
      }
    }
    if (original !== '') return moved(original);
    const context = contextOf(request, {});
    const welcome = file(hotspot, 'alogin.html') !== undefined;
    return welcome ? render(['alogin.html'], context) : moved(context.redirect);
  };
  const logout = (request: ServletRequest): PlainResponse => {
    const { session } = request.host;
    if (session === null) return toLogin(request, 'flogout.html');
    const context = contextOf(request, { username: session.username });
    // The page shows the totals of the session that it ends.
    const page = render(['logout.html'], context);
    options.sessions.end(session, 'User-Request');
    return page;
  };
  const toLogin = (request: ServletRequest, own: string): PlainResponse => {
    const base = baseOf(request.hotspot, options.httpPort);
    return render([own, 'redirect.html'], contextOf(request, { redirect: `${base}/login` }));
  };
  const status = (request: ServletRequest): PlainResponse =>
    request.host.session === null
      ? toLogin(request, 'fstatus.html')
      : render(['status.html'], contextOf(request, {}));
  const other = (request: ServletRequest, name: string): PlainResponse => {
    const text = file(request.hotspot, name);
    if (text === undefined || name === 'errors.txt') {
      return { status: 404, reason: 'Not Found', headers: [], body: '' };
    }
    const extension = /\.(\w+)$/.exec(name)?.[1] ?? '';
    const type = CONTENT_TYPE[extension] ?? 'application/octet-stream';
    if (extension !== 'html' && extension !== 'json') {
      return { status: 200, reason: 'OK', headers: [['Content-Type', type]], body: text };
    }
    const page = render([name], contextOf(request, {}));
    return { ...page, headers: [['Content-Type', type], ...page.headers.slice(1)] };
  };

  return {
    respond: async (request) => {
      const name = request.path.split('?')[0]!;
      switch (name) {
        case '/':
          return request.host.session === null
            ? toLogin(request, 'redirect.html')
            : moved(contextOf(request, {}).redirect);
        case '/login':
          return login(request);
        case '/logout':
          return logout(request);
        case '/status':
          return status(request);
        case '/api':
          return other(request, 'api.json');
        default:
          return other(request, name.slice(1));
      }
    },
    redirect: (request, url) => {
      const base = baseOf(request.hotspot, options.httpPort);
      const redirect = `${base}/login?dst=${encodeURIComponent(url)}`;
      const context = contextOf(request, { original: url, redirect });
      return render(['rlogin.html', 'redirect.html'], context);
    },
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
