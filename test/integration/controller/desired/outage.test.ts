/** A whole outage in the router's own time: netwatch of the twin, our scripts, and what a plan says of it. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { planRouter, provisionRouter, type RouterTask } from '../../../../controller/provision.ts';
import { SWITCH_SECONDS } from '../../../../controller/settings/link.ts';
import { SETTINGS } from '../../../../controller/test-input.ts';
import { realClock } from '../../../../lib/clock.ts';
import { createLogger } from '../../../../lib/log.ts';
import { startApiServer } from '../../../../simulator/api/server.ts';
import { ADMIN } from '../../../../simulator/api/test-twin.ts';
import { readDnsConfig } from '../../../../simulator/dns/config.ts';
import { type LivingRouter, livingRouter } from '../../../../simulator/system/test-system.ts';
import { campaign } from '../../../fixtures/campaign.ts';
import { AT, newRouter, village } from '../../../fixtures/rows.ts';
import { ENGINES } from '../../store/engines.ts';

const STEP_SECONDS = 5;
const DAY_SECONDS = 86_400;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

interface Village {
  readonly router: LivingRouter;
  /** Services that are there, as `host:port`. */
  readonly alive: Set<string>;
  /** The link: which share of the probes it loses, and how many it has lost. */
  readonly link: { loss: number; lost: number };
  plan(): Promise<string[]>;
  /** Seconds of the router until `what` holds; throws after five minutes. */
  secondsUntil(what: () => boolean): Promise<number>;
  readonly servers: () => string | undefined;
  readonly folder: () => string | undefined;
  readonly floorIsUp: () => boolean;
  /** What the router's own rows make of a name; else its servers are asked. */
  readonly answerTo: (name: string) => 'denied' | 'asked for' | 'known';
}

const RESOLVER = `${SETTINGS.resolverAddress}:53`;
const PORTAL = `${SETTINGS.portalAddress}:443`;

/** Provisioned over its API while the server is there. */
async function villageOnline(settings: Readonly<Record<string, string>> = {}): Promise<Village> {
  const alive = new Set([RESOLVER, PORTAL]);
  const link = { loss: 0, lost: 0 };
  const [random] = fc.sample(
    fc.noBias(fc.infiniteStream(fc.noBias(fc.integer({ min: 0, max: 999 })))),
    campaign(1),
  );
  const arrives = (): boolean => {
    const isLost = random!.next().value! < link.loss * 1000;
    link.lost += isLost ? 1 : 0;
    return !isLost;
  };
  const outside = {
    answers: async (host: string, port: number | null) => arrives() && alive.has(`${host}:${port}`),
    lookup: async (_name: string, server?: string) =>
      arrives() && alive.has(`${server}:53`) ? '192.0.2.1' : null,
  };
  const router = livingRouter({ adminPassword: ADMIN.password, version: '7.20.8' }, outside);
  const { tree, system } = router;
  const api = await startApiServer({
    tree,
    host: '127.0.0.1',
    port: 0,
    clock: realClock,
    system: system.commands,
  });
  open.push(api);
  const opened = await ENGINES[0]!.open();
  open.push(opened);
  const { store } = opened;
  await store.importVillages({ villages: [village], at: AT });
  await store.addRouter({
    ...newRouter,
    address: '127.0.0.1',
    apiPort: api.port,
    apiUser: ADMIN.name,
    apiPassword: ADMIN.password,
  });
  for (const [name, value] of Object.entries(settings)) {
    const place = { level: 'village', code: village.code, secret: false, at: AT } as const;
    await store.setSetting({ ...place, name, value });
  }
  const task = async (): Promise<RouterTask> => ({
    store,
    router: (await store.listRouters())[0]!,
    settings: SETTINGS,
    log: createLogger('test', 'silent'),
    clock: realClock,
  });
  expect(await provisionRouter(await task())).toMatchObject({ empty: true });
  const profile = () =>
    tree.rows('/ip/hotspot/profile').find(({ values }) => values.name === 'sw-prof')?.values;
  return {
    router,
    alive,
    link,
    plan: async () =>
      (await planRouter(await task())).changes.map(({ path, key }) => `${path} ${key}`),
    secondsUntil: async (what) => {
      for (let seconds = 0; seconds <= 300; seconds += STEP_SECONDS) {
        if (what()) return seconds;
        await router.advance(STEP_SECONDS * 1000);
      }
      throw new Error('it never came to be');
    },
    servers: () => tree.single('/ip/dns').servers,
    folder: () => profile()?.['html-directory'],
    answerTo: (name) => {
      const answers = readDnsConfig(tree, new Map()).lookup(name);
      if (answers === null) return 'asked for';
      return answers.every(({ record }) => record === null) ? 'denied' : 'known';
    },
    floorIsUp: () =>
      tree
        .rows('/ip/dns/static')
        .filter(({ values }) => values.comment?.startsWith('sw:floor-'))
        .every(({ values }) => values.disabled !== 'true'),
  };
}

