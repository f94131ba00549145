import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WritableTree } from '../menu/tree-state.ts';
import { placesOf } from './line.ts';
import type { Packet } from './packet.ts';
import { LINK, linkOn, ROUTER_ADDRESS, shapedTree } from './test-link.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { exchange, type Hunger, startPhone } from './traffic.ts';
import { startTransfer } from './transfer.ts';
import type { Wan } from './wan.ts';

const SERVER = '10.255.0.1';
const MINUTE = 60_000;
const phone = (index: number): string => `192.168.88.${10 + index}`;

function unshape(tree: WritableTree): WritableTree {
  // Leaves first: nothing may hang on what goes.
  const rows = tree.rows('/queue/tree').toReversed();
  for (const { id } of rows) tree.remove('/queue/tree', [id]);
  return tree;
}

function hungry(
  place: { timeline: Timeline; wan: Wan },
  count: number,
  change: (index: number) => { downloads?: number; uploads?: number } = () => ({}),
): Hunger[] {
  return Array.from({ length: count }, (_, index) =>
    startPhone(place, {
      ...{ address: phone(index), downloads: 2, uploads: 1, objectOctets: 200_000 },
      ...change(index),
    }),
  );
}

/** From the router to the server and back, the way of RADIUS; ms, or null for what was lost. */
function echo({ timeline, wan }: { timeline: Timeline; wan: Wan }): Promise<number | null> {
  const ports = { sourcePort: 40_000, port: 1812, protocol: 'udp', octets: 250 } as const;
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const sentAt = timeline.now();
  const lost = (): void => resolve(null);
  wan.send({
    ...{
      from: 'router',
      to: 'server',
      source: ROUTER_ADDRESS,
      destination: SERVER,
      ...ports,
      lost,
    },
    arrive: () =>
      wan.send({
        ...{ from: 'server', to: 'router', source: SERVER, destination: ROUTER_ADDRESS },
        ...{ ...ports, lost, arrive: (at) => resolve(at - sentAt) },
      }),
  });
  return promise;
}

/** Round trips of a packet a second during a minute, after the link has filled up. */
async function echoes(place: { timeline: Timeline; wan: Wan }): Promise<(number | null)[]> {
  const all: Promise<number | null>[] = [];
  for (let second = 0; second < 60; second += 1) {
    place.timeline.runUntil(MINUTE + second * 1000);
    all.push(echo(place));
  }
  place.timeline.runUntil(3 * MINUTE);
  return Promise.all(all);
}

const spread = (figures: readonly number[]): number => Math.max(...figures) / Math.min(...figures);

describe('a link without queues', () => {
  it('is one buffer for all: everything waits, and much is lost', async () => {
    const place = linkOn(unshape(shapedTree()));
    hungry(place, 30);

    const trips = await echoes(place);

    const there = trips.filter((ms) => ms !== null);
    expect(there.length).toBeLessThan(trips.length);
    expect(Math.min(...there)).toBeGreaterThan(LINK.rttMs + 1000);
  });
});

