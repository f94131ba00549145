import { readFile } from 'node:fs/promises';
import { realClock } from '../../lib/clock.ts';
import { SmartWifiError } from '../../lib/errors.ts';
import type { NewSubscriber } from '../../store/types.ts';
import { audit, type Command, operand, operandsOf, requiredOption, withStore } from '../command.ts';
import { parseCsv } from '../csv.ts';

const CHUNK = 5000;

export const subscriberImport: Command = {
  summary:
    'add or change subscribers from a CSV file (username, password, tariff; village, network_password)',
  usage: '--csv FILE',
  options: { csv: { type: 'string' } },
  run: async (context) => {
    const subscribers = subscribersOfCsv(
      await readFile(requiredOption(context.options, 'csv'), 'utf8'),
    );
    return withStore(context, async (store) => {
      const known = new Set((await store.listTariffs()).map((tariff) => tariff.name));
      const unknown = [...new Set(subscribers.map((s) => s.tariff))].filter(
        (name) => !known.has(name),
      );
      if (unknown.length > 0) {
        throw new SmartWifiError(
          'SUBSCRIBER_FILE',
          `nothing was imported; no such tariff: ${unknown.join(', ')}`,
        );
      }
      const total = { added: 0, changed: 0, unchanged: 0 };
      for (let i = 0; i < subscribers.length; i += CHUNK) {
        const count = await store.importSubscribers({
          subscribers: subscribers.slice(i, i + CHUNK),
          at: realClock.now(),
        });
        total.added += count.added;
        total.changed += count.changed;
      }
      await audit(store, 'subscriber.import', `${subscribers.length} rows`, JSON.stringify(total));
      context.print(total, `${total.added} subscribers added, ${total.changed} changed`);
      return 0;
    });
  },
};

export const subscriberDisable = switched(true);
export const subscriberEnable = switched(false);

export const subscriberTariff: Command = {
  summary: 'give a subscriber another tariff, for open sessions too',
  usage: 'USERNAME TARIFF',
  options: {},
  run: (context) => {
    const [username, tariff] = operandsOf(context, ['the username', 'the name of the tariff']);
    return withStore(context, async (store) => {
      await store.changeSubscriber({ username: username!, tariff: tariff!, at: realClock.now() });
      await audit(store, 'subscriber.tariff', username!, tariff!);
      context.print({ username, tariff }, `${username} has the tariff ${tariff}`);
      return 0;
    });
  },
};

function switched(disabled: boolean): Command {
  return {
    summary: disabled
      ? 'let a subscriber in no more, and end the open sessions'
      : 'let a disabled subscriber in again',
    usage: 'USERNAME',
    options: {},
    run: (context) =>
      withStore(context, async (store) => {
        const username = operand(context, 'the username');
        await store.changeSubscriber({ username, disabled, at: realClock.now() });
        await audit(store, disabled ? 'subscriber.disable' : 'subscriber.enable', username);
        const state = disabled ? 'disabled' : 'enabled';
        context.print({ username, disabled }, `${username} is ${state}`);
        return 0;
      }),
  };
}

/** Every bad row is reported with its line number, and then nothing is imported. */
export function subscribersOfCsv(text: string): NewSubscriber[] {
  const { columns, rows } = parseCsv(text);
  const missing = ['username', 'password', 'tariff'].filter((column) => !columns.includes(column));
  const problems = missing.map((column) => `line 1: column ${column} is missing`);
  const seen = new Map<string, number>();
  const subscribers: NewSubscriber[] = [];
  for (const { line, values } of missing.length > 0 ? [] : rows) {
    const { username = '', password = '', tariff = '', village = '' } = values;
    const network = (values.network_password ?? '').toLowerCase();
    if (!/^[\w.@+-]{2,64}$/.test(username))
      problems.push(
        `line ${line}: username "${username}" is not 2 to 64 letters, digits, . _ @ + -`,
      );
    if (password.length < 8 || password.length > 64)
      problems.push(`line ${line}: a password has 8 to 64 characters`);
    if (!['', 'yes', 'no'].includes(network))
      problems.push(`line ${line}: network_password is yes or no, not "${network}"`);
    if (tariff === '') problems.push(`line ${line}: tariff is empty`);
    const before = seen.get(username);
    if (before !== undefined)
      problems.push(`line ${line}: ${username} stands in line ${before} already`);
    seen.set(username, line);
    subscribers.push({
      username,
      password,
      tariff,
      villageCode: village === '' ? null : village,
      networkPassword: network === 'yes',
    });
  }
  if (problems.length > 0) {
    throw new SmartWifiError('SUBSCRIBER_FILE', `nothing was imported:\n${problems.join('\n')}`);
  }
  return subscribers;
}