describe('a router whose server dies', { timeout: 60_000 }, () => {
  it.each([
    ['', {}],
    [' on a metered satellite', { 'link.metered-gb': '50', 'link.rtt-ms': '600' }],
  ])(
    'helps itself within a minute%s, and goes back when the server returns',
    async (_link, settings) => {
      const online = await villageOnline(settings);
      const { alive, plan, secondsUntil, servers, folder, floorIsUp, answerTo } = online;
      await secondsUntil(() => servers() === SETTINGS.resolverAddress);
      expect(floorIsUp()).toBe(false);
      expect(answerTo('pornhub.com')).toBe('asked for');

      alive.clear();
      const down = await secondsUntil(
        () => servers() === '1.1.1.3,1.0.0.3' && floorIsUp() && folder() === 'sw/down',
      );
      expect(down).toBeLessThanOrEqual(SWITCH_SECONDS);
      for (const name of ['pornhub.com', 'www.sbobet.com']) expect(answerTo(name)).toBe('denied');
      expect(await plan()).toEqual([]);

      alive.add(RESOLVER).add(PORTAL);
      const up = await secondsUntil(
        () => servers() === SETTINGS.resolverAddress && !floorIsUp() && folder() === 'sw',
      );
      expect(up).toBeLessThanOrEqual(SWITCH_SECONDS);
      expect(await plan()).toEqual([]);
    },
  );

  it.each([
    ['', {}],
    [' on a metered satellite', { 'link.metered-gb': '50', 'link.rtt-ms': '600' }],
  ])('does not take a lost probe for a dead server%s', async (_link, settings) => {
    const { router, link, servers, plan, secondsUntil } = await villageOnline(settings);
    await secondsUntil(() => servers() === SETTINGS.resolverAddress);
    link.loss = 0.02;
    let switched = 0;
    let isAway = false;
    for (let seconds = 0; seconds < DAY_SECONDS; seconds += STEP_SECONDS) {
      await router.advance(STEP_SECONDS * 1000);
      const now = servers() !== SETTINGS.resolverAddress;
      if (now && !isAway) switched += 1;
      isAway = now;
    }

    // Each of these would have turned the village away from its resolver.
    expect(link.lost).toBeGreaterThan(50);
    expect(switched).toBeLessThanOrEqual(3);
    expect(await plan()).toEqual([]);
  });

  it('whose last probe alone was lost is no drift', async () => {
    const { router, link, plan, servers } = await villageOnline();
    await router.advance(60_000);
    link.loss = 1;
    await router.advance(17_000);
    await router.advance(5000);
    link.loss = 0;

    expect(link.lost).toBeGreaterThan(0);
    expect(servers()).toBe(SETTINGS.resolverAddress);
    expect(await plan()).toEqual([]);
  });

  it('keeps its resolver while only the portal is away', async () => {
    const { alive, plan, secondsUntil, servers, folder } = await villageOnline();

    alive.delete(PORTAL);
    await secondsUntil(() => folder() === 'sw/down');

    expect(servers()).toBe(SETTINGS.resolverAddress);
    expect(await plan()).toEqual([]);
  });

  it('that starts while the server is away does not wait five minutes', async () => {
    const { router, alive, secondsUntil, servers } = await villageOnline();
    router.system.powerCut();
    alive.clear();
    router.system.powerOn();

    expect(await secondsUntil(() => servers() === '1.1.1.3,1.0.0.3')).toBeLessThanOrEqual(
      SWITCH_SECONDS,
    );
  });

  it('whose script failed halfway is mended', async () => {
    const { router, plan, secondsUntil, servers, folder } = await villageOnline();
    await secondsUntil(() => router.logged('netwatch').length >= 2);
    router.tree.setSingle('/ip/dns', new Map([['servers', '1.1.1.3,1.0.0.3']]));

    expect(servers()).toBe('1.1.1.3,1.0.0.3');
    expect(folder()).toBe('sw');
    expect(await plan()).toEqual(['/ip/dns ']);
  });
});
