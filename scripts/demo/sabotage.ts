/**
 * Ways of breaking one thing from outside: over a router's own API, in the store behind the service's
 * back, or with a fault in a router. A rehearsal that still passes then proves nothing; each of these
 * must make it fail, and name the layer.
 */
import type { RouterOsConnection } from '../../controller/routeros/client.ts';
import { forEachLimited } from '../../lib/retry.ts';
import type { Router } from '../../store/types.ts';
import { dialFrom } from '../serve/settings.ts';
import type { Layer } from './findings.ts';
import { BLOCK } from './plan.ts';
import { damageStore } from './store-damage.ts';
import type { World } from './world.ts';

type Step = (world: World) => Promise<void>;

export interface Sabotage {
  readonly name: string;
  readonly says: string;
  /** The layer that must be named first. */
  readonly layer: Layer;
  readonly afterProvisioning?: Step;
  readonly beforePhones?: Step;
  readonly beforeVerifying?: Step;
}

export const SABOTAGES: readonly Sabotage[] = [
  {
    name: 'changed-by-hand',
    says: 'somebody edits a row of ours on the routers',
    layer: 'controller',
    afterProvisioning: onRouters((router) =>
      setRows(router, '/ip/dhcp-server', { 'lease-time': '5m' }),
    ),
  },
  {
    name: 'wrong-clock',
    says: 'the clocks of the routers are two hours off',
    layer: 'clock',
    beforePhones: fault({ clockOffsetMs: -7_200_000 }),
  },
  {
    name: 'hotspot-off',
    says: 'the hotspot is switched off',
    layer: 'hotspot',
    beforePhones: onRouters((router) => setRows(router, '/ip/hotspot', { disabled: 'yes' })),
  },
  {
    name: 'login-page-missing',
    says: 'the login page is gone from the routers',
    layer: 'login page',
    beforePhones: onRouters(async ({ run }) => {
      const files = await run('/file/print');
      const pages = files.filter((file) => file.name?.endsWith('login.html'));
      for (const page of pages) await run('/file/remove', { '.id': page['.id']! });
    }),
  },
  {
    name: 'walled-garden-gone',
    says: 'the portal is no longer in the walled garden',
    layer: 'walled garden',
    beforePhones: onRouters(async (router) => {
      await removeRows(router, '/ip/hotspot/walled-garden');
      await removeRows(router, '/ip/hotspot/walled-garden/ip');
    }),
  },
  {
    name: 'firewall-drop',
    says: 'the firewall drops what phones send into the tunnel',
    layer: 'network path',
    beforePhones: onRouters((router) =>
      addForwardRule(router, { action: 'drop', 'dst-address': '127.10.0.0/16' }),
    ),
  },
  {
    name: 'tunnel-masqueraded',
    says: 'the routers hide their phones behind one address',
    layer: 'network path',
    beforePhones: onRouters(({ run }) =>
      run('/ip/firewall/nat/add', { chain: 'srcnat', action: 'masquerade' }),
    ),
  },
  {
    name: 'foreign-link-login',
    says: 'the login page sends phones on with a foreign link-login-only',
    layer: 'portal',
    beforePhones: onRouters(async ({ run }, { config }) => {
      const contents = `<meta http-equiv="refresh" content="0; url=${config.portal.publicUrl}/?router=$(identity)&amp;mac=$(mac-esc)&amp;ip=$(ip)&amp;link-login-only=http%3A%2F%2Fevil.example%2Flogin">`;
      const files = await run('/file/print');
      const pages = files.filter((file) => file.name?.endsWith('login.html'));
      for (const page of pages) await run('/file/set', { '.id': page['.id']!, contents });
    }),
  },
  {
    name: 'nas-secret',
    says: 'the routers have another RADIUS secret than the store',
    layer: 'radius',
    beforePhones: onRouters((router) =>
      setRows(router, '/radius', { secret: 'another-secret-altogether' }),
    ),
  },
  {
    name: 'radius-missing',
    says: 'the routers have no RADIUS server',
    layer: 'radius',
    beforePhones: onRouters((router) => removeRows(router, '/radius')),
  },
  {
    name: 'validity-erased',
    says: 'the end of validity of vouchers is erased in the store',
    layer: 'authorisation',
    beforePhones: (world) => damageStore(world.config.store, 'eraseValidity'),
  },
  {
    name: 'token-reused',
    says: 'spent tokens are made good again in the store',
    layer: 'tokens',
    beforePhones: (world) => damageStore(world.config.store, 'unspendTokens'),
  },
  {
    name: 'resolver-down',
    says: 'the resolver that the routers ask is not there',
    layer: 'dns',
    // Their watches would put it right, once they have missed the server for a moment.
    beforePhones: onRouters(async (router) => {
      await removeRows(router, '/tool/netwatch');
      await router.run('/ip/dns/set', { servers: BLOCK });
    }),
  },
  {
    name: 'list-empty',
    says: 'the block lists are empty',
    layer: 'filter',
    beforePhones: (world) => damageStore(world.config.store, 'dropLists'),
  },
  {
    name: 'policy-gone',
    says: 'no policy blocks anything',
    layer: 'filter',
    beforePhones: (world) => damageStore(world.config.store, 'dropPolicies'),
  },
  {
    name: 'accounting-off',
    says: 'the routers report no accounting',
    layer: 'accounting',
    beforePhones: onRouters((router) =>
      setRows(router, '/ip/hotspot/profile', { 'radius-accounting': 'no' }, (row) =>
        row.name!.startsWith('sw-'),
      ),
    ),
  },
  {
    name: 'lost-stop',
    says: 'the routers never report the end of a session',
    layer: 'accounting',
    beforePhones: fault({ dropAccountingStop: true }),
  },
  {
    name: 'counters-frozen',
    says: 'the routers report octets that stand still',
    layer: 'octets',
    beforePhones: fault({ freezeCounters: true }),
  },
  {
    name: 'fasttrack-back',
    says: 'somebody switches fasttrack on again',
    layer: 'octets',
    beforePhones: onRouters((router) =>
      addForwardRule(router, {
        action: 'fasttrack-connection',
        'connection-state': 'established,related',
      }),
    ),
  },
  {
    name: 'coa-off',
    says: 'the routers accept no Disconnect-Request',
    layer: 'enforcement',
    beforePhones: onRouters(({ run }) => run('/radius/incoming/set', { accept: 'no' })),
  },
  {
    name: 'session-lost',
    says: 'a session vanishes from the store',
    layer: 'store',
    beforeVerifying: (world) => damageStore(world.config.store, 'dropSession'),
  },
  {
    name: 'metrics-frozen',
    says: 'the totals behind the metrics stand still',
    layer: 'metrics',
    beforePhones: (world) => damageStore(world.config.store, 'freezeTotals'),
  },
];

