/**
 * HTTP/1.1 responses as bytes arrive (RFC 9112), for the phones' own client.
 *
 * Invariant: feeding the same bytes in any split gives the same result. Bodies are framed by
 * Content-Length, by chunks, or by the end of the connection; 1xx answers are passed over.
 */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; of a repeated field the first value counts. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export interface ResponseParser {
  /** Returns true when the response is complete; bytes after that are ignored. Throws {@link MalformedResponse}. */
  push(chunk: Buffer): boolean;
  /** The peer closed: the finished response, or null when it was cut short. */
  end(): HttpResponse | null;
  /** Status of the answer once its head was read, complete or not. */
  status(): number | null;
}

/** The bytes are not HTTP/1.x. */
export class MalformedResponse extends Error {}

const MAX_HEAD = 64 * 1024;
const CRLF = '\r\n';

type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer' | 'close';

interface Progress {
  state: State;
  pending: Buffer;
  status: number | null;
  headers: Map<string, string>;
  body: Buffer[];
  keptOctets: number;
  /** Octets still missing of the body or of the chunk at hand. */
  missing: number;
  done: boolean;
}

/**
 * `method` is what was asked: HEAD and CONNECT have answers without a body. Of the body the first
 * `keepOctets` are kept, the rest is only passed over.
 */
export function createResponseParser(method: string, keepOctets: number): ResponseParser {
  const p: Progress = {
    state: 'head',
    pending: Buffer.alloc(0),
    status: null,
    headers: new Map(),
    body: [],
    keptOctets: 0,
    missing: 0,
    done: false,
  };
  return {
    push: (chunk) => {
      if (p.done) return true;
      p.pending = p.pending.length === 0 ? chunk : Buffer.concat([p.pending, chunk]);
      while (!p.done && step(p, method, keepOctets));
      return p.done;
    },
    end: () => {
      if (p.status === null || (!p.done && p.state !== 'close')) return null;
      return { status: p.status, headers: p.headers, body: Buffer.concat(p.body) };
    },
    status: () => p.status,
  };
}

/** One move of the machine; false when it needs more bytes. */
function step(p: Progress, method: string, keepOctets: number): boolean {
  switch (p.state) {
    case 'head':
      return readHead(p, method);
    case 'close':
      return takeBody(p, p.pending.length, keepOctets);
    case 'length':
      if (takeBody(p, Math.min(p.missing, p.pending.length), keepOctets)) return true;
      if (p.missing === 0) p.done = true;
      return false;
    case 'chunk-size':
      return readChunkSize(p);
    case 'chunk-data':
      if (takeBody(p, Math.min(p.missing, p.pending.length), keepOctets)) return true;
      if (p.missing > 0) return false;
      p.state = 'chunk-end';
      return true;
    case 'chunk-end': {
      const line = takeLine(p);
      if (line === null) return false;
      if (line !== '') throw new MalformedResponse('chunk does not end with a line break');
      p.state = 'chunk-size';
      return true;
    }
    case 'trailer': {
      const line = takeLine(p);
      if (line === '') p.done = true;
      return line !== null && line !== '';
    }
  }
}

function readHead(p: Progress, method: string): boolean {
  const end = p.pending.indexOf(`${CRLF}${CRLF}`);
  if (end > MAX_HEAD || (end < 0 && p.pending.length > MAX_HEAD)) {
    throw new MalformedResponse('response head is too long');
  }
  if (end < 0) return false;
  const [first = '', ...lines] = p.pending.toString('latin1', 0, end).split(CRLF);
  p.pending = p.pending.subarray(end + 4);
  const match = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(first);
  if (match === null) throw new MalformedResponse('no HTTP/1.x status line');
  const status = Number(match[1]);
  if (status < 200 && status !== 101) return true;
  p.status = status;
  for (const line of lines) addHeader(p.headers, line);
  frameBody(p, method, status);
  return true;
}

function addHeader(headers: Map<string, string>, line: string): void {
  const colon = line.indexOf(':');
  if (colon < 1 || /\s/.test(line.slice(0, colon))) throw new MalformedResponse('bad header line');
  const name = line.slice(0, colon).toLowerCase();
  if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
}

/** RFC 9112 §6.3, in its order. */
function frameBody(p: Progress, method: string, status: number): void {
  const empty = method === 'HEAD' || status === 204 || status === 304 || status === 101;
  if (empty || (method === 'CONNECT' && status < 300)) {
    p.done = true;
    return;
  }
  if (/(?:^|,)\s*chunked$/i.test(p.headers.get('transfer-encoding') ?? '')) {
    p.state = 'chunk-size';
    return;
  }
  const length = p.headers.get('content-length');
  if (length === undefined) {
    p.state = 'close';
    return;
  }
  if (!/^\d{1,15}$/.test(length)) throw new MalformedResponse('bad Content-Length');
  p.state = 'length';
  p.missing = Number(length);
}

function readChunkSize(p: Progress): boolean {
  const line = takeLine(p);
  if (line === null) return false;
  const match = /^([0-9a-f]{1,8})(?:[ \t]*;.*)?$/i.exec(line);
  if (match === null) throw new MalformedResponse('bad chunk size');
  p.missing = Number.parseInt(match[1]!, 16);
  p.state = p.missing === 0 ? 'trailer' : 'chunk-data';
  return true;
}

/** Moves `octets` from the pending bytes to the body; false when there was nothing to move. */
function takeBody(p: Progress, octets: number, keepOctets: number): boolean {
  if (octets === 0) return false;
  const kept = Math.min(octets, keepOctets - p.keptOctets);
  if (kept > 0) p.body.push(p.pending.subarray(0, kept));
  p.keptOctets += kept;
  p.pending = p.pending.subarray(octets);
  p.missing -= octets;
  return true;
}

function takeLine(p: Progress): string | null {
  const end = p.pending.indexOf(CRLF);
  if (end < 0) {
    if (p.pending.length > MAX_HEAD) throw new MalformedResponse('line is too long');
    return null;
  }
  const line = p.pending.toString('latin1', 0, end);
  p.pending = p.pending.subarray(end + 2);
  return line;
}