describe('a link with queues', () => {
  it('lets the tunnel go first, while phones use all of it', async () => {
    const place = linkOn(shapedTree());
    hungry(place, 30, () => ({ downloads: 0, uploads: 2 }));

    const trips = await echoes(place);

    expect(trips).not.toContain(null);
    // A full packet of somebody else takes 24 ms at the most.
    expect(Math.max(...trips.map(Number))).toBeLessThan(LINK.rttMs + 100);
    expect((place.wan.counts.octets.up * 8) / place.timeline.now()).toBeGreaterThan(0.9 * 512);
  });

  it('gives each phone the same, up and down, however many connections it has', () => {
    const place = linkOn(shapedTree());
    const phones = hungry(place, 10, (index) => ({
      downloads: 3 + (index % 4),
      uploads: 1 + (index % 3),
    }));

    place.timeline.runUntil(2 * MINUTE);
    const before = phones.map((one) => [one.received(), one.sent()] as const);
    place.timeline.runUntil(12 * MINUTE);
    const took = phones.map(
      (one, i) => [one.received() - before[i]![0], one.sent() - before[i]![1]] as const,
    );

    // Downwards a little is decided in the provider's buffer, which knows no phones.
    expect(spread(took.map(([received]) => received))).toBeLessThan(1.15);
    expect(spread(took.map(([, sent]) => sent))).toBeLessThan(1.05);
  });

  it('cannot tell phones apart behind the masquerade without cake-nat', () => {
    const place = linkOn(shapedTree({ type: { 'cake-nat': 'no' } }));
    const phones = hungry(place, 4, (index) => ({ downloads: 0, uploads: index === 0 ? 8 : 1 }));

    place.timeline.runUntil(5 * MINUTE);

    expect(spread(phones.map((one) => one.sent()))).toBeGreaterThan(3);
  });

  it('holds a phone to the simple queue of its login', () => {
    const tree = shapedTree();
    const place = linkOn(tree);
    tree.setDynamic('/queue/simple', [
      { name: '<hotspot-a>', target: `${phone(0)}/32`, 'max-limit': '64000/128000' },
    ]);
    const [held, other] = hungry(place, 2);

    place.timeline.runUntil(4 * MINUTE);

    const kbps = (octets: number): number => (octets * 8) / (4 * MINUTE);
    expect(kbps(held!.received())).toBeLessThan(128);
    expect(kbps(held!.received())).toBeGreaterThan(90);
    expect(kbps(held!.sent())).toBeLessThan(64);
    expect(kbps(other!.received())).toBeGreaterThan(1000);
  });

  it('is passed by where fasttrack is left on', () => {
    const place = linkOn(shapedTree({ fasttrack: true }));
    hungry(place, 10);

    place.timeline.runUntil(MINUTE);

    expect(place.wan.counts.droppedInQueue).toBe(0);
    expect(place.wan.counts.droppedInBuffer).toBeGreaterThan(100);
  });

  it('changes with its rows, and what waits then is not lost', () => {
    const tree = shapedTree();
    const place = linkOn(tree);
    hungry(place, 10, () => ({ downloads: 0, uploads: 2 }));
    place.timeline.runUntil(MINUTE);
    const { droppedInQueue } = place.wan.counts;
    const buffered = place.wan.counts.droppedInBuffer;
    unshape(tree);

    place.timeline.runUntil(2 * MINUTE);

    expect(place.wan.counts.droppedInQueue).toBe(droppedInQueue);
    expect(place.wan.counts.droppedInBuffer).toBeGreaterThan(buffered);
  });
});

