/**
 * One logged-in API connection over a socket: time-outs, abort, loss, close. Nothing thrown in a
 * socket handler leaves it: whatever breaks the stream rejects every waiting command and settles
 * `lost`.
 */
import type { Socket } from 'node:net';
import { createSentenceParser } from './codec.ts';
import { RouterOsError } from './errors.ts';
import { type CommandResult, createPipeline, type Pending, type Pipeline } from './pipeline.ts';
import { type Attributes, parseReply } from './reply.ts';

export interface CommandOptions {
  /** Query words without the leading `?`: `name=ether1`, `#|`. */
  readonly queries?: readonly string[];
  readonly proplist?: readonly string[];
  /** Time on the machine's clock from the call to the answer; default of the connection. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ListenOptions extends Omit<CommandOptions, 'timeoutMs' | 'signal'> {
  readonly onRow: (row: Attributes) => void;
  /** Ends the listening; the call then resolves. */
  readonly signal: AbortSignal;
}

/** `RouterTrap` when the router refuses; `RouterOsError` with its code for everything else. */
export interface RouterOsConnection extends AsyncDisposable {
  run(command: string, attributes?: Attributes, options?: CommandOptions): Promise<Attributes[]>;
  runFor(
    command: string,
    attributes?: Attributes,
    options?: CommandOptions,
  ): Promise<CommandResult>;
  listen(command: string, attributes: Attributes, options: ListenOptions): Promise<void>;
  /** Settles once, when the connection has ended for whatever reason; never rejects. */
  readonly lost: Promise<RouterOsError>;
  readonly open: boolean;
  /** Resolves within a second even when the peer is dead. May be called again. */
  close(): Promise<void>;
}

const CLOSE_GRACE_MS = 500;

export function openConnection(socket: Socket, commandTimeoutMs: number): RouterOsConnection {
  const pipeline = createPipeline((bytes) => {
    if (!socket.destroyed) socket.write(bytes);
  });
  const lost = Promise.withResolvers<RouterOsError>();
  let open = true;

  const end = (error: RouterOsError): void => {
    if (!open) return;
    open = false;
    socket.destroy();
    pipeline.end(error);
    lost.resolve(error);
  };
  readReplies(socket, pipeline, end);

  const close = async (): Promise<void> => {
    if (open) await closeSocket(socket);
    end(new RouterOsError('ROUTER_LOST', 'closed by us'));
  };

  const runFor: RouterOsConnection['runFor'] = (command, attributes = {}, options = {}) =>
    execute(pipeline, {
      words: commandWords(command, attributes, options),
      timeoutMs: options.timeoutMs ?? commandTimeoutMs,
      signal: options.signal,
      onRow: null,
    });

  return {
    runFor,
    run: async (command, attributes, options) => {
      const { rows } = await runFor(command, attributes, options);
      return rows;
    },
    listen: async (command, attributes, options) => {
      const { signal, onRow } = options;
      const words = commandWords(command, attributes, options);
      try {
        await execute(pipeline, { words, timeoutMs: null, signal, onRow });
      } catch (error) {
        if (error instanceof RouterOsError && error.code === 'ROUTER_ABORTED') return;
        throw error;
      }
    },
    lost: lost.promise,
    get open() {
      return open;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function readReplies(
  socket: Socket,
  pipeline: Pipeline,
  end: (error: RouterOsError) => void,
): void {
  const parser = createSentenceParser();
  const closed = (): void =>
    end(new RouterOsError('ROUTER_LOST', 'the router closed the connection'));
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const words of parser.push(chunk)) {
        const reply = parseReply(words);
        if (reply?.kind === 'fatal') {
          end(new RouterOsError('ROUTER_LOST', `the router ended it: ${reply.text}`));
        } else if (reply !== null) {
          pipeline.onReply(reply);
        }
      }
    } catch (cause) {
      const wrapped = new RouterOsError('ROUTER_PROTOCOL', 'unreadable reply', { cause });
      end(cause instanceof RouterOsError ? cause : wrapped);
    }
  });
  socket.on('error', (cause) =>
    end(new RouterOsError('ROUTER_LOST', `connection failed: ${cause.message}`, { cause })),
  );
  socket.on('end', closed);
  socket.on('close', closed);
}

async function closeSocket(socket: Socket): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.end();
  const timer = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS);
  await gone;
  clearTimeout(timer);
}

function commandWords(
  command: string,
  attributes: Attributes,
  options: Pick<CommandOptions, 'queries' | 'proplist'>,
): string[] {
  const words = [command];
  for (const [name, value] of Object.entries(attributes)) words.push(`=${name}=${value}`);
  if (options.proplist !== undefined) words.push(`=.proplist=${options.proplist.join(',')}`);
  for (const query of options.queries ?? []) words.push(`?${query}`);
  return words;
}

interface Execution {
  readonly words: readonly string[];
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal | undefined;
  readonly onRow: Pending['onRow'];
}

function execute(pipeline: Pipeline, run: Execution): Promise<CommandResult> {
  const { words, timeoutMs, signal, onRow } = run;
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const settle: Pending['settle'] = (error, result) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (error === null && result !== undefined) resolve(result);
      else reject(error);
    };
    const pending: Pending = {
      words,
      rows: [],
      traps: [],
      category: null,
      onRow,
      settle,
      tag: null,
    };
    const stop = (code: 'ROUTER_ABORTED' | 'ROUTER_TIMEOUT', why: string): void => {
      pipeline.abandon(pending);
      settle(new RouterOsError(code, `${words[0]} ${why}`));
    };
    const onAbort = (): void => stop('ROUTER_ABORTED', 'was stopped');
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutMs !== null) {
      const why = `was not answered in ${Math.round(timeoutMs)} ms`;
      timer = setTimeout(() => stop('ROUTER_TIMEOUT', why), timeoutMs);
    }
    pipeline.submit(pending);
  });
}
