/**
 * A parent or guardian stands at the counter and agrees for a child (Law 27 of 2022, article 25): the ledger
 * has an entry with a keyed hash of their number, the child gets the tariff of children, and a login that waits
 * for them goes on.
 */
import { realClock } from '../../lib/clock.ts';
import { createLogger } from '../../lib/log.ts';
import { legalTextsAt } from '../../portal/consent/texts.ts';
import { settingsOf } from '../../portal/village-settings.ts';
import { toMobileE164 } from '../../settings/phone-number.ts';
import type { Store } from '../../store/contract.ts';
import type { Account } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  operand,
  requiredOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { reasonIn } from './reason.ts';
import { subscriberOf } from './rights-who.ts';
import { findVoucher } from './voucher.ts';

const OPTIONS = {
  phone: { type: 'string' },
  reason: { type: 'string' },
  tariff: { type: 'string' },
  village: { type: 'string' },
} as const;
const USAGE = '--phone PARENT --reason TEXT [--tariff TARIFF] [--village CODE]';

export const subscriberGuardian: Command = {
  summary: 'record at the counter that a parent or guardian agrees for a child',
  usage: `USERNAME|PHONE ${USAGE}`,
  options: OPTIONS,
  run: (context) => {
    const who = operand(context, 'a username or phone number');
    return agreeFor(context, async (store) => {
      const account = await subscriberOf(store, who);
      return { account, name: account.username };
    });
  },
};

export const voucherGuardian: Command = {
  summary: 'record at the counter that a parent or guardian agrees for a child who has this card',
  usage: `CODE|ID ${USAGE}`,
  options: OPTIONS,
  run: (context) => {
    const which = operand(context, 'the code or id of the voucher');
    return agreeFor(context, async (store) => {
      const account = await findVoucher(store, which);
      return { account, name: account.id };
    });
  },
};

function agreeFor(
  context: CommandContext,
  find: (store: Store) => Promise<{ readonly account: Account; readonly name: string }>,
): Promise<number> {
  const guardianPhone = toMobileE164(requiredOption(context.options, 'phone'));
  const reason = reasonIn(context.options);
  if (guardianPhone === null) throw new UsageError('--phone is no Indonesian mobile number');
  return withStore(context, async (store) => {
    const { account, name } = await find(store);
    const place = await placeIn(context, store, account);
    const log = createLogger('guardian', 'silent');
    const { retention, selling } = context.config;
    const deps = { store, log, retention, selling: selling ?? null };
    const tariff =
      textOption(context.options, 'tariff') ??
      (await settingsOf(deps, place)).get('portal.tariff.child');
    const at = realClock.now();
    await audit(store, `${account.kind}.guardian`, name, reason);
    await store.markChild({ account, guardianPhone, tariff, at });
    const entry = await store.giveConsent({
      ...(await legalTextsAt(deps, place)),
      ...{ account, guardianPhone, mac: '', villageCode: place.villageCode, router: '' },
      ...{ method: 'operator', language: 'id', at },
    });
    context.print(
      { [account.kind === 'voucher' ? 'voucher' : 'username']: name, child: true, entry, tariff },
      `${name} is a child’s, and a parent agrees: entry ${entry} of the ledger`,
    );
    return 0;
  });
}

/** Where the texts are those that the child's village has; of the regency, when nobody says which it is. */
async function placeIn(
  { config, options }: CommandContext,
  store: Store,
  account: Account,
): Promise<{ villageCode: string; districtCode: string }> {
  const villageCode = textOption(options, 'village') ?? account.villageCode;
  if (villageCode === null) return { villageCode: config.regency, districtCode: config.regency };
  const village = await store.village(villageCode);
  if (village === null) throw new UsageError(`there is no village ${villageCode}`);
  return { villageCode, districtCode: village.districtCode };
}
