/**
 * A phone's HTTP/1.1 client over a plain TCP socket, bound to the phone's own address.
 *
 * It counts exactly the octets that it wrote to and read from each connection, for these are
 * compared with what the router counted. One exchange per connection, no cookies ever. What goes
 * wrong on the network is a value, as it is for a person with a phone.
 */
import { connect, type Socket } from 'node:net';
import { errorCode } from '../../lib/errors.ts';
import { createResponseParser, type HttpResponse, MalformedResponse } from './response-parser.ts';

export type { HttpResponse } from './response-parser.ts';

export interface HttpRequest {
  readonly host: string;
  readonly port: number;
  /** Source address; the system's choice when absent. */
  readonly localAddress?: string;
  readonly method: string;
  /** Request target as it stands in the request line: a path, an absolute URL, or `host:port`. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, in the machine's own milliseconds. */
  readonly timeoutMs: number;
  /** Of the body this much is kept, 1 MiB when absent; all of it is counted. */
  readonly keepOctets?: number;
}

export type HttpFailure = 'refused' | 'reset' | 'timeout' | 'closed' | 'malformed';

export interface HttpExchange {
  /** Null when no complete answer came; `failure` says why. */
  readonly response: HttpResponse | null;
  readonly failure: HttpFailure | null;
  /** Status line that was read, even of an answer that was cut short. */
  readonly status: number | null;
  /** Octets that the phone wrote ("input" as a NAS names it). */
  readonly sentOctets: number;
  readonly receivedOctets: number;
}

const KEEP_OCTETS = 1024 * 1024;

/** Never rejects. Settles when the connection is closed, so that both ends have counted everything. */
export function httpExchange(request: HttpRequest): Promise<HttpExchange> {
  const { promise, resolve } = Promise.withResolvers<HttpExchange>();
  const parser = createResponseParser(request.method, request.keepOctets ?? KEEP_OCTETS);
  const head = requestHead(request);
  const socket = open(request);
  let receivedOctets = 0;
  let connected = false;
  let complete = false;
  let failure: HttpFailure | null = null;

  const timer = setTimeout(() => {
    failure ??= 'timeout';
    socket.destroy();
  }, request.timeoutMs);
  socket.once('connect', () => {
    connected = true;
    socket.write(head);
  });
  socket.on('data', (chunk: Buffer) => {
    receivedOctets += chunk.length;
    if (complete || failure !== null) return;
    try {
      complete = parser.push(chunk);
    } catch (error) {
      if (!(error instanceof MalformedResponse)) throw error;
      failure = 'malformed';
    }
    if (complete || failure !== null) socket.end();
  });
  socket.on('error', (error) => {
    failure ??= failureOf(errorCode(error));
  });
  socket.once('close', () => {
    clearTimeout(timer);
    const response = complete || failure === null ? parser.end() : null;
    const sentOctets = connected ? head.length : 0;
    const status = parser.status();
    const why = response === null ? (failure ?? 'closed') : null;
    resolve({ response, failure: why, status, sentOctets, receivedOctets });
  });
  return promise;
}

function open(request: HttpRequest): Socket {
  const { host, port, localAddress } = request;
  const socket = connect({ host, port, ...(localAddress !== undefined && { localAddress }) });
  socket.setNoDelay(true);
  return socket;
}

function requestHead(request: HttpRequest): Buffer {
  const lines = [`${request.method} ${request.target} HTTP/1.1`];
  for (const [name, value] of Object.entries(request.headers)) lines.push(`${name}: ${value}`);
  const body = request.body ?? '';
  if (request.method === 'POST') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  lines.push('Connection: close', '', body);
  return Buffer.from(lines.join('\r\n'), 'utf8');
}

function failureOf(code: string): HttpFailure {
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  return code === 'ETIMEDOUT' ? 'timeout' : 'refused';
}
