/** Where the parts of the campaign about queues meet: the model of the link, and the world outside of its time. */
import { SETTINGS } from '../../../controller/test-input.ts';
import type { Timeline } from '../../../simulator/queues/timeline.ts';
import type { Wan } from '../../../simulator/queues/wan.ts';

/** RADIUS, portal and controller. */
export const SERVER = SETTINGS.radiusAddress;
/** RADIUS server and portal, until they answer. */
export const THINK_MS = 5;

export interface Place {
  readonly timeline: Timeline;
  readonly wan: Wan;
  readonly outside: Outside;
}

/** Work outside of the model, for which its time stands still. */
export interface Outside {
  /** Something beyond the model was told something. */
  touch(): void;
  during<T>(work: Promise<T>): Promise<T>;
  settle(): Promise<void>;
}

export function createOutside(): Outside {
  const busy = new Set<Promise<unknown>>();
  let touched = true;
  return {
    touch: () => {
      touched = true;
    },
    during: async (work) => {
      touched = true;
      busy.add(work);
      try {
        return await work;
      } finally {
        busy.delete(work);
        touched = true;
      }
    },
    settle: async () => {
      while (touched) {
        touched = false;
        await Promise.allSettled(busy);
        for (let turn = 0; turn < 8; turn += 1) await new Promise((next) => setImmediate(next));
      }
    },
  };
}
