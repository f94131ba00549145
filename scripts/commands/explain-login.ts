/**
 * `explain --login`: what would become of a login now, by the very checks that RADIUS decides by. It asks
 * for no password and prints none; budgets of attempts live in the server's memory and are not seen here.
 */
import { realClock } from '../../lib/clock.ts';
import { createLogger } from '../../lib/log.ts';
import { normalizeMac } from '../../lib/mac.ts';
import { textsInForce } from '../../portal/consent/texts.ts';
import { explainLogin, type LoginExplanation } from '../../radius/explain.ts';
import { parseHours } from '../../settings/hours.ts';
import { localTimeIn } from '../../settings/local-time.ts';
import type { Store } from '../../store/contract.ts';
import type {
  Account,
  AccountUsage,
  Device,
  OpeningHours,
  Session,
  Village,
} from '../../store/types.ts';
import { audit, type CommandContext, requiredOption, textOption, UsageError } from '../command.ts';
import { nearest } from '../place.ts';
import { instant, table } from '../table.ts';

interface Station {
  readonly router: string | null;
  readonly village: Village;
  readonly hours: OpeningHours | null;
  readonly timeZone: string;
}

interface Person {
  readonly account: Account;
  /** When the login is a device's address. */
  readonly device: Device | null;
}

const RECENT = 5;
/** Newest sessions of the tariff that are looked through for the account's. */
const SEARCHED = 5000;

export async function explainLoginHere(context: CommandContext, store: Store): Promise<number> {
  if (context.operands.length > 0)
    throw new UsageError(`unexpected: ${context.operands.join(' ')}`);
  const { account, device } = await personOf(context, store);
  const station = await stationOf(context, store);
  const mac = macOf(context) ?? device?.mac ?? null;
  const now = realClock.now();
  const local = localTimeIn(station.timeZone)(now);
  const usage = await store.usage(account.kind, account.id, local.day);
  const told = explainLogin(
    {
      account,
      usage,
      village: station.village.code,
      hours: station.hours === null ? null : parseHours(station.hours.hours),
      minuteOfWeek: local.minuteOfWeek,
      mac: mac ?? '',
    },
    now,
  );
  const expired =
    device !== null &&
    ((device.expiresAt !== null && device.expiresAt <= now) ||
      (await agreedToOthers(context, store, device, station)));
  const outcome = expired ? 'SW-BADCRED' : told.outcome;
  const recent = await recentSessions(store, account);
  await audit(store, 'login.explain', `${account.kind}:${account.id}`, outcome);
  context.print(
    document(station, { account, device }, { ...told, outcome }, usage, recent),
    text(context, station, { account, device }, { ...told, outcome }, recent),
  );
  return 0;
}

/** A remembered phone whose citizen has not agreed to the texts in force is shown the page. */
async function agreedToOthers(
  { config }: CommandContext,
  store: Store,
  { origin, agreed }: Device,
  { village }: Station,
): Promise<boolean> {
  if (origin !== 'consent') return false;
  const log = createLogger('explain', 'silent');
  const inForce = textsInForce({
    ...{ store, log, retention: config.retention },
    selling: config.selling ?? null,
  });
  return agreed !== (await inForce({ village: village.code, district: village.districtCode }));
}

async function personOf(context: CommandContext, store: Store): Promise<Person> {
  const name = requiredOption(context.options, 'login');
  const mac = normalizeMac(name);
  const device = mac === null ? null : await store.device(mac);
  const account =
    device === null
      ? ((await store.subscriberByUsername(name)) ?? (await store.voucherByCode(name)))
      : await store.account(device.accountKind, device.accountId);
  if (account === null) {
    throw new UsageError(
      'there is no such subscriber, voucher or device: RADIUS answers SW-BADCRED',
    );
  }
  return { account, device };
}

