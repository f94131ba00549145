/**
 * HTTP/1.1 heads as the gateway sees them on a phone's connection: enough to know where a request
 * wants to go and to pass it on byte for byte. Pure.
 */

export interface RequestHead {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  readonly version: string;
  /** Names in lower case; the last of a repeated one wins. */
  readonly headers: ReadonlyMap<string, string>;
  readonly lines: readonly string[];
  /** Octets of the head with its empty line. */
  readonly size: number;
}

/** Where a request wants to go. */
export type Wanted =
  | { readonly kind: 'connect'; readonly host: string; readonly port: number }
  | { readonly kind: 'http'; readonly host: string; readonly port: number; readonly path: string };

export const MAX_HEAD = 16_384;

/** Null while the head is incomplete; `'bad'` when it cannot become one. */
export function readHead(bytes: Buffer): RequestHead | 'bad' | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return bytes.length > MAX_HEAD ? 'bad' : null;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const match = /^([A-Z]+) (\S+) (HTTP\/1\.[01])$/.exec(first);
  if (match === null) return 'bad';
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return 'bad';
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const [, method, target, version] = match;
  return { method: method!, target: target!, version: version!, headers, lines, size: end + 4 };
}

/** Null when the request names no destination that could exist. */
export function wantedOf(head: RequestHead): Wanted | null {
  if (head.method === 'CONNECT') {
    const place = splitHost(head.target, 443);
    return place === null ? null : { kind: 'connect', ...place };
  }
  const absolute = /^http:\/\/([^/?#]+)(.*)$/i.exec(head.target);
  const place = splitHost(absolute?.[1] ?? head.headers.get('host') ?? '', 80);
  if (place === null) return null;
  const rest = absolute?.[2] ?? head.target;
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return { kind: 'http', ...place, path };
}

/** The head in the form that the destination itself would get; the connection ends with its answer. */
export function onwardHead(head: RequestHead, path: string): Buffer {
  const hop = /^(?:connection|proxy-connection|keep-alive|proxy-authorization):/i;
  const kept = head.lines.filter((line) => !hop.test(line));
  const lines = [`${head.method} ${path} ${head.version}`, ...kept, 'Connection: close', '', ''];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

export interface PlainResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** A whole response of the router itself; it closes the connection. */
export function encodeResponse(response: PlainResponse, method: string): Buffer {
  const body = Buffer.from(response.body, 'utf8');
  const lines = [
    `HTTP/1.1 ${response.status} ${response.reason}`,
    ...response.headers.map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]+/g, '')}`),
    `Content-Length: ${body.length}`,
    'Cache-Control: no-cache',
    'Connection: close',
    '',
    '',
  ];
  const head = Buffer.from(lines.join('\r\n'), 'utf8');
  return method === 'HEAD' ? head : Buffer.concat([head, body]);
}

function splitHost(text: string, fallback: number): { host: string; port: number } | null {
  const match = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return null;
  const port = match[2] === undefined ? fallback : Number(match[2]);
  if (port < 1 || port > 65_535) return null;
  return { host: match[1]!.toLowerCase().replace(/\.$/, ''), port };
}
