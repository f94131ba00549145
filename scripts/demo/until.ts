/** Waiting for something that another process or thread brings about. */
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 50;

/** The first answer that is neither null nor false; null when none came in `seconds` of machine time. */
export async function until<T>(
  look: () => Promise<T | null | false>,
  seconds = 15,
): Promise<T | null> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (performance.now() > deadline) return null;
    await delay(PAUSE_MS);
  }
}
