/** User names of one-time tokens: opaque, never given twice. */
import { randomBytes } from 'node:crypto';

const TOKEN_NAME = /^sw-[\w-]{12}$/;

export function newTokenName(): string {
  return `sw-${randomBytes(9).toString('base64url')}`;
}

export function isTokenName(username: string): boolean {
  return TOKEN_NAME.test(username);
}
