/**
 * The running service: the one place where the order lives. Each role is told what it needs and
 * nothing of the others; everything that was started is disposed of in reverse. The code of a role is
 * loaded where the role runs, and not elsewhere.
 */
import { randomBytes } from 'node:crypto';
import { ConfigError } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import type { Controller } from '../../controller/role.ts';
import type { FilterTable } from '../../filter/table.ts';
import { type Clock, type ClockScale, clockFrom } from '../../lib/clock.ts';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import { createLogger, type Logger } from '../../lib/log.ts';
import { createMetrics, type Metrics, type MetricsJson, renderMetrics } from '../../lib/metrics.ts';
import type { Portal } from '../../portal/role.ts';
import type { Store } from '../../store/contract.ts';
import { type ServedStore, serveStore, ticketPorts } from '../../store/open.ts';
import { createNameCategories, type NameCategories } from './categories.ts';
import { startMonitoring } from './monitoring.ts';
import { oidcOptions } from './oidc.ts';
import { portalRadiusClient, startRadiusThreads } from './radius-role.ts';
import type { RadiusThreadReady } from './radius-thread.ts';
import type { ResolverThreadData, ResolverThreadReady } from './resolver-thread.ts';
import { ROLES, type Role } from './roles.ts';
import { dialFrom, fleetSettings, hoursIn, tunnelOf } from './settings.ts';
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
  /** RADIUS over TLS; null also where it is not configured. */
  readonly radsec: number | null;
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

export async function startService(options: ServeOptions): Promise<Service> {
  const { config, clockScale } = options;
  const roles = new Set(options.roles ?? ROLES);
  const portalSecret = sharedSecret(config, roles);
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
    portalSecret,
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
      radsec: radius?.radsecPort ?? null,
      resolver: resolver?.port ?? null,
      metrics: monitoring.port,
    },
    died: Promise.race([never(), ...running.threads.map((thread) => thread.died)]),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Made anew when both who need it are here; else the file must say it. */
function sharedSecret(config: Config, roles: ReadonlySet<Role>): string {
  const given = config.radius.portalSecret;
  if (given !== undefined) return given;
  if (roles.has('portal') !== roles.has('radius')) {
    throw new ConfigError('CONFIG_INVALID', 'portal and RADIUS run in different processes:', [
      'radius.portalSecret: must be set, to the same text in both (openssl rand -base64 24)',
    ]);
  }
  return randomBytes(24).toString('base64url');
}

async function radiusRole(running: Running): Promise<RadiusThreadReady> {
  const { config, clockScale, portalSecret, served, stack, threads } = running;
  return startRadiusThreads({
    config,
    clockScale,
    portalSecret,
    ticket: () => served.ticket(),
    own: (thread) => void threads.push(stack.use(thread)),
  });
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
    { onSay: (table) => categories.use(table as FilterTable) },
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
  const { startPortal } = await import('../../portal/role.ts');
  const client = stack.use(
    portalRadiusClient({
      config,
      portalSecret: running.portalSecret,
      authPort: radius?.authPort ?? null,
      store: served.store,
      clock,
      log: running.log('portal'),
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
      regency: config.regency,
      retention: config.retention,
      ...(config.selling === undefined ? {} : { selling: config.selling }),

      otp: config.portal.otp,
      ...(config.portal.oidc === undefined ? {} : { oidc: oidcOptions(config.portal.oidc) }),
    }),
  );
}

async function controllerRole(
  running: Running,
  radius: RadiusThreadReady | null,
  portal: Portal | null,
): Promise<Controller> {
  const { config, stack, served, clock, metrics } = running;
  const { startController } = await import('../../controller/role.ts');
  if (tunnelOf(config) !== null) {
    const { keepPeersFile } = await import('../../controller/enrol/peers-keeper.ts');
    const { peersFile: path } = config.wireguard;
    stack.use(await keepPeersFile({ store: served.store, path, log: running.log('controller') }));
  }
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
      applyConcurrency: config.controller.atOnce,
      linkConcurrency: config.controller.perLink,
      rolloutFrom: config.controller.rolloutFrom,
      connect: dialFrom(config),
      within: hoursIn(config.timeZone),
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

function never(): Promise<never> {
  return new Promise(() => {});
}
