/** The portal's sockets: start, certificate renewal, orderly end. Pages are in app.ts. */
import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { SmartWifiError } from '../lib/errors.ts';
import { createPortalApp } from './app.ts';
import { type CertificatePair, createRenewal, readCertificate } from './certificate.ts';
import { warnWithoutOfficer } from './consent/officer.ts';
import type { PortalDeps } from './context.ts';
import { createExchange } from './gateways/exchange.ts';
import { createLoginLimiter, DEFAULT_LOGIN_LIMITS } from './login-limits.ts';
import { createPortalMetrics } from './metrics.ts';
import { createOidcProvider } from './oidc/provider.ts';
import { createCodeSender } from './otp/sender.ts';
import type { Address, PortalOptions, TlsFiles } from './types.ts';
import { loadViews, type Views } from './views.ts';
import { wordings } from './wording.ts';

export interface Portal extends AsyncDisposable {
  /** The port in use: of TLS when there is a certificate. */
  readonly port: number;
  /** Of `plainListen`; null without. */
  readonly plainPort: number | null;
}

const TOKEN_TTL_MS = 60_000;
const RENEWAL_MS = 10_000;
/** How long answers under way may take at the end. */
const GRACE_MS = 5000;

/** Slow links need seconds for a request; nobody needs minutes, or large headers. */
const SERVER_OPTIONS: ServerOptions = {
  requestTimeout: 20_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 8192,
};
const IDLE_MS = 30_000;
const MAX_CONNECTIONS = 4000;
const MAX_REQUESTS_PER_SOCKET = 200;

/**
 * Listens and serves until disposed. `PORTAL_PUBLIC_URL` for a public URL that is not an http(s)
 * origin, `PORTAL_CERTIFICATE` for files that cannot be used; an address in use rejects as Node does.
 */
export async function startPortal(options: PortalOptions): Promise<Portal> {
  const publicUrl = parsePublicUrl(options.publicUrl);
  const views = await loadViews();
  await using stack = new AsyncDisposableStack();
  const certificate = options.tls === undefined ? null : await certified(options.tls);
  const server = certificate?.server ?? createServer(SERVER_OPTIONS);
  const port = await open(stack, server, options.listen);
  const deps = withCodes(options, createPortalDeps(options, views, originOf(publicUrl, port)));
  const upgrade = certificate !== null && publicUrl.protocol === 'https:';
  const app = createPortalApp(deps, { upgrade });
  server.on('request', app);
  if (certificate !== null) stack.use(renewing(deps, certificate));
  const plainPort =
    options.plainListen === undefined
      ? null
      : await open(stack, createServer(SERVER_OPTIONS, app), options.plainListen);
  await warnWithoutOfficer(deps);
  deps.log.info({ port, plainPort, tls: certificate !== null }, 'portal listens');
  const owned = stack.move();
  return { port, plainPort, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

function parsePublicUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SmartWifiError('PORTAL_PUBLIC_URL', `not an http(s) URL: ${text}`);
  }
  return url;
}

/** Port 0 stands for the port in use, as in `listen`. */
function originOf(publicUrl: URL, port: number): string {
  if (publicUrl.port === '0') publicUrl.port = String(port);
  return publicUrl.origin;
}

function createPortalDeps(options: PortalOptions, views: Views, publicOrigin: string): PortalDeps {
  const { store, radius, clock, log, timeZone, retention, categoryOf, regency } = options;
  return {
    store,
    radius,
    clock,
    log,
    timeZone,
    retention,
    ...(categoryOf === undefined ? {} : { categoryOf }),
    ...(regency === undefined ? {} : { regency }),
    ...(options.selling === undefined ? {} : { selling: options.selling }),

    publicOrigin,
    blockAddresses: new Set(options.blockAddresses),
    tokenTtlMs: Math.min(options.tokenTtlMs ?? TOKEN_TTL_MS, TOKEN_TTL_MS),
    views,
    metrics: createPortalMetrics(options.metrics, { tls: options.tls !== undefined }),
    wordingIn: wordings(timeZone),
    admitLogin: createLoginLimiter(options.loginLimits ?? DEFAULT_LOGIN_LIMITS),
    codes: options.codes ?? null,
    gateways: options.otp?.gateways ?? [],
    inbound: (options.otp?.gateways ?? []).some((one) => one.webhookSecret !== undefined),
    oidc:
      options.oidc === undefined
        ? null
        : createOidcProvider(options.oidc, { clock, redirectUri: `${publicOrigin}/oidc/callback` }),
  };
}

/** Codes are sent by the gateways that are configured, unless a sender was given. */
function withCodes(options: PortalOptions, deps: PortalDeps): PortalDeps {
  const { otp } = options;
  if (deps.codes !== null || otp === undefined || otp.gateways.length === 0) return deps;
  const codes = createCodeSender({
    ...deps,
    otp,
    exchange: options.exchange ?? createExchange(),
    random: Math.random,
    counted: deps.metrics,
  });
  return { ...deps, codes };
}

async function open(
  stack: AsyncDisposableStack,
  server: Server | TlsServer,
  address: Address,
): Promise<number> {
  server.timeout = IDLE_MS;
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  stack.defer(async () => close(server));
  const { port } = server.address() as AddressInfo;
  return port;
}

/** Answers under way are finished, up to {@link GRACE_MS}; idle connections end at once. */
async function close(server: Server | TlsServer): Promise<void> {
  await new Promise<void>((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

interface Certified {
  readonly server: TlsServer;
  readonly files: TlsFiles;
  readonly pair: CertificatePair;
}

async function certified(files: TlsFiles): Promise<Certified> {
  const pair = await readCertificate(files);
  const server = createTlsServer({ ...SERVER_OPTIONS, cert: pair.cert, key: pair.key });
  return { server, files, pair };
}

function renewing(deps: PortalDeps, { server, files, pair }: Certified): Disposable {
  deps.metrics.certificateExpiry(pair.expiresAt);
  const renew = createRenewal(
    {
      files,
      install: ({ cert, key, expiresAt }) => {
        server.setSecureContext({ cert, key });
        deps.metrics.certificateExpiry(expiresAt);
        deps.log.info({ expiresAt }, 'certificate renewed');
      },
      refuse: (error) => {
        deps.metrics.certificateRefused();
        deps.log.error({ err: error }, 'certificate files cannot be used; the one before stays');
      },
    },
    pair,
  );
  const timer = setInterval(() => void renew(), RENEWAL_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
