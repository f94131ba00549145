/**
 * How long a fleet takes from the factory's configuration to ours, and how long the plan of all then takes, which
 * must be empty: `node test/bench/fleet/provision.ts [--routers 242] [--factor 1]`. Then the server's backup is
 * restored into an empty place, and the plans by that store must be empty too. The twins run in a process beside
 * it; their CPU is in the figures, as they share the machine.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { planRouter } from '../../../controller/provision.ts';
import { createLogger } from '../../../lib/log.ts';
import { forEachLimited } from '../../../lib/retry.ts';
import type { CommandContext } from '../../../scripts/command.ts';
import { COMMANDS } from '../../../scripts/commands.ts';
import { createWorld, type World } from '../../../scripts/demo/world.ts';
import { dialFrom, fleetSettings } from '../../../scripts/serve/settings.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import { loadText } from '../radius/machine.ts';
import { cpuMs, memoryMb } from '../radius/processes.ts';

const TARGET = { provisionSeconds: 90, planSeconds: 15 };
/** After so long it is called off. */
const MAX_SECONDS = 300;
const AT_ONCE = 16;
const LOOK_MS = 100;

const { values } = parseArgs({
  options: {
    routers: { type: 'string', default: '242' },
    factor: { type: 'string', default: '1' },
  },
});
const options = {
  routers: Number(values.routers),
  factor: Number(values.factor),
  directory: undefined,
  version: '7.20.8',
  board: 'hap-ax2',
};
console.log(`load      ${loadText()} (1, 5, 15 minutes) at the start`);
let switchedOnAt = performance.now();
await using world = await createWorld(options, (line) => {
  // Routers are added from then on, and worked on at once.
  if (line.includes('switched on')) switchedOnAt = performance.now();
});
const before = cpuMs([process.pid]);
const applied = await untilApplied(world, switchedOnAt);
const provisionSeconds = (performance.now() - switchedOnAt) / 1000;
const cpuSeconds = (cpuMs([process.pid]) - before) / 1000;

const planAt = performance.now();
const empty = await emptyPlans(world, world.store);
const planSeconds = (performance.now() - planAt) / 1000;
const restored = await emptyPlansOfRestored(world);
console.log(
  [
    `routers   ${options.routers}`,
    `provision ${provisionSeconds.toFixed(1)} s until ${applied} are applied (target ${TARGET.provisionSeconds}); ${cpuSeconds.toFixed(1)} s of CPU, twins included`,
    `plan      ${planSeconds.toFixed(1)} s until ${empty} plans are empty (target ${TARGET.planSeconds})`,
    `restored  ${restored} plans are empty by the store that a backup brought back`,
    `memory    service ${memoryMb(process.pid).peak.toFixed(0)} MB, twins ${(await world.simulator.memoryMb()).toFixed(0)} MB at most`,
    `load      ${loadText()}`,
  ].join('\n'),
);
const all = [applied, empty, restored].every((count) => count === options.routers);
const inTime = provisionSeconds <= TARGET.provisionSeconds && planSeconds <= TARGET.planSeconds;
process.exitCode = all && inTime ? 0 : 1;

async function untilApplied({ store }: World, since: number): Promise<number> {
  for (;;) {
    const routers = await store.listRouters();
    const done = routers.filter((router) => router.provisioning === 'applied').length;
    const isLate = performance.now() - since > MAX_SECONDS * 1000;
    if (done === routers.length || isLate) return done;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function emptyPlans({ config, service, clock }: World, store: Store): Promise<number> {
  const settings = fleetSettings(config, {
    authPort: service.ports.auth!,
    acctPort: service.ports.acct!,
    portalPort: service.ports.portal!,
  });
  const log = createLogger('bench', 'silent');
  const connect = dialFrom(config);
  let empty = 0;
  await forEachLimited(await store.listRouters(), AT_ONCE, async (router) => {
    const { changes } = await planRouter({ store, router, settings, log, clock, connect });
    if (changes.length === 0) empty += 1;
    else console.log(`${router.name}: ${changes.length} changes`);
  });
  return empty;
}

/** As on an empty machine that was given the store key. */
async function emptyPlansOfRestored(from: World): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'smartwifi-restored-'));
  try {
    const file = join(directory, 'server.backup');
    const to = { store: `sqlite:${join(directory, 'store.db')}`, keyFile: join(directory, 'key') };
    const run = async (verb: 'backup' | 'restore', place: typeof to): Promise<void> => {
      const context: CommandContext = {
        config: { ...from.config, ...place },
        options: {},
        operands: [file],
        json: false,
        print: () => undefined,
        progress: () => undefined,
        signal: new AbortController().signal,
      };
      await (await COMMANDS[verb]!()).run(context);
    };
    await run('backup', from.config);
    await copyFile(from.config.keyFile, to.keyFile);
    await run('restore', to);
    const { store } = await openStore(to);
    await using _closed = store;
    return await emptyPlans(from, store);
  } finally {
    await rm(directory, { recursive: true });
  }
}
