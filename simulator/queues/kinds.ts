/**
 * The rows of `/queue/type` as disciplines. Where a row says nothing, RouterOS's defaults hold. Pure.
 * What is simpler: flows never share a queue by chance, SFQ's perturbation has nothing to part then, RED is
 * a plain queue, and PCQ knows neither rate nor burst of its own.
 */
import { durationMs } from '../hotspot/values.ts';
import type { MenuTree } from '../menu/contract.ts';
import type { DisciplineSpec } from './discipline.ts';
import { flowOf, type Waiting } from './packet.ts';

type Values = Readonly<Record<string, string>>;

const KIB = 1024;
/** `cake-memlimit` when it says nothing, octets (sch_cake.c: 4 MiB at least). */
const CAKE_MEMORY = 4 * KIB * KIB;
const QUANTUM = 1514;
const UNLIMITED = Number.POSITIVE_INFINITY;

/** By name of the type. */
export function queueTypes(tree: MenuTree): ReadonlyMap<string, DisciplineSpec> {
  return new Map(
    tree.active('/queue/type').map(({ values }) => [values.name ?? '', disciplineOf(values)]),
  );
}

export function disciplineOf(values: Values): DisciplineSpec {
  const number = (name: string, usual: number): number => Number(values[name] ?? usual);
  switch (values.kind ?? '') {
    case 'bfifo':
      return fifo(number('bfifo-limit', 15_000), 'octets');
    case 'sfq':
      return { ...perFlow(flowOf, 127), quantum: number('sfq-allot', QUANTUM) };
    case 'pcq':
      return {
        ...perFlow(classifier(values['pcq-classifier'] ?? ''), UNLIMITED),
        ...{ unit: 'octets' as const, limit: number('pcq-total-limit', 2000) * KIB },
        flowLimit: number('pcq-limit', 50) * KIB,
      };
    case 'fq-codel':
      return {
        ...perFlow(flowOf, number('fq-codel-limit', 10_240)),
        quantum: number('fq-codel-quantum', QUANTUM),
        freshFirst: true,
        codel: {
          targetMs: durationMs(values['fq-codel-target']) ?? 5,
          intervalMs: durationMs(values['fq-codel-interval']) ?? 100,
        },
      };
    case 'cake':
      return cake(values);
    default:
      return fifo(number(`${values.kind}-limit`, 50), 'packets');
  }
}

export function fifo(limit: number, unit: DisciplineSpec['unit']): DisciplineSpec {
  return { ...perFlow(() => '', limit), unit };
}

function perFlow(flow: DisciplineSpec['flow'], limit: number): DisciplineSpec {
  return {
    ...{ flow, host: null, quantum: QUANTUM, freshFirst: false, codel: null },
    ...{ limit, flowLimit: UNLIMITED, unit: 'packets' },
  };
}

/** Its CoDel aims at a twentieth of the round trip that it is told (sch_cake.c, `cake_set_rate`). */
function cake(values: Values): DisciplineSpec {
  const intervalMs = durationMs(values['cake-rtt']) ?? 100;
  const source = (waiting: Waiting): string =>
    values['cake-nat'] === 'true' || values['cake-nat'] === 'yes'
      ? waiting.source
      : waiting.wireSource;
  const destination = (waiting: Waiting): string => waiting.destination;
  const both = (waiting: Waiting): string => `${source(waiting)} ${destination(waiting)}`;
  const shared = {
    ...{ quantum: QUANTUM, freshFirst: true, codel: { targetMs: intervalMs / 20, intervalMs } },
    ...{ limit: Number(values['cake-memlimit'] || CAKE_MEMORY), unit: 'octets' as const },
    flowLimit: UNLIMITED,
  };
  switch (values['cake-flowmode'] ?? '') {
    case 'flowblind':
      return { ...shared, flow: () => '', host: null };
    case 'srchost':
      return { ...shared, flow: source, host: null };
    case 'dsthost':
      return { ...shared, flow: destination, host: null };
    case 'hosts':
      return { ...shared, flow: both, host: null };
    case 'flows':
      return { ...shared, flow: flowOf, host: null };
    case 'dual-srchost':
      return { ...shared, flow: flowOf, host: source };
    case 'dual-dsthost':
      return { ...shared, flow: flowOf, host: destination };
    default:
      // triple-isolate, as far as one side of it is always a phone.
      return { ...shared, flow: flowOf, host: both };
  }
}

/** PCQ sees the packet on the wire: behind a masquerade all phones are one. */
function classifier(words: string): DisciplineSpec['flow'] {
  const names = new Set(words.split(',').map((word) => word.trim()));
  return (waiting) => {
    const { sourcePort, port } = waiting.packet;
    const parts: (string | number)[] = [];
    if (names.has('src-address')) parts.push(waiting.wireSource);
    if (names.has('dst-address')) parts.push(waiting.destination);
    if (names.has('src-port')) parts.push(sourcePort);
    if (names.has('dst-port')) parts.push(port);
    return parts.join(' ');
  };
}
