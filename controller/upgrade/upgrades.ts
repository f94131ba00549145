/**
 * Carries upgrades on: reads what is stored, looks at the router, stores the next state, performs its
 * action. Any process may go on from where another one died; two never go on from the same state.
 */
import type { Clock } from '../../lib/clock.ts';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Store } from '../../store/contract.ts';
import type { Job, Router, RouterUpgrade } from '../../store/types.ts';
import { type BackupDeps, backUpRouter } from '../backup/back-up.ts';
import type { JobResult } from '../fleet/queue.ts';
import { type LinkOptions, openLink, type RouterLink } from '../link.ts';
import { RouterTrap } from '../routeros/errors.ts';
import { admitted } from './campaign.ts';
import {
  type ActionResult,
  afterAction,
  decide,
  isOver,
  isWorthALook,
  type Seen,
  type Upgrade,
  type UpgradeAction,
} from './machine.ts';
import { seeRouter } from './observe-upgrade.ts';

export type UpgradeStore = BackupDeps['store'] &
  LinkOptions['store'] &
  Pick<Store, 'listUpgrades' | 'saveUpgrade'>;

export interface UpgradeDeps {
  readonly store: UpgradeStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly apiUser: string;
  /** Whether a reboot may begin at an instant, and be over before it may not. */
  readonly isQuiet: (router: Router, at: number) => boolean;
  readonly connect?: LinkOptions['connect'];
}

export interface Upgrades {
  /** Asks for jobs on the routers whose upgrade may go on; true when there are new ones. */
  pass(routers: readonly Router[]): Promise<boolean>;
  /** Does such a job, under the router's lease. Throws what is no fault of the router or its link. */
  perform(job: Job, signal: AbortSignal): Promise<JobResult>;
}

export interface UpgradesDeps extends UpgradeDeps {
  readonly store: UpgradeStore & Pick<Store, 'listJobs' | 'listRouters' | 'requestJobs'>;
  readonly linkOf: (router: Router) => string;
}

/** Looking for updates, over a slow link. */
const CHECK_MS = 90_000;
/** `install` answers while it downloads. */
const INSTALL_MS = 25 * 60_000;
/** Steps in one go: no upgrade has more between two waits. */
const STEPS = 8;

export function createUpgrades(deps: UpgradesDeps): Upgrades {
  const { store, clock } = deps;
  return {
    pass: async (routers) => {
      const rows = await store.listUpgrades();
      if (rows.length === 0) return false;
      const byId = new Map(routers.map((router) => [router.id, router]));
      const own = rows.filter((row) => byId.has(row.routerId));
      const asked = new Set(
        (await store.listJobs({})).filter(isOpenUpgrade).map(({ routerId }) => routerId),
      );
      const due = admitted(own, clock.now()).filter(({ routerId, document }) => {
        if (asked.has(routerId)) return false;
        const quiet = deps.isQuiet(byId.get(routerId)!, clock.now());
        return isWorthALook(parseUpgrade(document), clock.now(), quiet);
      });
      if (due.length === 0) return false;
      const jobs = due.map(({ routerId }) => {
        const link = deps.linkOf(byId.get(routerId)!);
        return { routerId, kind: 'upgrade', link, urgent: false } as const;
      });
      return (await store.requestJobs({ jobs, at: clock.now() })) > 0;
    },
    perform: async (job, signal) => {
      const isIts = ({ routerId }: RouterUpgrade): boolean => routerId === job.routerId;
      const row = (await store.listUpgrades()).find(isIts);
      const router = (await store.listRouters()).find(({ id }) => id === job.routerId);
      // Taken back, or removed, since.
      if (row !== undefined && router !== undefined) await carryOn(deps, router, row, signal);
      return { outcome: 'done', detail: null };
    },
  };
}

function isOpenUpgrade({ kind, endedAt }: Job): boolean {
  return kind === 'upgrade' && endedAt === null;
}

