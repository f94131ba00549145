/**
 * Thirty phones use up a village's satellite link. With the queues that we write, RADIUS and the poller notice
 * nothing of it; when somebody takes the queues away, the same phones drown both; the next apply mends it.
 */
import { describe, expect, it } from 'vitest';
import { type LinkWorld, linkWorld } from './shared-link-world.ts';

/** A geostationary VSAT, with a modem that buffers for as long as they do. */
const VSAT = { downKbps: 2000, upKbps: 512, rttMs: 600, bufferMs: 1500, loss: 0.005 };
const MINUTES = 6;

interface Figures {
  /** Questions and reports that were given up after three tries. */
  readonly radiusTimeouts: number;
  /** Logins that ended so, of all that had time to end. */
  readonly loginTimeouts: number;
  readonly logins: number;
  /** Median until a phone sees the portal, seconds. */
  readonly pageSeconds: number;
  readonly failedLooks: number;
  /** Of the link's rate downwards, what reached phones. */
  readonly used: number;
}

/** What these minutes came to. */
async function minutes(world: LinkWorld, count: number): Promise<Figures> {
  const received = (): number => world.phones.reduce((sum, one) => sum + one.received(), 0);
  const failed = (): number =>
    Object.values(world.poller.snapshots()[0]!.failures).reduce((sum, one) => sum + one, 0);
  const timeouts = world.radius.counters.timeouts;
  const looks = failed();
  const octets = received();
  const from = world.visits.length;
  await world.pass(count);
  // Three tries of 3.4 s, and what they wait for.
  const visits = world.visits.slice(from, -4);
  const pages = visits.map(({ page }) => page ?? Infinity).toSorted((a, b) => a - b);
  return {
    radiusTimeouts: world.radius.counters.timeouts - timeouts,
    loginTimeouts: visits.filter(({ login }) => login === 'timeout').length,
    logins: visits.filter(({ login }) => login === 'accept').length,
    pageSeconds: pages[pages.length >> 1]!,
    failedLooks: failed() - looks,
    used: ((received() - octets) * 8) / (count * 60_000 * VSAT.downKbps),
  };
}

/** By hand, leaves first. */
function takeQueuesAway({ stand: { tree } }: LinkWorld): void {
  for (const { id } of tree.rows('/queue/tree').toReversed()) tree.remove('/queue/tree', [id]);
}

describe('a link that phones use up', { timeout: 180_000 }, () => {
  it('carries RADIUS and the poller by our queues, and by nothing else', async () => {
    await using world = await linkWorld(VSAT);

    const shaped = await minutes(world, MINUTES);
    takeQueuesAway(world);
    const unshaped = await minutes(world, MINUTES);
    const mended = await world.provision();
    // What stood in the buffers is gone after a minute.
    await world.pass(1);
    const again = await minutes(world, MINUTES / 2);

    expect(shaped).toMatchObject({ radiusTimeouts: 0, loginTimeouts: 0, failedLooks: 0 });
    expect(shaped.logins).toBeGreaterThan(50);
    expect(shaped.used).toBeGreaterThan(0.75);
    expect(shaped.pageSeconds).toBeLessThan(6);
    expect(unshaped.radiusTimeouts).toBeGreaterThan(5);
    expect(unshaped.loginTimeouts).toBeGreaterThan(0);
    expect(unshaped.pageSeconds).toBeGreaterThan(2 * shaped.pageSeconds);
    expect(mended).toMatchObject({ outcome: 'applied', empty: true });
    expect(again).toMatchObject({ radiusTimeouts: 0, loginTimeouts: 0, failedLooks: 0 });
    // Never down, not even for a moment.
    expect(world.states).toMatchObject([{ state: 'up' }]);
  });

  it('where nobody has set its rate, and phones send too, is called down though it answers', async () => {
    // A phone that has been to a wedding sends its pictures.
    const busy = { ...VSAT, bufferMs: 2000 };
    await using told = await linkWorld(busy, { uploads: 3 });
    await using untold = await linkWorld(busy, { uploads: 3, isSet: false });

    const shaped = await minutes(told, MINUTES / 2);
    told.restart();
    const anew = await minutes(told, MINUTES / 2);
    const unshaped = await minutes(untold, MINUTES);

    expect(told.stand.tree.rows('/queue/tree').length).toBeGreaterThan(0);
    expect([shaped, anew]).toMatchObject([
      { radiusTimeouts: 0, failedLooks: 0 },
      { radiusTimeouts: 0, failedLooks: 0 },
    ]);
    // Once more because the service was started anew.
    expect(told.states).toMatchObject([{ state: 'up' }, { state: 'up' }]);
    expect(untold.stand.tree.rows('/queue/tree')).toEqual([]);
    expect(unshaped.radiusTimeouts).toBeGreaterThan(5);
    expect(untold.states[0]).toMatchObject({ state: 'down' });
    expect(unshaped.failedLooks).toBeGreaterThan(3);
  });
});
