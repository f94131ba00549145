/** Commands beyond the verbs of menus that a living router adds to its API: each with the right it needs. */
import type { Call, Outcome } from '../api/call.ts';

export interface SystemCommand {
  readonly right: string;
  /** The command lives in a menu that some versions or packages lack. */
  readonly inMenu: boolean;
  readonly run: (call: Call) => Outcome;
}

export type SystemCommands = ReadonlyMap<string, SystemCommand>;
