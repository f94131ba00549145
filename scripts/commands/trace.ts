/** `trace`: the whole story of a phone number, a voucher, a phone's address or a user name. */
import { officerOf } from '../../console/counter/batches.ts';
import { type Story, shownSession, storyOf } from '../../console/counter/story.ts';
import { type Subject, subjectOf } from '../../console/counter/subject.ts';
import { realClock } from '../../lib/clock.ts';
import { calendarDay } from '../../lib/units.ts';
import { toMobileE164 } from '../../settings/phone-number.ts';
import type { Store } from '../../store/contract.ts';
import type { Account, AccountKind, Session } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  numberOption,
  operand,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';
import { reasonIn } from './reason.ts';
import { describe } from './tariff.ts';

interface AccountRef {
  readonly kind: AccountKind;
  readonly id: string;
}

const EVERYTHING = 1_000_000;
const REFUSALS =
  'refused logins are counted and not kept of anybody: smartwifi explain --login NAME --router NAME says what RADIUS would answer now';

export const trace: Command = {
  summary: 'tell all that is kept of a person or a phone; needs a reason, and is audited',
  usage: 'PHONE|VOUCHER|MAC|USERNAME|ID --reason TEXT [--limit N]',
  options: { reason: { type: 'string' }, limit: { type: 'string' } },
  run: (context) => {
    const reason = reasonIn(context.options);
    const limit = numberOption(context.options, 'limit', { min: 1, max: 10_000 }) ?? 20;
    const subject = subjectOf(operand(context, 'whom to trace'), toMobileE164);
    if (subject === null) throw new UsageError('that is no number, address, code or name');
    return withStore(context, async (store) => {
      const sessions = await sessionsOf(store, subject, limit);
      const accounts = await accountsOf(store, subject, sessions);
      await audit(store, 'trace', auditSubject(store, subject, accounts), reason);
      const stories: Story[] = [];
      for (const { kind, id } of accounts) {
        const account = await store.account(kind, id);
        if (account !== null) stories.push(await tell(context, store, account, limit));
      }
      const isKnown = stories.length + sessions.length > 0;
      const shown = sessions.map(shownSession);
      const document = { asked: subject.kind, known: isKnown, accounts: stories, sessions: shown };
      context.print({ ...document, refusals: REFUSALS }, text(context, stories, shown));
      return isKnown ? 0 : 1;
    });
  },
};

/** Of a phone's address; and of an id, whose account may have been erased since. */
async function sessionsOf(store: Store, subject: Subject, limit: number): Promise<Session[]> {
  if (subject.kind === 'mac') return store.pastSessions({ mac: subject.mac, limit });
  return subject.kind === 'name' ? store.pastSessions({ accountId: subject.name, limit }) : [];
}

/** Every account that it may mean. A phone's address means those that it was online with. */
async function accountsOf(
  store: Store,
  subject: Subject,
  sessions: readonly Session[],
): Promise<AccountRef[]> {
  const found: (AccountRef | null)[] = [];
  if (subject.kind === 'mac') {
    const device = await store.device(subject.mac);
    if (device !== null) found.push({ kind: device.accountKind, id: device.accountId });
    for (const { accountKind: kind, accountId: id } of sessions) {
      if (kind !== null && id !== null) found.push({ kind, id });
    }
  } else {
    const name = subject.kind === 'phone' ? subject.phone : subject.name;
    if (subject.kind === 'phone') found.push(await store.subscriberByPhone(subject.phone));
    else found.push(await store.voucherByCode(name), await store.account('voucher', name));
    found.push(await store.subscriberByUsername(name), await store.account('subscriber', name));
  }
  const byId = new Map(
    found.filter((one) => one !== null).map(({ kind, id }) => [id, { kind, id }]),
  );
  return [...byId.values()];
}

