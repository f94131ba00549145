/** Verbs of the CLI in this process, as cli.ts runs them: cli.test.ts has real ones. */
import { parseArgs } from 'node:util';
import { loadConfig } from '../../../config/load.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { type CommandContext, UsageError } from '../../../scripts/command.ts';
import { COMMANDS } from '../../../scripts/commands.ts';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Cli {
  run(...args: string[]): Promise<Outcome>;
  /** The document of `--json`; throws when the verb fails. */
  json(...args: string[]): ReturnType<typeof JSON.parse>;
}

export function cliIn(directory: string): Cli {
  const run = async (...args: string[]): Promise<Outcome> => {
    const verb = COMMANDS[args.slice(0, 2).join(' ')] === undefined ? 1 : 2;
    const command = await COMMANDS[args.slice(0, verb).join(' ')]!();
    const { values, positionals } = parseArgs({
      args: args.slice(verb),
      options: { ...command.options, json: { type: 'boolean' } },
      allowPositionals: true,
    });
    const json = values.json === true;
    let out = '';
    const context: CommandContext = {
      config: loadConfig({ cwd: directory }),
      options: values as CommandContext['options'],
      operands: positionals,
      json,
      print: (document, text) => {
        out += json ? JSON.stringify(document) : text;
      },
      progress: () => undefined,
      signal: new AbortController().signal,
    };
    try {
      return { code: (await command.run(context)) ?? 0, out, err: '' };
    } catch (error) {
      return { code: error instanceof UsageError ? 2 : 1, out, err: errorMessage(error) };
    }
  };
  return {
    run,
    json: async (...args) => {
      const { code, out, err } = await run(...args, '--json');
      if (code !== 0) throw new Error(err);
      return JSON.parse(out);
    },
  };
}
