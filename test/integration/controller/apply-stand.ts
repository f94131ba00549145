/** One twin behind a link, a store in memory, and tasks that provision it: for the tests of plan and apply. */

import type { FleetSettings } from '../../../controller/desired/types.ts';
import type { Observed } from '../../../controller/plan.ts';
import type { ProvisionStore, RouterTask } from '../../../controller/provision.ts';
import { connectRouter } from '../../../controller/routeros/client.ts';
import { ROUTER, SETTINGS } from '../../../controller/test-input.ts';
import { type SteppedClock, steppedClock } from '../../../lib/clock.ts';
import { createLogger, type Logger } from '../../../lib/log.ts';
import { type Link, openLink } from '../../../simulator/link/link.ts';
import { factoryTree } from '../../../simulator/menu/factory.ts';
import type { WritableTree } from '../../../simulator/menu/tree-state.ts';
import { createTwin, type Twin } from '../../../simulator/twin.ts';
import type { Router } from '../../../store/types.ts';

export interface StandOptions {
  readonly version?: string;
  readonly board?: string;
  readonly random?: () => number;
  readonly log?: Logger;
  /** Of the district. What the link really is, is up to `link.path`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Before the twin is switched on. */
  readonly prepare?: (tree: WritableTree) => void;
  /** A LAN that phones can really be in, and where RADIUS is really asked; else phones only get an address. */
  readonly phones?: Pick<Router, 'lanSubnet' | 'hotspotAddress'> & {
    readonly portMap: Readonly<Record<string, string>>;
  };
  readonly nasSecret?: string;
  readonly onCut?: () => void;
}

export interface ApplyStand extends AsyncDisposable {
  readonly tree: WritableTree;
  readonly twin: Twin;
  readonly link: Link;
  readonly clock: SteppedClock;
  readonly row: () => Router;
  /** What the store is told from now on is lost, as when the server dies. */
  dead: boolean;
  task(change?: TaskChange): RouterTask;
}

export interface TaskChange {
  readonly router?: Partial<Router>;
  readonly settings?: Partial<FleetSettings>;
  readonly signal?: AbortSignal;
  /** Default 10,000: after it a half-open link is found out. */
  readonly commandTimeoutMs?: number;
}

export const ADMIN_PASSWORD = 'admin-pw';
export const NAS_SECRET = 'nas-secret-value';
/** Stands for port 80 of a router's LAN address. */
export const STAND_HTTP_PORT = 8881;
/** Our addresses, as the router's firewall and services know them. */
const ADDRESS = '127.0.0.1';
let stands = 0;

export async function applyStand(options: StandOptions = {}): Promise<ApplyStand> {
  stands += 1;
  const address = `127.${90 + (process.pid % 60)}.${process.pid % 251}.${(stands % 250) + 1}`;
  const clock = steppedClock();
  const tree = factoryTree({
    version: options.version ?? '7.20.8',
    board: options.board ?? 'hap-ax2',
    adminPassword: ADMIN_PASSWORD,
    now: () => clock.now(),
  });
  options.prepare?.(tree);
  const ports = { httpPort: STAND_HTTP_PORT, dnsPort: 8853 };
  const place = { address, tunnel: ['10.255.0.1'], portMap: options.phones?.portMap ?? {} };
  const twin = await createTwin({ ...place, ...ports, apiPort: 0, tree, clock });
  const link = await openLink({
    target: { host: address, port: twin.apiPort },
    host: ADDRESS,
    from: ADDRESS,
    ...(options.random === undefined ? {} : { random: options.random }),
    ...(options.onCut === undefined ? {} : { onCut: options.onCut }),
  });
  const { portMap: _, ...lan } = options.phones ?? { portMap: {} };
  let row: Router = { ...ROUTER, ...lan, address: ADDRESS, apiPort: link.port };
  let password = ADMIN_PASSWORD;
  const stand = { dead: false };
  const store: ProvisionStore = {
    routerCredentials: async () => ({
      apiUser: row.apiUser,
      apiPassword: password,
      nasSecret: options.nasSecret ?? NAS_SECRET,
    }),
    listTariffs: async () => [],
    rowOverrides: async () => [],
    openSettings: async () =>
      Object.entries(options.settings ?? {}).map(([name, value]) => ({
        ...OF_DISTRICT,
        ...{ name, value },
      })),
    listPolicies: async () => [],
    listParts: async () => [],
    credentialKey: (secret) => `key-of-${secret}-padded-to-some-length`,
    setApiUser: async ({ apiUser, apiPassword }) => {
      if (stand.dead) return;
      row = { ...row, apiUser };
      password = apiPassword;
    },
    recordProvisioning: async ({ provisioning, digest, detail }) => {
      if (stand.dead) return;
      row = { ...row, provisioning, appliedDigest: digest, provisioningDetail: detail };
    },
  };
  return Object.assign(stand, {
    tree,
    twin,
    link,
    clock,
    row: () => row,
    task: (change: TaskChange = {}): RouterTask => {
      const { router = {}, settings = {}, signal, commandTimeoutMs = 10_000 } = change;
      row = { ...row, ...router };
      return {
        store,
        router: row,
        settings: { ...SETTINGS, ...settings },
        log: options.log ?? createLogger('test', 'silent'),
        clock,
        connect: (dial) => connectRouter({ ...dial, commandTimeoutMs }),
        ...(signal === undefined ? {} : { signal }),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await link[Symbol.asyncDispose]();
      await twin[Symbol.asyncDispose]();
    },
  });
}

const OF_DISTRICT = { level: 'district', code: '16.06.01', secret: false, setAt: 0 } as const;

/** Menus that live, or that no configuration is made of. */
const NOT_CONFIGURATION =
  /^\/(log|file|ip\/dns\/cache|user\/active|system\/(resource|clock|routerboard|health|package|history)|safe-mode)(\/|$)/;

/** All that the twin's configuration says, in order and without ids, to compare two states. */
export function configurationOf(tree: WritableTree): string {
  const menus = [...tree.snapshot()]
    .filter(([path]) => !NOT_CONFIGURATION.test(path))
    .map(([path, rows]): [string, unknown[]] => [
      path,
      rows.flatMap((row) => (row.dynamic ? [] : [[row.values, row.password ?? '']])),
    ])
    .filter(([, rows]) => rows.length > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return menus.map(([path, rows]) => `${path} ${JSON.stringify(rows)}`).join('\n');
}

/** What a controller would read, straight from the tree. */
export function observedOf(tree: WritableTree, paths: readonly string[]): Observed {
  const menus = paths.map((path): [string, Record<string, string>[]] => [
    path,
    tree.rows(path).map((row) => ({
      '.id': row.id,
      ...tree.printed(path, row),
      dynamic: String(row.dynamic),
    })),
  ]);
  const files = tree.rows('/file').map((row) => {
    const contents = tree.file(row.values.name ?? '');
    const { name = '', type = '', size } = row.values;
    return [name, { id: row.id, type, size: Number(size ?? 0), contents }] as const;
  });
  return { menus: new Map(menus), files: new Map(files) };
}
