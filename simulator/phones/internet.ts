/**
 * A stand-in for the internet on loopback: web servers of every name, the probe hosts among them, a
 * TCP sink where HTTPS would be, and an upstream DNS server.
 *
 * It counts the DNS questions per name, so that a test can see that a blocked name never came here.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { type InternetDns, startInternetDns } from './internet-dns.ts';

export interface InternetOptions {
  readonly address: string;
  /** 0 takes any free port; so do the others. */
  readonly httpPort: number;
  readonly dnsPort: number;
  /** Where connections meant for 443 end; any free port when absent. */
  readonly tlsPort?: number;
  /** Addresses of names that have another one. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

export interface Internet extends AsyncDisposable {
  readonly address: string;
  readonly httpPort: number;
  readonly tlsPort: number;
  readonly dnsPort: number;
  /** DNS questions of any type that arrived for this name. */
  dnsQueries(name: string): number;
  /** HTTP requests that arrived for this host. */
  httpRequests(host: string): number;
}

const MAX_HOSTS = 10_000;
const BLOCK = Buffer.alloc(64 * 1024, 0x2e);

/** Exact answers of the probe hosts, by path. */
export const PROBE_PAGES: Readonly<Record<string, { type: string; body: string }>> = {
  '/hotspot-detect.html': page(
    '<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>',
  ),
  '/library/test/success.html': page(
    '<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>',
  ),
  '/connecttest.txt': plain('Microsoft Connect Test'),
  '/ncsi.txt': plain('Microsoft NCSI'),
  '/success.txt': plain('success\n'),
  '/nm': plain('NetworkManager is online\n'),
};

export async function startInternet(options: InternetOptions): Promise<Internet> {
  await using stack = new AsyncDisposableStack();
  const requests = new Map<string, number>();
  const web = createServer((request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    if (requests.has(host) || requests.size < MAX_HOSTS) {
      requests.set(host, (requests.get(host) ?? 0) + 1);
    }
    answer(request, response);
  });
  stack.defer(() => close(web, () => web.closeAllConnections()));
  const httpPort = await listen(web, options.address, options.httpPort);

  const open = new Set<{ destroy(): unknown }>();
  const sink = createTcpServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    socket.resume();
  });
  stack.defer(() => close(sink, () => open.forEach((socket) => void socket.destroy())));
  const tlsPort = await listen(sink, options.address, options.tlsPort ?? 0);

  const dns: InternetDns = stack.use(
    await startInternetDns(options.address, options.dnsPort, options.elsewhere),
  );
  const owned = stack.move();
  return {
    address: options.address,
    httpPort,
    tlsPort,
    dnsPort: dns.port,
    dnsQueries: (name) => dns.queries(name),
    httpRequests: (host) => requests.get(host.toLowerCase()) ?? 0,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const path = (request.url ?? '/').replace(/^https?:\/\/[^/]+/, '').replace(/\?.*$/, '');
  if (/(?:^|\/)gen(?:erate)?_204$/.test(path)) {
    response.writeHead(204).end();
    return;
  }
  const bytes = /^\/bytes\/(\d{1,10})$/.exec(path);
  if (bytes !== null) {
    sendBytes(response, Number(bytes[1]));
    return;
  }
  const known =
    PROBE_PAGES[path] ?? page('<!doctype html><title>Situs</title><p>Halaman contoh</p>');
  const send = (): void => {
    response.writeHead(200, {
      'Content-Type': known.type,
      'Content-Length': Buffer.byteLength(known.body),
    });
    response.end(known.body);
  };
  // An upload is answered once it has arrived whole.
  if (request.method === 'POST') request.once('end', send);
  else send();
}

/** Exactly `octets` of body, at the pace of the reader. */
function sendBytes(response: ServerResponse, octets: number): void {
  let left = octets;
  const pump = (): void => {
    while (left > 0) {
      const part = BLOCK.subarray(0, Math.min(left, BLOCK.length));
      left -= part.length;
      if (!response.write(part)) return;
    }
    response.removeListener('drain', pump);
    response.end();
  };
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': octets });
  response.on('drain', pump);
  pump();
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server, dropConnections: () => void): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  dropConnections();
  await closed;
}

function page(body: string): { type: string; body: string } {
  return { type: 'text/html; charset=utf-8', body };
}

function plain(body: string): { type: string; body: string } {
  return { type: 'text/plain', body };
}
