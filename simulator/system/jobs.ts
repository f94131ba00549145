/**
 * Scripts under way on one router. A script acts through the very commands that the API has, with the rights
 * it was given, in the router's own clock; a power cut ends it where it stands.
 */

import type { Clock } from '../../lib/clock.ts';
import type { Call, Outcome, User } from '../api/call.ts';
import type { SafeMode } from '../api/safe-mode.ts';
import { MENUS } from '../menu/schema.ts';
import { existsIn, versionNumber } from '../menu/schema-parse.ts';
import { failure, Trap } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { SystemCommands } from './commands.ts';
import { parseScript } from './script-parse.ts';
import { type CommandResult, type Console, runScript, type ScriptRun } from './script-run.ts';
import type { Value, Vocabulary } from './script-tree.ts';

export interface JobsOptions {
  readonly tree: WritableTree;
  readonly clock: Clock;
  readonly system: () => SystemCommands;
  readonly runCommand: (call: Call) => Outcome;
  readonly hasCommand: (word: string) => boolean;
  readonly isCommandFolder: (path: string) => boolean;
  readonly onPower: (kind: 'reboot' | 'shutdown') => void;
}

export interface Job {
  readonly source: string;
  readonly user: User;
  /** The session of the command that asked for it: scripts that call scripts are bounded in depth. */
  readonly caller?: object;
}

/** Null: it ran to its end. `where` is the command that was under way, null when nothing ran yet. */
export type JobEnd = null | { readonly trap: Trap; readonly where: string | null };

export interface Jobs {
  /** Never rejects but for a mistake of the twin; a cut resolves as the end of the script. */
  run(job: Job): Promise<JobEnd>;
  /** Scripts under way. */
  readonly running: number;
  /** Resolves when no script is under way. */
  idle(): Promise<void>;
  /** The power is gone: scripts stop and globals are forgotten. */
  cut(): void;
}

const MOST_NESTED = 8;

export function createJobs(options: JobsOptions): Jobs {
  const globals = new Map<string, Value>();
  const running = new Set<Promise<JobEnd>>();
  const depths = new WeakMap<object, number>();
  let power = new AbortController();

  const attempt = async (job: Job, signal: AbortSignal): Promise<JobEnd> => {
    const console = consoleOf(options, job, globals, signal);
    const run: ScriptRun = { console, at: null, steps: 0 };
    try {
      const depth = (depths.get(job.caller ?? job) ?? 0) + 1;
      depths.set(job, depth);
      if (depth > MOST_NESTED) throw failure('too many nested scripts');
      await runScript(run, parseScript(job.source, vocabularyOf(options)));
      return null;
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof Trap)) throw error;
      const where = run.at === null ? null : `${run.at.word}; line ${run.at.line}`;
      return { trap: error, where };
    }
  };
  return {
    run(job) {
      const end = attempt(job, power.signal);
      running.add(end);
      const forget = (): void => void running.delete(end);
      end.then(forget, forget);
      return end;
    },
    get running() {
      return running.size;
    },
    idle: async () => {
      while (running.size > 0) await Promise.allSettled(running);
    },
    cut() {
      power.abort();
      power = new AbortController();
      globals.clear();
    },
  };
}

function vocabularyOf({ tree, hasCommand, isCommandFolder }: JobsOptions): Vocabulary {
  const paths = [...MENUS.keys()].filter((path) => tree.menu(path) !== undefined);
  return {
    isFolder: (path) =>
      paths.some((each) => each === path || each.startsWith(`${path}/`)) || isCommandFolder(path),
    hasCommand,
    parameters: (word) => {
      const verb = word.slice(word.lastIndexOf('/') + 1);
      const menu = tree.menu(word.slice(0, word.lastIndexOf('/')));
      if (menu === undefined || (verb !== 'add' && verb !== 'set')) return null;
      const version = versionNumber(tree.version);
      const writable = [...menu.properties.values()]
        .filter((property) => !property.readOnly && existsIn(property, version))
        .map(({ name }) => name);
      const control = verb === 'set' ? ['numbers', '.id'] : ['copy-from', 'place-before'];
      return new Set([...writable, ...control]);
    },
  };
}

function consoleOf(
  options: JobsOptions,
  job: Job,
  globals: Map<string, Value>,
  signal: AbortSignal,
): Console {
  const { tree, clock } = options;
  return {
    run: (word, attributes) => {
      signal.throwIfAborted();
      return perform(options, job, { word, attributes }, signal);
    },
    isSingle: (path) => tree.menu(path)?.kind === 'single',
    log: (topics, message) => tree.log(topics, message),
    sleep: async (ms) => {
      signal.throwIfAborted();
      await clock.sleep(ms, signal);
    },
    globals,
  };
}

/** One command through the API's own door. */
function perform(
  options: JobsOptions,
  job: Job,
  { word, attributes }: { word: string; attributes: ReadonlyMap<string, string> },
  signal: AbortSignal,
): Promise<CommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const rows: Readonly<Record<string, string>>[] = [];
  const call: Call = {
    word,
    attributes,
    queries: [],
    tag: null,
    tree: options.tree,
    user: job.user,
    clock: options.clock,
    safeMode: NO_SAFE_MODE,
    system: options.system(),
    session: job,
    onPower: options.onPower,
    pendingDeviceMode: () => undefined,
    send: (row) => void rows.push(row),
    finish: (error) => {
      if (error === undefined) resolve({ rows, ret: null });
      else reject(error);
    },
  };
  const outcome = options.runCommand(call);
  if (outcome.kind === 'done') resolve({ rows, ret: outcome.ret ?? null });
  else if (outcome.kind === 'rows') resolve({ rows: outcome.rows, ret: null });
  else {
    const stop = (): void => {
      outcome.stop();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
  }
  return promise;
}

/** Safe mode belongs to a session of a person or a controller; a script has none. */
const NO_SAFE_MODE: SafeMode = {
  take: () => {
    throw failure('safe mode is not available in scripts');
  },
  release: () => undefined,
  unroll: () => undefined,
  held: () => false,
  countAction: () => undefined,
  sessionEnded: () => undefined,
};
