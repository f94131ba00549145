/**
 * `GET /why`: why a phone is not online, in plain words, with the next step, and a short code under which
 * an operator finds the same facts. Nothing is asked of the visitor and nothing typed is needed.
 */
import type { Request } from 'express';
import type { CaseFacts, Router } from '../../store/types.ts';
import { type Bucket, createBuckets } from '../buckets.ts';
import { callLine, callLines } from '../calls.ts';
import {
  type Handler,
  type PortalDeps,
  placeOf,
  queryOf,
  redirectIn,
  type Scene,
  sceneOf,
  sourceOf,
} from '../context.ts';
import { isTextKey, type TextKey } from '../i18n.ts';
import type { PageFacts } from '../pages.ts';
import { writeRedirect } from '../redirect-params.ts';
import { servletUrl } from '../router-links.ts';
import { sourceAt } from '../source.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import { type Diagnosis, diagnose, type Verdict } from './diagnose.ts';
import { type Gathered, gather } from './gather.ts';

const DAY_MS = 86_400_000;
const HOUR = 3600;
/**
 * Writing down is what costs: a phone gets six cases an hour, a village as many as it has phones. Who asks over
 * another network, or from behind a NAT, takes nothing from these.
 */
const PHONE = perHour(6);
const ROUTER = perHour(300);
const LINE = perHour(30);
const OUTSIDE = perHour(100);
const KEYS = 20_000;

type Admit = ReturnType<typeof createBuckets>;
type AdmitCase = (req: Request, router: Router, now: number) => boolean;

export function showWhy(deps: PortalDeps): Handler {
  const admit = createAdmission();
  return async (req, res) => {
    const params = queryOf(req);
    const outcome = await redirectIn(deps, req, params);
    const gathered = await gather(deps, req, outcome);
    const { router } = gathered;
    const diagnosis = diagnose(gathered.facts);
    const place = await placeOf(deps, router);
    const carry =
      outcome.kind === 'complete'
        ? writeRedirect(outcome.redirect)
        : router === null
          ? {}
          : { router: router.name };
    const scene = sceneOf(req, { lang: params.get('lang'), place, path: '/why', carry });
    const { locale, t } = scene.speech;
    const again = withQuery('/why', { ...carry, lang: locale });
    const facts: PageFacts['why'] = {
      ...wordsOf(deps, scene, gathered, diagnosis),
      ...actionOf(scene, router, diagnosis, again),
      blocked: blockedHere(scene, gathered, diagnosis),
      code: await caseCode(deps, req, gathered, diagnosis, admit),
      complaint:
        place.house.complaint === null
          ? null
          : callLine(place.house.complaint, t, 'help.complaint'),
      emergency: callLines(place.house.emergency, t),
    };
    await deps.views.send({ req, res }, { name: 'why', frame: scene.frame('why.title'), facts });
  };
}

function wordsOf(
  deps: PortalDeps,
  { speech }: Scene,
  { router, facts, opensAt }: Gathered,
  { verdict, checks }: Diagnosis,
): Pick<PageFacts['why'], 'verdict' | 'heading' | 'step' | 'checks'> {
  const { locale, t } = speech;
  const wording = deps.wordingIn(locale, router?.timeZone ?? null);
  const at = facts.at;
  const vars = {
    since: facts.state === null ? '' : wording.instant(facts.state.since),
    opens: opensAt === null ? t('why.opensUnknown') : wording.instant(opensAt),
    zone: wording.zone(at),
  };
  return {
    verdict,
    heading: t(`why.${verdict}.heading`),
    step: t(stepKey(verdict, checks), vars),
    checks: checks.flatMap(({ name, outcome }) =>
      outcome === 'unknown' ? [] : [{ outcome, text: t(`why.check.${name}.${outcome}`) }],
    ),
  };
}

/** Where the period that is used up is known, the day on which there is more is named, and no other. */
function stepKey(verdict: Verdict, checks: Diagnosis['checks']): TextKey {
  const by = checks.find(({ name }) => name === verdict)?.detail;
  const key = `why.${verdict}.by.${by}`;
  return isTextKey(key) ? key : `why.${verdict}.step`;
}

function actionOf(
  { speech: { t, locale } }: Scene,
  router: Router | null,
  { verdict }: Diagnosis,
  again: string,
): Pick<PageFacts['why'], 'action' | 'actionUrl'> {
  if (verdict === 'online') {
    const own = { ...(router === null ? {} : { router: router.name }), lang: locale };
    return { action: t('why.toStatus'), actionUrl: withQuery('/status', own) };
  }
  if (verdict === 'pass') {
    // From there on to whichever code it is.
    return { action: t('why.toCode'), actionUrl: withQuery('/status', { lang: locale }) };
  }
  const waits = ['outside', 'down', 'maintenance', 'closed', 'quota', 'time'].includes(verdict);
  return waits || router === null
    ? { action: t('why.again'), actionUrl: again }
    : { action: t('offline.login'), actionUrl: servletUrl(router, 'login') };
}

/** Who is online and cannot open one site wants to know what is blocked there. */
function blockedHere(
  { speech: { t } }: Scene,
  { facts: { policy } }: Gathered,
  { verdict }: Diagnosis,
): string | null {
  if (policy === null || verdict !== 'online') return null;
  const names = policy.block
    .map((category) => `category.${category}`)
    .filter(isTextKey)
    .map((key) => t(key));
  return names.length === 0 ? null : t('why.blocked', { categories: names.join(', ') });
}

/** Null where there is nothing to look into, or too much was asked already. */
async function caseCode(
  deps: PortalDeps,
  req: Request,
  { router, mac, facts }: Gathered,
  { verdict, checks }: Diagnosis,
  admit: AdmitCase,
): Promise<string | null> {
  if (router === null || !admit(req, router, facts.at)) return null;
  const settings = await settingsOf(deps, router);
  const { store } = deps;
  deps.metrics.caseOpened(verdict);
  const last = facts.session ?? facts.last?.session ?? null;
  const found: CaseFacts = {
    verdict,
    checks,
    router: router.name,
    villageCode: router.villageCode,
    phone: mac === null ? null : store.credentialKey(`phone:${mac}`).slice(0, 16),
    account: facts.last && { kind: facts.last.account.kind, id: facts.last.account.id },
    sessionId: last?.id ?? null,
    reject: facts.rejected,
  };
  // By address as well: who only names a phone must not get, or overwrite, its case.
  const subject = store.credentialKey(`case:${router.id}:${sourceOf(req)}:${mac ?? ''}`);
  const ttlMs = (settings.get('portal.case-days') ?? 14) * DAY_MS;
  return (await store.openCase({ subject, facts: found, at: facts.at, ttlMs })).code;
}

function createAdmission(): AdmitCase {
  const [phones, routers, lines, outside] = [PHONE, ROUTER, LINE, OUTSIDE].map((bucket) =>
    createBuckets(bucket, KEYS),
  ) as [Admit, Admit, Admit, Admit];
  return (req, router, now) => {
    const { kind, key } = sourceAt(router, sourceOf(req));
    return kind === 'phone'
      ? phones(key, now) && routers(router.id, now)
      : lines(key, now) && outside(router.id, now);
  };
}

function perHour(burst: number): Bucket {
  return { burst, perSecond: burst / HOUR };
}
