/** An instant as people write it: with an offset, or as the clock on a village's wall says. Pure. */
const LOCAL = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2})[:.](\d{2})(?:[:.](\d{2}))?$/;
const ABSOLUTE =
  /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** `2026-11-24T14:05:00+07:00`, or `2026-11-24 14:05` in the time zone; epoch ms, null = no such instant. */
export function parseInstant(text: string, timeZone: string): number | null {
  const given = text.trim();
  if (ABSOLUTE.test(given)) {
    const at = Date.parse(given.replace(' ', 'T'));
    return Number.isNaN(at) ? null : at;
  }
  const found = LOCAL.exec(given);
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found.slice(1).map((n) => Number(n ?? 0));
  const wall = Date.UTC(year!, month! - 1, day, hour, minute, second);
  const isDate = new Date(wall).toISOString().startsWith(`${given.slice(0, 10)}T${found[4]}`);
  if (!isDate || minute! > 59 || second! > 59) return null;
  // Twice: the offset at the first guess is wrong for hours around a change of it.
  const near = wall - offsetAt(wall, timeZone);
  return wall - offsetAt(near, timeZone);
}

/** What the wall's clock is ahead of UTC. */
function offsetAt(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall - Math.floor(at / 1000) * 1000;
}
