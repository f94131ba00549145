/**
 * What we ourselves send and receive over a village's link in a month. Pure: from the cadence and the
 * load of people, by part, so that whoever changes a number sees what it costs. On a metered link the
 * sum stays below {@link OWN_TRAFFIC_OCTETS}. Phones' own packets, their DNS questions and the portal's
 * pages among them, are not ours.
 *
 * Sizes are upper bounds. WireGuard: 16 header + 16 tag, padded to 16 (whitepaper §5.4), keepalive 32,
 * handshake 148 + 92. IPv4 20, UDP 8, TCP 20 + 12 of options. RADIUS as the twin's NAS sends it.
 */
import type { Cadence } from './link.ts';

export interface Load {
  readonly sessionsPerDay: number;
  readonly sessionSeconds: number;
  /** Acct-Interim-Interval. */
  readonly interimSeconds: number;
}

export interface OwnTraffic {
  /** Octets a month of 31 days, both directions, as the provider counts them. */
  readonly octets: number;
  readonly parts: Readonly<Record<TrafficPart, number>>;
}

export type TrafficPart =
  | 'keepalive'
  | 'handshake'
  | 'liveness'
  | 'vitals'
  | 'watch'
  | 'radius'
  | 'time'
  | 'backup'
  | 'apply';

/** 150 MB: what a metered village spends on being managed, at most. */
export const OWN_TRAFFIC_OCTETS = 150_000_000;
/** A village of 2,000 people on a busy month. */
export const USUAL_LOAD: Load = { sessionsPerDay: 150, sessionSeconds: 2400, interimSeconds: 300 };

const MONTH_SECONDS = 31 * 86_400;
const MONTH_DAYS = 31;
const UDP_IP = 28;
const TCP_IP = 52;
/** Outer IPv4, UDP, WireGuard header, tag, and 8 of padding on average. */
const TUNNEL = UDP_IP + 32 + 8;
const HANDSHAKE_SECONDS = 120;

/** One question and its answer on a connection that is kept: data, data with ACK, ACK. */
export const LIVENESS_PAYLOAD = 180;
const LIVENESS = 3 * (TCP_IP + TUNNEL) + LIVENESS_PAYLOAD;
/** Eight pipelined reads: two segments of questions, four of answers, four ACKs. */
export const VITALS_PAYLOAD = 2400;
const VITALS = 10 * (TCP_IP + TUNNEL) + VITALS_PAYLOAD;
const DNS_PROBE = 2 * (UDP_IP + TUNNEL) + 90;
/** SYN, SYN-ACK, ACK, FIN, ACK, FIN, ACK. */
const TCP_PROBE = 7 * (TCP_IP + TUNNEL);
/** Accounting-Request and -Response; an Access-Request and its Accept are no larger. */
const RADIUS_EXCHANGE = 2 * (UDP_IP + TUNNEL) + 330 + 60;
/** One exchange of 48 octets with each of two servers, outside the tunnel. */
const NTP = 2 * 2 * (UDP_IP + 48);
const NTP_SECONDS = 1024;
const SEGMENT = 1360;
const BACKUP_OCTETS = 60_000;
const APPLY_OCTETS = 120_000;
const APPLIES = 4;

export function ownTraffic(cadence: Cadence, load: Load = USUAL_LOAD): OwnTraffic {
  const every = (seconds: number): number => MONTH_SECONDS / seconds;
  const sessions = load.sessionsPerDay * MONTH_DAYS;
  // Asked by MAC and refused, asked by token, Start, Stop, and the Interim-Updates between.
  const exchanges = 4 + Math.floor(load.sessionSeconds / load.interimSeconds);
  const probe = cadence.watchesPortal ? 2 * TCP_PROBE : DNS_PROBE;
  const parts: Record<TrafficPart, number> = {
    keepalive: every(cadence.keepaliveSeconds) * 2 * (UDP_IP + 32),
    handshake: every(HANDSHAKE_SECONDS) * (148 + 92 + 32 + 3 * UDP_IP),
    liveness: every(cadence.livenessSeconds) * LIVENESS,
    vitals: every(cadence.vitalsSeconds) * VITALS,
    watch: every(cadence.watchSeconds) * probe,
    radius: sessions * exchanges * RADIUS_EXCHANGE,
    time: every(NTP_SECONDS) * NTP,
    backup: MONTH_DAYS * bulk(BACKUP_OCTETS),
    apply: APPLIES * bulk(APPLY_OCTETS),
  };
  for (const part of Object.keys(parts) as TrafficPart[]) parts[part] = Math.ceil(parts[part]);
  return { octets: Object.values(parts).reduce((sum, part) => sum + part, 0), parts };
}

/** A transfer over TCP in the tunnel, an ACK for every second segment. */
function bulk(octets: number): number {
  const segments = Math.ceil(octets / SEGMENT);
  return octets + Math.ceil(segments * 1.5) * (TCP_IP + TUNNEL);
}
