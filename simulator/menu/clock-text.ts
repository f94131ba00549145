/** Instants as RouterOS 7.10 and later print them: `2026-11-24 01:02:03` in the router's own zone. */

export function formatDateTime(atMs: number, timeZone = 'UTC'): string {
  return formatsOf(timeZone).dateTime.format(atMs);
}

/** `+07:00`. */
export function formatOffset(atMs: number, timeZone: string): string {
  const part = formatsOf(timeZone)
    .offset.formatToParts(atMs)
    .find(({ type }) => type === 'timeZoneName');
  const offset = part?.value.replace('GMT', '') ?? '';
  return offset === '' ? '+00:00' : offset;
}

interface ZoneFormats {
  readonly dateTime: Intl.DateTimeFormat;
  readonly offset: Intl.DateTimeFormat;
}

/** Making a format costs a hundred times its use; there are as many as time zones in use. */
const formats = new Map<string, ZoneFormats>();

function formatsOf(timeZone: string): ZoneFormats {
  let found = formats.get(timeZone);
  if (found === undefined) {
    found = {
      dateTime: new Intl.DateTimeFormat('sv-SE', {
        timeZone,
        dateStyle: 'short',
        timeStyle: 'medium',
      }),
      offset: new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }),
    };
    formats.set(timeZone, found);
  }
  return found;
}
