/**
 * The main job, once: 242 villages, their routers from factory state to service, hundreds of citizens
 * who log in, use the internet and are kept from what the regency blocks, every way in which a session
 * ends, and one proof at the end that all layers counted the same.
 */
import { planRouter } from '../../controller/provision.ts';
import { createLogger } from '../../lib/log.ts';
import { forEachLimited } from '../../lib/retry.ts';
import { dialFrom, fleetSettings } from '../serve/settings.ts';
import { CAST_SIZE, type Props, playScenes } from './cast.ts';
import { crowdArrives, crowdCredentials, crowdLeaves } from './crowd.ts';
import { createFindings, type Finding, type Findings, type Layer } from './findings.ts';
import type { Guest, Tally, Visit } from './guest.ts';
import { powerCut } from './power.ts';
import type { Sabotage } from './sabotage.ts';
import { until } from './until.ts';
import { checkClocks, type Verified, verify } from './verify.ts';
import type { World } from './world.ts';

export interface MainJobOptions {
  readonly phones: number;
  readonly sabotage: Sabotage | null;
  progress(line: string): void;
}

/** Every figure is counted from the store, the twins or the wire. */
export interface Summary {
  readonly ok: boolean;
  readonly seconds: number;
  readonly peakRssMb: number;
  readonly simulatorRssMb: number;
  readonly villages: number;
  readonly routers: number;
  readonly provisioned: number;
  readonly emptyPlans: number;
  readonly phones: number;
  readonly logins: {
    readonly accepted: number;
    readonly rejected: Readonly<Record<string, number>>;
  };
  readonly sessions: {
    readonly started: number;
    readonly stopped: Readonly<Record<string, number>>;
    readonly octetsMatched: number;
  };
  readonly dns: { readonly blocked: number; readonly allowed: number };
  readonly metricsMatched: number;
  readonly failures: readonly Finding[];
}

/** Ends that a rehearsal must have seen at least once, and whose fault it is if not. */
const ENDS: Readonly<Record<string, Layer>> = {
  'Session-Timeout': 'limits',
  'Data-Limit': 'limits',
  'User-Request': 'limits',
  'Admin-Reset': 'enforcement',
  'NAS-Reboot': 'power',
};
const PROVISION_SECONDS = 90;

export async function runMainJob(world: World, options: MainJobOptions): Promise<Summary> {
  const startedAt = performance.now();
  const findings = createFindings();
  const guests = new Map<string, Guest>();
  const tally: Tally = { accepted: 0, rejected: {}, blocked: 0, allowed: 0 };
  const visit: Visit = { world, findings, tally, meet: (guest) => guests.set(guest.mac, guest) };
  const { progress, sabotage } = options;

  const provisioned = await provision(visit, progress);
  await sabotage?.afterProvisioning?.(world);
  const emptyPlans = await countEmptyPlans(visit);
  progress(`${provisioned} routers provisioned, ${emptyPlans} plans are empty`);
  await sabotage?.beforePhones?.(world);

  const props = propsOf(world);
  const crowd = Math.max(1, options.phones - CAST_SIZE);
  const credentials = await crowdCredentials(world.store, world.clock, crowd);
  const [online] = await Promise.all([crowdArrives(visit, credentials), playScenes(visit, props)]);
  progress(`${tally.accepted} logins accepted, ${online.length} phones of the crowd are online`);
  await checkClocks(visit);
  await crowdLeaves(visit, await powerCut(visit, props, online));
  progress('the power went and came back, and the crowd has left');
  await sabotage?.beforeVerifying?.(world);
  const verified = await verify(visit, [...guests.values()]);
  checkEnds(findings, verified);
  return summarize(world, visit, {
    ...verified,
    provisioned,
    emptyPlans,
    phones: guests.size,
    startedAt,
  });
}

async function provision(
  { world, findings }: Visit,
  progress: (line: string) => void,
): Promise<number> {
  let done = 0;
  let said = 0;
  await until(async () => {
    const routers = await world.store.listRouters();
    done = routers.filter((router) => router.provisioning === 'applied').length;
    if (done - said >= 50) progress(`${done} of ${routers.length} routers provisioned`);
    if (done - said >= 50) said = done;
    return done === routers.length;
  }, PROVISION_SECONDS);
  for (const router of await world.store.listRouters()) {
    if (router.provisioning === 'applied') continue;
    findings.fail(
      'controller',
      `${router.name} is ${router.provisioning}: ${router.provisioningDetail ?? ''}`,
    );
  }
  findings.expect(world.villages === 242, 'villages', `${world.villages} villages instead of 242`);
  return done;
}

/** Asks each router anew, as `smartwifi router plan` would. */
async function countEmptyPlans({ world, findings }: Visit): Promise<number> {
  const { config, service, store, clock } = world;
  const settings = fleetSettings(config, {
    authPort: service.ports.auth!,
    acctPort: service.ports.acct!,
    portalPort: service.ports.portal!,
  });
  const log = createLogger('demo', 'silent');
  const connect = dialFrom(config);
  let empty = 0;
  await forEachLimited(await store.listRouters(), 16, async (router) => {
    const { changes } = await planRouter({ store, router, settings, log, clock, connect });
    if (changes.length === 0) empty += 1;
    else findings.fail('controller', `the plan of ${router.name} has ${changes.length} changes`);
  });
  return empty;
}

function propsOf({ store, clock }: World): Props {
  return {
    voucher: async (tariff, village) => {
      const [voucher] = await store.createVouchers({
        tariff: tariff.name,
        count: 1,
        villageCode: village ?? null,
        batch: 'cast',
        at: clock.now(),
      });
      return voucher!;
    },
  };
}

function checkEnds(findings: Findings, { stopped }: Verified): void {
  for (const [cause, layer] of Object.entries(ENDS)) {
    findings.expect((stopped[cause] ?? 0) > 0, layer, `no session ended by ${cause}`);
  }
}

async function summarize(
  world: World,
  { findings, tally }: Visit,
  counted: Verified & {
    provisioned: number;
    emptyPlans: number;
    phones: number;
    startedAt: number;
  },
): Promise<Summary> {
  const failures = findings.all();
  const own = process.resourceUsage().maxRSS / 1024;
  const simulator = await world.simulator.memoryMb();
  return {
    ok: failures.length === 0,
    seconds: Math.round((performance.now() - counted.startedAt) / 100) / 10,
    peakRssMb: Math.round(own + simulator),
    simulatorRssMb: Math.round(simulator),
    villages: world.villages,
    routers: world.routers.length,
    provisioned: counted.provisioned,
    emptyPlans: counted.emptyPlans,
    phones: counted.phones,
    logins: { accepted: tally.accepted, rejected: tally.rejected },
    sessions: {
      started: counted.started,
      stopped: counted.stopped,
      octetsMatched: counted.octetsMatched,
    },
    dns: { blocked: tally.blocked, allowed: tally.allowed },
    metricsMatched: counted.metricsMatched,
    failures,
  };
}