export function findSabotage(name: string): Sabotage | undefined {
  return SABOTAGES.find((sabotage) => sabotage.name === name);
}

type Rows = Record<string, string>[];

interface OpenRouter {
  readonly connection: RouterOsConnection;
  run(command: string, attributes?: Readonly<Record<string, string>>): Promise<Rows>;
}

/** Logs in to every router as the controller would, and does `work` there. */
function onRouters(work: (router: OpenRouter, world: World) => Promise<unknown>): Step {
  return (world) =>
    forEachLimited(world.routers, 8, async (router) => {
      await using connection = await login(world, router);
      await work(
        { connection, run: (command, attributes) => connection.run(command, attributes ?? {}) },
        world,
      );
    });
}

async function login(world: World, router: Router): Promise<RouterOsConnection> {
  const credentials = await world.store.routerCredentials(router.id);
  return dialFrom(world.config)({
    host: router.address,
    port: router.apiPort,
    user: credentials!.apiUser,
    password: credentials!.apiPassword,
  });
}

/** Before every rule of ours in the forward chain. */
async function addForwardRule(
  { run }: OpenRouter,
  rule: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = await run('/ip/firewall/filter/print');
  const first = rows.find((row) => row.chain === 'forward' && row.dynamic !== 'true');
  await run('/ip/firewall/filter/add', {
    chain: 'forward',
    ...rule,
    ...(first === undefined ? {} : { 'place-before': first['.id']! }),
  });
}

async function setRows(
  { run }: OpenRouter,
  path: string,
  values: Readonly<Record<string, string>>,
  which: (row: Readonly<Record<string, string>>) => boolean = () => true,
): Promise<void> {
  for (const row of await run(`${path}/print`)) {
    if (which(row)) await run(`${path}/set`, { '.id': row['.id']!, ...values });
  }
}

async function removeRows({ run }: OpenRouter, path: string): Promise<void> {
  for (const row of await run(`${path}/print`)) {
    if (row.dynamic !== 'true') await run(`${path}/remove`, { '.id': row['.id']! });
  }
}

function fault(faults: Parameters<World['simulator']['setFault']>[1]): Step {
  return async (world) => {
    for (const router of world.routers) await world.simulator.setFault(router.name, faults);
  };
}
