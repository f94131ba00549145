/**
 * Per-router series, rendered by hand: a client library stalls the loop on many series. HELP and TYPE
 * once a family, labels escaped once a router. What is unknown is left out, never a zero. Gauges of a
 * router end after three missed looks; its state, counters and last success stay. No timestamps.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/contract.ts';
import type { Router, RouterState, RouterTotals, Village } from '../store/types.ts';
import { POLL_FAILURES, type Poller, type RouterSnapshot } from './poller.ts';

export interface RouterMetricsOptions {
  readonly store: Pick<Store, 'routerTotals' | 'stateSeconds' | 'currentStates' | 'listVillages'>;
  readonly clock: Clock;
  readonly poller: Pick<Poller, 'snapshots'>;
  /** Null: unknown. */
  readonly drift: (router: Router) => boolean | null;
  readonly pollSeconds: number;
}

const STATES: readonly RouterState[] = ['up', 'down', 'maintenance', 'unknown'];
const MISSED_LOOKS = 3;
const LINES_PER_BREATH = 1000;

interface RouterFigures {
  readonly snapshot: RouterSnapshot;
  /** `router="…",village="…",district="…"`. */
  readonly labels: string;
  /** Whether the last reading is young enough for gauges. */
  readonly isFresh: boolean;
  readonly state: RouterState;
  readonly stateSeconds: ReadonlyMap<RouterState, number>;
  readonly totals: RouterTotals | undefined;
  readonly drift: boolean | null;
}

/** Undefined and null values are left out. */
type Sample = readonly [extraLabels: string, value: number | null | undefined];

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: (figures: RouterFigures) => readonly Sample[];
}

export async function renderRouterMetrics(options: RouterMetricsOptions): Promise<string> {
  const [figures, villages] = await Promise.all([figuresOf(options), options.store.listVillages()]);
  const pages: string[] = [];
  // Joined by and by: of a thousand routers there are 60,000 lines, and those that are kept grow old in memory.
  let lines: string[] = [];
  for (const line of linesOf(figures, villages)) {
    lines.push(line);
    if (lines.length < LINES_PER_BREATH) continue;
    pages.push(lines.join('\n'));
    lines = [];
    await breathe();
  }
  if (lines.length > 0) pages.push(lines.join('\n'));
  return `${pages.join('\n')}\n`;
}

function* linesOf(
  figures: readonly RouterFigures[],
  villages: readonly Village[],
): Generator<string> {
  for (const { name, type, help, samples } of FAMILIES) {
    yield `# HELP ${name} ${help}`;
    yield `# TYPE ${name} ${type}`;
    for (const one of figures) {
      for (const [extra, value] of samples(one)) {
        if (value === null || value === undefined) continue;
        yield `${name}{${one.labels}${extra === '' ? '' : `,${extra}`}} ${value}`;
      }
    }
  }
  const info = 'smartwifi_village_info';
  yield `# HELP ${info} Villages by code; always 1.`;
  yield `# TYPE ${info} gauge`;
  for (const village of villages) yield `${info}{${villageLabels(village)}} 1`;
}

/** Text format 0.0.4: backslash, quote and newline. */
export function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function label(name: string, value: string | number): string {
  return `${name}="${escapeLabel(String(value))}"`;
}

async function figuresOf(options: RouterMetricsOptions): Promise<RouterFigures[]> {
  const { store, clock, drift } = options;
  const now = clock.now();
  const [totals, seconds, current] = await Promise.all([
    store.routerTotals(),
    store.stateSeconds(now),
    store.currentStates(),
  ]);
  const totalsOf = new Map(totals.map((one) => [one.routerId, one]));
  const stateOf = new Map(current.map((one) => [one.routerId, one.state]));
  const secondsOf = Map.groupBy(seconds, (one) => one.routerId);
  const freshMs = MISSED_LOOKS * options.pollSeconds * 1000;
  return options.poller.snapshots().map((snapshot) => {
    const { router, lastSuccessAt } = snapshot;
    return {
      snapshot,
      labels: routerLabels(router),
      isFresh: lastSuccessAt !== null && now - lastSuccessAt <= freshMs,
      state: stateOf.get(router.id) ?? snapshot.health.state,
      stateSeconds: new Map(secondsOf.get(router.id)?.map((one) => [one.state, one.seconds])),
      totals: totalsOf.get(router.id),
      drift: drift(router),
    };
  });
}

function routerLabels(router: Router): string {
  return [
    label('router', router.name),
    label('village', router.villageCode),
    label('district', router.districtCode),
  ].join();
}

function villageLabels(village: Village): string {
  return [
    label('village', village.code),
    label('district', village.districtCode),
    label('name', village.name),
    ...coordinates(village),
  ].join();
}

function coordinates(place: { latitude: number | null; longitude: number | null }): string[] {
  const { latitude, longitude } = place;
  if (latitude === null || longitude === null) return [];
  return [label('latitude', latitude), label('longitude', longitude)];
}

