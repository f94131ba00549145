/** The RADIUS server: two ports, one handler each (RFC 2865, RFC 2866, RFC 5080, RFC 5997). */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { type HostPort, parseCidr } from '../lib/net.ts';
import { type AccountingDeps, createAccountingHandler } from './accounting.ts';
import { type AuthDeps, createAuthHandler } from './auth.ts';
import { createEapForwarder, type EapServer, refuseEap } from './eap.ts';
import type { Handle } from './exchange.ts';
import { createRadiusMetrics } from './metrics.ts';
import type { Probe } from './probe.ts';
import { createProxies, type ProxyClient, type ProxyDeps } from './proxy.ts';
import { type RadsecServer, type RadsecServerOptions, startRadsec } from './radsec.ts';
import { SHORT_SECRET } from './secret.ts';
import { hostPort, listen } from './sockets.ts';
import type { WarmGroup } from './warm.ts';

export interface RadiusOptions {
  readonly auth: HostPort;
  readonly acct: HostPort;
  /** Other threads or processes may serve the same ports; false by default. */
  readonly sharePort?: boolean;
  readonly store: AuthDeps['store'] & AccountingDeps['store'] & ProxyDeps['store'];
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly timeZone: string;
  /** How often a NAS reports an open session. */
  readonly interimSeconds: number;
  /** What routers send as the password of MAC authentication, when it is neither empty nor the address. */
  readonly macPassword?: string;
  /** The portal is a client of its own, told by its source address. */
  readonly portal: { readonly address: string; readonly secret: string };
  /** Servers that speak for routers; none by default. */
  readonly proxies?: readonly ProxyClient[];
  /** Where EAP is forwarded to; refused by default. */
  readonly eap?: EapServer;
  /** RADIUS over TLS; not served by default. */
  readonly radsec?: RadsecServerOptions;
  /** Plain UDP from outside this network or this machine is warned of. */
  readonly tunnelSubnet?: string;
  /** Asks a NAS whether it still has a session, before a phone is refused for it; nobody is asked by default. */
  readonly probe?: Probe;
  /** See {@link AuthDeps.warm}. */
  readonly warm?: WarmGroup;
  /** Machine time before a NAS hears of wrong credentials; 500 by default. */
  readonly rejectDelayMs?: number;
  /** See {@link AuthDeps.texts}. */
  readonly texts?: AuthDeps['texts'];
}

export interface RadiusServer extends AsyncDisposable {
  readonly authPort: number;
  readonly acctPort: number;
  /** Null without RADIUS over TLS. */
  readonly radsec: RadsecServer | null;
}

/** `RADIUS_LISTEN` when a port cannot be bound, `RADIUS_CERTIFICATE`. Port 0 takes a free one. */
export async function startRadius(options: RadiusOptions): Promise<RadiusServer> {
  const { auth, acct, radsec, log, sharePort = false } = options;
  await using stack = new AsyncDisposableStack();
  const deps = handlerDeps(options, stack);
  // Disposed of in reverse: first nothing comes in any more, then what came in is finished.
  const authHandler = stack.use(createAuthHandler(deps));
  const accounting = stack.use(createAccountingHandler(deps));
  stack.defer(() => accounting.settled());
  const listening = async (at: HostPort, handle: Handle): Promise<number> =>
    stack.use(await listen({ at, sharePort, handle, log })).port;
  const authPort = await listening(auth, authHandler.handle);
  const acctPort = await listening(acct, accounting.handle);
  const handlers = { auth: authHandler.handle, acct: accounting.handle };
  const tls =
    radsec === undefined
      ? null
      : stack.use(await startRadsec({ ...radsec, sharePort }, { ...deps, ...handlers }));
  log.info(
    {
      auth: hostPort(auth.host, authPort),
      acct: hostPort(acct.host, acctPort),
      ...(tls === null ? {} : { radsec: hostPort(radsec!.listen.host, tls.port) }),
    },
    'RADIUS listens',
  );
  const owned = stack.move();
  return { authPort, acctPort, radsec: tls, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** What both handlers and the connections share. */
function handlerDeps(options: RadiusOptions, stack: AsyncDisposableStack) {
  const { log, store, portal } = options;
  if (portal.secret.length < SHORT_SECRET) {
    log.warn({ characters: SHORT_SECRET }, 'secret of the portal is shorter than it should be');
  }
  const tunnel = parseCidr(options.tunnelSubnet ?? '');
  const watched = tunnel === null ? {} : { tunnel };
  const eap =
    options.eap === undefined ? refuseEap : stack.use(createEapForwarder(options.eap)).answer;
  return {
    ...options,
    ...watched,
    metrics: createRadiusMetrics(options.metrics),
    proxies: createProxies(options.proxies ?? [], { store, log, ...watched }),
    eap,
  };
}
