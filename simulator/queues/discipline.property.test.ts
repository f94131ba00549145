import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDiscipline, type Discipline } from './discipline.ts';
import { disciplineOf } from './kinds.ts';
import { flowOf, type Waiting } from './packet.ts';
import { waiting } from './test-link.ts';

const KINDS: Record<string, string>[] = [
  { kind: 'pfifo', 'pfifo-limit': '20' },
  { kind: 'bfifo', 'bfifo-limit': '20000' },
  { kind: 'sfq' },
  { kind: 'pcq', 'pcq-classifier': 'dst-address', 'pcq-limit': '5', 'pcq-total-limit': '30' },
  { kind: 'fq-codel', 'fq-codel-limit': '40' },
  { kind: 'cake', 'cake-flowmode': 'dual-dsthost', 'cake-memlimit': '40000' },
  { kind: 'cake', 'cake-flowmode': 'triple-isolate', 'cake-rtt': '600ms' },
];
const LIMIT_OCTETS = [20 * 1500, 20_000, 127 * 1500, 30 * 1024, 40 * 1500, 40_000, 4 << 20];

/** A packet of a phone's connection comes, or after some time one may go. */
const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('push' as const),
      phone: fc.nat(4),
      port: fc.nat(3),
      octets: fc.integer({ min: 40, max: 1500 }),
    }),
    fc.record({ kind: fc.constant('pull' as const), ms: fc.nat(400) }),
  ),
  { minLength: 100, maxLength: 300 },
);

function arriving(phone: number, port: number, octets: number, since: number): Waiting {
  const destination = `10.0.0.${phone}`;
  return waiting({ direction: 'down', destination, port, octets, since });
}

/** Takes `count` packets out of a queue in which every connection always has more. */
function shares(
  discipline: Discipline,
  connections: readonly (readonly [phone: number, port: number])[],
  count: number,
  by: (one: Waiting) => string,
): Map<string, number> {
  const served = new Map<string, number>();
  let now = 0;
  const refill = (phone: number, port: number): void => {
    // Lengths differ by connection: fairness is of octets.
    discipline.push(arriving(phone, port, 400 + 300 * port, now));
  };
  for (const [phone, port] of connections) for (let i = 0; i < 4; i += 1) refill(phone, port);
  for (let i = 0; i < count; i += 1) {
    now += 1;
    const { next, dropped } = discipline.pull(now);
    for (const { packet } of [...dropped, ...(next === null ? [] : [next])]) {
      refill(Number(packet.destination.split('.')[3]), packet.port);
    }
    if (next !== null) served.set(by(next), (served.get(by(next)) ?? 0) + next.octets);
  }
  return served;
}

describe.each(KINDS.map((values, i) => [values.kind!, values, LIMIT_OCTETS[i]!] as const))(
  'a queue of kind %s',
  (_kind, values, limitOctets) => {
    it('loses nothing unsaid, keeps the order of a connection, and never holds more than its limit', () => {
      fc.assert(
        fc.property(steps, (all) => {
          const discipline = createDiscipline(disciplineOf(values));
          const gone: Waiting[] = [];
          const out: Waiting[] = [];
          let pushed = 0;
          let now = 0;
          for (const step of all) {
            if (step.kind === 'push') {
              pushed += 1;
              gone.push(...discipline.push(arriving(step.phone, step.port, step.octets, now)));
            } else {
              now += step.ms;
              const { next, dropped } = discipline.pull(now);
              gone.push(...dropped);
              if (next !== null) out.push(next);
            }
            expect(discipline.octets).toBeLessThanOrEqual(limitOctets);
          }
          expect(out.length + gone.length + discipline.length).toBe(pushed);
          expect(new Set([...out, ...gone]).size).toBe(out.length + gone.length);
          for (const flow of Map.groupBy(out, flowOf).values()) {
            expect(flow).toEqual(flow.toSorted((a, b) => a.since - b.since));
          }
        }),
        { numRuns: 60 },
      );
    });

    it('gives something whenever something waits', () => {
      const discipline = createDiscipline(disciplineOf(values));
      for (let i = 0; i < 10; i += 1) discipline.push(arriving(i % 3, 0, 1500, 0));
      const waitingBefore = discipline.length;

      const pulled = Array.from({ length: waitingBefore }, () => discipline.pull(1).next);

      expect(pulled.every((one) => one !== null)).toBe(true);
      expect(discipline.pull(1).next).toBeNull();
    });
  },
);

describe('shares', () => {
  it.each<Record<string, string>>([
    { kind: 'sfq' },
    { kind: 'fq-codel' },
    { kind: 'cake', 'cake-flowmode': 'flows' },
  ])('of $kind are equal by connection', (values) => {
    const connections = [0, 1, 2].flatMap((phone) =>
      [0, 1, 2].map((port) => [phone, port] as const),
    );

    const served = shares(createDiscipline(disciplineOf(values)), connections, 3000, flowOf);

    const figures = [...served.values()];
    expect(figures).toHaveLength(9);
    expect(Math.max(...figures) / Math.min(...figures)).toBeLessThan(1.05);
  });

  it.each<Record<string, string>>([
    { kind: 'pcq', 'pcq-classifier': 'dst-address' },
    { kind: 'cake', 'cake-flowmode': 'dual-dsthost' },
    { kind: 'cake', 'cake-flowmode': 'dsthost' },
  ])('of $kind $cake-flowmode are equal by phone, however many connections each has', (values) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 5 }),
        (have) => {
          const connections = have.flatMap((count, phone) =>
            Array.from({ length: count }, (_, port) => [phone, port] as const),
          );
          const by = (one: Waiting): string => one.destination;

          const served = shares(createDiscipline(disciplineOf(values)), connections, 3000, by);

          const figures = [...served.values()];
          expect(figures).toHaveLength(have.length);
          expect(Math.max(...figures) / Math.min(...figures)).toBeLessThan(1.05);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('of a plain queue are those of who sends most', () => {
    const connections = [
      [0, 0],
      [1, 0],
      [1, 1],
      [1, 2],
    ] as const;
    const plain = createDiscipline(disciplineOf({ kind: 'pfifo', 'pfifo-limit': '100' }));

    const served = shares(plain, connections, 3000, (one) => one.destination);

    expect(served.get('10.0.0.1')! / served.get('10.0.0.0')!).toBeGreaterThan(4);
  });
});

describe('CoDel', () => {
  it('leaves a burst alone and shortens a queue that stands', () => {
    const spec = disciplineOf({ kind: 'cake', 'cake-flowmode': 'flows', 'cake-rtt': '100ms' });
    const run = (loadMs: number): number => {
      const discipline = createDiscipline(spec);
      let drops = 0;
      for (let now = 0; now < 5000; now += 6) {
        const often = now < loadMs ? 2 : 0;
        for (let i = 0; i < often; i += 1) discipline.push(arriving(0, 0, 1500, now));
        drops += discipline.pull(now).dropped.length;
      }
      return drops;
    };

    expect(run(60)).toBe(0);
    expect(run(3000)).toBeGreaterThan(10);
  });
});
