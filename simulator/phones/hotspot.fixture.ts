/**
 * For tests: a hotspot with a portal and sites behind it, as small as a phone needs. `online` is
 * the router's one bit of state; what it forwards while that is set, it counts on its own sockets.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { decodeQuestion, encodeAnswer } from './dns.ts';
import { PROBE_PAGES } from './internet.ts';

export const GATEWAY = '127.77.0.1';
export const PORTAL = 'http://portal.test';
export const MAC = '02:00:00:00:00:01';

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly language: string | undefined;
}

export interface Gateway extends AsyncDisposable {
  readonly httpPort: number;
  readonly dnsPort: number;
  /** Whether the router lets the phone through; a test may change it behind the phone's back. */
  online: boolean;
  /** Octets of session traffic, as the router's own sockets saw them. */
  readonly forwarded: { input: number; output: number };
  readonly seen: SeenRequest[];
}

export interface GatewayOptions {
  /** Host in the router's links; its address when absent. */
  readonly loginHost?: string;
  readonly gzip?: boolean;
  /** The portal redirects to itself for ever. */
  readonly loop?: boolean;
  /** `form-action` of the portal's pages. */
  readonly formAction?: string;
}

interface Hotspot extends Pick<Gateway, 'online' | 'forwarded' | 'seen'> {
  readonly loginHost: string;
  readonly options: GatewayOptions;
}

const ADDRESSES: Readonly<Record<string, string[]>> = {
  'login.test': [GATEWAY],
  'sink.test': ['127.77.0.99'],
  'zero.test': ['0.0.0.0'],
  'gone.test': [],
};
const compress = promisify(gzip);

export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const hotspot: Hotspot = {
    loginHost: options.loginHost ?? GATEWAY,
    options,
    online: false,
    forwarded: { input: 0, output: 0 },
    seen: [],
  };
  const server = createServer((request, response) => void serve(hotspot, request, response));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => undefined);
    if (!hotspot.online) socket.resetAndDestroy();
    else if (request.url === 'sink.test:443') socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    else socket.end('HTTP/1.1 200 Connection established\r\n\r\n');
  });
  server.listen({ host: GATEWAY, port: 0 });
  await once(server, 'listening');
  const dns = await startDns();
  return Object.assign(hotspot, {
    httpPort: (server.address() as AddressInfo).port,
    dnsPort: dns.address().port,
    [Symbol.asyncDispose]: async () => {
      dns.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  });
}

async function startDns(): Promise<UdpSocket> {
  const dns = createSocket('udp4');
  dns.on('message', (query, peer) => {
    const addresses = ADDRESSES[decodeQuestion(query).name] ?? ['192.0.2.80'];
    const answer = { rcode: addresses.length === 0 ? 3 : 0, addresses, ttl: 30 };
    dns.send(encodeAnswer(query, answer), peer.port, peer.address);
  });
  dns.bind({ address: GATEWAY, port: 0 });
  await once(dns, 'listening');
  return dns;
}

async function serve(
  hotspot: Hotspot,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request);
  const { method = '', url: target = '', socket, headers } = request;
  hotspot.seen.push({ method, target, body, language: headers['accept-language'] });
  const counted = hotspot.online && !target.startsWith('/');
  socket.once('close', () => {
    if (!counted) return;
    hotspot.forwarded.input += socket.bytesRead;
    hotspot.forwarded.output += socket.bytesWritten;
  });
  const url = new URL(target, `http://${headers.host}`);
  if (target.startsWith('/')) servlet(hotspot, url, response);
  else if (url.origin === PORTAL) await portal(hotspot, url, new URLSearchParams(body), response);
  else site(hotspot, url, response);
}

function servlet(
  hotspot: Hotspot,
  { pathname, searchParams }: URL,
  response: ServerResponse,
): void {
  if (pathname === '/logout') {
    hotspot.online = false;
    redirect(response, `${PORTAL}/goodbye`);
  } else if (searchParams.get('password') === 'token') {
    hotspot.online = true;
    response.setHeader('Refresh', `0; url=${searchParams.get('dst')}`).end('<p>Masuk</p>');
  } else {
    const error = searchParams.has('password') ? 'SW-TOKEN' : '';
    const link = encodeURIComponent(`http://${hotspot.loginHost}/login`);
    const way = `${PORTAL}/?router=r1&amp;link-login-only=${link}&amp;error=${error}`;
    response.end(`<meta http-equiv="refresh" content="0; url=${way}">`);
  }
}

async function portal(
  { options, loginHost }: Hotspot,
  { pathname, searchParams }: URL,
  form: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const page = async (html: string): Promise<void> => {
    const { formAction = '*' } = options;
    response.setHeader('Content-Security-Policy', `default-src 'none'; form-action ${formAction}`);
    if (options.gzip === true) response.setHeader('Content-Encoding', 'gzip');
    response.end(options.gzip === true ? await compress(html) : html);
  };
  const entered = form.get('voucher') ?? form.get('password');
  const back = `http://${loginHost}/login?username=u-1&dst=${PORTAL}/status`;
  const error = searchParams.get('error') ?? '';
  if (options.loop === true) redirect(response, `${PORTAL}/login`);
  else if (error !== '') await page(loginPage(error));
  else if (pathname === '/') redirect(response, `${PORTAL}/login?t=1`);
  else if (entered === 'good') redirect(response, `${back}&password=token`, 303);
  else if (entered === 'stale') redirect(response, `${back}&password=other`, 303);
  else if (pathname === '/login') await page(loginPage(entered === null ? '' : 'SW-BADCRED'));
  else if (pathname === '/status') await page('<form method=post action=/logout></form>');
  else if (pathname === '/logout') redirect(response, `http://${loginHost}/logout`, 303);
  else await page('<p>Sampai jumpa</p>');
}

function site({ online, loginHost }: Hotspot, url: URL, response: ServerResponse): void {
  if (!online) {
    redirect(response, `http://${loginHost}/login?dst=${encodeURIComponent(url.href)}`);
  } else if (url.hostname === 'sink.test') {
    response.writeHead(451).end('<p>Diblokir</p>');
  } else if (url.pathname === '/generate_204') {
    response.writeHead(204).end();
  } else if (url.pathname === '/cut') {
    response.destroy();
  } else {
    response.end(PROBE_PAGES[url.pathname]?.body ?? 'x'.repeat(1000));
  }
}

function redirect(response: ServerResponse, location: string, status = 302): void {
  response.writeHead(status, { Location: location }).end();
}

function loginPage(code: string): string {
  const alert = code === '' ? '' : `<p role=alert data-code="${code}">Ditolak</p>`;
  const mac = `<input type=hidden name=mac value="${MAC}">`;
  return `${alert}
    <form method="post" action="/login?t=1">${mac}<input name=voucher></form>
    <form method="post" action="/login?t=1"><input name=username><input name=password></form>`;
}
