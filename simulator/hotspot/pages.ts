/**
 * The servlet's texts: default messages of errors.txt, the values of `$(…)`, and the vendor's own plain
 * pages, which stand in wherever the configured folder has no file of that name.
 */
import type { HotspotConfig } from './config.ts';
import type { Host } from './hosts.ts';
import type { LoginError } from './login.ts';
import { chapOf } from './login.ts';
import { secondsOf } from './sessions.ts';
import type { Lookup } from './template.ts';
import { formatDuration } from './values.ts';

const DEFAULT_ERRORS: Readonly<Record<LoginError, string>> = {
  'auth-in-progress': 'already authorizing, retry later',
  'chap-missing': 'web browser did not send challenge response (try again, enable JavaScript)',
  'invalid-username': 'invalid username or password',
  'radius-reply': '$(error-orig)',
  'radius-timeout': 'RADIUS server is not responding',
  'shutting-down': 'hotspot service is shutting down',
};

/** `error` and `error-orig` of a refused login; `file` is the folder's errors.txt. */
export function errorTexts(
  error: LoginError,
  message: string | null,
  file: string | undefined,
): { error: string; original: string } {
  const original = message ?? DEFAULT_ERRORS[error];
  const own = (file ?? '')
    .split(/\r?\n/)
    .map((line) => /^\s*([\w-]+)\s*=\s*(.*)$/.exec(line))
    .find((match) => match?.[1] === error)?.[2];
  const text = own ?? DEFAULT_ERRORS[error];
  return { error: text.replaceAll('$(error-orig)', original), original };
}

export interface PageContext {
  readonly host: Host;
  readonly hotspot: HotspotConfig;
  /** `http://login.example[:port]`. */
  readonly base: string;
  readonly now: number;
  /** Where the phone wanted to go; empty when nowhere. */
  readonly original: string;
  readonly redirect: string;
  readonly username: string;
  readonly error: string;
  readonly errorOriginal: string;
  readonly headers: ReadonlyMap<string, string>;
}

export function variables(context: PageContext): Lookup {
  const { host, hotspot, base, original } = context;
  const values: Record<string, string | undefined> = {
    mac: host.mac,
    ip: host.ip,
    'host-ip': host.ip,
    username: context.username,
    'link-login':
      original === '' ? `${base}/login` : `${base}/login?dst=${encodeURIComponent(original)}`,
    'link-login-only': `${base}/login`,
    'link-logout': `${base}/logout`,
    'link-status': `${base}/status`,
    'link-orig': original,
    'link-redirect': context.redirect,
    error: context.error,
    'error-orig': context.errorOriginal,
    'server-name': hotspot.name,
    'server-address': `${hotspot.address}:80`,
    hostname: hotspot.dnsName === '' ? hotspot.address : hotspot.dnsName,
    identity: hotspot.nas.identity,
    'interface-name': hotspot.interface,
    'login-by': host.session?.loginBy,
    'logged-in': host.session === null ? 'no' : 'yes',
    'plain-passwd': hotspot.loginBy.has('http-pap') ? 'yes' : 'no',
    'ssl-login': 'no',
    trial: hotspot.trial === null ? 'no' : 'yes',
    'user-agent': context.headers.get('user-agent'),
    ...chapValues(host, hotspot),
    ...sessionValues(context),
  };
  return (name) => {
    if (name.startsWith('http-header-')) return context.headers.get(name.slice(12).toLowerCase());
    return Object.hasOwn(values, name) ? (values[name] ?? '') : undefined;
  };
}

/** Printed as octal escapes, which are bytes only inside a script (portal pages must decode them). */
function chapValues(host: Host, hotspot: HotspotConfig): Record<string, string> {
  if (!hotspot.loginBy.has('http-chap') || host.session !== null) return {};
  const { id, challenge } = chapOf(host);
  const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;
  return { 'chap-id': octal(id), 'chap-challenge': [...challenge].map(octal).join('') };
}

function sessionValues({ host, hotspot, now }: PageContext): Record<string, string> {
  const { session } = host;
  if (session === null) return {};
  const { reported, sessionTimeoutMs, totalLimit, idleTimeoutMs } = session;
  const up = secondsOf(session, now);
  const refresh = hotspot.profile(null).statusRefreshMs;
  return {
    uptime: formatDuration(up * 1000),
    'uptime-secs': String(up),
    'session-id': session.acctSessionId,
    'bytes-in': String(reported.input),
    'bytes-out': String(reported.output),
    'bytes-in-nice': nice(reported.input),
    'bytes-out-nice': nice(reported.output),
    ...(refresh !== null && {
      'refresh-timeout': formatDuration(refresh),
      'refresh-timeout-secs': String(Math.floor(refresh / 1000)),
    }),
    ...(idleTimeoutMs !== null && { 'idle-timeout': formatDuration(idleTimeoutMs) }),
    ...(sessionTimeoutMs !== null && {
      'session-timeout': formatDuration(sessionTimeoutMs),
      'session-timeout-secs': String(Math.floor(sessionTimeoutMs / 1000)),
      'session-time-left': formatDuration(sessionTimeoutMs - up * 1000),
      'session-time-left-secs': String(Math.max(0, Math.floor(sessionTimeoutMs / 1000) - up)),
    }),
    ...(totalLimit !== null && {
      'limit-bytes-total': String(totalLimit),
      'remain-bytes-total': String(Math.max(0, totalLimit - reported.input - reported.output)),
    }),
  };
}

function nice(octets: number): string {
  if (octets < 1024) return `${octets} B`;
  if (octets < 1024 ** 2) return `${(octets / 1024).toFixed(1)} KiB`;
  return `${(octets / 1024 ** 2).toFixed(1)} MiB`;
}

const page = (title: string, body: string): string =>
  `<!doctype html><html><head><meta charset="utf-8"><title>MikroTik hotspot &gt; ${title}</title></head>` +
  `<body><h1>MikroTik</h1>${body}</body></html>`;

/** The vendor's plain pages, in the page language. */
export const VENDOR_PAGES: Readonly<Record<string, string>> = {
  'rlogin.html':
    '$(if http-status == 302)Hotspot login required$(endif)' +
    '$(if http-header == "Location")$(link-redirect)$(endif)' +
    page('redirect', '<a href="$(link-redirect)">login</a>'),
  'redirect.html':
    '$(if http-status == 302)Hotspot redirect$(endif)' +
    '$(if http-header == "Location")$(link-redirect)$(endif)' +
    page('redirect', '<a href="$(link-redirect)">continue</a>'),
  'login.html': page(
    'login',
    '$(if error)<p>$(error)</p>$(endif)<form action="$(link-login-only)" method="post">' +
      '<input type="hidden" name="dst" value="$(link-orig)"><input name="username">' +
      '<input name="password" type="password"><button>OK</button></form>',
  ),
  'status.html': page(
    'status',
    '<p>$(username) $(ip)</p><p>bytes up/down: $(bytes-in-nice) / $(bytes-out-nice)</p>' +
      '<p>connected: $(uptime)$(if session-time-left) left: $(session-time-left)$(endif)</p>' +
      '<form action="$(link-logout)" method="post"><button>log off</button></form>',
  ),
  'logout.html': page(
    'logout',
    '<p>you have just logged out</p><a href="$(link-login)">log in</a>',
  ),
};
