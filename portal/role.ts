/** The portal's sockets: start, certificate renewal, orderly end. Pages are in app.ts. */
import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { SmartWifiError } from '../lib/errors.ts';
import { createPortalApp } from './app.ts';
import { type CertificatePair, createRenewal, readCertificate } from './certificate.ts';
import type { PortalDeps } from './context.ts';
import { createLoginLimiter, DEFAULT_LOGIN_LIMITS } from './login-limits.ts';
import { createPortalMetrics } from './metrics.ts';
import type { Address, PortalOptions, TlsFiles } from './types.ts';
import { loadViews } from './views.ts';
import { createWording } from './wording.ts';

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
  const deps = await createPortalDeps(options);
  await using stack = new AsyncDisposableStack();
  const pair = options.tls === undefined ? null : await readCertificate(options.tls);
  const upgrade = pair !== null && deps.publicOrigin.startsWith('https:');
  const app = createPortalApp(deps, { upgrade });

  let server: Server | TlsServer;
  if (pair === null || options.tls === undefined) {
    server = createServer(SERVER_OPTIONS, app);
  } else {
    const tls = createTlsServer({ ...SERVER_OPTIONS, cert: pair.cert, key: pair.key }, app);
    stack.use(renewing(deps, tls, options.tls, pair));
    server = tls;
  }
  const port = await open(stack, server, options.listen);
  const plainPort =
    options.plainListen === undefined
      ? null
      : await open(stack, createServer(SERVER_OPTIONS, app), options.plainListen);
  deps.log.info({ port, plainPort, tls: pair !== null }, 'portal listens');
  const owned = stack.move();
  return { port, plainPort, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

async function createPortalDeps(options: PortalOptions): Promise<PortalDeps> {
  const publicUrl = URL.parse(options.publicUrl);
  if (publicUrl === null || !/^https?:$/.test(publicUrl.protocol)) {
    throw new SmartWifiError('PORTAL_PUBLIC_URL', `not an http(s) URL: ${options.publicUrl}`);
  }
  const { store, radius, clock, log, timeZone, categoryOf } = options;
  return {
    store,
    radius,
    clock,
    log,
    timeZone,
    ...(categoryOf === undefined ? {} : { categoryOf }),
    publicOrigin: publicUrl.origin,
    blockAddresses: new Set(options.blockAddresses),
    tokenTtlMs: Math.min(options.tokenTtlMs ?? TOKEN_TTL_MS, TOKEN_TTL_MS),
    views: await loadViews(),
    metrics: createPortalMetrics(options.metrics, { tls: options.tls !== undefined }),
    wordings: { id: createWording('id', timeZone), en: createWording('en', timeZone) },
    admitLogin: createLoginLimiter(options.loginLimits ?? DEFAULT_LOGIN_LIMITS),
  };
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

function renewing(
  deps: PortalDeps,
  server: TlsServer,
  files: TlsFiles,
  pair: CertificatePair,
): Disposable {
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
