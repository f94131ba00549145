/** One setting: what it means, what it may be, and what holds where nobody has set it. */
import type { ValueType } from './value-types.ts';

export interface Setting<T = unknown> {
  readonly summary: string;
  readonly type: ValueType<T>;
  /** As an operator would type it; null: nothing, or what the configuration file says. */
  readonly fallback: string | null;
  /** Kept sealed, never shown. */
  readonly secret: boolean;
}

export function setting<T>(
  summary: string,
  type: ValueType<T>,
  fallback: string | null,
  secret = false,
): Setting<T> {
  return { summary, type, fallback, secret };
}
