/**
 * One form for the several ways in which RouterOS writes a value: `yes`/`true`, `15m`/`00:15:00`,
 * `10.0.0.1/32`/`10.0.0.1`, lists in any order. Two values are the same when their forms are.
 * Idempotent. Source: what `set` accepts against what `print` shows.
 */

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  w: 604_800,
  d: 86_400,
  h: 3600,
  m: 60,
  s: 1,
};
const DURATION = /^(?=\d)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const CLOCK = /^(?:(\d+)d)?(\d{1,2}):(\d{2}):(\d{2})$/;
const NUMBER = /^\d+$/;
/** Properties whose lists are sets. */
const SETS = new Set([
  'login-by',
  'policy',
  'connection-state',
  'service',
  'topics',
  'address-lists',
]);
/** Properties that `print` leaves out or leaves empty while they are off. */
const ABSENT_IS_NO = new Set(['disabled']);

export function normalise(property: string, value: string | undefined): string {
  if (value === undefined || value === '') return ABSENT_IS_NO.has(property) ? 'false' : '';
  switch (value) {
    case 'yes':
      return 'true';
    case 'no':
      return 'false';
    default:
  }
  if (SETS.has(property)) return normaliseSet(value);
  if (value.endsWith('/32')) return value.slice(0, -3);
  const first = value.charCodeAt(0);
  // Only a digit begins a number or a time.
  if (first < 0x30 || first > 0x39) return value;
  if (NUMBER.test(value)) return value.replace(/^0+(?=\d)/, '');
  const seconds = durationSeconds(value);
  return seconds === null ? value : `${seconds}s`;
}

/** Seconds of `1w2d3h4m5s`, `200ms`, `00:15:00` or `1d00:15:00`; null for anything else. */
export function durationSeconds(text: string): number | null {
  const clock = CLOCK.exec(text);
  if (clock !== null) {
    const [, days = '0', hours, minutes, seconds] = clock;
    return Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  }
  const parts = DURATION.exec(text);
  if (parts === null || NUMBER.test(text)) return null;
  const [, w, d, h, m, s, ms] = parts;
  const at = (part: string | undefined, unit: string): number =>
    part === undefined ? 0 : Number(part) * UNIT_SECONDS[unit]!;
  const whole = at(w, 'w') + at(d, 'd') + at(h, 'h') + at(m, 'm') + at(s, 's');
  return ms === undefined ? whole : whole + Number(ms) / 1000;
}

/** `!x` in a policy says that it is off: the same as leaving it out. */
function normaliseSet(value: string): string {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '' && !item.startsWith('!'))
    .toSorted()
    .join(',');
}
