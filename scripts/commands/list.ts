import { requireCategory } from '../../filter/categories.ts';
import { listPath, updateList } from '../../filter/update.ts';
import { realClock } from '../../lib/clock.ts';
import type { BlockList } from '../../store/types.ts';
import {
  type Command,
  operand,
  requiredOption,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';

export const listAdd: Command = {
  summary: 'subscribe to a block list',
  usage: 'NAME --category C --source URL|FILE [--format hosts|domains] [--match exact|suffix]',
  options: {
    category: { type: 'string' },
    source: { type: 'string' },
    format: { type: 'string' },
    match: { type: 'string' },
  },
  run: (context) =>
    withStore(context, async (store) => {
      const format = oneOf(
        textOption(context.options, 'format') ?? 'domains',
        ['hosts', 'domains'],
        'format',
      );
      const match = oneOf(
        textOption(context.options, 'match') ?? (format === 'hosts' ? 'exact' : 'suffix'),
        ['exact', 'suffix'],
        'match',
      );
      const list: BlockList = {
        name: operand(context, 'the name of the list'),
        category: requireCategory(requiredOption(context.options, 'category')),
        format,
        match,
        source: requiredOption(context.options, 'source'),
        entries: 0,
        sha256: null,
        updatedAt: null,
        error: null,
      };
      listPath(context.config.resolver.listsDirectory, list.name);
      await store.saveList(list);
      context.print(list, `list ${list.name} is known: smartwifi list update fetches it`);
      return 0;
    }),
};

export const listUpdate: Command = {
  summary: 'fetch the block lists; a bad or shrunken one is refused and the last good one stays',
  usage: '[NAME] [--accept-shrink]',
  options: { 'accept-shrink': { type: 'boolean' } },
  run: (context) =>
    withStore(context, async (store) => {
      const wanted = context.operands[0];
      const lists = (await store.listLists()).filter(
        (list) => wanted === undefined || list.name === wanted,
      );
      if (wanted !== undefined && lists.length === 0)
        throw new UsageError(`there is no list ${wanted}`);
      const results: BlockList[] = [];
      for (const list of lists) {
        const updated = await updateList({
          list,
          directory: context.config.resolver.listsDirectory,
          fetch: globalThis.fetch,
          now: realClock.now,
          signal: context.signal,
          acceptShrink: context.options['accept-shrink'] === true,
        });
        await store.saveList(updated);
        context.progress(`${updated.name}: ${updated.error ?? `${updated.entries} names`}`);
        results.push(updated);
      }
      context.print(
        results,
        `${results.filter((list) => list.error === null).length} of ${results.length} lists are fresh`,
      );
      return results.every((list) => list.error === null) ? 0 : 1;
    }),
};

export const listStatus: Command = {
  summary: 'what lists there are and how fresh they are',
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const lists = await store.listLists();
      context.print(
        lists,
        table(
          ['list', 'category', 'format', 'match', 'names', 'updated', 'error'],
          lists.map((list) => [
            list.name,
            list.category,
            list.format,
            list.match,
            list.entries,
            instant(list.updatedAt, context.config.timeZone),
            list.error,
          ]),
        ),
      );
      return 0;
    }),
};

function oneOf<T extends string>(word: string, words: readonly T[], option: string): T {
  const found = words.find((one) => one === word);
  if (found === undefined)
    throw new UsageError(`--${option} is ${words.join(' or ')}, not ${word}`);
  return found;
}
