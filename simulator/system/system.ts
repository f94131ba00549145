/**
 * What lives on a router beside its configuration: scripts and their schedule. All of it starts with the boot,
 * runs in the router's clock and ends with the power.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { hasCommand, isCommandFolder, runCommand } from '../api/commands.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { SystemCommand, SystemCommands } from './commands.ts';
import { importFile, resetConfiguration } from './import.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { createScheduler } from './scheduler.ts';
import { createScripts } from './scripts.ts';

export interface SystemOptions {
  readonly tree: WritableTree;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onPower: (kind: 'reboot' | 'shutdown') => void;
}

export interface System {
  readonly commands: SystemCommands;
  readonly jobs: Jobs;
  powerOn(): void;
  powerCut(): void;
  /** The router's wall clock was set. */
  clockMoved(): void;
}

export function createSystem(options: SystemOptions): System {
  const { tree, clock, log, onPower } = options;
  const failed = (error: unknown): void => log.error({ err: error }, 'twin script broke');
  const commands = new Map<string, SystemCommand>();
  const jobs = createJobs({
    tree,
    clock,
    system: () => commands,
    runCommand,
    hasCommand: (word) => hasCommand(tree, commands, word),
    isCommandFolder: (path) => isCommandFolder(commands, path),
    onPower,
  });
  const scripts = createScripts(tree, jobs, failed);
  const scheduler = createScheduler({ tree, clock, fire: scripts.scheduled });
  let afterReset: { file: string; rights: ReadonlySet<string> } | null = null;
  const add = (word: string, right: string, run: SystemCommand['run']): void =>
    void commands.set(word, { right, inMenu: word.startsWith('/system/script'), run });
  add('/system/script/run', 'read', scripts.run);
  add('/import', 'write', (call) => importFile(call, jobs));
  add('/system/reset-configuration', 'policy', (call) =>
    resetConfiguration(call, (file, rights) => {
      afterReset = { file, rights };
    }),
  );
  return {
    commands,
    jobs,
    powerOn: () => {
      scheduler.start();
      if (afterReset !== null) scripts.boot(afterReset.file, afterReset.rights);
      afterReset = null;
    },
    powerCut: () => {
      scheduler.cut();
      jobs.cut();
    },
    clockMoved: scheduler.clockMoved,
  };
}