/** Who was looked at, for ever: ids, or a keyed hash that whoever asks again can compare. */
function auditSubject(store: Store, subject: Subject, accounts: readonly AccountRef[]): string {
  if (accounts.length > 0) return accounts.map(({ kind, id }) => `${kind}:${id}`).join(' ');
  const asked = Object.values(subject).join(':');
  return `unknown:${store.credentialKey(`trace:${asked}`).slice(0, 16)}`;
}

async function tell(
  context: CommandContext,
  store: Store,
  account: Account,
  limit: number,
): Promise<Story> {
  const { kind, id } = account;
  const now = realClock.now();
  const voucher = kind === 'voucher' ? await store.batchVoucher(id) : null;
  const events = voucher === null ? [] : await store.batchEvents({ batch: voucher.batch });
  const used = await store.usage(kind, id, calendarDay(now, context.config.timeZone));
  const devices = await store.listDevices(EVERYTHING);
  const waiting = await store.listEnforcement(EVERYTHING);
  return storyOf(
    {
      account,
      profile: kind === 'subscriber' ? await store.profile(id) : null,
      voucher,
      officer: voucher === null ? null : officerOf(events, voucher.serial),
      usage: { octets: used.dayOctets, seconds: used.daySeconds },
      devices: devices.filter(({ accountId }) => accountId === id),
      sessions: await store.pastSessions({ accountId: id, limit }),
      waiting: waiting.filter(({ session }) => session.accountId === id),
      consents: (await store.consentsOf(id)).length,
    },
    now,
  );
}

function text(
  context: CommandContext,
  stories: readonly Story[],
  sessions: readonly Session[],
): string {
  const { timeZone } = context.config;
  const rest = sessions.filter((one) => !stories.some(({ id }) => id === one.accountId));
  const parts = [
    ...stories.map((story) => storyText(story, timeZone)),
    ...(rest.length === 0 ? [] : [`other sessions\n${sessionsText(rest, timeZone)}`]),
  ];
  return [...(parts.length === 0 ? ['nothing is known'] : parts), `- ${REFUSALS}`].join('\n\n');
}

function storyText(story: Story, timeZone: string): string {
  const { subscriber, voucher, usageToday } = story;
  const lines: readonly (readonly [string, string | null])[] = [
    ['state', story.state],
    ['user name', subscriber?.username ?? null],
    ['origin', subscriber?.origin ?? null],
    ['phone', subscriber?.phone ?? null],
    ['card', voucher === null ? null : `${voucher.batch} ${voucher.serial}/${voucher.of}`],
    ['card with', voucher?.officer ?? null],
    ['village', story.villageCode ?? 'any'],
    ['first login', instant(story.firstLoginAt, timeZone)],
    ['valid until', instant(story.validUntil, timeZone)],
    ['used today', `${usageToday.octets} octets, ${usageToday.seconds} s`],
    ['consents', String(story.consents)],
    ...story.devices.map(
      ({ mac, label, expiresAt }) =>
        ['device', `${mac} ${label}, until ${instant(expiresAt, timeZone)}`] as const,
    ),
    ...story.waiting.map(
      ({ action, reason, attempts, error }) =>
        ['waiting', `${action}: ${reason}, ${attempts} attempts, ${error ?? 'no error'}`] as const,
    ),
  ];
  const known = lines.filter(([, is]) => is !== null);
  return [
    `${story.kind} ${story.id}`,
    ...known.map(([what, is]) => `  ${what.padEnd(13)}${is}`),
    describe(story.tariff),
    ...(story.sessions.length === 0 ? [] : [sessionsText(story.sessions, timeZone)]),
  ].join('\n');
}

function sessionsText(sessions: readonly Session[], timeZone: string): string {
  return table(
    ['router', 'phone', 'address', 'state', 'started', 'seconds', 'octets', 'ended by', 'session'],
    sessions.map((s) => [
      ...[s.router, s.mac, s.framedIp, s.state, instant(s.startedAt, timeZone), s.seconds],
      ...[s.inputOctets + s.outputOctets, s.stopCause, s.id],
    ]),
  );
}
