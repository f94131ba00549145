/**
 * From the values of a configuration file to a {@link Config}, or to every problem it has.
 * No files are read here except those that secrets point to, through `readSecret`.
 */
import type { z } from 'zod';
import { absolute } from './fields.ts';
import { OTP_KEYS } from './otp.ts';
import { brokenRules, type Problem } from './rules.ts';
import {
  type Config,
  completeConfig,
  type SectionName,
  type Sections,
  sectionSchemas,
  topSchema,
} from './schema.ts';
import { suggestKey } from './suggest.ts';

export type Parsed =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface ParseOptions {
  /** Folder that relative paths start at. */
  readonly baseDirectory: string;
  /** Text of the file at an absolute path; throws when it cannot be read. */
  readonly readSecret: (file: string) => string;
}

type Values = Readonly<Record<string, unknown>>;

/** Keys whose value may be given as `file:/path`. The store's URL may hold a password. */
const SECRET = /^(?:store|secret|\w+(?:Secret|Password))$/;
/** Keys of the objects within sections. */
const INNER_KEYS: Readonly<Record<string, readonly string[]>> = {
  'portal.tls': ['certFile', 'keyFile'],
  'portal.radius': ['server', 'secret', 'tariff'],
  ...OTP_KEYS,
  'radius.proxies': ['address', 'secret'],
  'radius.eap': ['server', 'secret'],
  'radius.radsec': ['listen', 'certFile', 'keyFile', 'caFile'],
};
/** Stands for a secret whose file cannot be read, so that only that is reported. */
const UNREADABLE = 'sqlite:unreadable';

export function parseConfig(raw: unknown, options: ParseOptions): Parsed {
  if (!isValues(raw ?? {})) {
    const message = 'expected keys and values, such as "regency: \'16.06\'"';
    return { ok: false, problems: [{ path: '', message }] };
  }
  const problems: Problem[] = [];
  const values = resolveSecrets((raw ?? {}) as Values, options, problems);
  const schemas = sectionSchemas(options.baseDirectory);
  const names = Object.keys(schemas) as SectionName[];

  const topValues = Object.entries(values).filter(([key]) => !(key in schemas));
  const topKeys = topSchema(options.baseDirectory);
  const top = topKeys.safeParse(Object.fromEntries(topValues));
  if (!top.success) {
    problems.push(...describe(top.error, '', [...Object.keys(topKeys.shape), ...names]));
  }
  const sections = Object.fromEntries(
    names.flatMap((name) => {
      // `portal:` with nothing below it reads as null and means the defaults.
      const parsed = schemas[name].safeParse(values[name] ?? {});
      if (parsed.success) return [[name, parsed.data]];
      problems.push(...describe(parsed.error, name, Object.keys(schemas[name].shape)));
      return [];
    }),
  ) as Partial<Sections>;
  problems.push(...brokenRules(sections));

  if (problems.length > 0 || !top.success) return { ok: false, problems };
  return { ok: true, config: completeConfig(top.data, sections as Sections) };
}

/** Replaces `file:/path` of every secret, at whatever depth, by the text of that file. */
function resolveSecrets(values: Values, options: ParseOptions, problems: Problem[]): Values {
  const resolve = (value: unknown, key: string, path: string): unknown => {
    if (Array.isArray(value)) return value.map((item, i) => resolve(item, key, `${path}.${i}`));
    if (isValues(value)) {
      const entries = Object.entries(value).map(([name, inner]): [string, unknown] => [
        name,
        resolve(inner, name, path === '' ? name : `${path}.${name}`),
      ]);
      return Object.fromEntries(entries);
    }
    if (typeof value !== 'string' || !SECRET.test(key) || !value.startsWith('file:')) return value;
    const file = absolute(options.baseDirectory, value.slice('file:'.length));
    try {
      return options.readSecret(file).trim();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      problems.push({ path, message: `cannot read the secret: ${why}` });
      return UNREADABLE;
    }
  };
  return resolve(values, '', '') as Values;
}

function describe(error: z.ZodError, section: string, known: readonly string[]): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const path = [section, ...issue.path].filter((part) => part !== '').join('.');
    if (issue.code !== 'unrecognized_keys') {
      const whole = issue.code === 'invalid_type' && issue.path.length === 0;
      return [{ path, message: whole ? 'expected keys and values' : issue.message }];
    }
    const inner = path.replaceAll(/\.\d+/g, '');
    const candidates = issue.path.length === 0 ? known : (INNER_KEYS[inner] ?? []);
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      message: unknownKey(key, candidates),
    }));
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const suggestion = suggestKey(key, known);
  return suggestion === undefined
    ? `unknown key; known here: ${known.join(', ')}`
    : `unknown key; did you mean ${suggestion}?`;
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
