import { afterEach, describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../lib/clock.ts';
import { createLogger } from '../lib/log.ts';
import type { Router, RouterCredentials } from '../store/types.ts';
import { createPoller, type Poller, type PollerOptions } from './poller.ts';
import { connectRouter, type RouterOsConnection } from './routeros/client.ts';
import { RouterOsError } from './routeros/errors.ts';
import { ROUTER } from './test-input.ts';
import { testRouter } from './test-router.ts';

const POLL_SECONDS = 30;
const PORTS = ['name', 'type', 'dynamic', 'rx-byte', 'tx-byte'];
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

interface Bench {
  readonly clock: SteppedClock;
  readonly poller: Poller;
  readonly states: unknown[];
  readonly boots: unknown[];
  /** Routers whose sessions were compared with ours. */
  readonly compared: unknown[];
  /** Routers by id that do not answer. */
  readonly dead: Set<string>;
  /** Lets one interval pass and every look end. */
  round(): Promise<void>;
}

function routers(count: number): Router[] {
  return Array.from({ length: count }, (_, i) => ({
    ...ROUTER,
    id: `r${i}`,
    name: `desa-${i}`,
    address: `10.255.1.${i}`,
  }));
}

function bench(
  list: Router[],
  options: Partial<PollerOptions> = {},
  credentials: Partial<RouterCredentials> = {},
): Bench {
  const clock = steppedClock();
  const started = clock.now();
  const states: unknown[] = [];
  const boots: unknown[] = [];
  const compared: unknown[] = [];
  const dead = new Set<string>();
  const poller = createPoller({
    clock,
    log: createLogger('test', 'silent'),
    random: () => 0,
    pollSeconds: POLL_SECONDS,
    metrics: {
      cycle: () => undefined,
      queueDepth: () => undefined,
    },
    store: {
      routerCredentials: async () => ({
        ...{ apiUser: 'u', apiPassword: 'p', nasSecret: 's' },
        ...credentials,
      }),
      recordState: async ({ routerId, state, cause, at }) => {
        states.push([routerId, state, cause, (at - started) / 1000]);
        return true;
      },
      recordBoot: async ({ routerId, bootAt }) => {
        boots.push([routerId, (bootAt - started) / 1000]);
        return { closed: 0 };
      },
      closeAbsentSessions: async ({ routerId, present, before }) => {
        compared.push([routerId, present, (before - started) / 1000]);
        return 0;
      },
    },
    connect: async ({ host }) => {
      const id = list.find((router) => router.address === host)!.id;
      if (dead.has(id)) throw new RouterOsError('ROUTER_UNREACHABLE', 'dead');
      return fakeConnection(
        () => (clock.now() - started) / 1000 + 1000,
        () => !dead.has(id),
      );
    },
    ...options,
  });
  open.push(poller);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  poller.sync(list);
  let begun = false;
  const round = async (): Promise<void> => {
    clock.advance(begun ? POLL_SECONDS * 1000 : 0);
    begun = true;
    await settle();
  };
  return { clock, poller, states, boots, compared, dead, round };
}

function fakeConnection(uptime: () => number, alive: () => boolean): RouterOsConnection {
  const check = (): void => {
    if (!alive()) throw new RouterOsError('ROUTER_TIMEOUT', 'no answer');
  };
  const close = async (): Promise<void> => undefined;
  return {
    run: async (command) => {
      check();
      if (command === '/ip/hotspot/active/print') {
        return [{ 'mac-address': '02:00:00:00:00:0a' }, { 'mac-address': 'nonsense' }];
      }
      return command === '/interface/print'
        ? [{ name: 'ether1', type: 'ether', 'rx-byte': '10', 'tx-byte': '20' }]
        : [{ uptime: `${Math.floor(uptime())}s`, version: '7.20.8', 'cpu-load': '7' }];
    },
    runFor: async () => {
      check();
      return { rows: [], ret: '3' };
    },
    listen: async () => undefined,
    lost: new Promise(() => undefined),
    open: true,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The machine may be busy: what must come has time to. */
const SOON = { timeout: 20_000, interval: 5 };

describe('createPoller', { timeout: 30_000 }, () => {
  it('reads what a router says, and when it started', async () => {
    const { poller, round, states, boots } = bench(routers(1));

    await round();

    expect(states).toEqual([['r0', 'up', null, 0]]);
    expect(boots).toEqual([['r0', -1001]]);
    expect(poller.snapshots()).toMatchObject([
      {
        reading: {
          uptimeSeconds: 1000,
          cpuLoad: 0.07,
          clockAt: null,
          memoryFree: null,
          activeSessions: 3,
          interfaces: [{ name: 'ether1', receive: 10, transmit: 20 }],
        },
      },
    ]);
    expect(poller.firstCycleDone()).toBe(true);
    expect(poller.isUp('r0')).toBe(true);
  });

  it('calls a router down after three failures, since the first, and up again', async () => {
    const { round, states, dead, poller } = bench(routers(1));
    await round();
    dead.add('r0');
    for (let i = 0; i < 4; i++) await round();
    dead.clear();
    await round();

    expect(states).toEqual([
      ['r0', 'up', null, 0],
      ['r0', 'down', null, 30],
      ['r0', 'up', null, 150],
    ]);
    expect(poller.snapshots()[0]!.failures).toMatchObject({ timeout: 1, unreachable: 3 });
  });

  it('compares sessions after a time without word of a router, and only then', async () => {
    const { round, compared, dead } = bench(routers(1));
    for (let i = 0; i < 3; i++) await round();
    dead.add('r0');
    for (let i = 0; i < 3; i++) await round();
    dead.clear();
    for (let i = 0; i < 3; i++) await round();

    const active = ['02:00:00:00:00:0A'];
    expect(compared).toEqual([
      ['r0', active, 0],
      ['r0', active, 180],
    ]);
  });

  it('says unknown, not down, when nearly all fail together', async () => {
    const { round, states, dead } = bench(routers(12));
    await round();
    states.length = 0;
    for (let i = 0; i < 12; i++) dead.add(`r${i}`);
    for (let i = 0; i < 5; i++) await round();

    expect(states).toHaveLength(12);
    expect(states).toContainEqual(['r0', 'unknown', 'controller', 30]);

    dead.clear();
    await round();

    expect(states.slice(12)).toHaveLength(12);
    expect(states.at(-1)).toEqual(['r11', 'up', null, 180]);
  });

  it('still calls down those who stay away when sight comes back', async () => {
    const { round, states, dead } = bench(routers(12));
    await round();
    for (let i = 0; i < 12; i++) dead.add(`r${i}`);
    for (let i = 0; i < 2; i++) await round();
    for (let i = 1; i < 12; i++) dead.delete(`r${i}`);
    for (let i = 0; i < 4; i++) await round();

    const ofR0 = states.filter((state) => Array.isArray(state) && state[0] === 'r0');
    expect(ofR0).toEqual([
      ['r0', 'up', null, 0],
      ['r0', 'unknown', 'controller', 30],
      ['r0', 'down', null, 120],
    ]);
  });

  it('drops routers that are gone and takes up new ones', async () => {
    const { poller, round } = bench(routers(2));
    await round();

    poller.sync([{ ...ROUTER, id: 'r9', address: '10.255.1.1' }]);

    expect(poller.snapshots().map((one) => one.router.id)).toEqual(['r9']);
    expect(poller.firstCycleDone()).toBe(true);
  });

  it.each([
    ['identity', { pin: { serial: 'HEX1', board: 'hEX', certificate: null } }],
    ['certificate', { apiSsl: true as const }],
  ] as const)('counts who is refused for its %s apart, and calls it down', async (why, known) => {
    const { poller, round, states } = bench(routers(1), {}, known);

    for (let turn = 0; turn < 4; turn += 1) await round();

    const [snapshot] = poller.snapshots();
    expect(snapshot!.failures).toMatchObject({ [why]: 4, other: 0, unreachable: 0 });
    expect(snapshot!.reading).toBeNull();
    expect(states.at(-1)).toMatchObject(['r0', 'down', null, 0]);
  });

  it('is not held up by routers that accept and never answer', async () => {
    const list = routers(6);
    const hung = new Set(['10.255.1.0', '10.255.1.1']);
    const connect: PollerOptions['connect'] = ({ host, signal }) =>
      hung.has(host)
        ? new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () =>
              reject(new RouterOsError('ROUTER_ABORTED', 'stopped')),
            );
          })
        : Promise.resolve(
            fakeConnection(
              () => 5,
              () => true,
            ),
          );
    const { round, poller } = bench(list, { connect, concurrency: 3, deadlineMs: 100_000 });

    await round();
    await round();

    const seen = poller.snapshots().filter((one) => one.lastSuccessAt !== null);
    expect(seen.map((one) => one.router.id)).toEqual(['r2', 'r3', 'r4', 'r5']);
  });

  it('asks only whether a router lives, and reads its vitals as its link bears', async () => {
    const asked: string[][] = [];
    const list = routers(2);
    const connect: PollerOptions['connect'] = async ({ host }) => {
      const connection = fakeConnection(
        () => (stand.clock.now() - begin) / 1000 + 1000,
        () => true,
      );
      return {
        ...connection,
        run: (command, attributes, options) => {
          asked.push([host, command, ...(options?.proplist ?? [])]);
          return connection.run(command, attributes, options);
        },
      };
    };
    const stand = bench([], { connect, random: () => 0.5 });
    const { round, poller } = stand;
    const begin = stand.clock.now();
    const slow = { livenessSeconds: 30, vitalsSeconds: 300, deadlineMs: 60_000 };
    const quick = { ...slow, vitalsSeconds: 60 };
    poller.sync(list, (router) => (router.id === 'r0' ? slow : quick));
    // Their phase is half of a beat.
    await round();
    for (let beat = 0; beat < 22; beat += 1) await round();

    const count = (host: string, ...words: string[]): number =>
      asked.filter((one) => one.join() === [host, ...words].join()).length;
    expect(count('10.255.1.0', '/interface/print', ...PORTS)).toBe(3);
    expect(count('10.255.1.1', '/interface/print', ...PORTS)).toBe(12);
    expect(count('10.255.1.0', '/system/resource/print', 'uptime')).toBe(19);
    expect(count('10.255.1.1', '/system/resource/print', 'uptime')).toBe(10);
    const [first] = poller.snapshots();
    expect(first!.reading!.uptimeSeconds).toBeGreaterThan(1050);
    expect(first!.lastSuccessAt! - first!.readAt!).toBeGreaterThan(0);
  });

  it('is as patient while it connects as the link of the router needs', async () => {
    const asked: unknown[] = [];
    const connect: PollerOptions['connect'] = async ({ connectTimeoutMs, commandTimeoutMs }) => {
      asked.push([connectTimeoutMs, commandTimeoutMs]);
      throw new RouterOsError('ROUTER_UNREACHABLE', 'dead');
    };
    const { round, poller } = bench([], { connect });
    const satellite = { livenessSeconds: 30, vitalsSeconds: 300, deadlineMs: 17_000 };
    poller.sync(routers(1), () => satellite);

    await round();

    expect(asked).toEqual([[17_000, 17_000]]);
  });

  it('speaks with a router on the wire, by one kept connection', async () => {
    await using router = await testRouter({
      '/system/resource': [{ uptime: '1d2h', version: '7.20.8', 'free-memory': '120000512' }],
      '/interface': [
        { name: 'ether1', type: 'ether', 'rx-byte': '1', 'tx-byte': '2' },
        { name: 'lo', type: 'loopback', 'rx-byte': '1', 'tx-byte': '2' },
      ],
      '/ip/hotspot/active': [{ user: 'a' }, { user: 'b' }],
    });
    router.users.set('u', 'p');
    const list = [{ ...ROUTER, address: '127.0.0.1', apiPort: router.port }];
    const { poller, round } = bench(list, { connect: connectRouter });
    await round();
    await expect.poll(() => poller.snapshots()[0]!.reading?.activeSessions, SOON).toBe(2);
    await round();
    await expect.poll(() => router.peer.received.length, SOON).toBe(10);

    const logins = router.peer.received.filter(([command]) => command === '/login');
    expect(logins).toHaveLength(1);
    expect(poller.snapshots()[0]!.reading).toMatchObject({
      uptimeSeconds: 93_600,
      memoryFree: 120_000_512,
      interfaces: [{ name: 'ether1' }],
    });
  });
});
