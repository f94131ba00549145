/**
 * The one door to prom-client, so that its successor is a change of this file alone.
 *
 * Each thread has its own {@link Metrics}; workers hand theirs over as JSON and the main thread
 * renders all of them as one page. Per-router series do not go through here (the controller renders
 * them by hand): a client library stalls the loop on many series.
 */
import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Gauge,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';

export type MetricsJson = MetricObjectWithValues<MetricValue<string>>[];

export interface Metrics {
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string = never>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>;
  /** What this thread has counted, in a form that crosses threads. */
  json(): Promise<MetricsJson>;
}

/** Every label has a value; a metric without labels takes none. */
export type Labels<L extends string> = Readonly<Record<L, string>>;

export interface Counter<L extends string> {
  inc(labels: Labels<L>, by?: number): void;
  /** The one series of these labels, to be kept where every request counts: then counting is an addition. */
  at(labels: Labels<L>): CounterSeries;
}

export interface CounterSeries {
  inc(by?: number): void;
}

export interface Histogram<L extends string> {
  observe(labels: Labels<L>, value: number): void;
  /** See {@link Counter.at}. */
  at(labels: Labels<L>): HistogramSeries;
}

export interface HistogramSeries {
  observe(value: number): void;
}

export function createMetrics(options: { process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process === true) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const own: (() => MetricsJson[number])[] = [];
  return {
    counter: (name, help, labels = []) => {
      const { at, all } = family(labels, createCount);
      own.push(() => ({
        ...described(name, help, 'counter'),
        values: all().map(([of, { value }]) => ({ labels: of, value })),
      }));
      return { at, inc: (of, by) => at(of).inc(by) };
    },
    gauge: (name, help, labels = []) =>
      new Gauge({ name, help, labelNames: [...labels], registers }),
    histogram: (name, help, buckets, labels = []) => {
      const { at, all } = family(labels, () => createDistribution(buckets));
      own.push(() => ({
        ...described(name, help, 'histogram'),
        values: all().flatMap(([of, series]) => distributionValues(name, buckets, of, series)),
      }));
      return { at, observe: (of, value) => at(of).observe(value) };
    },
    json: async () => [...(await registry.getMetricsAsJSON()), ...own.map((read) => read())],
  };
}

/** One exposition page (text format 0.0.4) of several threads' metrics. */
export async function renderMetrics(parts: readonly MetricsJson[]): Promise<string> {
  return AggregatorRegistry.aggregate([...parts]).metrics();
}

/** The series of one metric. One without labels is there from the start, so that its 0 can be seen. */
function family<L extends string, S>(names: readonly L[], create: () => S) {
  const series = new Map<string, readonly [Labels<L>, S]>();
  const at = (labels: Labels<L>): S => {
    let key = '';
    for (const name of names) key += `${labels[name]}\n`;
    const known = series.get(key);
    if (known !== undefined) return known[1];
    const added = create();
    const own = Object.fromEntries(names.map((name) => [name, labels[name]])) as Labels<L>;
    series.set(key, [own, added]);
    return added;
  };
  if (names.length === 0) at({} as Labels<L>);
  return { at, all: () => [...series.values()] };
}

function createCount(): CounterSeries & { readonly value: number } {
  const count = {
    value: 0,
    inc: (by = 1): void => {
      count.value += by;
    },
  };
  return count;
}

interface Distribution extends HistogramSeries {
  /** Per bucket, not yet cumulative; the last one has what is above all bounds. */
  readonly counts: Float64Array;
  readonly sum: number;
}

function createDistribution(bounds: readonly number[]): Distribution {
  const counts = new Float64Array(bounds.length + 1);
  const distribution = {
    counts,
    sum: 0,
    observe: (value: number): void => {
      let bucket = 0;
      while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1;
      counts[bucket]! += 1;
      distribution.sum += value;
    },
  };
  return distribution;
}

function distributionValues(
  name: string,
  bounds: readonly number[],
  labels: Labels<string>,
  { counts, sum }: Distribution,
): (MetricValue<string> & { metricName: string })[] {
  let count = 0;
  const buckets = [...bounds, '+Inf'].map((le, bucket) => {
    count += counts[bucket]!;
    return { labels: { le, ...labels }, value: count, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}

function described(name: string, help: string, type: 'counter' | 'histogram') {
  // prom-client's declaration says a number, its code and its own JSON say a word.
  return { name, help, type, aggregator: 'sum' } as unknown as Omit<MetricsJson[number], 'values'>;
}
