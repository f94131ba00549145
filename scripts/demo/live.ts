/** The demo that stays up: phones come and go, and a person can walk through a router's redirect. */
import { simulatePhones } from '../../simulator/fleet/campaign.ts';
import type { CommandContext } from '../command.ts';
import { crowdCredentials } from './crowd.ts';
import { ALLOWED_NAMES, BLOCKED_NAMES, TARIFFS } from './plan.ts';
import { until } from './until.ts';
import { openVisitor } from './visitor.ts';
import type { World } from './world.ts';

const PROVISION_SECONDS = 180;
const STAY_MS = 120_000;
const OCTETS_PER_PAGE = 50_000;

/** Resolves when the stage is set; disposing of the result sends the phones home. */
export async function live(
  context: CommandContext,
  world: World,
  phones: number,
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const { store, clock } = world;
  let done = 0;
  await until(async () => {
    done = (await store.listRouters()).filter((router) => router.provisioning === 'applied').length;
    return context.signal.aborted || done === world.routers.length;
  }, PROVISION_SECONDS);
  context.progress(`${done} of ${world.routers.length} routers provisioned`);
  const credentials = await crowdCredentials(store, clock, phones);
  const [voucher] = await store.createVouchers({
    tariff: TARIFFS.resident.name,
    count: 1,
    villageCode: null,
    batch: 'visitor',
    at: clock.now(),
  });
  const { hotspot, visitor: listen } = world.ports;
  const visitor = stack.use(await openVisitor(world.routers[0]!, { hotspot, listen }));
  const at = welcome(world, voucher!.code, visitor.proxy);
  context.print(at, welcomeText(at));

  const home = new AbortController();
  const campaign = simulatePhones({
    simulator: world.simulator,
    routers: world.routers.map((router) => router.name),
    phones,
    credentials,
    visits: Number.MAX_SAFE_INTEGER,
    urls: ALLOWED_NAMES.map((name) => `http://${name}/`),
    octetsPerUrl: OCTETS_PER_PAGE,
    stayMs: STAY_MS,
    logoutShare: 0.5,
    atOnce: Math.min(phones, 200),
    clock,
    random: Math.random,
    signal: home.signal,
  });
  stack.defer(async () => {
    home.abort();
    await campaign;
  });
  return stack.move();
}

function welcome(world: World, voucher: string, proxy: string) {
  const router = world.routers[0]!;
  return {
    voucher,
    router: router.name,
    village: router.villageName,
    proxy,
    portal: world.config.portal.publicUrl,
    metrics: `http://127.0.0.1:${world.ports.metrics}/metrics`,
    configFile: world.configFile,
    blockedName: BLOCKED_NAMES.adult,
  };
}

function welcomeText(at: ReturnType<typeof welcome>): string {
  return [
    '',
    `You are a phone in ${at.village}. Your voucher: ${at.voucher}`,
    '',
    `1. Let a browser be that phone: its HTTP proxy, for all addresses, is ${at.proxy}, as in`,
    `     chromium --user-data-dir=/tmp/phone --proxy-server=${at.proxy} --proxy-bypass-list='<-loopback>' http://berita.example/`,
    '   The router sends you to the portal: log in with the voucher.',
    `2. ${at.portal}/status shows time and data left, and logs you out; http://${at.blockedName}/ is blocked.`,
    `3. As an operator: npx smartwifi router list --config ${at.configFile}`,
    `   and ${at.metrics}`,
    '',
    'Ctrl-C ends it.',
  ].join('\n');
}
