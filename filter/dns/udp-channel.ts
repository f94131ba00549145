/**
 * Questions to one upstream over UDP. What an off-path forger must guess (RFC 5452): a random id, one of
 * several source ports that are replaced as they wear out, and, on wish, the case of the name (0x20).
 * Sockets are connected, so the kernel drops what comes from elsewhere and reports a closed port at once.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { errorMessage } from '../../lib/errors.ts';
import { FilterError } from '../errors.ts';
import { HEADER_OCTETS, parseResponse, type Response, sameName } from './message.ts';

export interface UpstreamAddress {
  readonly host: string;
  readonly port: number;
}

export interface UdpChannel extends AsyncDisposable {
  /**
   * Sends the query with an id of its own; resolves with the first answer that fits, whatever its RCODE.
   * `FILTER_UPSTREAM_TIMEOUT`, `FILTER_UPSTREAM_UNREACHABLE`.
   */
  exchange(query: Uint8Array, timeoutMs: number): Promise<Response>;
}

export interface ChannelOptions {
  /** The answer must spell the name as the question did. */
  readonly exactCase: boolean;
  /** An answer arrived that belongs to no question: late, or forged. */
  readonly onStray: () => void;
}

const PORTS = 8;
const QUERIES_PER_PORT = 4096;

interface Pending {
  readonly query: Uint8Array;
  readonly resolve: (response: Response) => void;
  readonly reject: (error: FilterError) => void;
}

interface Port {
  readonly socket: Socket;
  readonly ready: Promise<void>;
  readonly pending: Map<number, Pending>;
  used: number;
}

export function createUdpChannel(upstream: UpstreamAddress, options: ChannelOptions): UdpChannel {
  const ports: (Port | undefined)[] = Array.from({ length: PORTS }, () => undefined);
  const open = new Set<Port>();
  let closed = false;

  const portAt = (place: number): Port => {
    let port = ports[place];
    if (port === undefined || port.used >= QUERIES_PER_PORT) {
      if (port !== undefined) retireWhenIdle(port, open);
      port = openPort(upstream, options);
      ports[place] = port;
      open.add(port);
    }
    port.used += 1;
    return port;
  };
  return {
    exchange: async (query, timeoutMs) => {
      if (closed) throw closing();
      const place = randomInt(PORTS);
      const port = portAt(place);
      try {
        await port.ready;
      } catch (error) {
        if (ports[place] === port) ports[place] = undefined;
        close(port, open);
        throw unreachable(upstream, error);
      }
      return await send(port, query, timeoutMs, upstream).finally(() => {
        if (port.pending.size === 0 && !ports.includes(port)) close(port, open);
      });
    },
    [Symbol.asyncDispose]: async () => {
      closed = true;
      for (const port of open) {
        failAll(port, closing());
        close(port, open);
      }
    },
  };
}

function openPort(upstream: UpstreamAddress, options: ChannelOptions): Port {
  const socket = createSocket(upstream.host.includes(':') ? 'udp6' : 'udp4');
  const pending = new Map<number, Pending>();
  const ready = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const port: Port = { socket, ready, pending, used: 0 };
  socket.on('error', (error) => failAll(port, unreachable(upstream, error)));
  socket.on('message', (bytes) => {
    if (!settle(port, bytes, options.exactCase)) options.onStray();
  });
  socket.connect(upstream.port, upstream.host);
  return port;
}

async function send(
  port: Port,
  query: Uint8Array,
  timeoutMs: number,
  upstream: UpstreamAddress,
): Promise<Response> {
  const id = freeId(port);
  const bytes = Buffer.from(query);
  bytes.writeUInt16BE(id, 0);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Response>((resolve, reject) => {
      port.pending.set(id, { query: bytes, resolve, reject });
      timer = setTimeout(() => {
        const where = `${upstream.host}:${upstream.port}`;
        reject(new FilterError('FILTER_UPSTREAM_TIMEOUT', `upstream ${where} did not answer`));
      }, timeoutMs);
      port.socket.send(bytes, (error) => {
        if (error !== null) reject(unreachable(upstream, error));
      });
    });
  } finally {
    clearTimeout(timer);
    port.pending.delete(id);
  }
}

/** True when the answer belonged to a question that waits. */
function settle(port: Port, bytes: Uint8Array, exactCase: boolean): boolean {
  const pending = bytes.length < HEADER_OCTETS ? undefined : port.pending.get(idOf(bytes));
  if (pending === undefined) return false;
  try {
    const response = parseResponse(bytes);
    if (!answers(response, pending.query, exactCase)) return false;
    pending.resolve(response);
    return true;
  } catch (error) {
    if (error instanceof FilterError) return false;
    throw error;
  }
}

/** Whether a response repeats the question of a query that has one. */
export function answers(response: Response, query: Uint8Array, exactCase: boolean): boolean {
  const asked = query.subarray(HEADER_OCTETS, response.questionEnd);
  const repeated = response.bytes.subarray(HEADER_OCTETS, response.questionEnd);
  return exactCase ? Buffer.compare(asked, repeated) === 0 : sameQuestion(asked, repeated);
}

/** Type and class are the last four octets; they are compared as they are. */
function sameQuestion(a: Uint8Array, b: Uint8Array): boolean {
  return (
    sameName(a.subarray(0, -4), b.subarray(0, -4)) &&
    Buffer.compare(a.subarray(-4), b.subarray(-4)) === 0
  );
}

function freeId(port: Port): number {
  let id = randomInt(0x1_0000);
  while (port.pending.has(id)) id = randomInt(0x1_0000);
  return id;
}

function idOf(bytes: Uint8Array): number {
  return (bytes[0]! << 8) | bytes[1]!;
}

function failAll(port: Port, error: FilterError): void {
  for (const { reject } of port.pending.values()) reject(error);
}

function retireWhenIdle(port: Port, open: Set<Port>): void {
  if (port.pending.size === 0) close(port, open);
}

function close(port: Port, open: Set<Port>): void {
  if (open.delete(port)) port.socket.close();
}

function closing(): FilterError {
  return new FilterError('FILTER_UPSTREAM_UNREACHABLE', 'the resolver is closing');
}

function unreachable(upstream: UpstreamAddress, error: unknown): FilterError {
  const where = `${upstream.host}:${upstream.port}`;
  return new FilterError(
    'FILTER_UPSTREAM_UNREACHABLE',
    `upstream ${where}: ${errorMessage(error)}`,
    { cause: error },
  );
}
