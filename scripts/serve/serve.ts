/**
 * The running service: the one place where the order lives. Each role is told what it needs and
 * nothing of the others; everything that was started is disposed of in reverse.
 */
import { randomBytes } from 'node:crypto';
import type { Config } from '../../config/schema.ts';
import { type Controller, startController } from '../../controller/role.ts';
import type { FilterTable } from '../../filter/table.ts';
import { type Clock, type ClockScale, clockFrom } from '../../lib/clock.ts';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import { createLogger, type Logger } from '../../lib/log.ts';
import { createMetrics, type Metrics, type MetricsJson, renderMetrics } from '../../lib/metrics.ts';
import { type Portal, startPortal } from '../../portal/role.ts';
import { createRadiusClient } from '../../radius/client.ts';
import type { Store } from '../../store/contract.ts';
import { type ServedStore, serveStore, ticketPorts } from '../../store/open.ts';
import { createNameCategories, type NameCategories } from './categories.ts';
import { startMonitoring } from './monitoring.ts';
import type { RadiusThreadData, RadiusThreadReady } from './radius-thread.ts';
import type { ResolverThreadData, ResolverThreadReady } from './resolver-thread.ts';
import { ROLES, type Role } from './roles.ts';
import { dialFrom, fleetSettings } from './settings.ts';
import { type RoleThread, startThread } from './thread.ts';

export interface ServeOptions {
  readonly config: Config;
  readonly roles?: readonly Role[];
  /** A rehearsal runs on a scaled clock that it shares with its twins. */
  readonly clockScale?: ClockScale;
}

/** Ports in use; null for a role that does not run here. */
export interface ServicePorts {
  readonly portal: number | null;
  readonly block: number | null;
  readonly auth: number | null;
  readonly acct: number | null;
  readonly resolver: number | null;
  readonly metrics: number;
}

export interface Service extends AsyncDisposable {
  readonly store: Store;
  readonly ports: ServicePorts;
  /** Rejects when a role dies: the service must be started again. */
  readonly died: Promise<never>;
}

interface Running {
  readonly config: Config;
  readonly clockScale: ClockScale | undefined;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly served: ServedStore;
  readonly stack: AsyncDisposableStack;
  readonly threads: RoleThread<unknown>[];
  /** Portal and RADIUS server know each other by it. */
  readonly portalSecret: string;
  readonly log: (role: string) => Logger;
}

const LOOPBACK = '127.0.0.1';

