/**
 * A way back that needs nobody: a backup on the router, and schedules that load it unless we come and
 * take them away. It covers what safe mode cannot: routers before 7.18, and plans of several batches.
 * One schedule runs when the time is over, the other at the next start, so that a power cut counts too:
 * a clock without battery stands in the past by then. A backup holds no files.
 *
 * A dead-man that is found armed keeps its backup, for that is the last configuration that was proved.
 */
import { printIfThere } from './facts.ts';
import type { RouterOsConnection } from './routeros/client.ts';
import { RouterOsError, RouterTrap } from './routeros/errors.ts';

export const ROLLBACK = 'sw-rollback';
export const ROLLBACK_AT_BOOT = 'sw-rollback-boot';
const BACKUP = 'sw-prechange';
/** How long a router waits for us. */
export const DEAD_MAN_MINUTES = 10;
/** No right that our own user lacks: a router refuses a schedule that may do more than who adds it. */
const POLICY = 'read,write,policy,test,reboot,sensitive';
const SCHEDULER = '/system/scheduler';

export interface DeadMan {
  /** Takes schedules and backup away: what stands now stays. */
  disarm(): Promise<void>;
  /** Loads the backup; the router restarts. */
  fire(): Promise<void>;
}

interface Armed {
  readonly schedules: readonly string[];
  readonly backups: readonly Readonly<Record<string, string>>[];
}

/**
 * Saves the configuration and arms both schedules. Throws `ROUTER_DEVICE_MODE` where schedules are not
 * allowed, `ROUTER_TRAP` when the router refuses (full flash); then nothing is armed that was not before.
 */
export async function armDeadMan(
  connection: RouterOsConnection,
  signal?: AbortSignal,
): Promise<DeadMan> {
  const stop = signal === undefined ? {} : { signal };
  const [mode, found, flash] = await Promise.all([
    printIfThere(connection, '/system/device-mode', { proplist: ['scheduler'], ...stop }),
    findDeadMan(connection, signal),
    printIfThere(connection, '/file', { proplist: ['name'], queries: ['name=flash'], ...stop }),
  ]);
  if (['false', 'no'].includes(mode[0]?.scheduler ?? '')) {
    throw new RouterOsError(
      'ROUTER_DEVICE_MODE',
      'device-mode forbids the scheduler, which takes a half written configuration back',
    );
  }
  const left = found.schedules.length > 0 ? found.backups[0]?.name : undefined;
  const known = left?.replace(/\.backup$/, '');
  // Without `flash/` every file outlives a restart; with it only those below.
  const name = known ?? (flash.length > 0 ? `flash/${BACKUP}` : BACKUP);
  const backups = known === undefined ? await saveBackup(connection, name, stop) : found.backups;
  await removeAll(connection, SCHEDULER, found.schedules);
  const event = `/system backup load name=${name} password=""`;
  const common = { 'on-event': event, policy: POLICY };
  // In this order: if a cut leaves the first alone, it acts as soon as the clock is right; the second alone
  // would lie in wait until somebody restarts the router, perhaps after months of other people's work.
  const schedule = (attributes: Readonly<Record<string, string>>) =>
    connection.runFor(`${SCHEDULER}/add`, { ...attributes, ...common }, stop);
  const made = await Promise.all([
    schedule({ name: ROLLBACK, interval: `${DEAD_MAN_MINUTES}m` }),
    schedule({ name: ROLLBACK_AT_BOOT, 'start-time': 'startup', interval: '0s' }),
  ]);
  const schedules = made.flatMap(({ ret }) => ret ?? []);
  return {
    disarm: () => takeAway(connection, { schedules, backups }),
    fire: async () => {
      await connection.run('/system/backup/load', { name, password: '' });
    },
  };
}

/** Takes away what an earlier attempt has armed; does nothing when there is nothing. */
export async function disarmDeadMan(connection: RouterOsConnection): Promise<void> {
  await takeAway(connection, await findDeadMan(connection));
}

async function takeAway(
  connection: RouterOsConnection,
  { schedules, backups }: Armed,
): Promise<void> {
  const files = backups.map((row) => row['.id'] ?? '');
  // A schedule without its backup does nothing, so they may go in any order.
  await Promise.all([
    removeAll(connection, SCHEDULER, schedules),
    removeAll(connection, '/file', files),
  ]);
}

/** Whether schedules of ours stand on the router. */
export async function isArmed(
  connection: RouterOsConnection,
  signal?: AbortSignal,
): Promise<boolean> {
  return (await findSchedules(connection, signal)).length > 0;
}

async function findSchedules(
  connection: RouterOsConnection,
  signal?: AbortSignal,
): Promise<string[]> {
  const queries = [`name=${ROLLBACK}`, `name=${ROLLBACK_AT_BOOT}`, '#|'];
  const stop = signal === undefined ? {} : { signal };
  const rows = await printIfThere(connection, SCHEDULER, { proplist: ['.id'], queries, ...stop });
  return rows.flatMap((row) => row['.id'] ?? []);
}

async function findDeadMan(connection: RouterOsConnection, signal?: AbortSignal): Promise<Armed> {
  const [schedules, backups] = await Promise.all([
    findSchedules(connection, signal),
    findBackups(connection, signal),
  ]);
  return { schedules, backups };
}

async function findBackups(
  connection: RouterOsConnection,
  signal?: AbortSignal,
): Promise<Record<string, string>[]> {
  const queries = [`name=${BACKUP}.backup`, `name=flash/${BACKUP}.backup`, '#|'];
  return await connection.run(
    '/file/print',
    {},
    { proplist: ['.id', 'name', 'size'], queries, ...(signal === undefined ? {} : { signal }) },
  );
}

/** What was saved is looked at: a full flash may leave an empty file behind. */
async function saveBackup(
  connection: RouterOsConnection,
  name: string,
  stop: { signal?: AbortSignal },
): Promise<Armed['backups']> {
  await connection.run('/system/backup/save', { name, 'dont-encrypt': 'yes' }, stop);
  const saved = await findBackups(connection, stop.signal);
  const size = Number(saved.find((row) => row.name === `${name}.backup`)?.size ?? 0);
  if (!(size > 0)) throw new RouterTrap([`no backup could be saved as ${name}`], null);
  return saved;
}

async function removeAll(
  connection: RouterOsConnection,
  path: string,
  ids: readonly string[],
): Promise<void> {
  if (ids.length > 0) await connection.run(`${path}/remove`, { '.id': ids.join(',') });
}
