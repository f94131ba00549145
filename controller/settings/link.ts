/**
 * The link profile of a village, and what follows from it: time-outs and how often we look. Pure; the
 * poller, the API client and the parts of the desired configuration take their numbers from here.
 *
 * A geostationary satellite needs 600 ms for a round trip and is shared and metered; fibre needs 20 ms.
 * What fits one is wrong for the other: too short a time-out makes a slow link look dead, too quick a
 * cadence spends a village's volume on ourselves.
 */
import type { Settings } from '../../settings/resolve.ts';

export interface LinkProfile {
  /** kbit/s as the provider sells it; null: not known, so nothing can be shaped. */
  readonly downKbps: number | null;
  readonly upKbps: number | null;
  /** Round trip to the server, idle. */
  readonly rttMs: number;
  /** GB a month; null: not metered. */
  readonly meteredGb: number | null;
}

export interface LinkTimeouts {
  /** `/radius timeout`: of one attempt; RouterOS tries three times. */
  readonly radiusMs: number;
  /** Until a probe of the router's netwatch has failed. */
  readonly watchMs: number;
  /** TCP, and TLS where there is any. */
  readonly connectMs: number;
  /** One API command, until its last row. */
  readonly commandMs: number;
  /** One look at a router, connecting included. */
  readonly pollMs: number;
}

export interface Cadence {
  /** Seconds between two questions whether the router lives. */
  readonly livenessSeconds: number;
  /** Seconds between two readings of load, sessions and octets. */
  readonly vitalsSeconds: number;
  /** Seconds between two probes of the server by the router. */
  readonly watchSeconds: number;
  /** Probes in a row that must fail before the server is taken for away: a lossy link loses one now and then. */
  readonly watchMisses: number;
  /** Whether the router probes resolver and portal by connections; else the resolver alone, by a question. */
  readonly watchesPortal: boolean;
  /** WireGuard's persistent keepalive: below the 30 s that carriers keep a UDP mapping for. */
  readonly keepaliveSeconds: number;
}

const SLOW_RTT_MS = 400;
/** What a small router takes for one command, once it is busy. */
const COMMAND_MS = 20;
const MOST_IN_FLIGHT = 32;
const NARROW_KBPS = 2500;
const MODEST_KBPS = 10_000;
/** Phones are without DNS for at most this long after the server has died. */
export const SWITCH_SECONDS = 60;
/** Of those, for the scripts themselves and for a question that was under way. */
const SWITCH_RESERVE_SECONDS = 3;

export function linkOf(settings: Settings): LinkProfile {
  return {
    downKbps: settings.get('link.down-kbps'),
    upKbps: settings.get('link.up-kbps'),
    rttMs: settings.get('link.rtt-ms') ?? 60,
    meteredGb: settings.get('link.metered-gb'),
  };
}

/** A queue that is full can triple the round trip, and one packet of a question may be lost. */
export function timeoutsFor({ rttMs }: LinkProfile): LinkTimeouts {
  return {
    radiusMs: between(3000, 1000 + 4 * rttMs, 15_000),
    watchMs: between(2000, 1000 + 2 * rttMs, 7000),
    connectMs: between(5000, 2000 + 6 * rttMs, 20_000),
    commandMs: between(10_000, 5000 + 20 * rttMs, 60_000),
    pollMs: between(10_000, 5000 + 20 * rttMs, 60_000),
  };
}

/**
 * Commands at the router at once. A router may take 20 ms for each; over a satellite 30 of them fit into one
 * round trip, so that nothing piles up there, and a plan is read in a third of the time.
 */
export function inFlightFor({ rttMs }: LinkProfile): number {
  return rttMs >= SLOW_RTT_MS ? Math.min(MOST_IN_FLIGHT, Math.floor(rttMs / COMMAND_MS)) : 8;
}

export function cadenceFor(link: LinkProfile): Cadence {
  const metered = link.meteredGb !== null;
  // Where octets are counted a third probe a minute would cost what the month does not have.
  const watchMisses = metered ? 2 : 3;
  return {
    livenessSeconds: metered ? 60 : 30,
    vitalsSeconds: metered ? 300 : vitalsSeconds(link),
    watchSeconds: watchSeconds(link, watchMisses),
    watchMisses,
    watchesPortal: !metered,
    keepaliveSeconds: 25,
  };
}

/**
 * Seconds from the first probe that failed until the last that must fail has had its time. Probes may be
 * counted from the end of the one before.
 */
export function undecidedSeconds(link: LinkProfile): number {
  const { watchMisses, watchSeconds: every } = cadenceFor(link);
  return (watchMisses - 1) * every + probeSeconds(link) + 1;
}

/** The server dies just after a probe, and every probe that must fail takes all its time. */
function watchSeconds(link: LinkProfile, misses: number): number {
  const most = SWITCH_SECONDS - SWITCH_RESERVE_SECONDS;
  return Math.floor((most - 2 * probeSeconds(link) - 1) / misses);
}

/** Whole seconds of one probe that fails. */
function probeSeconds(link: LinkProfile): number {
  return Math.ceil(timeoutsFor(link).watchMs / 1000);
}

function vitalsSeconds({ downKbps, upKbps, rttMs }: LinkProfile): number {
  const narrowest = Math.min(downKbps ?? Infinity, upKbps ?? Infinity);
  if (rttMs >= SLOW_RTT_MS || narrowest <= NARROW_KBPS) return 300;
  return narrowest <= MODEST_KBPS ? 120 : 60;
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, Math.round(value)));
}
