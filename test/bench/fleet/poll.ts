/**
 * What it costs to watch a fleet: `node test/bench/fleet/poll.ts [--routers 1000] [--seconds 90]
 * [--bad 0,0.1]`. Twice: all routers answer; and a tenth is dead or hangs. Prints CPU as a share of one core, resident memory, and the
 * gaps between two questions to routers that answer, which the others must not lengthen.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { loadText } from '../radius/machine.ts';
import type { PeersReport } from './peers.ts';
import type { PollServerArgs, PollServerReport } from './poll-server.ts';

/** Every router was looked at, and connected, at least once by then. */
const WARM_UP_MS = 75_000;
const TARGET = { cpuPercent: 15, rssMb: 300, gapMs: 33_000 };
/** Nothing listens there. */
const DEAD_PORT = 9;

const { values } = parseArgs({
  options: {
    routers: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '90' },
    bad: { type: 'string', default: '0,0.1' },
  },
});
let failed = false;
console.log(`load      ${loadText()} (1, 5, 15 minutes) at the start`);
for (const bad of values.bad.split(',').map(Number)) {
  failed = (await measure(Number(values.routers), bad, Number(values.seconds))) || failed;
}
process.exitCode = failed ? 1 : 0;

async function measure(routers: number, badShare: number, seconds: number): Promise<boolean> {
  const addresses = Array.from(
    { length: routers },
    (_, n) => `127.30.${Math.floor(n / 250)}.${(n % 250) + 1}`,
  );
  const bad = addresses.slice(0, Math.round(routers * badShare));
  const hanging = bad.filter((_, n) => n % 2 === 0);
  const dead = new Set(bad.filter((_, n) => n % 2 === 1));
  const peers = start('./peers.ts', hanging);
  const [{ port }] = (await once(peers, 'message')) as [{ port: number }];
  const args: PollServerArgs = {
    routers: addresses.map((address) => [address, dead.has(address) ? DEAD_PORT : port]),
  };
  const server = start('./poll-server.ts', args);
  await once(server, 'message');
  await pause(WARM_UP_MS);
  peers.send('reset');
  server.send('reset');
  await pause(seconds * 1000);
  const [polled, asked] = await Promise.all([
    ask<PollServerReport>(server),
    ask<PeersReport>(peers),
  ]);
  peers.disconnect();
  server.disconnect();
  await Promise.all([once(peers, 'exit'), once(server, 'exit')]);
  return print({ routers, bad: bad.length, polled, asked });
}

function print(figures: {
  routers: number;
  bad: number;
  polled: PollServerReport;
  asked: PeersReport;
}): boolean {
  const { routers, bad, polled, asked } = figures;
  const cpuPercent = (100 * polled.cpuMs) / polled.elapsedMs;
  const gap = (share: number): number =>
    asked.gapsMs[Math.floor((asked.gapsMs.length - 1) * share)] ?? Number.NaN;
  const perSecond = (asked.questions * 1000) / polled.elapsedMs;
  console.log(
    [
      `routers   ${routers}, ${bad} of them dead or hanging; ${polled.up} up`,
      `CPU       ${cpuPercent.toFixed(1)} % of a core (target ${TARGET.cpuPercent})`,
      `memory    ${polled.rssMb.toFixed(0)} MB resident (target ${TARGET.rssMb})`,
      `questions ${perSecond.toFixed(0)} a second on ${asked.connections} connections`,
      `gaps      median ${(gap(0.5) / 1000).toFixed(2)} s, 99 % ${(gap(0.99) / 1000).toFixed(2)} s, longest ${(gap(1) / 1000).toFixed(2)} s of ${asked.gapsMs.length}`,
      `page      ${polled.pageKb.toFixed(0)} kB every 15 s`,
      `load      ${loadText()}`,
      '',
    ].join('\n'),
  );
  const kept = gap(1) <= TARGET.gapMs && polled.up === routers - bad;
  return cpuPercent > TARGET.cpuPercent || polled.rssMb > TARGET.rssMb || !kept;
}

function start(file: string, args: unknown): ChildProcess {
  return fork(new URL(file, import.meta.url), [JSON.stringify(args)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

async function ask<T>(child: ChildProcess): Promise<T> {
  const answer = once(child, 'message');
  child.send('report');
  const [report] = (await answer) as [T];
  return report;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
