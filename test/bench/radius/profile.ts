/**
 * Where the time of a server went: `node test/bench/radius/profile.ts DIRECTORY` reads the CPU profiles
 * that `run.ts --profile DIRECTORY` had our server write, one for each thread, and prints the functions by
 * their own time. Shares are of the time in which the thread was not idle.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { functionName: string; url: string; lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const SHOWN = 25;
/** Threads that did less than this share of their time are left out. */
const QUIET = 0.02;
/** Samples are a millisecond apart; a gap is a time in which the bench had the server stopped. */
const STOPPED_MICROS = 100_000;

const directory = process.argv[2];
if (directory === undefined) throw new Error('which directory has the profiles?');
const files = (await readdir(directory)).filter((name) => name.endsWith('.cpuprofile'));
for (const file of files.toSorted()) {
  const profile = JSON.parse(await readFile(join(directory, file), 'utf8')) as Profile;
  const text = summary(profile);
  if (text !== null) console.log(`${file}\n${text}\n`);
}

function summary({ nodes, samples, timeDeltas }: Profile): string | null {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const own = new Map<string, number>();
  let busy = 0;
  let total = 0;
  for (const [i, id] of samples.entries()) {
    const { functionName, url, lineNumber } = frames.get(id)!;
    const micros = timeDeltas[i]!;
    if (micros > STOPPED_MICROS) continue;
    total += micros;
    if (functionName === '(idle)') continue;
    busy += micros;
    const where =
      url === '' ? '' : `  ${url.replace(/^file:.*?\/(?=[^/]+\/[^/]+$)/, '')}:${lineNumber + 1}`;
    const name = `${functionName === '' ? '(anonymous)' : functionName}${where}`;
    own.set(name, (own.get(name) ?? 0) + micros);
  }
  if (busy < total * QUIET) return null;
  const lines = [...own]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, SHOWN)
    .map(([name, micros]) => `${((micros / busy) * 100).toFixed(1).padStart(6)} %  ${name}`);
  return [`busy ${(busy / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} s`, ...lines].join('\n');
}
