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
  operand,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { PLACE_OPTIONS, requirePlace } from '../place.ts';
import { table } from '../table.ts';

const PLACE = '(--village CODE | --district CODE | --regency CODE)';
const STATES: readonly AppealState[] = ['open', 'allowed', 'rejected'];
const MOST = 5000;

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
          ['name', 'category', 'state', 'of', 'code', 'appeals', 'needed for', 'last'],
          lines.map((line) => [
            line.name,
            line.category,
            line.state,
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
  usage: `NAME ${PLACE}`,
  options: PLACE_OPTIONS,
  run: (context) =>
    withStore(context, async (store) => {
      const name = nameOf(context);
      await refuseLocked(store, name);
      const place = await requirePlace(context, store);
      const decided = await store.decideAppeal({
        name,
        ...place,
        state: 'allowed',
        at: realClock.now(),
      });
      const where = `${place.level}:${place.code}`;
      await audit(store, 'appeal.allow', where, `${name}, ${decided.appeals} appeals`);
      const narrower = await ownPolicies(store, place);
      const but =
        narrower.length === 0 ? '' : `\nhave a policy of their own: ${narrower.join(', ')}`;
      context.print(
        { name, ...place, ...decided, notBelow: narrower },
        `${name} is allowed for ${place.level} ${place.code}${but}`,
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
