/** User names of one-time tokens: opaque, never given twice. A grace pass shows in its name what it is. */
import { randomBytes } from 'node:crypto';

const TOKEN_NAME = /^sw-(?:grace-)?[\w-]{12}$/;
const GRACE = 'sw-grace-';

export function newTokenName(grace = false): string {
  return `${grace ? GRACE : 'sw-'}${randomBytes(9).toString('base64url')}`;
}

export function isTokenName(username: string): boolean {
  return TOKEN_NAME.test(username);
}

/** Of a token, or of its session: only messengers are reached. A plain token's name is shorter. */
export function isGraceName(username: string): boolean {
  return username.startsWith(GRACE) && username.length === GRACE.length + 12;
}
