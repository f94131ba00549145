/** How a router gets an adlist: one GET over HTTP, by the way that its configuration gives; no redirects. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { SmartWifiError } from '../../lib/errors.ts';
import type { Endpoint } from './sockets.ts';

export interface LoaderOptions {
  /** The router's own address, the source of its requests. */
  readonly address: string;
  readonly lookup: (name: string) => Promise<string | null>;
  readonly locate: (address: string, port: number) => Endpoint | null;
}

/** Machine time. */
const TIMEOUT_MS = 10_000;
const MAX_OCTETS = 32 * 1_048_576;

/** `ROUTER_UNREACHABLE` for everything but a 200 whose text is whole. */
export function createLoader(options: LoaderOptions) {
  return async (address: string, verify: boolean, signal: AbortSignal): Promise<string> => {
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) throw unreachable('bad URL');
    const secure = url.protocol === 'https:';
    const host = await options.lookup(url.hostname);
    if (host === null) throw unreachable('resolve failed');
    const port = Number(url.port) || (secure ? 443 : 80);
    const target = options.locate(host, port);
    if (target === null) throw unreachable(`no way to ${host}:${port}`);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const send = secure ? httpsRequest : httpRequest;
    const asked = send(
      {
        ...target,
        localAddress: options.address,
        path: `${url.pathname}${url.search}`,
        headers: { host: url.host },
        agent: false,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        ...(secure && { rejectUnauthorized: verify, servername: url.hostname }),
      },
      resolve,
    );
    asked.on('error', reject);
    asked.end();
    return textOf(await promise);
  };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  if (answer.statusCode !== 200) {
    answer.destroy();
    throw unreachable(`HTTP status ${answer.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets > MAX_OCTETS) throw unreachable('the list is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function unreachable(message: string): SmartWifiError {
  return new SmartWifiError('ROUTER_UNREACHABLE', message);
}
