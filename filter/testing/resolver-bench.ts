/** For tests: a resolver with a fake upstream, two villages, one policy and a small table. */
import { steppedClock } from '../../lib/clock.ts';
import { createLogger } from '../../lib/log.ts';
import { createMetrics, type Metrics } from '../../lib/metrics.ts';
import type { BlockList, Policy } from '../../store/types.ts';
import { compileLists, type ListText } from '../compile.ts';
import { type Resolver, type ResolverOptions, startResolver } from '../resolver.ts';
import { address, alias, encodeReply, soa } from './dns-text.ts';
import { type FakeUpstream, type Script, startFakeUpstream } from './fake-dns.ts';

const A = 1;

export const HERE = {
  cidr: '127.0.0.1',
  router: 'sungai-medak',
  village: '16.06.01.1009',
  district: '16.06.01',
};
export const THERE = {
  cidr: '127.0.0.2',
  router: 'ulak-teberau',
  village: '16.06.02.2001',
  district: '16.06.02',
};

export const policy: Policy = {
  level: 'village',
  code: HERE.village,
  block: ['adult', 'gambling', 'malware'],
  allow: ['aman.judi.test'],
  deny: ['tolak.test'],
};

export const list = (category: string, text: string): ListText => ({
  list: {
    name: category,
    category,
    format: 'domains',
    match: 'suffix',
    source: 'x',
    entries: 1,
    sha256: null,
    updatedAt: null,
    error: null,
  } satisfies BlockList,
  text: Buffer.from(text),
});

export const { table } = compileLists([
  list('gambling', 'judi.test\n'),
  list('malware', 'jahat.test\n'),
  list('ads', 'iklan.test\n'),
]);

export const world: Script = ({ name, type, bytes }) => {
  if (name === 'kosong.test') {
    return encodeReply(bytes, { rcode: 3, authority: [soa('test', 900, 60)], opt: true });
  }
  if (name === 'samar.test') {
    return encodeReply(bytes, {
      answers: [alias(name, 60, 'x.judi.test'), address('x.judi.test', 60, '198.51.100.9')],
    });
  }
  if (name === 'dalam.test') {
    return encodeReply(bytes, { answers: [address(name, 60, '192.168.88.1')] });
  }
  if (type !== A) return encodeReply(bytes, { authority: [soa('test', 900, 60)] });
  return encodeReply(bytes, { answers: [address(name, 3600, '198.51.100.7')], opt: true });
};

export interface Bench extends AsyncDisposable {
  readonly resolver: Resolver;
  readonly upstream: FakeUpstream;
  readonly metrics: Metrics;
  readonly count: (name: string, labels: Record<string, string>) => Promise<number>;
}

export async function bench(
  script: Script = world,
  overrides: Partial<ResolverOptions> = {},
): Promise<Bench> {
  await using owned = new AsyncDisposableStack();
  const upstream = owned.use(await startFakeUpstream(script));
  const metrics = createMetrics();
  const resolver = owned.use(
    await startResolver({
      listen: { host: '127.0.0.1', port: 0 },
      upstreams: [upstream],
      networks: async () => [HERE, THERE],
      policies: async () => [policy],
      table,
      blockAddress: '10.255.0.80',
      clock: steppedClock(),
      log: createLogger('resolver', 'silent'),
      metrics,
      upstreamTimeoutMs: 2000,
      ...overrides,
    }),
  );
  const live = owned.move();
  return {
    resolver,
    upstream,
    metrics,
    count: (name, labels) => countOf(metrics, name, labels),
    [Symbol.asyncDispose]: () => live.disposeAsync(),
  };
}

async function countOf(
  metrics: Metrics,
  name: string,
  labels: Record<string, string>,
): Promise<number> {
  const family = (await metrics.json()).find((one) => one.name === name);
  const fits = (family?.values ?? []).filter((value) =>
    Object.entries(labels).every(([label, text]) => value.labels[label] === text),
  );
  return fits.reduce((sum, value) => sum + value.value, 0);
}