describe('any link', () => {
  const packets = fc.array(
    fc.record({
      pauseMs: fc.nat(40),
      way: fc.constantFrom('up' as const, 'down' as const),
      from: fc.constantFrom('phone' as const, 'router' as const),
      far: fc.constantFrom('internet' as const, 'server' as const),
      octets: fc.integer({ min: 40, max: 1500 }),
      host: fc.nat(5),
    }),
    { minLength: 100, maxLength: 300 },
  );

  it.each([
    ['with queues', shapedTree],
    ['without', () => unshape(shapedTree())],
  ])('%s accounts for each packet, and carries no more than its rate', (_what, make) => {
    const tree = make();
    fc.assert(
      fc.property(packets, fc.integer({ min: 64, max: 4000 }), (list, kbps) => {
        const place = linkOn(tree, { downKbps: kbps, upKbps: kbps, random: () => 0.5, loss: 0.1 });
        const { timeline, wan } = place;
        const fates: string[] = [];
        const came: { at: number; octets: number }[] = [];
        for (const one of list) {
          timeline.runUntil(timeline.now() + one.pauseMs);
          const near = one.from === 'phone' ? phone(one.host) : ROUTER_ADDRESS;
          const far = one.far === 'server' ? SERVER : '198.51.100.7';
          const up = one.way === 'up';
          const packet: Packet = {
            ...{ from: up ? one.from : one.far, to: up ? one.far : one.from, octets: one.octets },
            ...{ source: up ? near : far, destination: up ? far : near, protocol: 'udp' },
            ...{ sourcePort: 5000 + one.host, port: 443, lost: (where) => fates.push(where) },
            arrive: (at) => {
              fates.push('there');
              if (up) came.push({ at, octets: one.octets });
            },
          };
          wan.send(packet);
          expect(fates.length + wan.underWay()).toBe(wan.counts.sent);
        }
        timeline.runUntil(10 * MINUTE);
        wan[Symbol.dispose]();

        expect(fates).toHaveLength(list.length);
        expect(wan.underWay()).toBe(0);
        // Behind the last bit of the one before, each needs its own time at the rate of the link.
        let bits = 0;
        for (const { at, octets } of came) {
          bits = Math.max(bits, (at - LINK.rttMs / 2) * kbps - octets * 8);
          expect((at - LINK.rttMs / 2) * kbps).toBeGreaterThanOrEqual(bits - 1);
          bits += octets * 8;
        }
      }),
      { numRuns: 40 },
    );
  });

  it('holds no more than its buffer', () => {
    const tree = shapedTree();
    tree.remove(
      '/queue/tree',
      tree.rows('/queue/tree').map(({ id }) => id),
    );
    const { wan, timeline } = linkOn(tree);
    for (let i = 0; i < 1000; i += 1) {
      wan.send({
        ...{ from: 'internet', to: 'phone', octets: 1500, protocol: 'udp', source: '198.51.100.7' },
        ...{ destination: phone(1), sourcePort: 1, port: 2 },
      });
    }

    timeline.runUntil(MINUTE);

    expect(wan.counts.arrived).toBe(placesOf({ kbps: LINK.downKbps, bufferMs: LINK.bufferMs }));
  });

  it('plays the same again from the same beginning', () => {
    const run = (): unknown => {
      let seed = 7;
      const random = (): number => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed / 2_147_483_647;
      };
      const place = linkOn(shapedTree(), { loss: 0.02, random });
      const phones = hungry(place, 12);
      place.timeline.runUntil(MINUTE);
      return [place.wan.counts, phones.map((one) => [one.received(), one.sent()])];
    };

    expect(run()).toEqual(run());
  });
});

describe('a transfer', () => {
  it('arrives whole, whatever is lost of it', () => {
    fc.assert(
      fc.property(
        fc.nat(200_000),
        fc.double({ min: 0, max: 0.4, noNaN: true }),
        fc.integer({ min: 1, max: 2_147_483_646 }),
        (octets, loss, seed) => {
          const timeline = createTimeline();
          let state = seed;
          const carry = (_octets: number, arrive: () => void): void => {
            state = (state * 48_271) % 2_147_483_647;
            if (state / 2_147_483_647 >= loss) timeline.at(timeline.now() + 300, arrive);
          };
          let doneAt: number | null = null;
          const transfer = startTransfer({
            ...{ timeline, forth: carry, back: carry, octets },
            done: (at) => {
              doneAt = at;
            },
          });

          timeline.runUntil(100 * MINUTE);

          expect(doneAt).not.toBeNull();
          expect(transfer.received()).toBe(octets);
          expect(timeline.next()).toBeNull();
        },
      ),
      { numRuns: 50 },
    );
  });

  it('of an exchange takes a round trip each, and thinks in between', () => {
    const place = linkOn(shapedTree());
    let doneAt = 0;
    const rounds = [0, 60].map((asked) => ({ asked, answered: 100, thinkMs: 20 }));
    exchange(
      place,
      {
        ...{ from: 'server', to: 'router', protocol: 'tcp', source: SERVER },
        destination: ROUTER_ADDRESS,
        sourcePort: 1,
        port: 8728,
      },
      rounds,
      (at) => {
        doneAt = at;
      },
    );

    place.timeline.runUntil(MINUTE);

    expect(doneAt).toBeGreaterThan(2 * (LINK.rttMs + 20));
    expect(doneAt).toBeLessThan(2 * (LINK.rttMs + 20) + 100);
  });
});
