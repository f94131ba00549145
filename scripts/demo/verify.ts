/**
 * After the last phone left: what phones, twins, store and metrics say of the same sessions must be
 * one and the same number.
 */
import type { TwinSession } from '../../simulator/twin.ts';
import type { Session } from '../../store/types.ts';
import { parseExposition, type Sample, total } from './exposition.ts';
import type { Guest, Visit } from './guest.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

export interface Verified {
  /** Sessions that the store holds. */
  readonly started: number;
  readonly stopped: Readonly<Record<string, number>>;
  /** Sessions whose octets are equal in phone, twin and store. */
  readonly octetsMatched: number;
  /** Routers whose octets are equal in store and metrics. */
  readonly metricsMatched: number;
}

const MAX_SESSIONS = 100_000;
const MAX_SKEW_SECONDS = 60;

export async function verify(visit: Visit, guests: readonly Guest[]): Promise<Verified> {
  const { world, findings } = visit;
  await allClosed(visit);
  const sessions = await world.store.listSessions({ limit: MAX_SESSIONS });
  const started = sessions.filter((session) => session.acctSessionId !== null);
  const octetsMatched = await compareSessions(visit, guests, started);
  const samples = parseExposition(await scrape(world));
  const metricsMatched = compareMetrics(visit, started, samples);
  const down = world.routers.length - total(samples, 'smartwifi_router_up');
  findings.expect(
    down === 0,
    'metrics',
    `${down} of ${world.routers.length} routers are not up in the metrics`,
  );
  const stopped: Record<string, number> = {};
  for (const session of started) {
    const cause = session.stopCause ?? 'open';
    stopped[cause] = (stopped[cause] ?? 0) + 1;
  }
  const silent = stopped.Stale ?? 0;
  findings.expect(silent === 0, 'accounting', `${silent} sessions fell silent instead of ending`);
  return { started: started.length, stopped, octetsMatched, metricsMatched };
}

/** Every router's clock, as its metrics tell it; wrong clocks break certificates and logs. */
export async function checkClocks({ world, findings }: Visit): Promise<void> {
  const skews = parseExposition(await scrape(world)).filter(
    (sample) => sample.name === 'smartwifi_router_clock_skew_seconds',
  );
  findings.expect(
    skews.length === world.routers.length,
    'clock',
    `${skews.length} of ${world.routers.length} routers tell their time`,
  );
  for (const { labels, value } of skews) {
    findings.expect(
      Math.abs(value) <= MAX_SKEW_SECONDS,
      'clock',
      `the clock of ${labels.router} is ${value} seconds off`,
    );
  }
}

/** The metrics page, as Prometheus would get it. */
export async function scrape(world: World): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${world.service.ports.metrics}/metrics`);
  return response.text();
}

async function allClosed({ world, findings }: Visit): Promise<void> {
  let open: readonly Session[] = [];
  const closed = await until(async () => {
    open = await world.store.listSessions({ openOnly: true, limit: MAX_SESSIONS });
    return open.length === 0;
  });
  const where = open[0]?.router ?? '';
  findings.expect(
    closed !== null,
    'accounting',
    `${open.length} sessions stay open after log-out (first at ${where})`,
  );
}

async function compareSessions(
  { world, findings }: Visit,
  guests: readonly Guest[],
  started: readonly Session[],
): Promise<number> {
  const inStore = new Map(started.map((session) => [session.username, session]));
  const inTwins = new Map<string, TwinSession>();
  for (const session of await world.simulator.sessions()) inTwins.set(session.username, session);
  let matched = 0;
  let counted = 0;
  for (const guest of guests) {
    for (const record of await guest.phone.sessions()) {
      const username = record.username ?? nameOf(started, record);
      counted += 1;
      const of = (one: { inputOctets: number; outputOctets: number } | undefined): string =>
        one === undefined ? 'none' : `${one.inputOctets}/${one.outputOctets}`;
      const phone = of(record);
      const twin = of(inTwins.get(username));
      const store = of(inStore.get(username));
      if (store === phone && twin === phone) matched += 1;
      else {
        findings.fail(
          store === twin ? 'octets' : 'store',
          `octets in/out of a session at ${guest.router.name}: phone ${phone}, router ${twin}, store ${store}`,
        );
      }
    }
  }
  findings.expect(
    counted === started.length,
    'store',
    `phones began ${counted} sessions, the store has ${started.length}`,
  );
  return matched;
}

/** A phone that went in by a token alone does not know its user name: the start tells which session it was. */
function nameOf(started: readonly Session[], record: { mac: string; startedAt: number }): string {
  const own = started.filter((session) => session.mac === record.mac);
  const gap = (session: Session): number => Math.abs(session.startedAt - record.startedAt);
  return own.toSorted((a, b) => gap(a) - gap(b))[0]?.username ?? '';
}

function compareMetrics(
  { world, findings }: Visit,
  started: readonly Session[],
  samples: readonly Sample[],
): number {
  const sums = new Map<string, { inputOctets: number; outputOctets: number }>();
  for (const session of started) {
    const sum = sums.get(session.router) ?? { inputOctets: 0, outputOctets: 0 };
    sum.inputOctets += session.inputOctets;
    sum.outputOctets += session.outputOctets;
    sums.set(session.router, sum);
  }
  let matched = 0;
  for (const { name: router } of world.routers) {
    const due = sums.get(router) ?? { inputOctets: 0, outputOctets: 0 };
    const bytes = (direction: string): number =>
      total(samples, 'smartwifi_router_session_bytes_total', { router, direction });
    if (bytes('input') === due.inputOctets && bytes('output') === due.outputOctets) matched += 1;
    else {
      findings.fail(
        'metrics',
        `octets of ${router}: store ${due.inputOctets}/${due.outputOctets}, metrics ${bytes('input')}/${bytes('output')}`,
      );
    }
  }
  return matched;
}
