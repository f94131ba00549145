/** What the operating system says of a server's processes, their threads and children included (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ of Linux on every architecture that Node runs on. */
const TICK_MS = 10;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Of itself and of the children that it has waited for. */
  readonly ticks: number;
}

/** CPU time in ms, user and system, of the processes and all that they started. */
export function cpuMs(roots: readonly number[]): number {
  return tree(roots).reduce((sum, { ticks }) => sum + ticks, 0) * TICK_MS;
}

/** Resident memory in MB, now and at its highest. */
export function memoryMb(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/** Stops or continues the processes and all that they started: who is not being measured does nothing. */
export function signalTree(roots: readonly number[], signal: 'SIGSTOP' | 'SIGCONT'): void {
  for (const { pid } of tree(roots)) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // Ended since it was listed.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function tree(roots: readonly number[]): Stat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => stat(Number(name)))
    .filter((found) => found !== null);
  const wanted = new Set(roots);
  for (let before = -1; before !== wanted.size; ) {
    before = wanted.size;
    for (const { pid, parent } of all) if (wanted.has(parent)) wanted.add(pid);
  }
  return all.filter(({ pid }) => wanted.has(pid));
}

function stat(pid: number): Stat | null {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null; // Ended since it was listed.
  }
  // The name in parentheses may hold anything; after it: state, parent, …, utime, stime, cutime, cstime.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid, parent: Number(fields[1]), ticks };
}
