/** What a command of the CLI is, and what it is given. */
import type { ParseArgsOptionsConfig } from 'node:util';
import type { Config } from '../config/schema.ts';
import { realClock } from '../lib/clock.ts';
import { SmartWifiError } from '../lib/errors.ts';
import type { Store } from '../store/contract.ts';
import { openStore } from '../store/open.ts';

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandContext {
  readonly config: Config;
  readonly options: OptionValues;
  /** What stands after the verb. */
  readonly operands: readonly string[];
  readonly json: boolean;
  /** One document on standard output: `document` with --json, else `text`. */
  print(document: unknown, text: string): void;
  /** A line of progress on standard error; silent with --json. */
  progress(line: string): void;
  readonly signal: AbortSignal;
}

export interface Command {
  readonly summary: string;
  /** What stands after the verb: `NAME --village CODE`. */
  readonly usage: string;
  readonly options: ParseArgsOptionsConfig;
  /** Exit code; nothing means 0. */
  run(context: CommandContext): Promise<number | undefined>;
}

/** The command line is wrong: exit code 2. */
export class UsageError extends SmartWifiError {
  constructor(message: string) {
    super('USAGE', message);
  }
}

export async function withStore<T>(
  context: CommandContext,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const { store } = await openStore(context.config);
  await using _closed = store;
  return await work(store);
}

/** Who acts on the command line, for the audit trail. */
export const CLI = 'cli';

/** Puts into the audit trail what somebody did on the command line. */
export async function audit(
  store: Store,
  action: string,
  subject: string,
  detail = '',
): Promise<void> {
  await store.appendAudit({ at: realClock.now(), actor: CLI, action, subject, detail });
}

/** The only operand of a command. */
export function operand(context: CommandContext, what: string): string {
  const [value, ...rest] = context.operands;
  if (value === undefined) throw new UsageError(`${what} is missing`);
  if (rest.length > 0) throw new UsageError(`unexpected: ${rest.join(' ')}`);
  return value;
}

/** All that stands after the verb: as many as `names` has. */
export function operandsOf(context: CommandContext, names: readonly string[]): string[] {
  const missing = names[context.operands.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const rest = context.operands.slice(names.length);
  if (rest.length > 0) throw new UsageError(`unexpected: ${rest.join(' ')}`);
  return [...context.operands];
}

export function requiredOption(options: OptionValues, name: string): string {
  const value = options[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is missing`);
  return value;
}

export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number within bounds; undefined when the option is not given. */
export function numberOption(
  options: OptionValues,
  name: string,
  bounds: { min: number; max: number; whole?: boolean },
): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  const wrongKind = bounds.whole !== false && !Number.isInteger(value);
  if (text.trim() === '' || !Number.isFinite(value) || wrongKind) {
    throw new UsageError(`--${name} expects a number, not ${text}`);
  }
  if (value < bounds.min || value > bounds.max) {
    throw new UsageError(`--${name} must lie between ${bounds.min} and ${bounds.max}`);
  }
  return value;
}

/** `a,b , c` → three words. */
export function wordsOption(options: OptionValues, name: string): string[] {
  return (textOption(options, name) ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
