/** What RADIUS counts. No person, phone or session is ever a label. */
import type { CounterSeries, HistogramSeries, Metrics } from '../lib/metrics.ts';
import type { Purgeable } from '../store/types.ts';

export type RequestType = 'access_request' | 'authenticate_only' | 'accounting' | 'status_server';

export type ResponseCode =
  | 'access_accept'
  | 'access_reject'
  | 'access_challenge'
  | 'accounting_response';

export type DropReason =
  | 'unknown_nas'
  | 'malformed'
  | 'unexpected_code'
  | 'bad_authenticator'
  | 'missing_message_authenticator'
  | 'proxy_state'
  | 'eap_unsigned'
  /** The server that EAP is forwarded to did not answer. */
  | 'eap_unanswered'
  /** A proxy speaks for a router that is not ours. */
  | 'unknown_router'
  /** On a connection of RADIUS over TLS: what cannot be a packet. */
  | 'radsec_framing'
  /** A certificate that names no router of ours, or none at all. */
  | 'radsec_peer'
  /** More connections than are served at once. */
  | 'radsec_limit'
  | 'overload'
  | 'store_error';

export type AccountingStatus = 'start' | 'interim' | 'stop' | 'on' | 'off';

export type CoaAction = 'change' | 'disconnect' | 'probe';

export type CoaOutcome = 'acked' | 'gone' | 'refused' | 'unanswered';

/** Where a response goes; empty for what concerns no router. */
export interface Place {
  readonly router: string;
  readonly village: string;
  readonly district: string;
}

interface RouterSeries {
  readonly place: Place;
  readonly responses: Partial<Record<ResponseCode, CounterSeries>>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3];

export type RadiusMetrics = ReturnType<typeof createRadiusMetrics>;

export function createRadiusMetrics(metrics: Metrics) {
  const duration = metrics.histogram(
    'smartwifi_radius_request_duration_seconds',
    'From the arrival of a request to its reply, without the wait of a delayed reject.',
    SECONDS,
    ['type'],
  );
  const responses = metrics.counter(
    'smartwifi_radius_responses_total',
    'Replies sent, repeated ones not counted again.',
    ['router', 'village', 'district', 'code'],
  );
  const dropped = metrics.counter(
    'smartwifi_radius_dropped_total',
    'Packets dropped without a reply.',
    ['reason'],
  );
  const duplicates = metrics.counter(
    'smartwifi_radius_duplicates_total',
    'Retransmits: answered with the reply of the first, or dropped while it is being made.',
  );
  const accounting = metrics.counter(
    'smartwifi_radius_accounting_total',
    'Accounting-Requests recorded.',
    ['status'],
  );
  const foreign = metrics.counter(
    'smartwifi_radius_foreign_addresses_total',
    'Accounting-Requests whose phone has an address that is not of its router’s LAN: recorded without it.',
  );
  const radsec = metrics.gauge(
    'smartwifi_radius_radsec_connections',
    'Routers that are connected by RADIUS over TLS.',
  );
  const durations: Partial<Record<RequestType, HistogramSeries>> = {};
  /** The series of a router as long as it stays where it is. */
  const ofRouter = new Map<string, RouterSeries>();
  return {
    radsecConnections: (open: number): void => radsec.set(open),
    replied: (type: RequestType, code: ResponseCode, place: Place, seconds: number): void => {
      durations[type] ??= duration.at({ type });
      durations[type].observe(seconds);
      let series = ofRouter.get(place.router);
      if (series?.place.village !== place.village || series.place.district !== place.district) {
        series = { place, responses: {} };
        ofRouter.set(place.router, series);
      }
      series.responses[code] ??= responses.at({ ...place, code });
      series.responses[code].inc();
    },
    dropped: (reason: DropReason): void => dropped.inc({ reason }),
    duplicate: (): void => duplicates.inc({}),
    foreignAddress: (): void => foreign.inc({}),
    recorded: (status: AccountingStatus): void => accounting.inc({ status }),
  };
}

export type EnforceMetrics = ReturnType<typeof createEnforceMetrics>;

export function createEnforceMetrics(metrics: Metrics) {
  const disconnects = metrics.counter(
    'smartwifi_radius_disconnects_total',
    'Disconnect-Requests by what came of them.',
    ['outcome'],
  );
  const requests = metrics.counter(
    'smartwifi_radius_coa_total',
    'CoA-Requests and Disconnect-Requests by what they were for and what came of them.',
    ['action', 'outcome'],
  );
  const causes = metrics.counter(
    'smartwifi_radius_error_causes_total',
    'Refusals of routers by their Error-Cause (RFC 5176).',
    ['cause'],
  );
  return {
    sent: (action: CoaAction, outcome: CoaOutcome): void => {
      requests.inc({ action, outcome });
      if (action === 'disconnect') disconnects.inc({ outcome });
    },
    /** `cause` as errorCauseName gives it; a number without a name is `Other`. */
    refused: (cause: string): void =>
      causes.inc({ cause: Number.isNaN(Number(cause)) ? cause : 'Other' }),
  };
}

/** What is counted is kept in the store: it goes on where it was when a process starts again. */
export function createRightsMetrics(metrics: Metrics) {
  const consents = metrics.counter(
    'smartwifi_radius_consents_total',
    'Entries of the ledger of consents.',
    ['act'],
  );
  const requests = metrics.gauge(
    'smartwifi_radius_rights_requests',
    'Requests of citizens about their data that wait.',
    ['state'],
  );
  const erasures = metrics.counter(
    'smartwifi_radius_erasures_total',
    'Accounts that were erased because their citizens asked for it.',
  );
  return {
    consents: (act: 'given' | 'withdrawn', count: number): void => consents.inc({ act }, count),
    requests: (state: 'open' | 'overdue', count: number): void => requests.set({ state }, count),
    erasures: (count: number): void => erasures.inc({}, count),
  };
}

export type RightsMetrics = ReturnType<typeof createRightsMetrics>;

export function createRetentionMetrics(metrics: Metrics) {
  const purged = metrics.counter(
    'smartwifi_radius_purged_total',
    'Old records deleted, by what they were.',
    ['what'],
  );
  return { purged: (what: Purgeable, count: number): void => purged.inc({ what }, count) };
}
