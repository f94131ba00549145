import { realClock } from '../../lib/clock.ts';
import type { Announcement } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  numberOption,
  operand,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { localInstant } from '../local-instant.ts';
import { PLACE_OPTIONS, requirePlace } from '../place.ts';
import { instant, table } from '../table.ts';

const PLACE = '(--village CODE | --district CODE | --regency CODE)';
/** Three lines of a small phone. */
const LONGEST = 200;

export const announcementAdd: Command = {
  summary: 'tell the people of a place something, on the pages before and after the login',
  usage: `TEXT ${PLACE} [--en TEXT] [--service] [--from DAY] [--until DAY] [--order N]`,
  options: {
    ...PLACE_OPTIONS,
    en: { type: 'string' },
    service: { type: 'boolean' },
    from: { type: 'string' },
    until: { type: 'string' },
    order: { type: 'string' },
  },
  run: (context) => {
    const text = requireText(operand(context, 'the text, in quotes,'), 'the text');
    const english = textOption(context.options, 'en');
    const textEn = english === undefined ? null : requireText(english, '--en');
    const [from, until] = [timeOf(context, 'from'), timeOf(context, 'until')];
    if (from !== null && until !== null && from >= until) {
      throw new UsageError('--until must be after --from');
    }
    const position = numberOption(context.options, 'order', { min: 0, max: 1000 }) ?? 100;
    return withStore(context, async (store) => {
      const place = await requirePlace(context, store);
      const added = await store.addAnnouncement({
        ...place,
        kind: context.options.service === true ? 'service' : 'news',
        text,
        textEn,
        from,
        until,
        position,
        at: realClock.now(),
      });
      await audit(store, 'announcement.add', `${place.level}:${place.code}`, text);
      context.print(added, `announcement ${added.id} for ${place.level} ${place.code}`);
      return 0;
    });
  },
};

export const announcementList: Command = {
  summary: 'list the announcements, in the order in which pages show them',
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const rows = await store.listAnnouncements();
      const at = (value: number | null): string | null =>
        value === null ? null : instant(value, context.config.timeZone);
      context.print(
        rows,
        table(
          ['id', 'level', 'code', 'kind', 'from', 'until', 'text'],
          rows.map((row: Announcement) => [
            row.id,
            row.level,
            row.code,
            row.kind,
            at(row.from),
            at(row.until),
            row.text,
          ]),
        ),
      );
      return 0;
    }),
};

export const announcementRemove: Command = {
  summary: 'take an announcement away',
  usage: 'ID',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const id = operand(context, 'the id of an announcement');
      if (!(await store.removeAnnouncement({ id }))) {
        throw new UsageError(`there is no announcement ${id}: see smartwifi announcement list`);
      }
      await audit(store, 'announcement.remove', id);
      context.print({ removed: id }, `announcement ${id} is gone`);
      return 0;
    }),
};

function requireText(text: string, what: string): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > LONGEST || /\p{Cc}/u.test(trimmed)) {
    throw new UsageError(`${what} must be one line of 1 to ${LONGEST} characters`);
  }
  return trimmed;
}

function timeOf(context: CommandContext, option: 'from' | 'until'): number | null {
  const text = textOption(context.options, option);
  return text === undefined
    ? null
    : localInstant(text, context.config.timeZone, { option, end: option === 'until' });
}
