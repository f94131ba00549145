import { adoptRow, type DriftOutcome, readDrift, revertRow } from '../../controller/drift/drift.ts';
import { rowId } from '../../controller/drift/overrides.ts';
import type { DriftRow } from '../../controller/drift/rows.ts';
import { mayStay } from '../../controller/drift/safety.ts';
import { errorCode, errorMessage, printable } from '../../lib/errors.ts';
import { forEachLimited } from '../../lib/retry.ts';
import type { Store } from '../../store/contract.ts';
import type { Router } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  operandsOf,
  UsageError,
  withStore,
} from '../command.ts';
import { instant, table } from '../table.ts';
import { chosenRouters, inHandOf, requireRouter, taskOf } from './router.ts';

const AT_ONCE = 16;
/** A value longer than this says little on a terminal; --json has it whole. */
const SHOWN = 120;

export const routerDrift: Command = {
  summary: 'show what of ours is not as it should be, row by row; never writes',
  usage: '(NAME | --village CODE | --district CODE | --all)',
  options: { village: { type: 'string' }, district: { type: 'string' }, all: { type: 'boolean' } },
  run: (context) =>
    withStore(context, async (store) => {
      const routers = await chosenRouters(context, store);
      const reports: { router: string; rows: readonly SeenRow[]; error: string | null }[] = [];
      await forEachLimited(routers, AT_ONCE, async (router) => {
        try {
          const rows = await readRows(context, store, router);
          reports.push({ router: router.name, rows, error: null });
        } catch (error) {
          if (!errorCode(error).startsWith('ROUTER_')) throw error;
          const said = `${errorCode(error)}: ${errorMessage(error)}`;
          reports.push({ router: router.name, rows: [], error: said });
        }
      });
      reports.sort((a, b) => (a.router < b.router ? -1 : 1));
      const text = reports.map(({ router, rows, error }) => {
        if (error !== null) return `${router}: not read, ${printable(error)}`;
        return rows.length === 0
          ? `${router} is as it should be`
          : `${router}\n${rows.map((row) => renderRow(row, context.config.timeZone)).join('\n')}`;
      });
      context.print(
        reports.map((report) => ({
          ...report,
          rows: report.rows.map((row) => ({
            ...plainRow(row),
            since: row.since,
            mayStay: mayStay(row),
          })),
        })),
        text.join('\n'),
      );
      return reports.every(({ rows, error }) => rows.length === 0 && error === null) ? 0 : 1;
    }),
};

interface SeenRow extends DriftRow {
  /** When the controller first saw it; null when it has not. */
  readonly since: number | null;
}

async function readRows(context: CommandContext, store: Store, router: Router): Promise<SeenRow[]> {
  const { rows } = await readDrift(taskOf(context, store, router));
  const known = new Map((await store.driftSince(router.id)).map(({ row, since }) => [row, since]));
  return rows.map((row) => ({ ...row, since: known.get(row.id) ?? null }));
}

export const driftAdopt: Command = {
  summary: 'keep one of our rows as it was made by hand on a router',
  usage: 'NAME ROW',
  options: {},
  run: (context) => change(context, 'adopt', adoptRow),
};

export const driftRevert: Command = {
  summary: 'write one of our rows back to a router, and forget what was kept of it',
  usage: 'NAME ROW',
  options: {},
  run: (context) => change(context, 'revert', revertRow),
};

export const driftList: Command = {
  summary: 'list what is kept of a router as it was made by hand',
  usage: 'NAME',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const [name = ''] = operandsOf(context, ['the name of the router']);
      const router = await requireRouter(store, name);
      const kept = await store.rowOverrides(router.id);
      context.print(
        kept,
        table(
          ['row', 'property', 'kept as', 'since'],
          kept.map(({ path, key, property, value, setAt }) => [
            printable(rowId(path, key)),
            property === '*' ? 'the whole row' : property,
            value === null ? 'not ours' : short(value),
            instant(setAt, context.config.timeZone),
          ]),
        ),
      );
      return 0;
    }),
};

async function change(
  context: CommandContext,
  verb: 'adopt' | 'revert',
  perform: typeof adoptRow,
): Promise<number> {
  const [name = '', row = ''] = operandsOf(context, ['the name of the router', 'the row']);
  return await withStore(context, async (store) => {
    const router = await requireRouter(store, name);
    const outcome = await inHandOf(context, store, router, (task) => perform(task, row));
    if (outcome.kind !== 'done') throw new UsageError(refusal(router.name, row, outcome));
    await audit(store, `drift.${verb}`, router.name, outcome.row);
    const left = outcome.left.length;
    const rest = left === 0 ? 'the router is as it should be' : `${left} more rows differ`;
    context.print(
      { router: router.name, row: outcome.row, left: outcome.left.map(plainRow) },
      `${printable(outcome.row)} is ${verb === 'adopt' ? 'kept as it is' : 'ours again'}; ${rest}`,
    );
    return 0;
  });
}

function refusal(
  router: string,
  row: string,
  outcome: Exclude<DriftOutcome, { kind: 'done' }>,
): string {
  switch (outcome.kind) {
    case 'none':
      return `${row} of ${router} is as it should be, or no row of ours: see smartwifi router drift ${router}`;
    case 'ambiguous':
      return `${row} may be ${outcome.ids.join(', ')}`;
    case 'refused':
      return `${outcome.row} cannot be kept: ${outcome.reason}`;
  }
}

/** The changes of a row carry secrets. */
function plainRow({ id, path, key, kind, values }: DriftRow): Omit<DriftRow, 'changes'> {
  return { id, path, key, kind, values };
}

function renderRow({ id, kind, values, since }: SeenRow, timeZone: string): string {
  const lines = values.flatMap(({ name, ours, theirs }) => [
    `    - ${name}=${short(ours)}`,
    `    + ${name}=${short(theirs)}`,
  ]);
  const when = since === null ? '' : `, since ${instant(since, timeZone)}`;
  return [`  ${printable(id)}  ${kind}${when}`, ...lines].join('\n');
}

function short(value: string | null): string {
  if (value === null) return '(none)';
  const text = printable(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}… (${value.length} characters)`;
}
