/** Instants as RouterOS 7.10 and later print them: `2026-11-24 01:02:03` in the router's own zone. */

const UTC = 'UTC';

export function formatDateTime(atMs: number, timeZone: string = UTC): string {
  return zoneFormat(timeZone).format(atMs);
}

/** `+07:00`. */
export function formatOffset(atMs: number, timeZone: string): string {
  const part = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(atMs)
    .find(({ type }) => type === 'timeZoneName');
  const offset = part?.value.replace('GMT', '') ?? '';
  return offset === '' ? '+00:00' : offset;
}

function zoneFormat(timeZone: string): Intl.DateTimeFormat {
  return timeZone === UTC ? UTC_FORMAT : makeFormat(timeZone);
}

function makeFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
}

const UTC_FORMAT = makeFormat(UTC);
