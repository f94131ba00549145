/** `GET /account`: the own phones, use by day and week, top-up, password. */
import type { Request, Response } from 'express';
import { calendarDay } from '../../lib/units.ts';
import { type E164, maskedNumber } from '../../settings/phone-number.ts';
import type { OwnPhone, UsageDay } from '../../store/types.ts';
import type { Handler, PortalDeps, Scene } from '../context.ts';
import type { Translate } from '../i18n.ts';
import type { AccountNotice, PhoneLine, Row } from '../pages.ts';
import { isPhoneKind } from '../phone-kind.ts';
import { withQuery } from '../urls.ts';
import type { Wording } from '../wording.ts';
import { mayChangeNumber } from './may-change-number.ts';
import { GOOD } from './notices.ts';
import { ownPage, proofOf, type Self, sceneOfSelf } from './self.ts';

const DAY_MS = 86_400_000;
const DAYS_SHOWN = 7;
const WEEKS = 4;

export function showAccount(deps: PortalDeps): Handler {
  return ownPage(deps, (exchange, self, lang) =>
    sendAccount(deps, exchange, self, { lang, notice: null, status: 200 }),
  );
}

export async function sendAccount(
  deps: PortalDeps,
  exchange: { req: Request; res: Response },
  self: Self,
  showing: { lang: string | null; notice: AccountNotice | null; status: number; voucher?: string },
): Promise<void> {
  const { lang, notice, status, voucher = '' } = showing;
  const scene = await sceneOfSelf(deps, exchange.req, self, { path: '/account', lang });
  const { locale, t } = scene.speech;
  const { account, session, router } = self;
  const now = deps.clock.now();
  const zone = router?.timeZone ?? deps.timeZone;
  const from = calendarDay(now - WEEKS * 7 * DAY_MS, zone);
  const [phones, days] = await Promise.all([
    deps.store.phonesOf({ account, mac: session.mac, at: now }),
    deps.store.usageDays({ accountId: account.id, from }),
  ]);
  const wording = deps.wordingIn(locale, router?.timeZone ?? null);
  const facts = {
    notice,
    isGood: notice !== null && GOOD.has(notice),
    hidden: [{ name: 'lang', value: locale }],
    who: whoOf(self, t),
    phones: phones.map((phone) => phoneLine(phone, t, wording)),
    days: dayRows(days.slice(0, DAYS_SHOWN), wording),
    weeks: weekRows(days, t, wording),
    mayTopUp: account.kind === 'subscriber',
    voucher,
    mayChangePassword: proofOf(deps, self) === 'password',
    numberUrl: mayChangeNumber(deps, self) ? withQuery('/account/number', { lang: locale }) : null,
    dataUrl: withQuery('/account/data', { lang: locale }),
    statusUrl: withQuery('/status', { lang: locale }),
  };
  await send(deps, exchange, scene, facts, status);
}

async function send(
  deps: PortalDeps,
  exchange: { req: Request; res: Response },
  scene: Scene,
  facts: Parameters<typeof deps.views.send<'account'>>[1]['facts'],
  status: number,
): Promise<void> {
  const frame = scene.frame('account.title');
  await deps.views.send(exchange, { name: 'account', frame, facts }, { status });
}

/** A name or a masked number: whoever looks over the shoulder learns nothing new. */
export function whoOf({ account, profile }: Self, t: Translate): string {
  if (account.kind === 'voucher' || profile === null) return t('account.voucher');
  if (profile.displayName !== null) return profile.displayName;
  return profile.phone === null ? t('account.unnamed') : maskedNumber(profile.phone as E164);
}

export function phoneLine(phone: OwnPhone, t: Translate, wording: Wording): PhoneLine {
  const kind = isPhoneKind(phone.kind) ? phone.kind : 'other';
  const name = phone.label || t(`phone.${kind}`);
  const lasts = phone.rememberedUntil;
  const state =
    phone.onlineSince !== null
      ? t('phone.since', { instant: wording.instant(phone.onlineSince) })
      : lasts === null || lasts === Number.MAX_SAFE_INTEGER
        ? t('phone.always')
        : t('phone.until', { instant: wording.instant(lasts) });
  return { handle: phone.handle, name, state, isThis: phone.isThis };
}

/** Pure. */
export function dayRows(days: readonly UsageDay[], wording: Wording): Row[] {
  return days.map(({ day, octets, seconds }) => ({
    label: wording.day(day),
    value: `${wording.octets(octets)}, ${wording.seconds(seconds)}`,
  }));
}

/** Pure: sums by weeks from Monday, newest first. */
export function weekRows(days: readonly UsageDay[], t: Translate, wording: Wording): Row[] {
  const sums = new Map<string, { octets: number; seconds: number }>();
  for (const { day, octets, seconds } of days) {
    const date = new Date(`${day}T00:00:00Z`);
    date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
    const monday = date.toISOString().slice(0, 10);
    const sum = sums.get(monday) ?? { octets: 0, seconds: 0 };
    sums.set(monday, { octets: sum.octets + octets, seconds: sum.seconds + seconds });
  }
  return [...sums].map(([monday, { octets, seconds }]) => ({
    label: t('account.week', { day: wording.day(monday) }),
    value: `${wording.octets(octets)}, ${wording.seconds(seconds)}`,
  }));
}
