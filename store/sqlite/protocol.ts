/** What travels between a thread of ours and the writer thread. */
import type { WriteName } from '../intents/registry.ts';
import type { Invalidation } from '../sql.ts';

export interface WriterData {
  readonly file: string;
  readonly key: Uint8Array;
}

export type ToWriter =
  | {
      readonly kind: 'write';
      readonly id: number;
      readonly name: WriteName;
      readonly args: unknown;
    }
  | { readonly kind: 'close' };

/** What a writer says first, to its parent. */
export type WriterStart =
  | { readonly kind: 'ready'; readonly migrated: readonly string[] }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export type FromWriter =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: 'invalidate'; readonly what: readonly Invalidation[] | null };
