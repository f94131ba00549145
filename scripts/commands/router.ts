import { wantsColour } from '../../config/terminal.ts';
import { backUpBefore } from '../../controller/backup/back-up.ts';
import { type HoldOptions, inHand } from '../../controller/fleet/hold.ts';
import { inLane } from '../../controller/fleet/lane.ts';
import { linkKey } from '../../controller/fleet/link-key.ts';
import { planRouter, provisionRouter, type RouterTask } from '../../controller/provision.ts';
import { planDocument, renderPlan, summarisePlan } from '../../controller/render-plan.ts';
import { realClock } from '../../lib/clock.ts';
import { createLogger } from '../../lib/log.ts';
import { forEachLimited } from '../../lib/retry.ts';
import type { SettingRow } from '../../settings/resolve.ts';
import type { Store } from '../../store/contract.ts';
import type { Router, StateInterval } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  numberOption,
  operand,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { dialFrom, fleetSettings } from '../serve/settings.ts';
import { instant, table } from '../table.ts';
import { writePeers } from './enrolment.ts';
import { fleetRollout } from './fleet.ts';

const AT_ONCE = 16;

export const routerList: Command = {
  summary: 'list the routers',
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const states = new Map((await store.currentStates()).map((row) => [row.routerId, row.state]));
      const routers: (Router & { state: string })[] = (await store.listRouters()).map((router) => ({
        ...router,
        state: states.get(router.id) ?? 'unknown',
      }));
      for (const { router: name, life } of await store.listEnrolments()) {
        if (life === 'active') continue;
        routers.push({ ...(await requireRouter(store, name)), state: life });
      }
      context.print(
        routers,
        table(
          ['router', 'village', 'district', 'address', 'LAN', 'state', 'configuration'],
          routers.map((r) => [
            r.name,
            r.villageName,
            r.districtName,
            r.address,
            r.lanSubnet,
            r.state,
            r.provisioning,
          ]),
        ),
      );
      return 0;
    }),
};

export const routerShow: Command = {
  summary: 'show one router, its state and what was last applied',
  usage: 'NAME',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const router = await requireRouter(store, operand(context, 'the name of the router'));
      const intervals = await store.stateIntervals(router.id);
      const zone = context.config.timeZone;
      const state = await stateOf(store, router, intervals.at(-1));
      const lines = [
        `router         ${router.name} (${router.address})`,
        `village        ${router.villageName}, ${router.districtName} (${router.villageCode})`,
        `LAN            ${router.lanSubnet}, login at ${router.loginHost} = ${router.hotspotAddress}`,
        `state          ${state.name} since ${instant(state.since, zone)}`,
        `RADIUS         Message-Authenticator required: ${router.requireMessageAuthenticator}; Proxy-State limited: ${router.limitProxyState}`,
        `open           ${router.openingHours ?? 'always'}`,
        `started        ${instant(router.bootAt, zone)}`,
        `configuration  ${router.provisioning}, ${instant(router.appliedAt, zone)}`,
        ...(router.provisioningDetail === null ? [] : [router.provisioningDetail]),
      ];
      context.print({ ...router, intervals }, lines.join('\n'));
      return 0;
    }),
};

/** One that serves nobody is in no state but its life. */
async function stateOf(
  store: Store,
  router: Router,
  last: StateInterval | undefined,
): Promise<{ name: string; since: number | null }> {
  const enrolment = await store.enrolment(router.id);
  if (enrolment !== null && enrolment.life !== 'active') {
    return { name: enrolment.life, since: enrolment.lifeAt };
  }
  if (last === undefined || last.endedAt !== null) return { name: 'unknown', since: null };
  return { name: last.state, since: last.startedAt };
}

const WHEN = ['yes', 'auto', 'no'] as const;