/** As far as it goes without waiting. Throws what is no fault of the router or its link. */
export async function carryOn(
  deps: UpgradeDeps,
  router: Router,
  row: RouterUpgrade,
  signal: AbortSignal,
): Promise<RouterUpgrade> {
  let stored = row;
  for (let step = 0; step < STEPS; step++) {
    const { clock, log } = deps;
    const upgrade = parseUpgrade(stored.document);
    const quiet = deps.isQuiet(router, clock.now());
    if (!isWorthALook(upgrade, clock.now(), quiet)) return stored;
    await using reached = await reach(deps, router, signal);
    const { next, action } = decide(upgrade, reached?.seen ?? null, clock.now(), quiet);
    const decided = await save(deps, stored, next);
    if (decided === null) return stored;
    stored = decided;
    if (next.phase !== upgrade.phase) report(deps, router, next);
    if (isOver(next)) return stored;
    if (action === 'wait' || reached === null) {
      // Some steps are only taken note of; the next may be to act.
      if (next.phase === upgrade.phase) return stored;
      continue;
    }
    log.info({ router: router.name, action }, 'upgrade step');
    const result = await perform(deps, router, { ...reached, action, upgrade: next, signal });
    if (result === null) return stored;
    const after = afterAction(next, result, reached.seen, clock.now());
    const saved = await save(deps, stored, after);
    if (saved === null) return stored;
    stored = saved;
    // Refused: later again.
    if (after.phase === next.phase) return stored;
    report(deps, router, after);
  }
  return stored;
}

interface Reached extends AsyncDisposable {
  readonly link: RouterLink;
  readonly seen: Seen;
}

/** Null while it cannot be reached. */
async function reach(
  { store, clock, apiUser, connect }: UpgradeDeps,
  router: Router,
  signal: AbortSignal,
): Promise<Reached | null> {
  try {
    const options = { store, router, apiUser, signal };
    const link = await openLink({ ...options, ...(connect === undefined ? {} : { connect }) });
    try {
      const seen = await seeRouter(link.connection, clock, signal);
      return { link, seen, [Symbol.asyncDispose]: () => link[Symbol.asyncDispose]() };
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    if (!errorCode(error).startsWith('ROUTER_')) throw error;
    return null;
  }
}

interface Doing {
  readonly link: RouterLink;
  readonly seen: Seen;
  readonly action: UpgradeAction;
  readonly upgrade: Upgrade;
  readonly signal: AbortSignal;
}

/** Null: the router itself will tell. */
async function perform(
  deps: UpgradeDeps,
  router: Router,
  { link, seen, action, upgrade, signal }: Doing,
): Promise<ActionResult | null> {
  const { connection } = link;
  const run = (command: string, timeoutMs?: number, attributes: Record<string, string> = {}) =>
    connection.run(command, attributes, {
      signal,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  try {
    switch (action) {
      case 'check': {
        await run('/system/package/update/set', undefined, { channel: upgrade.channel });
        await run('/system/package/update/check-for-updates', CHECK_MS);
        const [row] = await run('/system/package/update/print');
        return { kind: 'checked', latest: row?.['latest-version'] ?? null };
      }
      case 'back-up': {
        const from = { connection, version: seen.version };
        const { version } = await backUpRouter({ ...deps, signal }, router, from, 'upgrade');
        return { kind: 'backed-up', version };
      }
      case 'flash':
        await run('/system/routerboard/upgrade');
        return { kind: 'flashed' };
      case 'install': {
        const said = (await run('/system/package/update/install', INSTALL_MS)).at(-1)?.status ?? '';
        return said.startsWith('ERROR') ? { kind: 'refused', detail: `install: ${said}` } : null;
      }
      case 'reboot':
        await run('/system/reboot');
        return null;
      case 'wait':
        return null;
    }
  } catch (error) {
    const code = errorCode(error);
    if (!code.startsWith('ROUTER_')) throw error;
    // A router that reboots answers nothing.
    const isReboot = action === 'install' || action === 'reboot';
    if (isReboot && !(error instanceof RouterTrap)) return null;
    return { kind: 'refused', detail: `${action}: ${code}: ${errorMessage(error)}` };
  }
}

/** Null when another process has gone on meanwhile. */
async function save(
  { store }: UpgradeDeps,
  row: RouterUpgrade,
  upgrade: Upgrade,
): Promise<RouterUpgrade | null> {
  const document = JSON.stringify(upgrade);
  if (document === row.document) return row;
  const next = { ...row, phase: upgrade.phase, phaseAt: upgrade.phaseAt, document };
  return (await store.saveUpgrade({ upgrade: next, was: row.document })) ? next : null;
}

function report({ log }: UpgradeDeps, router: Router, upgrade: Upgrade): void {
  const { phase, from, to, reason } = upgrade;
  const what = { router: router.name, phase, from, to, reason };
  if (phase === 'failed') log.warn(what, 'upgrade failed');
  else log.info(what, 'upgrade goes on');
}

/** Documents are our own: written by {@link save} and by the planning command only. */
export function parseUpgrade(document: string): Upgrade {
  return JSON.parse(document) as Upgrade;
}
