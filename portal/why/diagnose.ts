/**
 * "Why am I not online?": from what is known of a phone, its account and its router to what is wrong and
 * what to do. Pure. The order of the checks is the order in which they hold: nobody's quota matters while
 * the village's link is down.
 */
import type {
  Account,
  AccountUsage,
  CaseCheck,
  RouterStateNow,
  Session,
} from '../../store/types.ts';
import { allowance } from '../allowance.ts';
import type { RejectCode } from '../reject-codes.ts';

export const VERDICTS = [
  'outside',
  'down',
  'maintenance',
  'closed',
  'pass',
  'online',
  'disabled',
  'village',
  'expired',
  'quota',
  'time',
  'devices',
  'login',
] as const;
export type Verdict = (typeof VERDICTS)[number];

export const CHECKS = [
  'place',
  'uplink',
  'hours',
  'session',
  'policy',
  'account',
  'validity',
  'quota',
  'time',
  'devices',
  'remembered',
] as const;
export type CheckName = (typeof CHECKS)[number];

export interface Check extends CaseCheck {
  readonly name: CheckName;
}

export interface WhyFacts {
  readonly at: number;
  /** Null where no router is known. */
  readonly router: { readonly villageCode: string } | null;
  /** Whether the request came through that router, whose link is then up. */
  readonly inside: boolean;
  readonly state: RouterStateNow | null;
  /** Whether the village's hours let people in; null without hours. */
  readonly open: boolean | null;
  readonly session: Session | null;
  /** Whether that session is a pass for messengers, while a code is waited for. */
  readonly pass: boolean;
  /** What may be reached where the phone is; null while it is not online. */
  readonly policy: { readonly level: string; readonly block: readonly string[] } | null;
  /** Whose the phone's last session was, and what it has used; null when nothing is known. */
  readonly last: {
    readonly session: Session;
    readonly account: Account;
    readonly usage: AccountUsage;
  } | null;
  /** When the consent to be remembered ends; null = it is not remembered, undefined = not asked. */
  readonly remembered: { readonly until: number | null } | null | undefined;
  /** What the router or the login page last said. */
  readonly rejected: RejectCode | null;
}

export interface Diagnosis {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
}

/** What a reject code says of an account that we cannot see ourselves. */
const BY_CODE: Partial<Record<RejectCode, readonly [CheckName, Verdict]>> = {
  'SW-DISABLED': ['account', 'disabled'],
  'SW-VILLAGE': ['account', 'village'],
  'SW-EXPIRED': ['validity', 'expired'],
  'SW-QUOTA': ['quota', 'quota'],
  'SW-TIME': ['time', 'time'],
  'SW-DEVICES': ['devices', 'devices'],
  'SW-HOURS': ['hours', 'closed'],
};

type Found = Check & { readonly verdict: Verdict };

export function diagnose(facts: WhyFacts): Diagnosis {
  const found: readonly Found[] = [
    placeCheck(facts),
    uplinkCheck(facts),
    hoursCheck(facts),
    sessionCheck(facts),
    policyCheck(facts),
    ...accountChecks(facts),
    rememberedCheck(facts),
  ];
  const told = facts.rejected === null ? undefined : BY_CODE[facts.rejected];
  const seen = found.map((check) =>
    told !== undefined && check.name === told[0] && check.outcome === 'unknown'
      ? { ...check, outcome: 'bad' as const, detail: facts.rejected, verdict: told[1] }
      : check,
  );
  const wrong = seen.find(({ outcome }) => outcome === 'bad');
  return {
    verdict: verdictOf(facts, wrong),
    checks: seen.map(({ name, outcome, detail }) => ({ name, outcome, detail })),
  };
}

/** A phone that is online is online, whatever its next login would meet. */
function verdictOf({ session, pass }: WhyFacts, wrong: Found | undefined): Verdict {
  if (session !== null) return pass ? 'pass' : 'online';
  return wrong?.verdict ?? 'login';
}

function placeCheck({ router, inside, session }: WhyFacts): Found {
  const here = inside || session !== null;
  // A known router that somebody asks about from elsewhere may be down, which is the next check.
  const outcome = here ? 'good' : router === null ? 'bad' : 'unknown';
  return { name: 'place', outcome, detail: here ? null : 'another network', verdict: 'outside' };
}

