/**
 * The one door to prom-client, so that its successor is a change of this file alone.
 *
 * Each thread has its own {@link Metrics}; workers hand theirs over as JSON and the main thread
 * renders all of them as one page. Per-router series do not go through here (the controller renders
 * them by hand): a client library stalls the loop on many series.
 */
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
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

export function createMetrics(options: { process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process === true) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    counter: (name, help, labels = []) =>
      new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = []) =>
      new Gauge({ name, help, labelNames: [...labels], registers }),
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers }),
    json: () => registry.getMetricsAsJSON(),
  };
}

/** One exposition page (text format 0.0.4) of several threads' metrics. */
export async function renderMetrics(parts: readonly MetricsJson[]): Promise<string> {
  return AggregatorRegistry.aggregate([...parts]).metrics();
}
