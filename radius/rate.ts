/**
 * The text of a Mikrotik-Rate-Limit: `rx/tx rx-burst/tx-burst rx-threshold/tx-threshold rx-time/tx-time`
 * (RouterOS manual, RADIUS client). Rates are seen from the router: rx is what it receives, the
 * subscriber's upload.
 *
 * RouterOS lets a queue burst while its average over the burst time is below the threshold; a phone
 * that starts from rest and takes all it gets bursts for `time × threshold / burst`. So that the first
 * seconds of a tariff are as many as it says, the time is worked out from that.
 */
import type { Tariff } from '../store/types.ts';

export type Rates = Pick<
  Tariff,
  'downKbps' | 'upKbps' | 'burstDownKbps' | 'burstUpKbps' | 'burstSeconds'
>;

/** Below the rate, so that use at the full rate does not earn a new burst. */
const THRESHOLD_SHARE = 0.75;
const NONE = '0';

/** Null when neither direction is limited. A burst without the rate it exceeds is left out. */
export function rateText(rates: Rates): string | null {
  const { downKbps, upKbps } = rates;
  if (downKbps === null && upKbps === null) return null;
  const base = `${kbit(upKbps)}/${kbit(downKbps)}`;
  const up = burst(upKbps, rates.burstUpKbps, rates.burstSeconds);
  const down = burst(downKbps, rates.burstDownKbps, rates.burstSeconds);
  if (up === null && down === null) return base;
  const pair = (of: (one: Burst) => string): string =>
    `${up === null ? NONE : of(up)}/${down === null ? NONE : of(down)}`;
  return [
    base,
    pair((one) => kbit(one.kbps)),
    pair((one) => kbit(one.thresholdKbps)),
    pair((one) => String(one.seconds)),
  ].join(' ');
}

interface Burst {
  readonly kbps: number;
  readonly thresholdKbps: number;
  readonly seconds: number;
}

function burst(rate: number | null, kbps: number | null, seconds: number | null): Burst | null {
  if (rate === null || kbps === null || seconds === null || kbps <= rate) return null;
  const thresholdKbps = Math.max(1, Math.floor(rate * THRESHOLD_SHARE));
  const time = Math.max(1, Math.round((seconds * kbps) / thresholdKbps));
  return { kbps, thresholdKbps, seconds: time };
}

/** 0 = not limited, or no burst. */
function kbit(kbps: number | null): string {
  return kbps === null ? NONE : `${kbps}k`;
}
