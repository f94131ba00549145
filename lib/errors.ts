/**
 * The one base class of every error that leaves a folder of ours.
 *
 * `code` is stable API: it is listed in docs/operations.md with the command that fixes it, and tests
 * assert on it. Expected outcomes (a wrong password, a blocked name) are values, never errors.
 */
export class SmartWifiError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The message of anything that was thrown, for a log line or a row in the store. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What others have said, for a terminal: terminals obey control characters, and characters that turn the direction
 * of writing show a text that is not there. They are shown instead.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
  });
}

/** The stable code of an error of ours, or of Node's own (`ECONNREFUSED`); `fallback` for the rest. */
export function errorCode(error: unknown, fallback = 'INTERNAL'): string {
  if (error !== null && typeof error === 'object' && 'code' in error) {
    return typeof error.code === 'string' ? error.code : fallback;
  }
  return fallback;
}
