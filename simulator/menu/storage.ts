/**
 * Flash and memory of a board. Files fill the flash, or the memory where a board with 16 MB keeps only what lies
 * below `flash/` over a power cut; other parts of the router claim what they take under their own name.
 */
import { failure } from './trap.ts';

/** Octets, as `/system/resource` counts them. */
export interface Space {
  readonly diskOctets: number;
  /** Taken by RouterOS and its packages. */
  readonly diskUsedOctets: number;
  readonly memoryOctets: number;
  /** Taken by RouterOS when nothing is configured. */
  readonly memoryUsedOctets: number;
  /** Files outside `flash/` lie in memory. */
  readonly flashFolder: boolean;
}

export interface Claim {
  readonly disk?: number;
  readonly memory?: number;
}

export interface Free {
  readonly disk: number;
  readonly memory: number;
}

export interface Storage {
  readonly space: Space;
  /** Octets by the name of who holds them. */
  readonly claims: Map<string, Claim>;
}

interface Sized {
  readonly values: Readonly<Record<string, string>>;
  readonly content?: Buffer;
}

export function freeSpace({ space, claims }: Storage, files: readonly Sized[]): Free {
  let disk = space.diskOctets - space.diskUsedOctets;
  let memory = space.memoryOctets - space.memoryUsedOctets;
  for (const claim of claims.values()) {
    disk -= claim.disk ?? 0;
    memory -= claim.memory ?? 0;
  }
  for (const { values, content } of files) {
    const octets = content?.length ?? 0;
    if (isKept(space, values.name ?? '')) disk -= octets;
    else memory -= octets;
  }
  return { disk: Math.max(0, disk), memory: Math.max(0, memory) };
}

/** Whether a file is still there after a power cut. */
export function isKept(space: Space, name: string): boolean {
  return !space.flashFolder || name === 'flash' || name.startsWith('flash/');
}

/** Refuses a file that does not fit in the place of what was there under its name. */
export function refuseFull(
  storage: Storage,
  files: readonly Sized[],
  name: string,
  octets: number,
): void {
  const others = files.filter(({ values }) => values.name !== name);
  const free = freeSpace(storage, others);
  const room = isKept(storage.space, name) ? free.disk : free.memory;
  if (octets > room) throw failure('not enough space');
}
