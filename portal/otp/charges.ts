/**
 * What a code, and the pass that lets it arrive, are charged to: number, phone, router and all together, by
 * the calendar day of the village. Pure; the store judges and books them in one commit.
 */
import type { Settings } from '../../settings/resolve.ts';
import type { OtpCharge } from '../../store/types.ts';

export interface Asker {
  /** E.164; null where none was given. */
  readonly phone: string | null;
  readonly mac: string;
  readonly routerId: string;
}

const DAY_MS = 86_400_000;

export function sendCharges(asker: Asker, settings: Settings, endsAt: number): OtpCharge[] {
  const gapMs = (settings.get('portal.otp.cooldown-seconds') ?? 60) * 1000;
  const one = { endsAt, amount: 1 };
  return [
    ...(asker.phone === null
      ? []
      : [
          {
            ...one,
            scope: 'phone' as const,
            key: asker.phone,
            most: settings.get('portal.otp.per-phone') ?? 0,
            gapMs,
          },
        ]),
    {
      ...one,
      scope: 'mac',
      key: `${asker.routerId} ${asker.mac}`,
      most: settings.get('portal.otp.per-mac') ?? 0,
      gapMs,
    },
    {
      ...one,
      scope: 'router',
      key: asker.routerId,
      most: settings.get('portal.otp.per-router') ?? 0,
      gapMs: 0,
    },
  ];
}

export function graceCharges(asker: Asker, settings: Settings, endsAt: number): OtpCharge[] {
  const one = { endsAt, amount: 1, gapMs: 0 };
  return [
    ...(asker.phone === null
      ? []
      : [
          {
            ...one,
            scope: 'grace phone' as const,
            key: asker.phone,
            most: settings.get('portal.grace.per-phone') ?? 0,
          },
        ]),
    {
      ...one,
      scope: 'grace mac',
      key: `${asker.routerId} ${asker.mac}`,
      most: settings.get('portal.grace.per-mac') ?? 0,
    },
    {
      ...one,
      scope: 'grace router',
      key: asker.routerId,
      most: settings.get('portal.grace.per-router') ?? 0,
    },
  ];
}

/** Of one message, in minor units. */
export function costCharges(
  cost: number,
  caps: { readonly costPerDay: number; readonly costPerMonth: number },
  ends: { readonly day: number; readonly month: number },
): OtpCharge[] {
  const all = { key: '', amount: cost, gapMs: 0 };
  return [
    { ...all, scope: 'cost day', endsAt: ends.day, most: caps.costPerDay },
    { ...all, scope: 'cost month', endsAt: ends.month, most: caps.costPerMonth },
  ];
}

/** The next midnight there, epoch ms. */
export function endOfDay(atMs: number, timeZone: string): number {
  const local = localMs(atMs, timeZone);
  return atMs - local + (Math.floor(local / DAY_MS) + 1) * DAY_MS;
}

/** The midnight before the first of the next month there. */
export function endOfMonth(atMs: number, timeZone: string): number {
  const local = localMs(atMs, timeZone);
  const date = new Date(local);
  return atMs - local + Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock there shows, as if it were UTC; whole seconds and the milliseconds of `atMs`. */
function localMs(atMs: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const numeric = 'numeric' as const;
    format = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      ...{ year: numeric, month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
    });
    formats.set(timeZone, format);
  }
  const text = format.format(atMs).replace(' ', 'T');
  return Date.parse(`${text}Z`) + (((atMs % 1000) + 1000) % 1000);
}
