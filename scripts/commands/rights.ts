import { realClock } from '../../lib/clock.ts';
import { readName } from '../../portal/account/data.ts';
import { exportOf } from '../../portal/account/export.ts';
import { type NikWarning, parseNik } from '../../portal/account/nik.ts';
import type { RightsRequest } from '../../store/types.ts';
import {
  audit,
  CLI,
  type Command,
  numberOption,
  operand,
  operandsOf,
  requiredOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';
import { subscriberOf } from './rights-who.ts';

const HOUR_MS = 3_600_000;
/** A NIK lasts for life, wherever its owner lives now: nothing of this proves that it is false. */
const WARNINGS: Readonly<Record<NikWarning, string>> = {
  province: 'its province is not known: compare with the card',
  'foreign district': 'first registered in another regency',
};
const ACTS = ['export', 'erase', 'withdraw', 'correct'] as const;

export const rightsList: Command = {
  summary: 'what citizens asked for, by deadline, and what was done',
  usage: '[--limit N]',
  options: { limit: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const limit = numberOption(context.options, 'limit', { min: 1, max: 100_000 }) ?? 100;
      const requests = await store.listRights(limit);
      const now = realClock.now();
      const late = requests.filter((request) => isOpen(request) && request.dueAt < now);
      context.print(
        requests,
        [
          requestTable(requests, context.config.timeZone, now),
          ...(late.length === 0 ? [] : [`${late.length} past the deadline of 72 hours`]),
        ].join('\n'),
      );
      return late.length === 0 ? 0 : 1;
    }),
};

export const rightsDo: Command = {
  summary:
    'do for a citizen at the counter what "my data" does: the reason goes into the audit trail',
  usage: 'export|erase|withdraw|correct USERNAME|PHONE --reason TEXT [--name NAME] [--now]',
  options: { reason: { type: 'string' }, name: { type: 'string' }, now: { type: 'boolean' } },
  run: async (context) => {
    const [act, who] = operandsOf(context, ['what to do', 'a username or phone number']);
    const chosen = ACTS.find((one) => one === act);
    if (chosen === undefined) throw new UsageError(`${act} is none of ${ACTS.join(', ')}`);
    const reason = requiredOption(context.options, 'reason');
    return withStore(context, async (store) => {
      const subscriber = await subscriberOf(store, who!);
      await audit(store, `rights.${chosen}`, subscriber.username, reason);
      const at = realClock.now();
      switch (chosen) {
        case 'export': {
          const document = exportOf(subscriber, await store.ownData(subscriber));
          context.print(document, JSON.stringify(document, null, 2));
          return 0;
        }
        case 'erase': {
          const graceMs = context.options.now === true ? 0 : 24 * HOUR_MS;
          const request = await store.requestErasure({
            account: subscriber,
            via: 'operator',
            graceMs,
            at,
          });
          const text = requestTable([request], context.config.timeZone, at);
          context.print(request, text);
          return 0;
        }
        case 'withdraw': {
          const scene = { mac: '', villageCode: '', router: '', language: 'id' } as const;
          const entry = await store.withdrawConsent({
            ...scene,
            account: subscriber,
            method: 'operator',
            at,
          });
          const said = entry === null ? 'nothing was agreed to' : `withdrawn, entry ${entry}`;
          context.print({ entry }, said);
          return 0;
        }
        case 'correct': {
          const displayName = readName(textOption(context.options, 'name') ?? '<');
          if (displayName === undefined) throw new UsageError('--name is missing, or no name');
          await store.correctProfile({ subscriberId: subscriber.id, displayName, at });
          context.print({ corrected: true }, 'the name was corrected');
          return 0;
        }
      }
    });
  },
};

export const subscriberRevealNik: Command = {
  summary: 'show the whole NIK of a citizen; name and reason go into the audit trail first',
  usage: 'USERNAME|PHONE --reason TEXT',
  options: { reason: { type: 'string' } },
  run: async (context) => {
    const who = operand(context, 'a username or phone number');
    const reason = requiredOption(context.options, 'reason');
    return withStore(context, async (store) => {
      const { username } = await subscriberOf(store, who);
      const at = realClock.now();
      const nik = await store.revealNik({ username, actor: CLI, reason, at });
      const read = nik === null ? null : parseNik(nik, at, context.config.regency);
      const warnings = read?.ok === true ? read.warnings : [];
      const lines = [
        nik ?? `${username} has given no NIK`,
        ...warnings.map((one) => WARNINGS[one]),
      ];
      context.print({ username, nik, warnings }, lines.join('\n'));
      return nik === null ? 1 : 0;
    });
  },
};

function isOpen({ doneAt, cancelledAt }: RightsRequest): boolean {
  return doneAt === null && cancelledAt === null;
}

function requestTable(requests: readonly RightsRequest[], timeZone: string, now: number): string {
  return table(
    ['id', 'what', 'via', 'asked', 'begins', 'due', 'state'],
    requests.map((one) => [
      one.id,
      one.kind,
      one.via,
      instant(one.requestedAt, timeZone),
      instant(one.beginsAt, timeZone),
      instant(one.dueAt, timeZone),
      one.doneAt !== null
        ? `done ${instant(one.doneAt, timeZone)}`
        : one.cancelledAt !== null
          ? 'taken back'
          : one.dueAt < now
            ? 'LATE'
            : 'open',
    ]),
  );
}
