/** Opening hours of villages, read once. */
import { type Hours, parseHours } from '../settings/hours.ts';
import { boundedMap } from './bounded-map.ts';

/** Texts kept parsed; a fleet has as many as it has villages with hours of their own. */
const CACHED_HOURS = 1024;

/** {@link parseHours} that remembers; null in, null out: no opening hours. */
export function hoursReader(): (text: string | null) => Hours | null {
  const known = boundedMap<Hours>(CACHED_HOURS);
  return (text) => {
    if (text === null) return null;
    let hours = known.get(text);
    if (hours === undefined) {
      hours = parseHours(text);
      known.set(text, hours);
    }
    return hours;
  };
}
