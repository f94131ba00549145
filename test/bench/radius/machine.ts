/** On what, with which versions, and under which load of others the figures were taken. */
import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';

const run = promisify(execFile);

export async function describeMachine(freeradius: string, settings: string): Promise<string[]> {
  const [cpu] = cpus();
  const commit = await said('git', ['rev-parse', '--short', 'HEAD']);
  const changed = await said('git', ['status', '--porcelain', '--untracked-files=no']);
  const postgres = await said('psql', ['--version']);
  const db = new Database(':memory:');
  const sqlite = String(db.prepare('SELECT sqlite_version()').pluck().get());
  db.close();
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `machine   ${cpus().length} × ${cpu?.model ?? 'unknown'}, ${gigabytes} GB, Linux ${release()}`,
    `load      ${loadText()} (1, 5, 15 minutes) at the start`,
    `versions  smartwifi ${commit}${changed === '' ? '' : ' with changes'}, Node ${process.versions.node}, SQLite ${sqlite}, FreeRADIUS ${freeradius}, ${postgres}`,
    `settings  ${settings}`,
  ];
}

export function loadText(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
}

async function said(command: string, args: readonly string[]): Promise<string> {
  const result = await run(command, args).catch(() => null);
  return result === null ? 'unknown' : result.stdout.trim();
}
