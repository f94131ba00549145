/** The RADIUS server: two ports, one handler each (RFC 2865, RFC 2866, RFC 5080, RFC 5997). */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { type HostPort, parseCidr } from '../lib/net.ts';
import { type AccountingDeps, createAccountingHandler } from './accounting.ts';
import { type AuthDeps, createAuthHandler } from './auth.ts';
import { createEapForwarder, type EapForwarder, type EapServer, refuseEap } from './eap.ts';
import { createRadiusMetrics } from './metrics.ts';
import type { Probe } from './probe.ts';
import { createProxies, type ProxyClient, type ProxyDeps } from './proxy.ts';
import { SHORT_SECRET } from './secret.ts';
import { hostPort, type Listener, listen } from './sockets.ts';

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
  /** The portal is a client of its own, told by its source address. */
  readonly portal: { readonly address: string; readonly secret: string };
  /** Servers that speak for routers; none by default. */
  readonly proxies?: readonly ProxyClient[];
  /** Where EAP is forwarded to; refused by default. */
  readonly eap?: EapServer;
  /** Plain UDP from outside this network or this machine is warned of. */
  readonly tunnelSubnet?: string;
  /** Asks a NAS whether it still has a session, before a phone is refused for it; nobody is asked by default. */
  readonly probe?: Probe;
  /** Machine time before a NAS hears of wrong credentials; 500 by default. */
  readonly rejectDelayMs?: number;
}

export interface RadiusServer extends AsyncDisposable {
  readonly authPort: number;
  readonly acctPort: number;
}

const NOTHING: EapForwarder = { answer: refuseEap, [Symbol.asyncDispose]: async () => undefined };

/** `RADIUS_LISTEN` when a port cannot be bound. Port 0 takes a free one. */
export async function startRadius(options: RadiusOptions): Promise<RadiusServer> {
  const { auth, acct, log } = options;
  const tunnel = parseCidr(options.tunnelSubnet ?? '') ?? undefined;
  const eap = options.eap === undefined ? NOTHING : createEapForwarder(options.eap);
  const watched = tunnel === undefined ? {} : { tunnel };
  const deps = {
    ...options,
    ...watched,
    metrics: createRadiusMetrics(options.metrics),
    proxies: createProxies(options.proxies ?? [], { store: options.store, log, ...watched }),
    eap: eap.answer,
  };
  if (options.portal.secret.length < SHORT_SECRET) {
    log.warn({ characters: SHORT_SECRET }, 'secret of the portal is shorter than it should be');
  }
  const authHandler = createAuthHandler(deps);
  const accounting = createAccountingHandler(deps);
  const listeners: Listener[] = [];
  const dispose = async (): Promise<void> => {
    for (const listener of listeners) await listener[Symbol.asyncDispose]();
    await eap[Symbol.asyncDispose]();
    await accounting.settled();
    accounting[Symbol.dispose]();
    authHandler[Symbol.dispose]();
  };
  const { sharePort = false } = options;
  try {
    listeners.push(await listen({ at: auth, sharePort, handle: authHandler.handle, log }));
    listeners.push(await listen({ at: acct, sharePort, handle: accounting.handle, log }));
  } catch (error) {
    await dispose();
    throw error;
  }
  const [authPort, acctPort] = listeners.map((listener) => listener.port);
  log.info(
    { auth: hostPort(auth.host, authPort!), acct: hostPort(acct.host, acctPort!) },
    'RADIUS listens',
  );
  return { authPort: authPort!, acctPort: acctPort!, [Symbol.asyncDispose]: dispose };
}
