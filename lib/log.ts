/**
 * Structured logs (pino, JSON on standard error). Secrets are cut by path; phone numbers and MAC
 * addresses are not logged at all.
 */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const SECRET_PATHS = [
  'password',
  'secret',
  'token',
  'apiPassword',
  'nasSecret',
  'webhookSecret',
  'verifySecret',
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
