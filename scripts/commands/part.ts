import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { reservedOf } from '../../controller/desired/operator.ts';
import { parsePart } from '../../controller/settings/parts.ts';
import { realClock } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import {
  audit,
  type Command,
  operandsOf,
  requiredOption,
  UsageError,
  withStore,
} from '../command.ts';
import { table } from '../table.ts';
import { LEVEL_OPTIONS, LEVEL_USAGE, requireLevel } from './setting.ts';

export const partSet: Command = {
  summary: 'add rows of your own to routers, from a YAML or JSON file; the nearest level decides',
  usage: `NAME --file FILE ${LEVEL_USAGE}`,
  options: { ...LEVEL_OPTIONS, file: { type: 'string' } },
  run: async (context) => {
    const [name = ''] = operandsOf(context, ['the name of the part']);
    const text = await readFile(requiredOption(context.options, 'file'), 'utf8');
    const { network, portal } = context.config;
    const part = parsePart(
      name,
      documentIn(text),
      reservedOf({
        portalUrl: portal.publicUrl,
        loginHost: network.loginHost,
        tunnelSubnet: network.tunnelSubnet,
        lanSubnet: network.lanPool,
        ...(network.tunnelEndpoint === undefined ? {} : { tunnelEndpoint: network.tunnelEndpoint }),
      }),
    );
    return withStore(context, async (store) => {
      const { level, code, label } = await requireLevel(context, store);
      const document = JSON.stringify({ rows: part.rows });
      await store.setPart({ level, code, name, document, at: realClock.now() });
      await audit(store, 'part.set', `${level}:${label}`, `${name}: ${document}`);
      context.print(
        { level, code, name, rows: part.rows },
        `part ${name} has ${part.rows.length} rows for ${level} ${label}`,
      );
      return 0;
    });
  },
};

export const partUnset: Command = {
  summary: 'take a part of one level away: a part of that name at the next level holds again',
  usage: `NAME ${LEVEL_USAGE}`,
  options: LEVEL_OPTIONS,
  run: (context) =>
    withStore(context, async (store) => {
      const [name = ''] = operandsOf(context, ['the name of the part']);
      const { level, code, label } = await requireLevel(context, store);
      if (!(await store.removePart({ level, code, name }))) {
        throw new UsageError(`${level} ${label} has no part ${name}`);
      }
      await audit(store, 'part.unset', `${level}:${label}`, name);
      context.print({ unset: { level, code, name } }, `${level} ${label} has no part ${name}`);
      return 0;
    }),
};

export const partList: Command = {
  summary: 'list the parts that operators have added',
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      operandsOf(context, []);
      const names = new Map((await store.listRouters()).map(({ id, name }) => [id, name]));
      const parts = (await store.listParts()).map(({ document, ...part }) => ({
        ...part,
        router: names.get(part.code) ?? null,
        rows: (JSON.parse(document) as { rows: unknown[] }).rows,
      }));
      context.print(
        parts,
        table(
          ['part', 'level', 'of', 'rows'],
          parts.map((part) => [part.name, part.level, part.router ?? part.code, part.rows.length]),
        ),
      );
      return 0;
    }),
};

/** JSON is YAML. Aliases that would unfold without end are refused by the reader. */
function documentIn(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new UsageError(`the file is no YAML: ${errorMessage(error)}`);
  }
}
