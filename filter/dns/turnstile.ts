/** How many questions may wait for upstreams: in all, and from one router. */

export interface Turnstile {
  /** False when too many wait already, in all or from this router. */
  enter(router: string): boolean;
  leave(router: string): void;
}

/** One router may hold a quarter of the places: slow names asked in one village must not stop the others. */
export function createTurnstile(maxWaiting: number): Turnstile {
  const share = Math.ceil(maxWaiting / 4);
  const waiting = new Map<string, number>();
  let total = 0;
  return {
    enter: (router) => {
      const own = waiting.get(router) ?? 0;
      if (total >= maxWaiting || own >= share) return false;
      waiting.set(router, own + 1);
      total += 1;
      return true;
    },
    leave: (router) => {
      const own = waiting.get(router) ?? 0;
      if (own > 1) waiting.set(router, own - 1);
      else waiting.delete(router);
      total -= 1;
    },
  };
}
