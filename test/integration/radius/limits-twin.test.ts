/** The whole way: a phone behind a simulated router, the RADIUS server, the store, and back to the router. */
import { describe, expect, it } from 'vitest';
import { type Clock, scaledClock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { startEnforcer } from '../../../radius/enforce.ts';
import { createEnforceMetrics } from '../../../radius/metrics.ts';
import { PORTAL, SILENT, seedVoucher, TIME_ZONE } from '../../../radius/radius.fixture.ts';
import { startReview } from '../../../radius/review.ts';
import { startRadius } from '../../../radius/server.ts';
import {
  ask,
  configure,
  DNS_PORT,
  get,
  HTTP_PORT,
  nextPlace,
  own,
  type Place,
  startWeb,
} from '../../../simulator/hotspot/test-village.ts';
import { factoryTree } from '../../../simulator/menu/factory.ts';
import type { WritableTree } from '../../../simulator/menu/tree-state.ts';
import { SECRET } from '../../../simulator/nas/test-peer.ts';
import { createTwin, type Twin } from '../../../simulator/twin.ts';
import type { Store } from '../../../store/contract.ts';
import type { NewTariff, Router, Session } from '../../../store/types.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { village } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';

const START_MS = Date.parse('2026-11-24T03:00:00Z');
const BODY = 'x'.repeat(300_000);
const WITHIN_MS = 20_000;

interface World extends AsyncDisposable {
  readonly place: Place;
  readonly tree: WritableTree;
  readonly twin: Twin;
  readonly store: Store;
  readonly router: Router;
  readonly clock: Clock;
  readonly voucherId: string;
  /** A phone that logs in with a token, as after the portal. */
  login(mac: string): Promise<{ ip: string }>;
  surf(ip: string): Promise<void>;
  /** The sessions of the store, oldest first, once `holds`. */
  sessions(holds: (sessions: readonly Session[]) => boolean): Promise<readonly Session[]>;
}

/** Two hundred seconds of both ends in one of the machine; reports every 20 s of them. */
async function world(tariff: Partial<NewTariff>): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const clock = scaledClock({ realOriginMs: Date.now(), originMs: START_MS, factor: 200 });
  const { store } = stack.use(await ENGINES[0]!.open());
  const place = nextPlace();
  await store.importVillages({ villages: [village], at: START_MS });
  const router = await store.addRouter({
    ...{ name: 'desa-uji', villageCode: village.code, address: place.router, apiPort: 8728 },
    ...{ apiUser: 'a', apiPassword: 'x', nasSecret: SECRET, coaPort: 3799, hotspotPort: 80 },
    ...{ loginHost: 'login.desa.test', lanPool: '172.16.0.0/12', at: START_MS },
  });
  await store.createTariff({ name: 'desa', devices: 2, ...tariff, at: START_MS });
  const { id: voucherId } = await seedVoucher(store, 'desa');
  const base = { store, clock, log: SILENT };
  const metrics = createMetrics();
  stack.use(
    await startRadius({
      ...{ ...base, metrics, portal: PORTAL, timeZone: TIME_ZONE, interimSeconds: 20 },
      ...{ auth: { host: place.server, port: 1812 }, acct: { host: place.server, port: 1813 } },
    }),
  );
  const coa = { ...base, metrics: createEnforceMetrics(createMetrics()) };
  stack.use(startEnforcer({ ...coa, sourceAddress: place.server, timeoutMs: 500, tries: 2 }));
  const review = stack.use(startReview({ ...base, timeZone: TIME_ZONE }));
  await review.reviewNow();
  stack.use(await startWeb(place.wan, 8080, () => `HTTP/1.1 200 OK\r\n\r\n${BODY}`));
  const tree = factoryTree();
  configure(tree, place);
  const twin = stack.use(
    await createTwin({
      ...{ address: place.router, apiPort: 0, tree, httpPort: HTTP_PORT, dnsPort: DNS_PORT },
      ...{ tunnel: [place.server], portMap: { '*:80': `${place.wan}:8080` }, clock },
    }),
  );
  const gateway = `${place.lan}.1`;
  const owned = stack.move();
  return {
    ...{ place, tree, twin, store, router, clock, voucherId },
    login: async (mac) => {
      const { username, token } = await store.issueToken({
        ...{ accountKind: 'voucher', accountId: voucherId, mac, routerId: router.id },
        ...{ at: clock.now(), ttlMs: 600_000 },
      });
      const lease = twin.attach({ mac });
      const path = `/login?username=${username}&password=${encodeURIComponent(token)}`;
      const answer = await ask(gateway, lease!.ip, own(path));
      if (!answer.text.startsWith('HTTP/1.1 302')) throw new Error(answer.text);
      return { ip: lease!.ip };
    },
    surf: async (ip) => void (await ask(gateway, ip, get('http://8.8.8.8/'))),
    sessions: (holds) =>
      eventually(
        async () => (await store.listSessions({ limit: 10 })).toReversed(),
        holds,
        WITHIN_MS,
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const queues = ({ tree }: World): (string | undefined)[] =>
  tree.rows('/queue/simple').map(({ values }) => values['max-limit']);
const isOpen = ({ state }: Session): boolean => state === 'open';
const allOpen = (count: number) => (sessions: readonly Session[]) =>
  sessions.length === count && sessions.every(isOpen);
const noneOpen = (sessions: readonly Session[]): boolean => !sessions.some(isOpen);

describe('a session on a router', () => {
  it('is slowed down once it has passed a step of fair use', async () => {
    await using w = await world({
      ...{ downKbps: 900_000, upKbps: 900_000 },
      fairUse: [{ period: 'day', afterOctets: 200_000, rate: { downKbps: 512, upKbps: 256 } }],
    });
    const { ip } = await w.login('02:00:00:00:00:01');
    await w.sessions(allOpen(1));
    const before = queues(w);

    await w.surf(ip);
    const [session] = await w.sessions((all) => all[0]?.rate === '256k/512k');

    expect(before).toEqual(['900000000/900000000']);
    expect(session).toMatchObject({ state: 'open', rate: '256k/512k' });
    expect(queues(w)).toEqual(['256000/512000']);
  });

  it('gets what an operator changes of its tariff', async () => {
    await using w = await world({ downKbps: 9000, upKbps: 9000 });
    await w.login('02:00:00:00:00:01');
    await w.sessions(allOpen(1));

    await w.store.changeTariff({ name: 'desa', downKbps: 3000, at: w.clock.now() });
    await w.sessions((all) => all[0]?.rate === '9000k/3000k');

    expect(queues(w)).toEqual(['9000000/3000000']);
  });

  it('ends with that of the other phone when their quota of the day is spent', async () => {
    await using w = await world({ dailyOctets: 450_000 });
    const phones = [await w.login('02:00:00:00:00:01'), await w.login('02:00:00:00:00:02')];
    await w.sessions(allOpen(2));

    for (const { ip } of phones) await w.surf(ip);
    const ended = await w.sessions(noneOpen);

    const octets = ended.reduce((sum, s) => sum + s.inputOctets + s.outputOctets, 0);
    expect(ended.map(({ state }) => state)).toEqual(['closed', 'closed']);
    expect(octets).toBeGreaterThanOrEqual(450_000);
    expect(octets).toBeLessThan(2 * 310_000);
    expect(w.twin.sessions().map(({ cause }) => cause === null)).toEqual([false, false]);
  });

  it('ends when its voucher is revoked, and the store hears of it', async () => {
    await using w = await world({});
    await w.login('02:00:00:00:00:01');
    await w.sessions(allOpen(1));

    await w.store.revokeVoucher({ id: w.voucherId, at: w.clock.now() });
    const [session] = await w.sessions((all) => all[0]?.stopCause === 'Admin-Reset');

    expect(session).toMatchObject({ state: 'closed', stopCause: 'Admin-Reset' });
    expect(w.twin.sessions()).toMatchObject([{ cause: 'Admin-Reset' }]);
  });

  it('that a power cut took is closed when the router is asked to end it', async () => {
    await using w = await world({});
    await w.login('02:00:00:00:00:01');
    await w.sessions(allOpen(1));
    await w.twin.powerCut();
    await w.store.revokeVoucher({ id: w.voucherId, at: w.clock.now() });
    await w.twin.powerOn();

    const [session] = await w.sessions(noneOpen);

    expect(session).toMatchObject({ state: 'closed', stopCause: 'Stale' });
  });
});
