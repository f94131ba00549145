/**
 * The kinds of value a configuration file holds. Each takes the text an operator writes, gives the
 * parsed form that roles use, and says what it expected when the text is something else.
 */
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { type HostPort, parseCidr, parseHostPort, parseIpv4 } from '../lib/net.ts';

const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const REGENCY = /^\d{2}\.\d{2}$/;

/** `0.0.0.0:8080`; port 0 = any free port. */
export const hostPort = text('an address and a port such as 0.0.0.0:8080', (value) => {
  const parsed = parseHostPort(value);
  return parsed !== null && isHost(parsed.host) ? parsed : null;
});

/** `9.9.9.9` or `9.9.9.9:53`. */
export const upstream = text('an IPv4 address with or without a port such as 9.9.9.9', (value) => {
  const parsed: HostPort | null = value.includes(':')
    ? parseHostPort(value)
    : { host: value, port: 53 };
  return parsed !== null && parseIpv4(parsed.host) !== null && parsed.port > 0 ? parsed : null;
});

export const ipv4 = text('an IPv4 address such as 10.255.0.1', (value) =>
  parseIpv4(value) === null ? null : value,
);

/** A network without host bits; stays text, because that is what router configurations carry. */
export const network = text('a network such as 10.255.0.0/16, without host bits', (value) =>
  parseCidr(value) === null ? null : value,
);

/** An origin, that is, a URL without path, query or credentials; given back without a final slash. */
export const origin = text('a URL such as https://wifi.example.go.id, without a path', (value) => {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return bare && isHost(url.hostname) ? url.origin : null;
});

export const hostName = text('a host name such as login.wifi.home.arpa', (value) =>
  HOST_NAME.test(value) ? value.toLowerCase() : null,
);

export const timeZone = text('an IANA time zone such as Asia/Jakarta', (value) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
});

/** Kemendagri code of a regency. YAML reads an unquoted 16.10 as the number 16.1, hence the quotes. */
export const regency = text("a regency code in quotes such as '16.06'", (value) =>
  REGENCY.test(value) ? value : null,
);

/** What `wg pubkey` prints: 32 octets as base64 (RFC 4648 §4). */
export const wireguardKey = text('a WireGuard public key, 44 characters of base64', (value) =>
  /^[0-9A-Za-z+/]{43}=$/.test(value) && Buffer.from(value, 'base64').toString('base64') === value
    ? value
    : null,
);

/** Network name: 1 to 32 octets (IEEE 802.11). */
export const ssid = text('a network name of 1 to 32 octets', (value) => {
  const octets = Buffer.byteLength(value);
  return octets >= 1 && octets <= 32 ? value : null;
});

/** RFC 2865 §3 asks for at least 16 octets; 253 is the most that any peer of ours accepts. */
export const secret = z
  .string({ error: 'expected a secret, or file:/path of one' })
  .min(16, { error: 'expected at least 16 characters' })
  .max(253, { error: 'expected at most 253 characters' });

/** What a router was told to send; how long it is, is the router's business. */
export const password = z
  .string({ error: 'expected a password, or file:/path of one' })
  .min(1, { error: 'expected at least one character' })
  .max(128, { error: 'expected at most 128 characters' });

/** A path; relative ones start at the folder of the configuration file. */
export function path(baseDirectory: string) {
  return text('a path', (value) => (value === '' ? null : absolute(baseDirectory, value)));
}

/** SQLite's file is given back as an absolute path; a URL of PostgreSQL as it is. */
export function store(baseDirectory: string) {
  return z.string({ error: describe(STORE_TEXT) }).transform((value, context) => {
    const file = /^sqlite:(.+)$/.exec(value)?.[1];
    if (file !== undefined) return `sqlite:${absolute(baseDirectory, file)}`;
    const problem = postgresProblem(value);
    if (problem === null) return value;
    context.issues.push({ code: 'custom', message: problem, input: value });
    return z.NEVER;
  });
}

const STORE_TEXT = 'sqlite:/path/to/smartwifi.db or postgres://user@host/database';

function postgresProblem(value: string): string | null {
  if (!/^postgres(?:ql)?:/.test(value)) return `expected ${STORE_TEXT}, not "${value}"`;
  const url = URL.parse(value);
  if (url === null || url.pathname.length < 2) return `expected ${STORE_TEXT}, not "${value}"`;
  return null;
}

/** Non-empty text without spaces around it. */
export function word(expected: string) {
  return text(expected, (value) => (value !== '' && value.trim() === value ? value : null));
}

/** A line of text that is printed or shown as it is. */
export function line(expected: string, max: number) {
  return text(`${expected}, at most ${max} characters`, (value) => {
    const isLine = value !== '' && value.trim() === value && !/\p{C}/u.test(value);
    return isLine && value.length <= max ? value : null;
  });
}

/** A whole number between two bounds, with its unit for the message. */
export function whole(unit: string, min: number, max: number) {
  const error = ({ input }: { input?: unknown }): string =>
    `expected a whole number of ${unit} from ${min} to ${max}, not ${JSON.stringify(input)}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

const portError = { error: 'expected a port from 1 to 65535' };

export const port = z.int(portError).min(1, portError).max(65_535, portError);

export const yesNo = z.boolean({ error: 'expected true or false' });

export function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: `expected one of ${values.join(', ')}` });
}

/** Absolute form of a path that may start at `baseDirectory`. */
export function absolute(baseDirectory: string, value: string): string {
  return isAbsolute(value) ? value : resolve(baseDirectory, value);
}

function text<T>(expected: string, parse: (value: string) => T | null) {
  return z.string({ error: describe(expected) }).transform((value, context): T => {
    const parsed = parse(value);
    if (parsed !== null) return parsed;
    context.issues.push({
      code: 'custom',
      message: `expected ${expected}, not "${value}"`,
      input: value,
    });
    return z.NEVER;
  });
}

function describe(expected: string) {
  return ({ input }: { input?: unknown }): string =>
    input === null ? `expected ${expected}, but it has no value` : `expected ${expected}`;
}

function isHost(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return parseIpv4(host) !== null;
  return HOST_NAME.test(host) || host.includes(':');
}
