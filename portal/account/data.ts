/** "My data": see, take along, correct, withdraw, erase (Law 27 of 2022, articles 5 to 13). */
import type { Request, Response } from 'express';
import type { OwnData } from '../../store/types.ts';
import { formOf, type Handler, type PortalDeps, queryOf, seeOther } from '../context.ts';
import type { Translate } from '../i18n.ts';
import { sendMessage } from '../messages.ts';
import type { AccountNotice, Row } from '../pages.ts';
import { isOwnRequest } from '../security.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import type { Wording } from '../wording.ts';
import { exportOf } from './export.ts';
import { GOOD, noticeStatus } from './notices.ts';
import { ownCodeTicket, sendOwnCode } from './own-code.ts';
import { whoOf } from './page.ts';
import { ownPage, proofOf, proves, type Self, sceneOfSelf, selfAt } from './self.ts';

type Exchange = { readonly req: Request; readonly res: Response };

const SESSIONS_SHOWN = 10;
const HOUR_MS = 3_600_000;
const LONGEST_NAME = 60;

export function showData(deps: PortalDeps): Handler {
  return ownPage(deps, async (exchange, self, lang) => {
    // Of a code that is on its way: in the other language, too.
    const secret = queryOf(exchange.req).get('ticket');
    const ticket = (await ownCodeTicket(deps, self, secret)) === null ? null : secret;
    await sendData(deps, exchange, self, { lang, notice: null, status: 200, ticket });
  });
}

/** The file itself; a mini-browser, which keeps no files, has the page. */
export function exportData(deps: PortalDeps): Handler {
  return proving(deps, async ({ res }, self) => {
    const data = await deps.store.ownData(self.account);
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    res.setHeader('Content-Disposition', 'attachment; filename="data-saya.json"');
    res.end(JSON.stringify(exportOf(self.account, data), null, 2));
    return null;
  });
}

export function withdrawConsent(deps: PortalDeps): Handler {
  return proving(deps, async (_exchange, { account, session }, form) => {
    const language = form.get('lang') === 'en' ? 'en' : 'id';
    await deps.store.withdrawConsent({
      account,
      mac: session.mac,
      villageCode: session.villageCode,
      router: session.router,
      method: 'portal',
      language,
      at: deps.clock.now(),
    });
    return 'withdrawn';
  });
}

export function askForErasure(deps: PortalDeps): Handler {
  return proving(deps, async (_exchange, { account, router }) => {
    const settings = router === null ? null : await settingsOf(deps, router);
    const hours = settings?.get('portal.erase-grace-hours') ?? 0;
    const at = deps.clock.now();
    await deps.store.requestErasure({ account, via: 'portal', graceMs: hours * HOUR_MS, at });
    return 'eraseAsked';
  });
}

export function keepData(deps: PortalDeps): Handler {
  return acting(deps, async (_exchange, { account }) => {
    const kept = await deps.store.cancelErasure({ account, at: deps.clock.now() });
    return kept ? 'eraseKept' : 'eraseLate';
  });
}

export function correctName(deps: PortalDeps): Handler {
  return acting(deps, async (_exchange, { account }, form) => {
    const name = readName(form.get('name') ?? '');
    if (account.kind !== 'subscriber' || name === undefined) return 'nameWrong';
    const at = deps.clock.now();
    await deps.store.correctProfile({ subscriberId: account.id, displayName: name, at });
    return 'corrected';
  });
}

/** Null: no name; undefined for a text that is none. */
export function readName(raw: string): string | null | undefined {
  const name = raw.normalize('NFC').replaceAll(/\s+/g, ' ').trim();
  if (name === '') return null;
  return name.length <= LONGEST_NAME && !/[\p{C}<>]/u.test(name) ? name : undefined;
}

type Act = (exchange: Exchange, self: Self, form: URLSearchParams) => Promise<AccountNotice | null>;

