/**
 * Finds, reads and checks the configuration. The only place that reads the environment.
 *
 * Order: the file named on the command line, else `SMARTWIFI_CONFIG`, else `./smartwifi.yaml` when it
 * exists, else the defaults. What was asked for by name must exist.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { errorCode, errorMessage, SmartWifiError } from '../lib/errors.ts';
import { parseConfig } from './parse.ts';
import type { Config } from './schema.ts';

export type { Config } from './schema.ts';

export interface LoadOptions {
  /** As given with `--config`. */
  readonly file?: string | undefined;
  /** The process's own environment unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** `CONFIG_NOT_FOUND`, `CONFIG_SYNTAX` or `CONFIG_INVALID`; the program exits with status 78. */
export class ConfigError extends SmartWifiError {
  /** One line each: `path: message`. */
  readonly problems: readonly string[];

  constructor(code: string, message: string, problems: readonly string[], cause?: unknown) {
    super(code, [message, ...problems.map((problem) => `  ${problem}`)].join('\n'), { cause });
    this.problems = problems;
  }
}

const DEFAULT_FILE = 'smartwifi.yaml';

/** The configuration, checked, with absolute paths, frozen to its last leaf. Throws {@link ConfigError}. */
export function loadConfig(options: LoadOptions): Config {
  const file = configFile(options);
  const raw = file === null ? {} : parseYaml(file, readText(file));
  const parsed = parseConfig(raw, {
    baseDirectory: file === null ? options.cwd : dirname(file),
    readSecret: (path) => readFileSync(path, 'utf8'),
  });
  if (!parsed.ok) {
    const problems = parsed.problems.map(({ path, message }) =>
      path === '' ? message : `${path}: ${message}`,
    );
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    throw new ConfigError('CONFIG_INVALID', `${file ?? 'configuration'} has ${count}:`, problems);
  }
  return deepFreeze(parsed.config);
}

/** Absolute path of the file that {@link loadConfig} reads; null = built-in defaults. */
export function configFile(options: LoadOptions): string | null {
  const env = options.env ?? process.env;
  const named = options.file ?? (env.SMARTWIFI_CONFIG || undefined);
  if (named !== undefined) return resolve(options.cwd, named);
  const usual = resolve(options.cwd, DEFAULT_FILE);
  return existsSync(usual) ? usual : null;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    const why = code === 'ENOENT' ? 'no such file' : errorMessage(error);
    throw new ConfigError('CONFIG_NOT_FOUND', `cannot read ${file}: ${why}`, [], error);
  }
}

function parseYaml(file: string, text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const problems = document.errors.map(({ message }) => message.split('\n')[0]!.replace(/:$/, ''));
  if (problems.length > 0) throw new ConfigError('CONFIG_SYNTAX', `${file} is not YAML:`, problems);
  try {
    return document.toJS();
  } catch (error) {
    throw new ConfigError('CONFIG_SYNTAX', `${file} is not YAML:`, [errorMessage(error)], error);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
