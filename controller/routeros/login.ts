/**
 * `/login` (manual "API", "Initial login"). Since RouterOS 6.43 name and password travel in the first
 * sentence; older ones answer it with a challenge, which is then answered with a digest.
 */
import { hash } from 'node:crypto';
import type { RouterOsConnection } from './connection.ts';
import { RouterOsError, RouterTrap } from './errors.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const CHALLENGE = /^[0-9a-f]{32}$/i;

/**
 * Throws `ROUTER_LOGIN` when the router refuses, else what the connection throws. `timeoutMs` is for
 * all of it.
 */
export async function logIn(
  connection: Pick<RouterOsConnection, 'runFor'>,
  { user, password }: Credentials,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<void> {
  const until = performance.now() + options.timeoutMs;
  const ask = (attributes: Readonly<Record<string, string>>): Promise<{ ret: string | null }> => {
    const timeoutMs = Math.max(1, until - performance.now());
    return connection.runFor('/login', attributes, { ...options, timeoutMs });
  };
  try {
    const { ret } = await ask({ name: user, password });
    if (ret === null) return;
    const response = challengeResponse(password, ret);
    if ((await ask({ name: user, response })).ret === null) return;
  } catch (error) {
    if (!(error instanceof RouterTrap)) throw error;
    throw new RouterOsError('ROUTER_LOGIN', error.message, { cause: error });
  }
  throw new RouterOsError('ROUTER_LOGIN', 'the router asks for a login again and again');
}

/** `00` and the MD5 of a zero byte, the password and the challenge. Throws `ROUTER_PROTOCOL`. */
export function challengeResponse(password: string, challenge: string): string {
  if (!CHALLENGE.test(challenge)) {
    throw new RouterOsError('ROUTER_PROTOCOL', 'the login was answered with no challenge');
  }
  const secret = [Buffer.of(0), Buffer.from(password, 'utf8'), Buffer.from(challenge, 'hex')];
  return `00${hash('md5', Buffer.concat(secret), 'hex')}`;
}