export const routerSet: Command = {
  summary:
    'say what a router must prove when it asks by RADIUS (CVE-2024-3596), or when we speak to its API',
  usage:
    'NAME [--require-message-authenticator yes|auto|no] [--limit-proxy-state yes|auto|no] [--api-ssl yes|no [--api-port N]]',
  options: {
    'require-message-authenticator': { type: 'string' },
    'limit-proxy-state': { type: 'string' },
    'api-ssl': { type: 'string' },
    'api-port': { type: 'string' },
  },
  run: (context) => {
    const requireMessageAuthenticator = whenOption(context, 'require-message-authenticator');
    const limitProxyState = whenOption(context, 'limit-proxy-state');
    const policy = {
      ...(requireMessageAuthenticator === undefined ? {} : { requireMessageAuthenticator }),
      ...(limitProxyState === undefined ? {} : { limitProxyState }),
    };
    const api = apiOption(context);
    if (Object.keys(policy).length === 0 && api === null) {
      throw new UsageError('nothing to set is given');
    }
    return withStore(context, async (store) => {
      const name = operand(context, 'the name of the router');
      const { id: routerId } = await requireRouter(store, name);
      await store.setNasPolicy({ name, ...policy });
      if (api !== null) await store.setApiSsl({ routerId, ...api });
      const set = { ...policy, ...api };
      await audit(store, 'router.set', name, JSON.stringify(set));
      const pin =
        api?.apiSsl === true ? `; pin its certificate: smartwifi router enrol ${name}` : '';
      context.print({ router: name, ...set }, `router ${name} is set${pin}`);
      return 0;
    });
  },
};

const API_PORTS = { yes: 8729, no: 8728 } as const;

/** Null when nothing is said of it. */
function apiOption({ options }: CommandContext): { apiSsl: boolean; apiPort: number } | null {
  const port = numberOption(options, 'api-port', { min: 1, max: 65_535 });
  const text = textOption(options, 'api-ssl');
  if (text === undefined) {
    if (port !== undefined) throw new UsageError('--api-port goes with --api-ssl');
    return null;
  }
  if (text !== 'yes' && text !== 'no') throw new UsageError(`--api-ssl is yes or no, not ${text}`);
  return { apiSsl: text === 'yes', apiPort: port ?? API_PORTS[text] };
}

function whenOption({ options }: CommandContext, name: string): (typeof WHEN)[number] | undefined {
  const text = textOption(options, name);
  const value = WHEN.find((one) => one === text);
  if (text !== undefined && value === undefined) {
    throw new UsageError(`--${name} is yes, auto or no, not ${text}`);
  }
  return value;
}

export const routerPlan: Command = {
  summary: 'show what apply would change on a router; never writes',
  usage: 'NAME',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      const router = await requireRouter(store, operand(context, 'the name of the router'));
      const { changes, digest } = await planRouter(taskOf(context, store, router));
      context.print(
        { router: router.name, digest, changes: planDocument(changes) },
        changes.length === 0
          ? `${router.name} is as it should be`
          : `${renderPlan(changes, { colour: wantsColour(process.stdout) })}${router.name}: ${summarisePlan(changes)}`,
      );
      return 0;
    }),
};

export const routerApply: Command = {
  summary: 'bring routers to their desired configuration, and prove it by reading back',
  usage:
    '(NAME | --village CODE | --district CODE | --all) [--canary NAME,NAME] [--waves 1,5,20]; in waves, the service does it',
  options: {
    village: { type: 'string' },
    district: { type: 'string' },
    all: { type: 'boolean' },
    canary: { type: 'string' },
    waves: { type: 'string' },
  },
  run: (context) => {
    const { canary, waves } = context.options;
    const inWaves = canary !== undefined || waves !== undefined;
    return inWaves ? fleetRollout.run(context) : applyNow(context);
  },
};

function applyNow(context: CommandContext): Promise<number> {
  return withStore(context, async (store) => {
    const routers = await chosenRouters(context, store);
    const results: { router: string; outcome: string; changes: number; detail: string | null }[] =
      [];
    const settings = (await store.listSettings()).map((s) => ({ ...s, value: s.value ?? '' }));
    await forEachLimited(routers, AT_ONCE, async (router) => {
      const { outcome, changes, detail } = await applyInLane(context, store, router, settings);
      await audit(store, 'router.apply', router.name, outcome);
      results.push({ router: router.name, outcome, changes, detail });
      context.progress(
        `${router.name}: ${outcome}, ${changes} changes${detail === null ? '' : `\n${detail}`}`,
      );
    });
    const good = results.filter((r) => r.outcome === 'applied' || r.outcome === 'unchanged').length;
    context.print(results, `${good} of ${results.length} routers are as they should be`);
    return good === results.length ? 0 : 1;
  });
}

