/**
 * What lives on a router beside its configuration: scripts and their schedule. All of it starts with the boot,
 * runs in the router's clock and ends with the power.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { hasCommand, isCommandFolder, runCommand } from '../api/commands.ts';
import type { Endpoint } from '../dns/sockets.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { SystemCommand, SystemCommands } from './commands.ts';
import { importFile, resetConfiguration } from './import.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { createNetwatch } from './netwatch.ts';
import { createNtpClient } from './ntp-client.ts';
import { createPackages, type Releases } from './packages.ts';
import type { RowTasks } from './row-tasks.ts';
import { createScheduler } from './scheduler.ts';
import { createScripts, type Scripts } from './scripts.ts';
import { createWireguard } from './wireguard.ts';
import type { WireguardServer } from './wireguard-server.ts';

/** What a router meets outside; the twin gives it. */
export interface Surroundings {
  /** The router's own address. */
  readonly address: string;
  /** Whether a host answers; with a port, whether it takes a connection there. */
  answers(host: string, port: number | null): Promise<boolean>;
  /** Address of a name by the router's own resolver or by a server, an address as it is; null: none. */
  lookup(host: string, server?: string): Promise<string | null>;
  locate(address: string, port: number): Endpoint | null;
  /** WireGuard servers by `ip:port` of the WAN; null: tunnels are up without any. */
  readonly wireguard: ReadonlyMap<string, WireguardServer> | null;
  /** Newest version of each channel; null: the server of packages can not be reached. */
  readonly releases: Releases;
  /** Adds to the router's clock. */
  adjustClock(offsetMs: number): void;
}

const ALONE: Surroundings = {
  address: '127.0.0.1',
  answers: async () => false,
  lookup: async () => null,
  locate: () => null,
  wireguard: null,
  releases: () => null,
  adjustClock: () => undefined,
};

export interface SystemOptions {
  readonly tree: WritableTree;
  readonly clock: Clock;
  readonly log: Logger;
  /** Without any the router is alone: nobody answers. */
  readonly surroundings?: Surroundings;
  readonly onPower: (kind: 'reboot' | 'shutdown') => void;
}

export interface System {
  readonly commands: SystemCommands;
  readonly jobs: Jobs;
  /** Before anything else of a boot: what was downloaded is installed. */
  boot(): void;
  /** The power will go in order: nothing begins any more, and scripts end where they stand. */
  goingDown(): void;
  powerOn(): void;
  powerCut(): void;
  /** Data gets through the tunnel. */
  tunnelUp(): boolean;
  /** Resolves when no probe of netwatch is under way. */
  quiet(): Promise<void>;
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
  const { releases } = options.surroundings ?? ALONE;
  const packages = createPackages({ tree, releases, onPower });
  add('/system/package/update/check-for-updates', 'read', packages.check);
  add('/system/package/update/download', 'policy', packages.download);
  add('/system/package/update/install', 'reboot', packages.install);
  add('/system/routerboard/upgrade', 'policy', packages.upgradeFirmware);
  const parts = livingParts(options, { scripts, clockMoved: scheduler.clockMoved, failed });
  const rest = (): void => {
    scheduler.cut();
    for (const part of parts.all) part.cut();
    jobs.cut();
  };
  return {
    commands,
    jobs,
    boot: packages.boot,
    goingDown: () => {
      packages.goingDown();
      rest();
    },
    powerOn: () => {
      scheduler.start();
      for (const part of parts.all) part.start();
      if (afterReset !== null) scripts.boot(afterReset.file, afterReset.rights);
      afterReset = null;
    },
    powerCut: () => {
      rest();
      packages.cut();
    },
    tunnelUp: parts.tunnelUp,
    quiet: parts.quiet,
  };
}

interface Hooks {
  readonly scripts: Scripts;
  readonly clockMoved: () => void;
  readonly failed: (error: unknown) => void;
}

/** What watches, dials and asks by itself. */
function livingParts(
  { tree, clock, surroundings = ALONE }: SystemOptions,
  { scripts, clockMoved, failed }: Hooks,
): { all: readonly RowTasks[]; tunnelUp: () => boolean; quiet: () => Promise<void> } {
  const { address, lookup, wireguard: servers } = surroundings;
  const netwatch = createNetwatch({
    tree,
    clock,
    failed,
    answers: surroundings.answers,
    lookup,
    run: scripts.netwatch,
  });
  const ntp = createNtpClient({
    tree,
    clock,
    address,
    lookup,
    failed,
    locate: (server) => surroundings.locate(server, 123),
    adjust: (offsetMs) => {
      surroundings.adjustClock(offsetMs);
      clockMoved();
    },
  });
  const { quiet } = netwatch;
  if (servers === null) return { all: [netwatch, ntp], tunnelUp: () => true, quiet };
  const serverAt = (endpoint: string): WireguardServer | undefined => servers.get(endpoint);
  const tunnels = createWireguard({ tree, clock, serverAt, lookup, failed });
  return { all: [netwatch, ntp, tunnels], tunnelUp: tunnels.isUp, quiet };
}