export async function startService(options: ServeOptions): Promise<Service> {
  const { config, clockScale } = options;
  const roles = new Set(options.roles ?? ROLES);
  await using stack = new AsyncDisposableStack();
  // First, since everything reads it: the store, its lock and its writer thread.
  const served = stack.use(await serveStore(config));
  const running: Running = {
    config,
    clockScale,
    clock: clockFrom(clockScale),
    metrics: createMetrics({ process: true }),
    served,
    stack,
    threads: [],
    portalSecret: config.radius.portalSecret ?? randomBytes(24).toString('base64url'),
    log: (role) => createLogger(role, config.log.level),
  };
  const categories = createNameCategories();
  // RADIUS before the portal that asks it, and both before routers are told of them.
  const radius = roles.has('radius') ? await radiusRole(running) : null;
  const resolver = roles.has('resolver') ? await resolverRole(running, categories) : null;
  const portal = roles.has('portal') ? await portalRole(running, radius, categories) : null;
  const controller = roles.has('controller') ? await controllerRole(running, radius, portal) : null;
  // Last: what it reports must be there.
  const monitoring = stack.use(
    await startMonitoring({
      listen: config.metrics.listen,
      log: running.log('metrics'),
      page: () => metricsPage(running, controller),
      checks: () => readiness(running, controller),
    }),
  );
  const owned = stack.move();
  return {
    store: served.store,
    ports: {
      portal: portal?.port ?? null,
      block: portal?.plainPort ?? null,
      auth: radius?.authPort ?? null,
      acct: radius?.acctPort ?? null,
      resolver: resolver?.port ?? null,
      metrics: monitoring.port,
    },
    died: Promise.race([never(), ...running.threads.map((thread) => thread.died)]),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The first thread takes the ports, and does what is to be done once; the others share its ports. */
async function radiusRole(running: Running): Promise<RadiusThreadReady> {
  const { auth, acct, threads } = running.config.radius;
  const first = await radiusThread(running, { auth, acct, chores: true });
  const shared = {
    auth: { host: auth.host, port: first.authPort },
    acct: { host: acct.host, port: first.acctPort },
    chores: false,
  };
  await Promise.all(Array.from({ length: threads - 1 }, () => radiusThread(running, shared)));
  return first;
}

async function radiusThread(
  running: Running,
  own: Pick<RadiusThreadData, 'auth' | 'acct' | 'chores'>,
): Promise<RadiusThreadReady> {
  const { config, served } = running;
  const ticket = served.ticket();
  const data: RadiusThreadData = {
    ...own,
    ticket,
    clockScale: running.clockScale,
    logLevel: config.log.level,
    timeZone: config.timeZone,
    // One process serves a SQLite file; several may serve a database.
    sharePort: config.radius.threads > 1 || !config.store.startsWith('sqlite:'),
    interimSeconds: config.radius.interimSeconds,
    portal: { address: reachable(config.radius.auth.host), secret: running.portalSecret },
    coaSource: config.radius.coaSource,
  };
  const thread = await startThread<RadiusThreadReady>(
    new URL('./radius-thread.ts', import.meta.url),
    data,
    ticketPorts(ticket),
  );
  running.threads.push(running.stack.use(thread));
  return thread.ready;
}

async function resolverRole(
  running: Running,
  categories: NameCategories,
): Promise<ResolverThreadReady> {
  const { config, served } = running;
  const ticket = served.ticket();
  const data: ResolverThreadData = {
    ticket,
    clockScale: running.clockScale,
    logLevel: config.log.level,
    listen: config.resolver.listen,
    upstreams: config.resolver.upstreams,
    blockAddress: config.resolver.blockAddress,
    portalHosts: portalHosts(config),
    allowPrivateAnswers: config.resolver.allowPrivateAnswers,
    listsDirectory: config.resolver.listsDirectory,
  };
  const thread = await startThread<ResolverThreadReady>(
    new URL('./resolver-thread.ts', import.meta.url),
    data,
    ticketPorts(ticket),
    (table) => categories.use(table as FilterTable),
  );
  running.threads.push(running.stack.use(thread));
  return thread.ready;
}

async function portalRole(
  running: Running,
  radius: RadiusThreadReady | null,
  categories: NameCategories,
): Promise<Portal> {
  const { config, stack, served, clock, metrics } = running;
  const host = reachable(config.radius.auth.host);
  const client = stack.use(
    createRadiusClient({
      server: { host, port: radius?.authPort ?? config.radius.auth.port },
      secret: running.portalSecret,
      sourceAddress: host,
    }),
  );
  return stack.use(
    await startPortal({
      listen: config.portal.listen,
      ...(config.portal.blockListen === undefined
        ? {}
        : { plainListen: config.portal.blockListen }),
      ...(config.portal.tls === undefined ? {} : { tls: config.portal.tls }),
      publicUrl: config.portal.publicUrl,
      blockAddresses: [config.resolver.blockAddress],
      store: served.store,
      radius: client,
      categoryOf: categories.of,
      clock,
      log: running.log('portal'),
      metrics,
      timeZone: config.timeZone,
    }),
  );
}

async function controllerRole(
  running: Running,
  radius: RadiusThreadReady | null,
  portal: Portal | null,
): Promise<Controller> {
  const { config, stack, served, clock, metrics } = running;
  return stack.use(
    await startController({
      store: served.store,
      settings: fleetSettings(config, {
        authPort: radius?.authPort ?? config.radius.auth.port,
        acctPort: radius?.acctPort ?? config.radius.acct.port,
        portalPort: portal?.port ?? config.portal.listen.port,
      }),
      clock,
      log: running.log('controller'),
      metrics,
      pollSeconds: config.controller.pollSeconds,
      autoApply: config.controller.autoApply,
      connect: dialFrom(config),
    }),
  );
}

/** Villages being down is no reason to be unready; being unable to serve them is. */
async function readiness(
  { served, threads, log }: Running,
  controller: Controller | null,
): Promise<Record<string, boolean>> {
  const store = await served.store.listTariffs().then(
    () => true,
    (error: unknown) => {
      log('metrics').error(
        { code: errorCode(error), reason: errorMessage(error) },
        'store cannot be read',
      );
      return false;
    },
  );
  return {
    store,
    roles: threads.every((thread) => thread.alive()),
    firstPoll: controller?.firstCycleDone() ?? true,
  };
}

/** The threads' metrics as one page, then the per-router series that the controller renders itself. */
async function metricsPage(running: Running, controller: Controller | null): Promise<string> {
  const parts: MetricsJson[] = await Promise.all([
    running.metrics.json(),
    ...running.threads.map((thread) => thread.metrics()),
  ]);
  return (await renderMetrics(parts)) + ((await controller?.renderRouterMetrics()) ?? '');
}

function portalHosts(config: Config): string[] {
  const host = new URL(config.portal.publicUrl).hostname;
  return /[a-z]/i.test(host) ? [host, config.network.loginHost] : [config.network.loginHost];
}

/** Where a listener on all addresses is reached from this machine. */
function reachable(host: string): string {
  return host === '0.0.0.0' ? LOOPBACK : host;
}

function never(): Promise<never> {
  return new Promise(() => {});
}
