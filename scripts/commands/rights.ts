import { realClock } from '../../lib/clock.ts';
import { type NikWarning, parseNik } from '../../portal/account/nik.ts';
import type { RightsRequest } from '../../store/types.ts';
import { CLI, type Command, numberOption, operand, requiredOption, withStore } from '../command.ts';
import { instant, table } from '../table.ts';
import { subscriberOf } from './rights-who.ts';

const HOUR_MS = 3_600_000;
/** A NIK lasts for life, wherever its owner lives now: nothing of this proves that it is false. */
const WARNINGS: Readonly<Record<NikWarning, string>> = {
  province: 'its province is not known: compare with the card',
  'foreign district': 'first registered in another regency',
};

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

export function requestTable(
  requests: readonly RightsRequest[],
  timeZone: string,
  now: number,
): string {
  return table(
    ['id', 'what', 'of', 'via', 'asked', 'begins', 'due', 'left', 'state'],
    requests.map((one) => [
      one.id,
      one.kind,
      one.accountKind,
      one.via,
      instant(one.requestedAt, timeZone),
      instant(one.beginsAt, timeZone),
      instant(one.dueAt, timeZone),
      isOpen(one) ? `${Math.floor((one.dueAt - now) / HOUR_MS)} h` : '-',
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
