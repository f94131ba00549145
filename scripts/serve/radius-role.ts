/** The RADIUS role from the configuration, in as many threads as it says; and its client, the portal's. */
import type { Config } from '../../config/schema.ts';
import type { Clock, ClockScale } from '../../lib/clock.ts';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import {
  type AccountId,
  createRadiusClient,
  type RadiusClient,
  type RejectCode,
} from '../../radius/client.ts';
import { newWarmGroup } from '../../radius/warm.ts';
import type { Store } from '../../store/contract.ts';
import { type StoreTicket, ticketPorts } from '../../store/open.ts';
import type { RadiusThreadData, RadiusThreadReady } from './radius-thread.ts';
import { type RoleThread, startThread } from './thread.ts';

export interface RadiusRoleDeps {
  readonly config: Config;
  readonly clockScale: ClockScale | undefined;
  /** Portal and RADIUS server know each other by it. */
  readonly portalSecret: string;
  ticket(): StoreTicket;
  /** Told of each thread as it is ready. */
  own(thread: RoleThread<unknown>): void;
}

const LOOPBACK = '127.0.0.1';
/** Full caches take about 100 MB. */
const OLD_MB = 512;

/** The first thread takes the ports, and does what is to be done once; the others share its ports. */
export async function startRadiusThreads(deps: RadiusRoleDeps): Promise<RadiusThreadReady> {
  const { auth, acct, radsec, threads } = deps.config.radius;
  const warm = newWarmGroup();
  const first = await startOne(deps, { auth, acct, radsec, warm, chores: true });
  const others = {
    auth: { host: auth.host, port: first.authPort },
    acct: { host: acct.host, port: first.acctPort },
    // A connection stays with one thread; the first is enough for those.
    radsec: undefined,
    warm,
    chores: false,
  };
  await Promise.all(Array.from({ length: threads - 1 }, () => startOne(deps, others)));
  return first;
}

async function startOne(
  deps: RadiusRoleDeps,
  own: Pick<RadiusThreadData, 'auth' | 'acct' | 'radsec' | 'warm' | 'chores'>,
): Promise<RadiusThreadReady> {
  const { config, clockScale, portalSecret } = deps;
  const { radius } = config;
  const ticket = deps.ticket();
  const data: RadiusThreadData = {
    ...own,
    ticket,
    clockScale,
    logLevel: config.log.level,
    timeZone: config.timeZone,
    // One process serves a SQLite file; several may serve a database.
    sharePort: radius.threads > 1 || !config.store.startsWith('sqlite:'),
    interimSeconds: radius.interimSeconds,
    macPassword: radius.macPassword,
    retention: config.retention,
    selling: config.selling ?? null,
    portal: {
      address: radius.portalAddress ?? reachable(radius.auth.host),
      secret: portalSecret,
    },
    proxies: radius.proxies,
    eap: radius.eap,
    tunnelSubnet: config.network.tunnelSubnet,
    coaSource: radius.coaSource,
  };
  const file = new URL('./radius-thread.ts', import.meta.url);
  const thread = await startThread<RadiusThreadReady>(file, data, ticketPorts(ticket), {
    oldMb: OLD_MB,
  });
  deps.own(thread);
  return thread.ready;
}

export interface PortalClientDeps {
  readonly config: Config;
  readonly portalSecret: string;
  /** In use here; null when RADIUS runs elsewhere, where the configuration says. */
  readonly authPort: number | null;
  readonly store: Pick<Store, 'ensureSubscriber'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export function portalRadiusClient(deps: PortalClientDeps): RadiusClient {
  const { radius, portal } = deps.config;
  const host = reachable(radius.auth.host);
  return createRadiusClient({
    server: { host, port: deps.authPort ?? radius.auth.port },
    secret: deps.portalSecret,
    sourceAddress: radius.portalAddress ?? host,
    ...(portal.radius === undefined
      ? {}
      : {
          elsewhere: {
            server: portal.radius.server,
            secret: portal.radius.secret,
            accountOf: accountUnder(portal.radius.tariff, deps),
          },
        }),
  });
}

/** People of the other server get an account here, under a name that is not one of our own people's. */
function accountUnder(tariff: string, { store, clock, log }: PortalClientDeps) {
  return async (username: string): Promise<AccountId | RejectCode> => {
    try {
      const account = await store.ensureSubscriber({ username, tariff, at: clock.now() });
      const hasPasswordHere = /^(?:argon2id|k)\$/.test(account.passwordHash);
      if (hasPasswordHere) return 'SW-BADCRED';
      return { kind: account.kind, id: account.id, epoch: account.epoch ?? 0 };
    } catch (error) {
      const why = { code: errorCode(error), reason: errorMessage(error), tariff };
      log.error(why, 'no account for someone whom portal.radius.server accepts');
      return 'SW-ERROR';
    }
  };
}

/** Where a listener on all addresses is reached from this machine. */
function reachable(host: string): string {
  if (host === '::') return '::1';
  return host === '0.0.0.0' ? LOOPBACK : host;
}
