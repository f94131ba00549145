/** `session who`: whose an address was, which the law may ask (indonesian connection logs). */
import { officerOf } from '../../console/counter/batches.ts';
import { type Holder, holdersAt } from '../../console/counter/holders.ts';
import { parseInstant } from '../../console/counter/instant.ts';
import { realClock } from '../../lib/clock.ts';
import { cidrContains, parseCidr, parseIpv4 } from '../../lib/net.ts';
import type { Store } from '../../store/contract.ts';
import type { Router, Session } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  operandsOf,
  requiredOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';
import { reasonIn } from './reason.ts';

/** Sessions after the instant that are looked at: at one address they follow each other. */
const AROUND = 10;
/** Reports that may be missing before a session counts as gone (radius/stale.ts). */
const MISSED_REPORTS = 3;
const DAY_MS = 86_400_000;

const NAT =
  'this is an address inside the village; from outside all of a village are seen under the address of its link, so that only the NAT log of the router or the ISP leads from a public address, port and time to this one';

export const sessionWho: Command = {
  summary: 'say who had an address of a router at an instant; needs a reason, and is audited',
  usage: '--router NAME --ip ADDRESS --at "2026-11-24 14:05" --reason TEXT',
  options: {
    router: { type: 'string' },
    ip: { type: 'string' },
    at: { type: 'string' },
    reason: { type: 'string' },
  },
  run: (context) => {
    operandsOf(context, []);
    const { options } = context;
    const reason = reasonIn(options);
    const ip = requiredOption(options, 'ip');
    if (parseIpv4(ip) === null) throw new UsageError(`--ip ${ip} is no IPv4 address`);
    return withStore(context, async (store) => {
      const name = requiredOption(options, 'router');
      const router = await store.routerByName(name);
      const timeZone = router?.timeZone ?? context.config.timeZone;
      const at = instantIn(context, timeZone);
      const all = await store.sessionsAround({ framedIp: ip, at, limit: AROUND });
      const sessions = all.filter((s) => s.routerId === router?.id || s.router === name);
      if (router === null && sessions.length === 0) {
        throw new UsageError(`there is no router ${name}, and no session of one: see router list`);
      }
      const when = new Date(at).toISOString();
      await audit(store, 'session.who', `${name} ${ip} ${when}`, reason);
      const silenceMs = context.config.radius.interimSeconds * 1000 * MISSED_REPORTS;
      const { holders, before, after } = holdersAt(sessions, at, silenceMs);
      const persons = [];
      for (const holder of holders) persons.push(await personOf(store, holder));
      const notes = notesOn(context, router, ip, at);
      context.print(
        { router: name, ip, at: when, timeZone, holders: persons, before, after, notes },
        text({ name, ip, at, timeZone }, persons, { before, after }, notes),
      );
      return holders.length === 0 ? 1 : 0;
    });
  },
};

interface Person extends Holder {
  readonly username: string | null;
  /** Where its card came from. */
  readonly batch: string | null;
  readonly serial: number | null;
  readonly officer: string | null;
}

async function personOf(store: Store, holder: Holder): Promise<Person> {
  const { accountKind, accountId } = holder.session;
  const nobody = { username: null, batch: null, serial: null, officer: null };
  if (accountId === null) return { ...holder, ...nobody };
  if (accountKind === 'subscriber') {
    const profile = await store.profile(accountId);
    return { ...holder, ...nobody, username: profile?.username ?? null };
  }
  const voucher = await store.batchVoucher(accountId);
  if (voucher === null) return { ...holder, ...nobody };
  const { batch, serial } = voucher;
  const officer = officerOf(await store.batchEvents({ batch }), serial);
  return { ...holder, ...nobody, batch, serial, officer };
}

function instantIn({ options }: CommandContext, timeZone: string): number {
  const given = requiredOption(options, 'at');
  const at = parseInstant(given, timeZone);
  if (at === null) {
    throw new UsageError(
      `--at ${given} is no instant: write "2026-11-24 14:05" as the clock in ${timeZone} says, or 2026-11-24T07:05:00Z`,
    );
  }
  if (at > realClock.now()) throw new UsageError(`--at ${given} is in the future`);
  return at;
}

/** What an answer does not say by itself, and what a reader must know of it. */
function notesOn(
  { config }: CommandContext,
  router: Router | null,
  ip: string,
  at: number,
): string[] {
  const lan = router === null ? null : parseCidr(router.lanSubnet);
  const value = parseIpv4(ip)!;
  const { sessionDays } = config.retention;
  return [
    ...(lan !== null && !cidrContains(lan, value)
      ? [`${ip} is not in the village's network ${router!.lanSubnet} behind ${router!.name}`]
      : []),
    ...(at < realClock.now() - sessionDays * DAY_MS
      ? [`sessions are kept ${sessionDays} days (retention.sessionDays): this is longer ago`]
      : []),
    NAT,
    'times are those of this server, less the delay that the router told; the clock of whoever asks may differ',
  ];
}

function text(
  asked: { name: string; ip: string; at: number; timeZone: string },
  persons: readonly Person[],
  { before, after }: { before: Session | null; after: Session | null },
  notes: readonly string[],
): string {
  const { name, ip, at, timeZone } = asked;
  const rows = persons.map((one) => row(one.session, timeZone, one.certainty, whoText(one)));
  const near = [
    ...(before === null ? [] : [row(before, timeZone, 'before', idText(before))]),
    ...(after === null ? [] : [row(after, timeZone, 'after', idText(after))]),
  ];
  const head = ['', 'who', 'phone', 'from', 'to', 'ended by', 'session'];
  return [
    `${ip} of ${name} at ${instant(at, timeZone)} (${timeZone}): ${rows.length === 0 ? 'nobody that is known' : ''}`.trimEnd(),
    ...(rows.length + near.length === 0 ? [] : ['', table(head, [...rows, ...near])]),
    '',
    ...notes.map((note) => `- ${note}`),
  ].join('\n');
}

function row(
  session: Session,
  timeZone: string,
  what: string,
  who: string,
): (string | number | null)[] {
  return [
    what,
    who,
    session.mac,
    instant(session.startedAt, timeZone),
    session.stoppedAt === null ? 'open' : instant(session.stoppedAt, timeZone),
    session.stopCause,
    session.id,
  ];
}

function whoText(person: Person): string {
  const { session, username, batch, serial, officer } = person;
  const via = officer === null ? '' : ` by ${officer}`;
  const detail = batch === null ? (username ?? '') : `(${batch} ${serial}${via})`;
  return `${idText(session)} ${detail}`.trimEnd();
}

function idText({ accountKind, accountId, username }: Session): string {
  return accountKind === null ? username : `${accountKind} ${accountId}`;
}
