/** One command as it came, and what a handler may do with it. */
import type { Clock } from '../../lib/clock.ts';
import { noSuchCommand, Trap } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { SystemCommands } from '../system/commands.ts';
import type { SafeMode } from './safe-mode.ts';

export interface Command {
  /** `/ip/address/print`. */
  readonly word: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly queries: readonly string[];
  readonly tag: string | null;
}

export interface User {
  readonly name: string;
  readonly group: string;
  readonly rights: ReadonlySet<string>;
}

export type Reply = Readonly<Record<string, string>>;

/** What a finished command answers; `running` sends more and ends by itself or by `/cancel`. */
export type Outcome =
  | { readonly kind: 'done'; readonly ret?: string }
  | { readonly kind: 'rows'; readonly rows: readonly Reply[] }
  | { readonly kind: 'running'; readonly stop: () => void };

export const DONE: Outcome = { kind: 'done' };

export interface Call extends Command {
  readonly tree: WritableTree;
  readonly user: User;
  readonly clock: Clock;
  readonly safeMode: SafeMode;
  /** Commands that a living router adds: `/import`, `/system/script/run`; a bare API server has none. */
  readonly system?: SystemCommands | undefined;
  /** Identity of the session, for what belongs to it. */
  readonly session: object;
  readonly onPower: (kind: 'reboot' | 'shutdown') => void;
  /** The row of `/system/device-mode` that awaits someone's hand at the router until the signal aborts. */
  readonly pendingDeviceMode: (row: Reply, until: AbortSignal) => void;
  /** Sends one `!re` of a running command. */
  readonly send: (row: Reply) => void;
  /** Ends a running command. */
  readonly finish: (error?: unknown) => void;
}

/** Splits the words of a sentence; throws a Trap for words that belong to no command. */
export function parseCommand(words: readonly string[]): Command {
  const [word = '', ...rest] = words;
  if (!word.startsWith('/')) throw noSuchCommand();
  const attributes = new Map<string, string>();
  const queries: string[] = [];
  let tag: string | null = null;
  for (const part of rest) {
    if (part.startsWith('=')) {
      const split = part.indexOf('=', 1);
      const name = split === -1 ? part.slice(1) : part.slice(1, split);
      attributes.set(name, split === -1 ? '' : part.slice(split + 1));
    } else if (part.startsWith('.tag=')) tag = part.slice('.tag='.length);
    else if (part.startsWith('?')) queries.push(part);
    else throw new Trap(`unknown word ${part.slice(0, 40)}`, 5);
  }
  return { word, attributes, queries, tag };
}
