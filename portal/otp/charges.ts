/**
 * What a code, and the pass that lets it arrive, are charged to, by the calendar day of the village. Pure; the
 * store judges and books them in one commit.
 *
 * Number and MAC are only what a request says. What nobody can invent is the source address, so each has its
 * budget at every address anew: who names the MAC of a neighbour takes nothing from them. A quarter of what a
 * router has is kept for addresses that have had nothing yet, so that one who floods locks nobody out.
 */
import type { Settings } from '../../settings/resolve.ts';
import type { OtpCharge } from '../../store/types.ts';
import type { Payer } from '../gateways/dispatch.ts';
import type { Source } from '../source.ts';

export interface Asker {
  /** E.164; null where none was given. */
  readonly phone: string | null;
  readonly mac: string;
  readonly routerId: string;
  readonly source: Source;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Requests, for each code that may come of them: some fail at a gateway, some end in a word. */
const ASKS = 2;
/** Of wrong codes that one phone types in a day. */
export const TRIES = 15;
/** And all phones behind an address of no village. */
export const OUTSIDE_TRIES = 60;
/** An address of many has its day's share over so many hours. */
const HOURS = 8;

/** Of every request, and never given back: how many rows and visits a flood makes. */
export function askCharges(asker: Asker, settings: Settings, endsAt: number): OtpCharge[] {
  const perRouter = ASKS * (settings.get('portal.otp.per-router') ?? 0);
  const perPhone = ASKS * (settings.get('portal.otp.per-address') ?? 0);
  const one = { endsAt, amount: 1, gapMs: 0 };
  const { routerId, source } = asker;
  const most = ofSource(source, perPhone, perRouter);
  return [
    { ...one, scope: 'ask address', key: source.key, most, first: true },
    { ...one, scope: 'ask router', key: routerId, most: perRouter, reserve: reserveOf(perRouter) },
  ];
}

/** Of a code that is sent. */
export function sendCharges(
  asker: Asker,
  settings: Settings,
  at: number,
  endsAt: number,
): OtpCharge[] {
  const { phone, mac, routerId, source } = asker;
  const gapMs = (settings.get('portal.otp.cooldown-seconds') ?? 60) * 1000;
  const perRouter = settings.get('portal.otp.per-router') ?? 0;
  const perAddress = settings.get('portal.otp.per-address') ?? 0;
  const most = ofSource(source, perAddress, perRouter);
  const isPhone = source.kind === 'phone';
  const day = { endsAt, amount: 1, gapMs: 0 };
  const spaced = { ...day, gapMs };
  return [
    ...(phone === null ? [] : numberCharges(phone, source, settings, spaced)),
    {
      ...spaced,
      scope: 'mac',
      key: `${source.key} ${routerId} ${mac}`,
      most: settings.get('portal.otp.per-mac') ?? 0,
    },
    { ...(isPhone ? spaced : day), scope: 'address', key: source.key, most, first: true },
    ...(isPhone ? [] : [hourCharge(source, most, at)]),
    { ...day, scope: 'router', key: routerId, most: perRouter, reserve: reserveOf(perRouter) },
  ];
}

/** One address does not take all codes of a number that is not its own. */
function numberCharges(
  phone: string,
  source: Source,
  settings: Settings,
  spaced: { readonly endsAt: number; readonly amount: number; readonly gapMs: number },
): OtpCharge[] {
  const most = settings.get('portal.otp.per-phone') ?? 0;
  const all = { ...spaced, scope: 'phone', key: phone, most } as const;
  if (source.kind === 'many') return [all];
  return [
    all,
    { ...spaced, scope: 'phone from', key: `${source.key} ${phone}`, most: Math.max(1, most - 1) },
  ];
}

/** Behind a NAT nobody can be told apart: who floods there locks the others out for an hour, not a day. */
function hourCharge(source: Source, perDay: number, at: number): OtpCharge {
  return {
    scope: 'address hour',
    key: source.key,
    endsAt: (Math.floor(at / HOUR_MS) + 1) * HOUR_MS,
    amount: 1,
    most: Math.max(1, Math.ceil(perDay / HOURS)),
    gapMs: 0,
  };
}

export function graceCharges(asker: Asker, settings: Settings, endsAt: number): OtpCharge[] {
  const { phone, mac, routerId, source } = asker;
  const one = { endsAt, amount: 1, gapMs: 0 };
  const perRouter = settings.get('portal.grace.per-router') ?? 0;
  const perAddress = settings.get('portal.grace.per-address') ?? 0;
  return [
    ...(phone === null
      ? []
      : [
          {
            ...one,
            scope: 'grace phone' as const,
            key: `${source.key} ${phone}`,
            most: settings.get('portal.grace.per-phone') ?? 0,
          },
        ]),
    {
      ...one,
      scope: 'grace mac',
      key: `${source.key} ${routerId} ${mac}`,
      most: settings.get('portal.grace.per-mac') ?? 0,
    },
    {
      ...one,
      scope: 'grace address',
      key: source.key,
      most: ofSource(source, perAddress, perRouter),
      first: true,
    },
    {
      ...one,
      scope: 'grace router',
      key: routerId,
      most: perRouter,
      reserve: reserveOf(perRouter),
    },
  ];
}

/** Of a phone that comes by a click, new or known: once a day from one source. That one first: it says so. */
export function clickCharges(
  { mac, routerId, source }: Pick<Asker, 'mac' | 'routerId' | 'source'>,
  settings: Settings,
  endsAt: number,
): OtpCharge[] {
  const one = { endsAt, amount: 1, gapMs: 0 };
  const perVillage = settings.get('portal.click-per-day') ?? 0;
  const most = ofSource(source, settings.get('portal.click-per-address') ?? 0, perVillage);
  const reserve = reserveOf(perVillage);
  return [
    { ...one, scope: 'click phone', key: `${source.key} ${routerId} ${mac}`, most: 1 },
    { ...one, scope: 'click address', key: source.key, most, first: true },
    { ...one, scope: 'click router', key: routerId, most: perVillage, reserve },
  ];
}

/** Of one code that is typed, given back when it was right. */
export function tryCharge(source: Source, endsAt: number): OtpCharge {
  const most = source.kind === 'phone' ? TRIES : OUTSIDE_TRIES;
  return { scope: 'tries', key: source.key, endsAt, amount: 1, most, gapMs: 0 };
}

function ofSource({ kind }: Source, ofPhone: number, ofRouter: number): number {
  return kind === 'phone' ? ofPhone : ofRouter - reserveOf(ofRouter);
}

function reserveOf(most: number): number {
  return Math.floor(most / 4);
}

/**
 * Of one message, in minor units. The money is everybody's: one router has half of a day's at most, and all
 * addresses of no village together a quarter.
 */
export function costCharges(
  cost: number,
  caps: { readonly costPerDay: number; readonly costPerMonth: number },
  ends: { readonly day: number; readonly month: number },
  payer: Payer | null,
): OtpCharge[] {
  const all = { key: '', amount: cost, gapMs: 0 };
  const day = { ...all, endsAt: ends.day };
  return [
    { ...day, scope: 'cost day', most: caps.costPerDay },
    { ...all, scope: 'cost month', endsAt: ends.month, most: caps.costPerMonth },
    ...(payer === null
      ? []
      : [
          {
            ...day,
            scope: 'cost router' as const,
            key: payer.routerId,
            most: Math.floor(caps.costPerDay / 2),
          },
        ]),
    ...(payer?.outside === true
      ? [{ ...day, scope: 'cost outside' as const, most: Math.floor(caps.costPerDay / 4) }]
      : []),
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