export const routerRemove: Command = {
  summary:
    'forget a router once nobody works on it (--now: at once); its sessions are closed, the router itself is not touched',
  usage: 'NAME [--now]',
  options: { now: { type: 'boolean' } },
  run: (context) =>
    withStore(context, async (store) => {
      const router = await requireRouter(store, operand(context, 'the name of the router'));
      const remove = () => store.removeRouter({ routerId: router.id, at: realClock.now() });
      // Its jobs go with it, and whoever works on one stops when he finds his lease gone.
      if (context.options.now === true) await remove();
      else await inHandOf(context, store, router, remove, { kind: 'read' });
      await audit(store, 'router.remove', router.name, router.address);
      await writePeers(context, store);
      context.print({ removed: router.name }, `router ${router.name} is forgotten`);
      return 0;
    }),
};

interface Applied {
  readonly outcome: string;
  readonly changes: number;
  readonly detail: string | null;
}

/** In the router's place in the queue, so that no controller works on it at the same time. */
async function applyInLane(
  context: CommandContext,
  store: Store,
  router: Router,
  settings: readonly SettingRow[],
): Promise<Applied> {
  const { clock, log } = taskOf(context, store, router);
  const link = linkKey(router, settings);
  const { signal: stop, progress: say } = context;
  const at = { store, clock, log, router, link, signal: stop, say };
  const ours = await inLane(at, async (signal) => {
    // As it is now that it is ours: a controller may have worked on it until then.
    const fresh = (await store.routerByName(router.name)) ?? router;
    const result = await provisionRouter({ ...taskOf(context, store, fresh), signal });
    const { outcome, changes, detail } = result;
    const value = { outcome, changes: changes.length, detail };
    return { value, result: { outcome: result.empty ? 'done' : 'failed', detail } };
  });
  if (ours !== null) return ours;
  const now = (await store.routerByName(router.name)) ?? router;
  return { outcome: now.provisioning, changes: 0, detail: now.provisioningDetail };
}

export function taskOf(
  context: CommandContext,
  store: Store,
  router: Router,
): RouterTask & { readonly store: Store } {
  const { config } = context;
  const log = createLogger('controller', context.json ? 'silent' : 'error');
  return {
    store,
    router,
    settings: fleetSettings(config, {
      authPort: config.radius.auth.port,
      acctPort: config.radius.acct.port,
      portalPort: config.portal.listen.port,
    }),
    log,
    clock: realClock,
    signal: context.signal,
    connect: dialFrom(config),
    backUp: backUpBefore({ store, clock: realClock, log, signal: context.signal }),
  };
}

export async function chosenRouters(context: CommandContext, store: Store): Promise<Router[]> {
  const { village, district, all } = context.options;
  const ways = [context.operands.length > 0, village !== undefined, district !== undefined, all];
  if (ways.filter((given) => given === true).length > 1) {
    throw new UsageError('only one of a name, --village, --district and --all may be given');
  }
  const routers = await store.listRouters();
  const chosen =
    all === true
      ? routers
      : village !== undefined
        ? routers.filter((router) => router.villageCode === village)
        : district !== undefined
          ? routers.filter((router) => router.districtCode === district)
          : [await namedRouter(context, store)];
  if (chosen.length === 0)
    throw new UsageError('there is no such router: see smartwifi router list');
  return chosen;
}

/** Not one that was given up: its board may be in anybody's hands. */
async function namedRouter(context: CommandContext, store: Store): Promise<Router> {
  const name = operand(context, 'a router name, --village, --district or --all');
  const router = await requireRouter(store, name);
  const life = (await store.enrolment(router.id))?.life ?? 'active';
  if (life === 'active' || life === 'spare') return router;
  throw new UsageError(`${name} is ${life}: it takes a router add under another name to use it`);
}

/**
 * Work on a router that nothing else may write to meanwhile, neither a controller nor another command. It is given
 * the router as it is now that it is ours.
 */
export async function inHandOf<T>(
  context: CommandContext,
  store: Store,
  router: Router,
  work: (task: ReturnType<typeof taskOf>) => Promise<T>,
  hold: Pick<HoldOptions, 'kind'> = {},
): Promise<T> {
  const { clock, log } = taskOf(context, store, router);
  const rows = (await store.listSettings()).map((row) => ({ ...row, value: row.value ?? '' }));
  const { signal, progress: say } = context;
  const at = { store, clock, log, router, link: linkKey(router, rows), signal, say, ...hold };
  return await inHand(at, async (held) => {
    const fresh = (await store.routerByName(router.name)) ?? router;
    return await work({ ...taskOf(context, store, fresh), signal: held });
  });
}

export async function requireRouter(store: Store, name: string): Promise<Router> {
  const router = await store.routerByName(name);
  if (router === null)
    throw new UsageError(`there is no router ${name}: see smartwifi router list`);
  return router;
}
