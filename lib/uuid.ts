/** UUIDv7 (RFC 9562 §5.7): ids that sort by the time they were made. */
import { randomUUID } from 'node:crypto';

/** A UUIDv4's random bits under a time; `randomUUID` fetches entropy for many at once. */
export function uuidv7(nowMs: number): string {
  const time = nowMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
