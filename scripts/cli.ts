#!/usr/bin/env node
/** The command line: finds the verb, reads options and configuration, maps failures to exit codes. */
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from '../config/load.ts';
import { errorCode, errorMessage, printable } from '../lib/errors.ts';
import { type Command, type CommandContext, UsageError } from './command.ts';
import { COMMANDS } from './commands.ts';

const EXIT = { failed: 1, usage: 2, configuration: 78 } as const;

const COMMON = {
  config: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(args: readonly string[]): Promise<number> {
  const found = await findCommand(args);
  if (found === null) {
    const asked = args.find((arg) => !arg.startsWith('-'));
    process.stderr.write(
      `${asked === undefined ? '' : `unknown command: ${asked}\n\n`}${await overview()}\n`,
    );
    return args.includes('--help') || args.includes('-h') ? 0 : EXIT.usage;
  }
  const { name, command, rest } = found;
  try {
    const parsed = parse(command, rest);
    if (parsed.values.help === true) {
      process.stdout.write(`smartwifi ${name} ${command.usage}\n  ${command.summary}\n`);
      return 0;
    }
    return (await command.run(contextOf(parsed))) ?? 0;
  } catch (error) {
    return report(name, command, error);
  }
}

function parse(command: Command, args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...command.options, ...COMMON },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw new UsageError(errorMessage(error));
  }
}

function contextOf(parsed: ReturnType<typeof parse>): CommandContext {
  const options = parsed.values as CommandContext['options'];
  const json = options.json === true;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new Error(signal)));
  }
  return {
    config: loadConfig({ file: options.config as string | undefined, cwd: process.cwd() }),
    options,
    operands: parsed.positionals,
    json,
    print: (document, text) =>
      void process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${text}\n`),
    progress: (line) => {
      if (!json) process.stderr.write(`${line}\n`);
    },
    signal: stop.signal,
  };
}

function report(name: string, command: Command, error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(
      `smartwifi ${name}: ${error.message}\nusage: smartwifi ${name} ${command.usage}\n`,
    );
    return EXIT.usage;
  }
  const [code, message] = [errorCode(error), errorMessage(error)];
  // Node's own begin with their code. Lines are ours; what stands in them may be a router's or a file's.
  const text = message.startsWith(`${code}: `) ? message : `${code}: ${message}`;
  process.stderr.write(`smartwifi ${name}: ${text.split('\n').map(printable).join('\n')}\n`);
  return error instanceof ConfigError ? EXIT.configuration : EXIT.failed;
}

/** The longest verb that the arguments begin with: `village import` before `village`. */
async function findCommand(
  args: readonly string[],
): Promise<{ name: string; command: Command; rest: readonly string[] } | null> {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const load = COMMANDS[name];
    if (load !== undefined && args.length >= words)
      return { name, command: await load(), rest: args.slice(words) };
  }
  return null;
}

async function overview(): Promise<string> {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = await Promise.all(
    Object.entries(COMMANDS).map(
      async ([name, load]) => `  ${name.padEnd(width)}  ${(await load()).summary}`,
    ),
  );
  return `usage: smartwifi <command> [--config FILE] [--json]\n\n${lines.join('\n')}\n\nsmartwifi <command> --help says more`;
}

process.exitCode = await main(process.argv.slice(2));
