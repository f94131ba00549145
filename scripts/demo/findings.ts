/**
 * What a rehearsal found wrong, layer by layer in the order in which one rests on another.
 * The first finding names the cause; later ones are often its consequences.
 */
const LAYERS = [
  'villages',
  'controller',
  'clock',
  'hotspot',
  'login page',
  'walled garden',
  'network path',
  'portal',
  'radius',
  'tokens',
  'dns',
  'accounting',
  'authorisation',
  'filter',
  'octets',
  'enforcement',
  'power',
  'limits',
  'store',
  'metrics',
] as const;

export type Layer = (typeof LAYERS)[number];

export interface Finding {
  readonly layer: Layer;
  readonly message: string;
}

export interface Findings {
  fail(layer: Layer, message: string): void;
  /** Fails when `condition` does not hold. */
  expect(condition: boolean, layer: Layer, message: string): void;
  /** By layer, each layer's findings in the order they were made; repeated messages once. */
  all(): readonly Finding[];
}

export function createFindings(): Findings {
  const found: Finding[] = [];
  const fail = (layer: Layer, message: string): void => {
    if (!found.some((one) => one.layer === layer && one.message === message)) {
      found.push({ layer, message });
    }
  };
  return {
    fail,
    expect: (condition, layer, message) => {
      if (!condition) fail(layer, message);
    },
    all: () => found.toSorted((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer)),
  };
}
