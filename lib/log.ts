/**
 * Structured logs (pino, JSON on standard error). Secrets are cut by path; phone numbers and MAC
 * addresses go in only through {@link pseudonym}.
 */
import { createHmac } from 'node:crypto';
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const SECRET_PATHS = [
  'password',
  'secret',
  'token',
  'apiPassword',
  'nasSecret',
  'authorization',
  'cookie',
];

export function createLogger(role: string, level = 'info'): Logger {
  return pino(
    {
      level,
      base: { role },
      redact: { paths: SECRET_PATHS.flatMap((path) => [path, `*.${path}`]), censor: '[redacted]' },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** A stable stand-in for a personal value in logs: the same person gives the same word, nobody can invert it. */
export function pseudonym(key: Uint8Array, value: string): string {
  return createHmac('sha256', key).update(value).digest('hex').slice(0, 12);
}
