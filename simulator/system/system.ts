/**
 * What lives on a router beside its configuration: scripts and their schedule. All of it starts with the boot,
 * runs in the router's clock and ends with the power.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { hasCommand, isCommandFolder, runCommand } from '../api/commands.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { SystemCommand, SystemCommands } from './commands.ts';
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
  commands.set('/system/script/run', { right: 'read', inMenu: true, run: scripts.run });
  return {
    commands,
    jobs,
    powerOn: scheduler.start,
    powerCut: () => {
      scheduler.cut();
      jobs.cut();
    },
    clockMoved: scheduler.clockMoved,
  };
}
