import { foldAppeals, LEAST_APPEALS } from '../../filter/appeals.ts';
import { isCategory, LOCKED } from '../../filter/categories.ts';
import { requireWire } from '../../filter/name.ts';
import { realClock } from '../../lib/clock.ts';
import type { Store } from '../../store/contract.ts';
import type { AppealState } from '../../store/types.ts';
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
const STATES: readonly AppealState[] = ['open', 'allowed', 'rejected'];
const MOST = 5000;
/** An answer is looked at again: sites change hands, and a school's need ends with its year. */
const DAYS = 90;
const MOST_DAYS = 730;
const DAY_MS = 86_400_000;

export const appealList: Command = {
  summary: 'list sites that people say are blocked by mistake, the most wanted first',
  usage: '[--state open|allowed|rejected|all]',
  options: { state: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const asked = textOption(context.options, 'state') ?? 'open';
      const state = STATES.find((one) => one === asked);
      if (state === undefined && asked !== 'all') {
        throw new UsageError(`--state is one of ${STATES.join(', ')}, all`);
      }
      const appeals = await store.listAppeals({
        ...(state === undefined ? {} : { state }),
        limit: MOST,
      });
      const lines = foldAppeals(appeals);
      context.print(
        lines,
        table(
          ['name', 'category', 'state', 'until', 'of', 'code', 'appeals', 'needed for', 'last'],
          lines.map((line) => [
            line.name,
            line.category,
            line.state,
            line.allowedUntil === null ? null : instant(line.allowedUntil, context.config.timeZone),
            line.level,
            line.code,
            line.count ?? `under ${LEAST_APPEALS}`,
            Object.entries(line.reasons)
              .map(([reason, count]) => `${reason} ${count}`)
              .join(', '),
            line.lastDay,
          ]),
        ),
      );
      return 0;
    }),
};

export const appealAllow: Command = {
  summary: 'let a place reach a site, and answer its appeals with that',
  usage: `NAME ${PLACE} [--days N | --until DAY]`,
  options: { ...PLACE_OPTIONS, days: { type: 'string' }, until: { type: 'string' } },
  run: (context) =>
    withStore(context, async (store) => {
      const name = nameOf(context);
      const at = realClock.now();
      const until = untilOf(context, at);
      await refuseLocked(store, name);
      const place = await requirePlace(context, store);
      const decided = await store.decideAppeal({
        name,
        ...place,
        state: 'allowed',
        until,
        at,
      });
      const where = `${place.level}:${place.code}`;
      const ends = decided.until === null ? null : instant(decided.until, context.config.timeZone);
      const lasting = ends === null ? 'for good, as its policy says' : `until ${ends}`;
      await audit(store, 'appeal.allow', where, `${name}, ${decided.appeals} appeals, ${lasting}`);
      const narrower = await ownPolicies(store, place);
      const but =
        narrower.length === 0 ? '' : `\nhave a policy of their own: ${narrower.join(', ')}`;
      context.print(
        { name, ...place, ...decided, notBelow: narrower },
        `${name} is allowed for ${place.level} ${place.code} ${lasting}${but}`,
      );
      return 0;
    }),
};

export const appealReject: Command = {
  summary: 'leave a site blocked, and answer the appeals of a place with that',
  usage: `NAME ${PLACE}`,
  options: PLACE_OPTIONS,
  run: (context) =>
    withStore(context, async (store) => {
      const name = nameOf(context);
      const place = await requirePlace(context, store);
      const { appeals } = await store.decideAppeal({
        name,
        ...place,
        state: 'rejected',
        at: realClock.now(),
      });
      await audit(
        store,
        'appeal.reject',
        `${place.level}:${place.code}`,
        `${name}, ${appeals} appeals`,
      );
      context.print(
        { name, ...place, appeals },
        `${name} stays blocked for ${place.level} ${place.code}`,
      );
      return 0;
    }),
};

/** The end of the exception; `policy set` is for what holds for good. */
function untilOf(context: CommandContext, at: number): number {
  const days = numberOption(context.options, 'days', { min: 1, max: MOST_DAYS });
  const text = textOption(context.options, 'until');
  if (text === undefined) return at + (days ?? DAYS) * DAY_MS;
  if (days !== undefined) throw new UsageError('give --days or --until, not both');
  const until = localInstant(text, context.config.timeZone, { option: 'until', end: true });
  if (until <= at || until > at + MOST_DAYS * DAY_MS) {
    throw new UsageError(`--until must lie ahead, by at most ${MOST_DAYS} days`);
  }
  return until;
}

function nameOf(context: CommandContext): string {
  const name = operand(context, 'the name of a site').toLowerCase().replace(/\.$/, '');
  requireWire(name);
  return name;
}

/** The ministry's list is not ours to open: who runs the site appeals there. */
async function refuseLocked(store: Store, name: string): Promise<void> {
  const appeals = await store.listAppeals({ limit: MOST });
  const category = appeals.find((appeal) => appeal.name === name)?.category ?? '';
  if (isCategory(category) && LOCKED.includes(category)) {
    throw new UsageError(`${name} is on the list ${category}, which no place may open`);
  }
}

/** A place with a policy of its own does not see the names of the levels above it. */
async function ownPolicies(store: Store, { code }: { code: string }): Promise<string[]> {
  const policies = await store.listPolicies();
  return policies.map((policy) => policy.code).filter((one) => one.startsWith(`${code}.`));
}