async function stationOf(context: CommandContext, store: Store): Promise<Station> {
  const name = textOption(context.options, 'router');
  const code = textOption(context.options, 'village');
  if ((name === undefined) === (code === undefined)) {
    throw new UsageError('give one of --router, --village');
  }
  const routers = await store.listRouters();
  const router = routers.find((one) =>
    name === undefined ? one.villageCode === code : one.name === name,
  );
  if (router === undefined && name !== undefined) {
    throw new UsageError(`there is no router ${name}: see smartwifi router list`);
  }
  const village = await store.village(router?.villageCode ?? code!);
  if (village === null) throw new UsageError(`there is no village ${code}`);
  return {
    router: name ?? null,
    village,
    hours: nearest(await store.listOpeningHours(), village),
    timeZone: router?.timeZone ?? context.config.timeZone,
  };
}

function macOf(context: CommandContext): string | null {
  const given = textOption(context.options, 'mac');
  if (given === undefined) return null;
  const mac = normalizeMac(given);
  if (mac === null) throw new UsageError(`--mac ${given} is no address: AA:BB:CC:DD:EE:FF`);
  return mac;
}

async function recentSessions(store: Store, account: Account): Promise<Session[]> {
  const sessions = await store.listSessions({ tariffId: account.tariff.id, limit: SEARCHED });
  return sessions.filter((session) => session.accountId === account.id).slice(0, RECENT);
}

function document(
  station: Station,
  { account, device }: Person,
  told: LoginExplanation,
  usage: AccountUsage,
  recent: readonly Session[],
) {
  return {
    outcome: told.outcome,
    account: {
      kind: account.kind,
      id: account.id,
      tariff: account.tariff.name,
      villageCode: account.villageCode,
      firstLoginAt: account.firstLoginAt,
      validUntil: account.validUntil,
    },
    device,
    router: station.router,
    village: station.village.code,
    timeZone: station.timeZone,
    openingHours: station.hours,
    checks: told.checks,
    grant: told.grant,
    usage,
    recent,
  };
}

function text(
  context: CommandContext,
  station: Station,
  { account, device }: Person,
  { outcome, grant, checks }: LoginExplanation,
  recent: readonly Session[],
): string {
  const zone = station.timeZone;
  const at = station.router === null ? '' : ` at ${station.router}`;
  const answer = outcome === 'accept' ? 'would be let in' : `is refused with ${outcome}`;
  const hours =
    station.hours === null
      ? 'always open'
      : `${station.hours.hours} (of ${station.hours.level} ${station.hours.code})`;
  const until = device === null ? null : instant(device.expiresAt, context.config.timeZone);
  return [
    `${account.kind} ${account.id}, tariff ${account.tariff.name}, ${answer}${at} in ${station.village.name} (${station.village.code})`,
    ...(device === null ? [] : [`device         ${device.mac}, ${device.label}, until ${until}`]),
    `opening hours  ${hours}`,
    '',
    table(
      ['check', 'limit', 'is', 'left', 'verdict'],
      checks.map((one) => [
        one.check,
        one.limit,
        one.check === 'validity' ? instant(one.fact as number | null, zone) : shown(one.fact),
        one.left === null
          ? null
          : one.measure === 'until'
            ? `${Math.floor(one.left / 1000)} s`
            : one.left,
        one.verdict === 'fails' ? `fails: ${one.code}` : one.verdict,
      ]),
    ),
    ...(grant === null
      ? []
      : [
          '',
          `granted        rate ${grant.rate ?? 'not limited'}, ${grant.sessionTimeoutSeconds ?? 'any'} s, ${grant.totalLimitOctets ?? 'any'} octets, valid until ${instant(grant.validUntil, zone)}`,
        ]),
    ...(recent.length === 0 ? [] : ['', sessionsTable(recent, zone)]),
  ].join('\n');
}

function sessionsTable(sessions: readonly Session[], zone: string): string {
  return table(
    ['session', 'router', 'phone', 'state', 'started', 'seconds', 'octets', 'ended by'],
    sessions.map((s) => [
      s.id,
      s.router,
      s.mac,
      s.state,
      instant(s.startedAt, zone),
      s.seconds,
      s.inputOctets + s.outputOctets,
      s.stopCause,
    ]),
  );
}

function shown(fact: string | number | boolean | null): string | number | null {
  return typeof fact === 'boolean' ? (fact ? 'yes' : 'no') : fact;
}
