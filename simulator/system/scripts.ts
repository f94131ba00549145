/**
 * Who runs scripts on a router, with which rights: `/system/script/run`, the scheduler's events and netwatch. A script
 * that fails is logged, as nobody else hears of it.
 */
import type { Call, Outcome, User } from '../api/call.ts';
import { rightsOf } from '../api/login.ts';
import type { Row } from '../menu/contract.ts';
import { missing, noSuchItem, notPermitted, unknownParameter } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { JobEnd, Jobs } from './jobs.ts';

/** Rights of netwatch's scripts, whoever wrote them. */
const NETWATCH_RIGHTS = ['read', 'write', 'test', 'reboot'];

export interface Scripts {
  /** A row of `/system/scheduler` is due. */
  scheduled(row: Row): void;
  /** A host of `/tool/netwatch` came or went: a script's name or its text. */
  netwatch(event: string): void;
  /** The file that `run-after-reset` named. */
  boot(file: string, rights: ReadonlySet<string>): void;
  /** `/system/script/run`. */
  run(call: Call): Outcome;
}

export function createScripts(
  tree: WritableTree,
  jobs: Jobs,
  failed: (error: unknown) => void,
): Scripts {
  const named = (name: string): Row | undefined =>
    tree.rows('/system/script').find(({ id, values }) => values.name === name || id === name);
  const report = (who: string, end: JobEnd): void => {
    if (end === null) return;
    const where = end.where === null ? '' : ` (${end.where})`;
    tree.log('script,error', `executing script from ${who} failed, please check it manually`);
    tree.log('script,error,debug', `(${who}) ${end.trap.message}${where}`);
  };
  /** A script's name, or the text of one. */
  const launch = (who: string, event: string, user: User): void => {
    const script = named(event);
    if (script !== undefined && !permitted(script, user)) {
      report(who, { trap: notPermitted(), where: null });
      return;
    }
    if (script !== undefined) started(tree, script);
    const source = script?.values.source ?? event;
    jobs.run({ source, user }).then((end) => report(who, end), failed);
  };
  return {
    scheduled({ values }) {
      const { name = '', owner = '', 'on-event': event = '', policy = '' } = values;
      const user = tree.rows('/user').find((row) => row.values.name === owner);
      const given = policy.split(',').filter((right) => right !== '');
      const own = user === undefined ? null : rightsOf(tree, user.values.group ?? '');
      const rights = new Set(given.filter((right) => own === null || own.has(right)));
      launch(`scheduler:${name}`, event, { name: owner, group: user?.values.group ?? '', rights });
    },
    netwatch(event) {
      launch('netwatch', event, { name: '*sys', group: '', rights: new Set(NETWATCH_RIGHTS) });
    },
    boot(file, rights) {
      const source = tree.file(file) ?? tree.file(`${file}.rsc`) ?? '';
      const user = { name: '*sys', group: '', rights };
      jobs.run({ source, user }).then((end) => report(`reset:${file}`, end), failed);
    },
    run(call) {
      for (const name of call.attributes.keys()) {
        if (!['number', '.id', 'use-script-permissions'].includes(name))
          throw unknownParameter(name);
      }
      const asked = call.attributes.get('number') ?? call.attributes.get('.id');
      if (asked === undefined) throw missing('number');
      const script = named(asked);
      if (script === undefined) throw noSuchItem();
      if (!permitted(script, call.user)) throw notPermitted();
      started(tree, script);
      return running(call, jobs, script.values.source ?? '');
    },
  };
}

/** Runs a text for a command and ends it with what the script ended with. */
export function running(call: Call, jobs: Jobs, source: string): Outcome {
  const { user, session } = call;
  jobs.run({ source, user, caller: session }).then(
    (end) => call.finish(end?.trap),
    (error: unknown) => call.finish(error),
  );
  // A script goes on when the client that asked for it has gone.
  return { kind: 'running', stop: () => undefined };
}

/** A script may not do more than who runs it, unless it says that it does not mind. */
function permitted({ values }: Row, { rights }: User): boolean {
  if (values['dont-require-permissions'] === 'true') return true;
  const asked = (values.policy ?? '').split(',').filter((right) => right !== '');
  return asked.every((right) => rights.has(right));
}

function started(tree: WritableTree, { id, values }: Row): void {
  const runs = String(Number(values['run-count'] ?? 0) + 1);
  tree.assign('/system/script', id, { 'run-count': runs, 'last-started': clockText(tree) });
}

function clockText(tree: WritableTree): string {
  const row = tree.rows('/system/clock')[0]!;
  const { date = '', time = '' } = tree.printed('/system/clock', row);
  return `${date} ${time}`;
}
