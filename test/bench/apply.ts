/**
 * One router behind a slow link, as `npm run bench:apply` or `node test/bench/apply.ts` prints it: what a
 * first apply and a plan without changes cost in time, round trips, commands and octets. Counted on the
 * wire, between controller and twin. `--rtt MS`, `--kbps N` and `--loss SHARE` change the link.
 */
import { parseArgs } from 'node:util';
import { readExport } from '../../controller/backup/read-export.ts';
import type { RouterLink } from '../../controller/link.ts';
import { planRouter, provisionRouter } from '../../controller/provision.ts';
import type { LinkCounts } from '../../simulator/link/tally.ts';
import type { Router } from '../../store/types.ts';
import { applyStand } from '../integration/controller/apply-stand.ts';

const { values } = parseArgs({
  options: {
    rtt: { type: 'string', default: '600' },
    kbps: { type: 'string', default: '2000' },
    loss: { type: 'string', default: '0' },
    version: { type: 'string', multiple: true, default: ['7.16.2', '7.20.8'] },
  },
});

interface Line {
  readonly name: string;
  readonly seconds: number;
  /** Seconds, as the issue wants it. */
  readonly target: number;
  readonly counts: LinkCounts;
  readonly changes: number;
}

async function measure(
  name: string,
  target: number,
  counts: () => LinkCounts,
  work: () => Promise<number>,
): Promise<Line> {
  const before = counts();
  const start = performance.now();
  const changes = await work();
  const seconds = (performance.now() - start) / 1000;
  const after = counts();
  const spent = Object.fromEntries(
    Object.entries(after).map(([key, value]) => [key, value - before[key as keyof LinkCounts]]),
  );
  return { name, seconds, target, counts: spent as unknown as LinkCounts, changes };
}

/** As the queue does it: what is changed is exported first. */
async function backUp(_router: Router, { connection }: RouterLink): Promise<void> {
  await readExport(connection);
}

async function routerOf(version: string): Promise<Line[]> {
  await using stand = await applyStand({
    version,
    // As of a village on a satellite: its rates are set, so that it gets queues too.
    settings: {
      'link.rtt-ms': String(values.rtt),
      'link.down-kbps': String(values.kbps),
      'link.up-kbps': String(values.kbps),
    },
  });
  const { link, task } = stand;
  Object.assign(link.path, {
    rttMs: Number(values.rtt),
    kbps: Number(values.kbps),
    loss: Number(values.loss),
  });
  const counts = (): LinkCounts => link.counts;
  const first = await measure(`${version} first apply`, 60, counts, async () => {
    const { outcome, detail, changes } = await provisionRouter({ ...task(), backUp });
    if (outcome !== 'applied') throw new Error(`${outcome}: ${detail}`);
    return changes.length;
  });
  const noop = await measure(`${version} no-op plan`, 5, counts, async () => {
    const { changes } = await planRouter(task());
    if (changes.length > 0) throw new Error('the plan is not empty');
    return changes.length;
  });
  return [first, noop];
}

const lines = (await Promise.all(values.version.map(routerOf))).flat();
console.log(`round trip ${values.rtt} ms, ${values.kbps} kbit/s each way, loss ${values.loss}\n`);
for (const { name, seconds, target, counts, changes } of lines) {
  const { roundTrips, commands, writes, connections, octetsUp, octetsDown } = counts;
  const verdict = seconds < target ? 'within' : 'ABOVE';
  console.log(
    `${name.padEnd(20)} ${seconds.toFixed(1).padStart(6)} s ${verdict} ${target} s: ${changes} changes, ` +
      `${roundTrips} round trips, ${commands} commands (${writes} writes), ${connections} connections, ` +
      `${octetsUp} octets up, ${octetsDown} down`,
  );
}
process.exitCode = lines.every(({ seconds, target }) => seconds < target) ? 0 : 1;
