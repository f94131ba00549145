import { realClock } from '../../lib/clock.ts';
import { normalizeMac } from '../../lib/mac.ts';
import type { Store } from '../../store/contract.ts';
import type { Account } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  numberOption,
  operand,
  requiredOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';

const DAY_MS = 86_400_000;
const MAX_LABEL = 100;

export const deviceAdd: Command = {
  summary: 'let a phone or machine in by its address, on the account of a subscriber or voucher',
  usage: 'MAC (--subscriber NAME | --voucher CODE) --label TEXT [--days N]',
  options: {
    subscriber: { type: 'string' },
    voucher: { type: 'string' },
    label: { type: 'string' },
    days: { type: 'string' },
  },
  run: (context) => {
    const mac = requireMac(context);
    const label = requiredOption(context.options, 'label').trim();
    if (label.length > MAX_LABEL)
      throw new UsageError(`--label has at most ${MAX_LABEL} characters`);
    const days = numberOption(context.options, 'days', { min: 1, max: 36_500 });
    return withStore(context, async (store) => {
      const account = await accountOf(context, store);
      const at = realClock.now();
      const device = {
        mac,
        accountKind: account.kind,
        accountId: account.id,
        label,
        expiresAt: days === undefined ? null : at + days * DAY_MS,
      };
      await store.rememberDevice({ ...device, at });
      await audit(store, 'device.add', mac, `${account.kind} ${account.id}: ${label}`);
      context.print(device, `${mac} is let in as ${account.kind} ${account.id}`);
      return 0;
    });
  },
};

export const deviceList: Command = {
  summary: 'list the phones and machines that are let in by their address',
  usage: '[--limit N]',
  options: { limit: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const limit = numberOption(context.options, 'limit', { min: 1, max: 100_000 }) ?? 1000;
      const devices = await store.listDevices(limit);
      const zone = context.config.timeZone;
      context.print(
        devices,
        table(
          ['address', 'kind', 'label', 'account', 'id', 'added', 'until'],
          devices.map((d) => [
            d.mac,
            d.origin === 'consent' ? 'remembered' : 'machine',
            d.label,
            d.accountKind,
            d.accountId,
            instant(d.createdAt, zone),
            instant(d.expiresAt, zone),
          ]),
        ),
      );
      return 0;
    }),
};

export const deviceRemove: Command = {
  summary: 'forget a phone or machine, and end its sessions',
  usage: 'MAC',
  options: {},
  run: (context) => {
    const mac = requireMac(context);
    return withStore(context, async (store) => {
      if (!(await store.forgetDevice({ mac, at: realClock.now() }))) {
        throw new UsageError(`there is no device ${mac}: see smartwifi device list`);
      }
      await audit(store, 'device.remove', mac);
      context.print({ removed: mac }, `${mac} is forgotten`);
      return 0;
    });
  },
};

function requireMac(context: CommandContext): string {
  const text = operand(context, 'the address of the device');
  const mac = normalizeMac(text);
  if (mac === null) throw new UsageError(`${text} is no address: AA:BB:CC:DD:EE:FF`);
  return mac;
}

async function accountOf({ options }: CommandContext, store: Store): Promise<Account> {
  const username = textOption(options, 'subscriber');
  const code = textOption(options, 'voucher');
  if ((username === undefined) === (code === undefined)) {
    throw new UsageError('give one of --subscriber, --voucher');
  }
  const account =
    username === undefined
      ? await store.voucherByCode(code!)
      : await store.subscriberByUsername(username);
  if (account === null) {
    throw new UsageError(
      username === undefined
        ? 'there is no voucher of that code: check it as printed'
        : `there is no subscriber ${username}`,
    );
  }
  return account;
}
