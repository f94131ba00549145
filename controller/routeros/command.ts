/** One command from its words to its answer: what may be said, time-out, abort. */
import { checkWord, type Word } from './codec.ts';
import { RouterOsError } from './errors.ts';
import type { CommandResult, Pending, Pipeline } from './pipeline.ts';
import type { Attributes } from './reply.ts';

/** Arguments of a command; bytes, as `rawValue` gives them, are sent as they are. */
export type Arguments = Readonly<Record<string, Word>>;

/** Throws `ROUTER_PROTOCOL` for what cannot be said in the API. */
export function commandWords(
  command: string,
  attributes: Arguments,
  options: { readonly queries?: readonly string[]; readonly proplist?: readonly string[] },
): Word[] {
  checkWord(command);
  const words: Word[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (name.includes('=')) throw new RouterOsError('ROUTER_PROTOCOL', `no property: ${name}`);
    const text = typeof value === 'string';
    words.push(text ? `=${name}=${value}` : Buffer.concat([Buffer.from(`=${name}=`), value]));
  }
  if (options.proplist !== undefined) words.push(`=.proplist=${options.proplist.join(',')}`);
  for (const query of options.queries ?? []) words.push(`?${query}`);
  for (const word of words) checkWord(word);
  return words;
}

export interface Execution {
  readonly command: string;
  readonly words: readonly Word[];
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal | undefined;
  readonly onRow: Pending['onRow'];
  /** A command was not even sent in its time, for the router holds all places. */
  readonly onSilence: () => void;
}

/** Rejects with `RouterTrap` or `RouterOsError`, or with what `onRow` threw. */
export function execute(pipeline: Pipeline, run: Execution): Promise<CommandResult> {
  const { command, words, timeoutMs, signal } = run;
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown): void => {
      release();
      reject(error);
    };
    const pending: Pending = {
      command,
      words,
      rows: [],
      traps: [],
      category: null,
      weight: 0,
      onRow: run.onRow === null ? null : (row) => hear(row),
      settle: (error, result) => {
        release();
        if (error === null && result !== undefined) resolve(result);
        else reject(error);
      },
      tag: null,
    };
    const hear = (row: Attributes): void => {
      try {
        run.onRow?.(row);
      } catch (error) {
        // The listener's own fault, not the connection's.
        pipeline.abandon(pending);
        fail(error);
      }
    };
    const stop = (code: 'ROUTER_ABORTED' | 'ROUTER_TIMEOUT', why: string): void => {
      pipeline.abandon(pending);
      fail(new RouterOsError(code, `${command} ${why}`));
    };
    const onAbort = (): void => stop('ROUTER_ABORTED', 'was stopped');
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutMs !== null) {
      const why = `was not answered in ${Math.round(timeoutMs)} ms`;
      timer = setTimeout(() => {
        stop('ROUTER_TIMEOUT', why);
        if (pending.tag === null && pipeline.stuck) run.onSilence();
      }, timeoutMs);
    }
    pipeline.submit(pending);
  });
}
