/**
 * `/export` as a text that changes only when the configuration does: no date line, no volatile comments,
 * continued lines joined. Pure and idempotent. Source: RouterOS export format; oxidized does the same.
 */

/** Names of properties whose values nobody is shown. */
const SECRETS =
  /(^|\s)((?:[\w-]+\.)*[\w-]*(?:password|secret|passphrase|(?<!public)-key))=("(?:\\[\s\S]|[^"\\])*"|\S+)/g;
/** Born on the router and never taken from it. */
const PRIVATE_KEY = / private-key=(?:"(?:\\[\s\S]|[^"\\])*"|\S+)/g;
/** An odd number of backslashes at the end of a line; the indentation of the next is no part of it. */
const CONTINUED = /(?<!\\)((?:\\\\)*)\\\r?\n[ \t]*/g;
const MASK = '••••';

/** One statement a line, `\n` at the end of each; empty for an export without statements. */
export function normaliseExport(text: string): string {
  let path = '';
  const lines = text
    .replaceAll(CONTINUED, '$1')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      if (line.startsWith('/')) path = line;
      return path.startsWith('/interface wireguard') ? line.replaceAll(PRIVATE_KEY, '') : line;
    });
  return lines.map((line) => `${line}\n`).join('');
}

/** The same with every secret as dots: for a terminal. */
export function maskSecrets(text: string): string {
  return text.replaceAll(SECRETS, `$1$2=${MASK}`);
}
