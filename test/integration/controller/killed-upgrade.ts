/** Carries the upgrade of the only router of a store on, under a lease, until it comes to a command. There it is killed. */
import { createQueue } from '../../../controller/fleet/queue.ts';
import { connectRouter, type RouterOsConnection } from '../../../controller/routeros/client.ts';
import { createUpgrades } from '../../../controller/upgrade/upgrades.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import { openStore, type StoreOptions } from '../../../store/open.ts';

export interface KilledUpgradeArgs {
  readonly place: StoreOptions;
  /** Of the test's clock to the machine's. */
  readonly offset: number;
  readonly dieAt: { readonly when: 'before' | 'after'; readonly command: string };
}

const { place, offset, dieAt } = JSON.parse(process.argv[2]!) as KilledUpgradeArgs;
let ahead = offset;
const clock = { now: () => Date.now() + ahead, sleep: realClock.sleep };
const log = createLogger('test', 'silent');
const { store } = await openStore(place);

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

const connect: typeof connectRouter = async (options) => {
  const connection = await connectRouter(options);
  const run: RouterOsConnection['run'] = async (command, ...rest) => {
    if (command !== dieAt.command) return await connection.run(command, ...rest);
    if (dieAt.when === 'before') return await die();
    await connection.run(command, ...rest).catch(() => undefined);
    return await die();
  };
  return Object.assign(Object.create(connection) as RouterOsConnection, { run });
};

const upgrades = createUpgrades({
  ...{ store, clock, log, connect },
  apiUser: 'sw-ctl',
  isQuiet: () => true,
  linkOf: () => 'x',
});
const queue = createQueue({
  ...{ store, clock, log },
  random: () => 0,
  limits: { atOnce: 1, perLink: 1 },
  isUp: () => true,
  isDown: () => false,
  within: () => true,
  perform: upgrades.perform,
});
for (;;) {
  await upgrades.pass(await store.listRouters());
  await queue.look();
  // Waits of the upgrade pass quickly; the router itself takes its time.
  ahead += 1000;
  await realClock.sleep(50);
}
