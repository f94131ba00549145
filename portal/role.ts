/** The portal's life: start, certificate renewal, orderly end. Pages are in app.ts. */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { SmartWifiError } from '../lib/errors.ts';
import { createPortalApp } from './app.ts';
import { watchBacklog } from './backlog.ts';
import { type CertificatePair, createRenewal, readCertificate } from './certificate.ts';
import { warnWithoutOfficer } from './consent/officer.ts';
import type { PortalDeps } from './context.ts';
import { createExchange } from './gateways/exchange.ts';
import { createLans, type Lans, OUTSIDE } from './lans.ts';
import { createLoginLimiter, DEFAULT_LOGIN_LIMITS } from './login-limits.ts';
import { createPortalMetrics, type PortalMetrics } from './metrics.ts';
import { createOidcProvider } from './oidc/provider.ts';
import { createCodeSender } from './otp/sender.ts';
import { closeServer, type Door, listenOn, SOCKET_LIMITS } from './sockets.ts';
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

/**
 * Listens and serves until disposed. `PORTAL_PUBLIC_URL` for a public URL that is not an http(s)
 * origin, `PORTAL_CERTIFICATE` for files that cannot be used; an address in use rejects as Node does.
 */
export async function startPortal(options: PortalOptions): Promise<Portal> {
  const publicUrl = parsePublicUrl(options.publicUrl);
  const views = await loadViews();
  await using stack = new AsyncDisposableStack();
  const certificate = options.tls === undefined ? null : await certified(options.tls);
  const server = certificate?.server ?? createServer(SOCKET_LIMITS.http);
  const metrics = createPortalMetrics(options.metrics, { tls: certificate !== null });
  const lans = createLans(options);
  const door = { networkOf: lans.networkOf, refused: metrics.connectionRefused };
  const port = await open(stack, server, options.listen, door);
  const publicOrigin = originOf(publicUrl, port);
  const deps = withCodes(
    options,
    createPortalDeps(options, { views, metrics, lans, publicOrigin }),
  );
  const upgrade = certificate !== null && publicUrl.protocol === 'https:';
  const app = createPortalApp(deps, { upgrade });
  server.on('request', app);
  if (certificate !== null) stack.use(renewing(deps, certificate));
  const plainPort =
    options.plainListen === undefined
      ? null
      : await open(stack, createServer(SOCKET_LIMITS.http, app), options.plainListen, door);
  await stack.use(watchBacklog(options)).look();
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

function createPortalDeps(
  options: PortalOptions,
  made: { views: Views; metrics: PortalMetrics; lans: Lans; publicOrigin: string },
): PortalDeps {
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
    selling: options.selling ?? null,

    ...made,
    blockAddresses: new Set(options.blockAddresses),
    tokenTtlMs: Math.min(options.tokenTtlMs ?? TOKEN_TTL_MS, TOKEN_TTL_MS),
    wordingIn: wordings(timeZone),
    admitLogin: createLoginLimiter(
      options.loginLimits ?? DEFAULT_LOGIN_LIMITS,
      (address) => made.lans.networkOf(address) === OUTSIDE,
    ),
    codes: options.codes ?? null,
    gateways: options.otp?.gateways ?? [],
    inbound: (options.otp?.gateways ?? []).some((one) => one.webhookSecret !== undefined),
    oidc:
      options.oidc === undefined
        ? null
        : createOidcProvider(options.oidc, {
            clock,
            redirectUri: `${made.publicOrigin}/oidc/callback`,
          }),
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
  door: Door,
): Promise<number> {
  const port = await listenOn(server, address, SOCKET_LIMITS, door);
  stack.defer(async () => closeServer(server));
  return port;
}

interface Certified {
  readonly server: TlsServer;
  readonly files: TlsFiles;
  readonly pair: CertificatePair;
}

async function certified(files: TlsFiles): Promise<Certified> {
  const pair = await readCertificate(files);
  const server = createTlsServer({ ...SOCKET_LIMITS.http, cert: pair.cert, key: pair.key });
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