function uplinkCheck({ inside, session, state, at }: WhyFacts): Found {
  const name = 'uplink';
  if (inside || session !== null) return { name, outcome: 'good', detail: null, verdict: 'down' };
  if (state === null) return { name, outcome: 'unknown', detail: null, verdict: 'down' };
  const since = `since ${new Date(state.since).toISOString()}`;
  const detail = `${state.state} ${since}${state.cause === null ? '' : ` (${state.cause})`}`;
  const verdict = state.state === 'maintenance' ? 'maintenance' : 'down';
  const bad = state.state === 'down' || state.state === 'maintenance';
  const outcome = bad ? 'bad' : state.state === 'up' && state.since <= at ? 'good' : 'unknown';
  return { name, outcome, detail, verdict };
}

function hoursCheck({ open }: WhyFacts): Found {
  const outcome = open === false ? 'bad' : 'good';
  return {
    name: 'hours',
    outcome,
    detail: open === null ? 'always open' : null,
    verdict: 'closed',
  };
}

function sessionCheck({ session, last }: WhyFacts): Found {
  const known = session ?? last?.session ?? null;
  const detail =
    session !== null
      ? `since ${new Date(session.startedAt).toISOString()}`
      : known === null
        ? null
        : `ended ${new Date(known.stoppedAt ?? known.updatedAt).toISOString()} (${known.stopCause ?? 'unknown'})`;
  return {
    name: 'session',
    outcome: session === null ? 'unknown' : 'good',
    detail,
    verdict: 'login',
  };
}

/** What is blocked by category is as it should be; a pass, which opens messengers alone, is what a citizen notices. */
function policyCheck({ session, pass, policy }: WhyFacts): Found {
  const detail = pass
    ? 'a pass for messengers'
    : policy && `${policy.level} blocks ${policy.block.join(', ') || 'nothing'}`;
  const outcome = session === null ? 'unknown' : pass ? 'bad' : 'good';
  return { name: 'policy', outcome, detail, verdict: 'pass' };
}

function accountChecks(facts: WhyFacts): Found[] {
  const { last, router, at } = facts;
  const unknown = (name: CheckName): Found => {
    return { name, outcome: 'unknown', detail: null, verdict: 'login' };
  };
  if (last === null) {
    return (['account', 'validity', 'quota', 'time', 'devices'] as const).map(unknown);
  }
  const { account, usage, session } = last;
  const elsewhere =
    account.villageCode !== null && router !== null && account.villageCode !== router.villageCode;
  // A session that has not begun: what the next one may use.
  const { seconds, octets } = allowance(NEW_SESSION(at), { facts: account, usage }, at);
  const others = usage.open.filter(({ mac }) => mac !== session.mac).length;
  const full = others >= account.tariff.devices && account.tariff.whenFull === 'refuse';
  const expired = account.validUntil !== null && account.validUntil <= at;
  const check = (name: CheckName, bad: boolean, verdict: Verdict, detail: string | null): Found => {
    return { name, outcome: bad ? 'bad' : 'good', detail, verdict };
  };
  return [
    account.disabled || !elsewhere
      ? check('account', account.disabled, 'disabled', null)
      : check('account', true, 'village', `for ${account.villageCode}`),
    check('validity', expired, 'expired', instant(account.validUntil)),
    check('quota', octets?.left === 0, 'quota', octets === null ? null : octets.by),
    check('time', !expired && seconds?.left === 0, 'time', seconds === null ? null : seconds.by),
    check('devices', full, 'devices', `${others} others of ${account.tariff.devices}`),
  ];
}

function rememberedCheck({ remembered, at }: WhyFacts): Found {
  const name = 'remembered';
  if (remembered === undefined || remembered === null) {
    return { name, outcome: 'unknown', detail: null, verdict: 'login' };
  }
  const live = remembered.until === null || remembered.until > at;
  return {
    name,
    outcome: live ? 'good' : 'unknown',
    detail: instant(remembered.until),
    verdict: 'login',
  };
}

const NEW_SESSION = (at: number) => ({
  startedAt: at,
  seconds: 0,
  inputOctets: 0,
  outputOctets: 0,
  sessionTimeoutSeconds: null,
  totalLimitOctets: null,
});

function instant(at: number | null): string | null {
  return at === null ? null : `until ${new Date(at).toISOString()}`;
}