/** One value a router. */
function one(value: number | null | undefined): readonly Sample[] {
  return [['', value]];
}

/** One value of the last reading, while that is fresh. */
function fresh(
  read: (reading: NonNullable<RouterSnapshot['reading']>) => number | null,
): Family['samples'] {
  return ({ snapshot, isFresh }) =>
    snapshot.reading === null || !isFresh ? [] : one(read(snapshot.reading));
}

function gauge(name: string, help: string, samples: Family['samples']): Family {
  return { name, help, samples, type: 'gauge' };
}

function counter(name: string, help: string, samples: Family['samples']): Family {
  return { name, help, samples, type: 'counter' };
}

function interfaceOctets(direction: 'receive' | 'transmit'): Family['samples'] {
  return ({ snapshot, isFresh }) =>
    isFresh
      ? (snapshot.reading?.interfaces ?? []).map((port) => [
          label('interface', port.name),
          port[direction],
        ])
      : [];
}

const FAMILIES: readonly Family[] = [
  gauge('smartwifi_router_up', 'Whether the router answers; absent when unknown.', ({ state }) =>
    one(state === 'up' ? 1 : state === 'down' ? 0 : null),
  ),
  gauge('smartwifi_router_state', 'The state that the router is in is 1.', ({ state }) =>
    STATES.map((name) => [label('state', name), name === state ? 1 : 0]),
  ),
  counter(
    'smartwifi_router_state_seconds_total',
    'Seconds spent in each state since the router was added.',
    ({ stateSeconds }) => STATES.map((name) => [label('state', name), stateSeconds.get(name) ?? 0]),
  ),
  gauge(
    'smartwifi_router_active_sessions',
    'Phones logged in, as the router counts them.',
    fresh((reading) => reading.activeSessions),
  ),
  counter(
    'smartwifi_router_session_bytes_total',
    'Octets of all sessions; input comes from phones.',
    ({ totals }) => [
      ['direction="input"', totals?.inputOctets],
      ['direction="output"', totals?.outputOctets],
    ],
  ),
  gauge(
    'smartwifi_router_uptime_seconds',
    'Time since the router started.',
    fresh((reading) => reading.uptimeSeconds),
  ),
  gauge(
    'smartwifi_router_cpu_load_ratio',
    'CPU load, 0 to 1.',
    fresh((reading) => reading.cpuLoad),
  ),
  gauge(
    'smartwifi_router_memory_free_bytes',
    'Free memory.',
    fresh((reading) => reading.memoryFree),
  ),
  gauge(
    'smartwifi_router_memory_size_bytes',
    'Total memory.',
    fresh((reading) => reading.memorySize),
  ),
  gauge(
    'smartwifi_router_clock_skew_seconds',
    "The router's clock minus ours; negative when it is behind.",
    ({ snapshot: { reading, readAt }, isFresh }) =>
      one(
        isFresh && reading !== null && reading.clockAt !== null && readAt !== null
          ? (reading.clockAt - readAt) / 1000
          : null,
      ),
  ),
  gauge('smartwifi_router_boot_timestamp_seconds', 'When the router started.', ({ snapshot }) =>
    one(snapshot.bootAt === null ? null : snapshot.bootAt / 1000),
  ),
  gauge(
    'smartwifi_router_last_success_timestamp_seconds',
    'When the router last answered.',
    ({ snapshot }) => one(snapshot.lastSuccessAt === null ? null : snapshot.lastSuccessAt / 1000),
  ),
  gauge(
    'smartwifi_router_poll_duration_seconds',
    'How long the last look at the router took.',
    ({ snapshot, isFresh }) => one(isFresh ? snapshot.pollSeconds : null),
  ),
  counter('smartwifi_router_poll_failures_total', 'Looks that failed.', ({ snapshot }) =>
    POLL_FAILURES.map((reason) => [label('reason', reason), snapshot.failures[reason]]),
  ),
  counter(
    'smartwifi_interface_receive_bytes_total',
    'Octets received by an interface of the router.',
    interfaceOctets('receive'),
  ),
  counter(
    'smartwifi_interface_transmit_bytes_total',
    'Octets sent by an interface of the router.',
    interfaceOctets('transmit'),
  ),
  gauge(
    'smartwifi_config_drift',
    'Whether the router differs from what it should be.',
    ({ drift }) => one(drift === null ? null : Number(drift)),
  ),
  gauge('smartwifi_router_info', 'What the router is; always 1.', ({ snapshot }) => [
    [infoLabels(snapshot), 1],
  ]),
];

function infoLabels({ router, reading }: RouterSnapshot): string {
  return [
    label('name', router.villageName),
    ...coordinates(router),
    ...(reading === null ? [] : [label('model', reading.board), label('version', reading.version)]),
  ].join();
}
