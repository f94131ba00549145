/** A configuration as it may be shown: secrets at whatever depth are left out, and what headers hold. */
import type { Config } from './schema.ts';

/** As in parse.ts, but for `store`, whose password alone is one. */
const SECRET = /^(?:secret|\w+(?:Secret|Password))$/;
const CENSORED = '[redacted]';

export function redactConfig(config: Config): { readonly store: string } {
  return { ...(redact(config, '') as object), store: redactUrl(config.store) };
}

function redact(value: unknown, key: string): unknown {
  if (value !== undefined && SECRET.test(key)) return CENSORED;
  if (Array.isArray(value)) return value.map((item) => redact(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]): [string, unknown] => [
      name,
      // A key that an operator wrote into a header instead of {secret}.
      key === 'headers' && name.toLowerCase() !== 'content-type' ? CENSORED : redact(inner, name),
    ]),
  );
}

function redactUrl(store: string): string {
  const url = URL.parse(store);
  if (url === null || url.password === '') return store;
  url.password = CENSORED;
  return url.href;
}
