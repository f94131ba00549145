/**
 * One phone from the router's redirect to being online: the page, the form, the one-time token to its router,
 * the router's login at RADIUS, Accounting-Start. On the real protocols, as mini-browser and router speak them.
 */
import type { Socket } from 'node:dgram';
import { Agent, type IncomingMessage, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import {
  accountingRequest,
  CODE,
  classOf,
  nasLogin,
  type Packet,
  refusalOf,
  replyHolds,
} from '../radius/packets.ts';
import { macOf, phoneAddress, routerName, SERVER_ADDRESS } from '../radius/people.ts';
import type { PortalServer } from './server.ts';

export interface Visitor {
  /** Its number: MAC, addresses and session follow from it. */
  readonly phone: number;
  readonly router: number;
  readonly typed:
    | { readonly voucher: string }
    | { readonly username: string; readonly password: string };
}

export interface Visit {
  /** `online`, or why it is not. */
  readonly result: string;
  readonly pages: number;
  /** Of HTTP bodies and headers, both ways. */
  readonly octets: number;
}

/** The routers' side: datagrams from their addresses, answered by identifier. */
export interface Routers {
  ask(router: number, port: number, packet: (id: number) => Packet): Promise<Buffer | null>;
  close(): void;
}

const RETRY_MS = 3000;
const TRIES = 3;
const LOGIN_LINK = 'http://login.wifi.home.arpa/login';
const MAX_SCREENS = 2;
const CONSENT: ReadonlySet<string> = new Set(['terms', 'data']);

export async function visit(
  server: PortalServer,
  routers: Routers,
  visitor: Visitor,
): Promise<Visit> {
  const browser = openBrowser(server.origin, visitor);
  try {
    const token = await getToken(browser, visitor);
    const said = { pages: browser.pages(), octets: browser.octets() };
    if (typeof token === 'string') return { ...said, result: token };
    return { ...said, result: await logIn(server, routers, visitor, token) };
  } finally {
    browser.close();
  }
}

interface Token {
  readonly username: string;
  readonly password: string;
}

/** Or why there is none: the code on the page, or the status. */
async function getToken(browser: Browser, visitor: Visitor): Promise<Token | string> {
  const query = new URLSearchParams({
    router: routerName(visitor.router),
    mac: macOf(visitor.phone),
    ip: phoneAddress(visitor.router, visitor.phone),
    'link-login-only': LOGIN_LINK,
    'link-orig': 'http://connectivitycheck.gstatic.com/generate_204',
    error: '',
  });
  let answer = await browser.get(`/?${query.toString()}`);
  for (let screens = 1; screens <= MAX_SCREENS; screens += 1) {
    if (answer.status !== 200) return codeOf(answer);
    const form = formOf(answer.body, screens === 1 ? Object.keys(visitor.typed)[0]! : null);
    if (form === null) return codeOf(answer);
    for (const [name, value] of Object.entries(visitor.typed)) {
      if (form.fields.has(name)) form.fields.set(name, value);
    }
    answer = await browser.post(form.action, form.fields);
    if (answer.status !== 303) continue;
    const { searchParams } = new URL(answer.location, LOGIN_LINK);
    const [username, password] = [searchParams.get('username'), searchParams.get('password')];
    return username === null || password === null ? 'no token' : { username, password };
  }
  return codeOf(answer);
}

async function logIn(
  server: PortalServer,
  routers: Routers,
  { phone, router }: Visitor,
  token: Token,
): Promise<string> {
  const accept = await routers.ask(router, server.authPort, (id) =>
    nasLogin({ ...token, phone, router }, router, id),
  );
  if (accept === null) return 'RADIUS silent';
  if (accept[0] !== CODE.accept) return refusalOf(accept);
  const started = await routers.ask(router, server.acctPort, (id) =>
    accountingRequest(
      {
        status: 'start',
        session: phone,
        username: token.username,
        phone,
        router,
        class: classOf(accept),
        seconds: 0,
        octets: 0,
      },
      router,
      id,
    ),
  );
  return started?.[0] === CODE.recorded ? 'online' : 'accounting silent';
}

export function openRouters(sockets: readonly Socket[]): Routers {
  const ids = sockets.map(() => 0);
  const waiting = sockets.map(() => new Map<number, (reply: Buffer) => void>());
  for (const [i, socket] of sockets.entries()) {
    socket.on('message', (reply) => waiting[i]!.get(reply[1]!)?.(reply));
  }
  return {
    ask: async (router, port, make) => {
      const id = ids[router]!;
      ids[router] = (id + 1) & 255;
      const { bytes } = make(id);
      for (let tries = 0; tries < TRIES; tries += 1) {
        const answered = Promise.withResolvers<Buffer | null>();
        const timer = setTimeout(() => answered.resolve(null), RETRY_MS);
        waiting[router]!.set(id, (reply) => {
          if (replyHolds(bytes, reply)) answered.resolve(reply);
        });
        sockets[router]!.send(bytes, port, SERVER_ADDRESS);
        const reply = await answered.promise;
        clearTimeout(timer);
        waiting[router]!.delete(id);
        if (reply !== null) return reply;
      }
      return null;
    },
    close: () => {
      for (const socket of sockets) socket.close();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly location: string;
  readonly body: string;
}

interface Browser {
  get(path: string): Promise<Answer>;
  post(path: string, fields: URLSearchParams): Promise<Answer>;
  pages(): number;
  octets(): number;
  close(): void;
}

/** One connection, from the phone's address in its village; no cookies, as in a mini-browser. */
function openBrowser(origin: string, { router, phone }: Visitor): Browser {
  const localAddress = phoneAddress(router, phone);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress });
  let pages = 0;
  let octets = 0;
  const send = (path: string, method: string, body: string | null): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, origin),
        {
          agent,
          method,
          headers: {
            'Accept-Encoding': 'gzip',
            'Accept-Language': 'id-ID,id;q=0.9',
            ...(body === null
              ? {}
              : { 'Content-Type': 'application/x-www-form-urlencoded', Origin: origin }),
          },
        },
        (response) => {
          readBody(response).then((bytes) => {
            pages += 1;
            octets += bytes.length + response.rawHeaders.join('    ').length;
            const zipped = response.headers['content-encoding'] === 'gzip';
            resolve({
              status: response.statusCode ?? 0,
              location: response.headers.location ?? '',
              body: (zipped ? gunzipSync(bytes) : bytes).toString('utf8'),
            });
          }, reject);
        },
      );
      sent.once('error', reject);
      sent.end(body ?? undefined);
      octets += path.length + (body?.length ?? 0);
    });
  return {
    get: (path) => send(path, 'GET', null),
    post: (path, fields) => send(path, 'POST', String(fields)),
    pages: () => pages,
    octets: () => octets,
    close: () => agent.destroy(),
  };
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The form that has a field of that name, or the first one; the boxes of consent are ticked. */
function formOf(
  html: string,
  field: string | null,
): { action: string; fields: URLSearchParams } | null {
  for (const [, attributes, inside] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)) {
    const fields = new URLSearchParams();
    for (const [, input] of inside!.matchAll(/<input\b([^>]*)>/g)) {
      const name = attributeOf(input!, 'name');
      if (name === null) continue;
      const isBox = attributeOf(input!, 'type') === 'checkbox';
      if (isBox && !CONSENT.has(name)) continue;
      fields.set(name, attributeOf(input!, 'value') ?? (isBox ? 'on' : ''));
    }
    if (field !== null && !fields.has(field)) continue;
    return { action: attributeOf(attributes!, 'action') ?? '/', fields };
  }
  return null;
}

function attributeOf(tag: string, name: string): string | null {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value?.replaceAll('&#34;', '"').replaceAll('&amp;', '&') ?? null;
}

function codeOf({ status, body }: Answer): string {
  return /SW-[A-Z]+/.exec(body)?.[0] ?? `status ${status}`;
}