/** Null from an act: it has answered itself. */
function acting(deps: PortalDeps, act: Act): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const lang = form.get('lang') === 'en' ? 'en' : 'id';
    const self = await selfAt(deps, req);
    if (self === null) return seeOther(res, withQuery('/status', { lang }));
    const notice = await act({ req, res }, self, form);
    if (notice === null) return;
    const status = noticeStatus(notice);
    const ticket = form.get('ticket')?.slice(0, 64) ?? null;
    await sendData(deps, { req, res }, self, { lang, notice, status, ticket });
  };
}

/** Sends the code that the page's forms then ask for. */
export function sendCodeToSelf(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const lang = formOf(req).get('lang') === 'en' ? 'en' : 'id';
    const self = await selfAt(deps, req);
    if (self === null) return seeOther(res, withQuery('/status', { lang }));
    const sent = proofOf(deps, self) === 'code' ? await sendOwnCode(deps, self, lang) : 'limited';
    const [notice, ticket] =
      typeof sent === 'string' ? ([sent, null] as const) : (['codeSent', sent.ticket] as const);
    const status = noticeStatus(notice);
    await sendData(deps, { req, res }, self, { lang, notice, status, ticket });
  };
}

function proving(deps: PortalDeps, act: Act): Handler {
  return acting(deps, async (exchange, self, form) => {
    const proof = await proves(deps, exchange.req, self, form);
    if (proof === 'proved') return act(exchange, self, form);
    return proof === 'wrong' ? 'proofWrong' : proof;
  });
}

async function sendData(
  deps: PortalDeps,
  exchange: Exchange,
  self: Self,
  showing: {
    lang: string | null;
    notice: AccountNotice | null;
    status: number;
    /** Of a code that was sent to the own number. */
    ticket: string | null;
  },
): Promise<void> {
  const { lang, notice, status, ticket } = showing;
  const scene = await sceneOfSelf(deps, exchange.req, self, { path: '/account/data', lang });
  const { locale, t } = scene.speech;
  const wording = deps.wordingIn(locale, self.router?.timeZone ?? null);
  const data = await deps.store.ownData(self.account);
  const erasure = await deps.store.erasureOf(self.account);
  const own: Record<string, string> = ticket === null ? {} : { ticket };
  const facts = {
    notice,
    isGood: notice !== null && GOOD.has(notice),
    hidden: [
      { name: 'lang', value: locale },
      ...(ticket === null ? [] : [{ name: 'ticket', value: ticket }]),
    ],
    who: whoOf(self, t),
    proof: proofOf(deps, self),
    isCodeSent: ticket !== null,
    name: self.account.kind === 'subscriber' ? (self.profile?.displayName ?? '') : null,
    profile: profileRows(self, t, wording),
    consents: consentRows(data, t, wording),
    sessions: sessionRows(data, wording),
    erasure:
      erasure === null
        ? null
        : t('account.data.erasing', {
            from: wording.instant(erasure.beginsAt),
            due: wording.instant(erasure.dueAt),
          }),
    accountUrl: withQuery('/account', { lang: locale }),
  };
  const page = { name: 'data' as const, frame: scene.frame('account.data.title', own), facts };
  await deps.views.send(exchange, page, { status });
}

function profileRows({ account, profile }: Self, t: Translate, wording: Wording): Row[] {
  const rows = [
    [t('account.data.name'), profile?.displayName ?? null],
    [t('account.data.phone'), profile?.phone ?? null],
    [t('account.data.nik'), profile?.nikMasked ?? null],
    [t('account.data.since'), profile === null ? null : wording.instant(profile.createdAt)],
    [t('account.data.tariff'), account.tariff.name],
  ] as const;
  return rows.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}

function consentRows(data: OwnData, t: Translate, wording: Wording): Row[] {
  return data.consents.toReversed().map(({ at, act, router, privacy }) => ({
    label: wording.instant(at),
    value: t(`account.data.consent.${act}`, { router, text: privacy.slice(0, 12) }),
  }));
}

function sessionRows(data: OwnData, wording: Wording): Row[] {
  return data.sessions.slice(0, SESSIONS_SHOWN).map((session) => ({
    label: wording.instant(session.startedAt),
    value: [
      session.router,
      wording.seconds(session.seconds),
      wording.octets(session.inputOctets + session.outputOctets),
    ].join(', '),
  }));
}
