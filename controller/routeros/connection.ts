/**
 * One logged-in API connection over a socket: time-outs, abort, loss, close. Nothing thrown in a
 * socket handler leaves it: whatever breaks the stream rejects every waiting command and settles
 * `lost`.
 */
import type { Socket } from 'node:net';
import { createSentenceParser } from './codec.ts';
import { type Arguments, commandWords, execute } from './command.ts';
import { RouterOsError } from './errors.ts';
import { type CommandResult, createPipeline, type Pipeline } from './pipeline.ts';
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
  /**
   * A row as it is now, or only its `.id` when it is gone (`dead`). What this throws ends the
   * listening and rejects the call.
   */
  readonly onRow: (row: Attributes, dead: boolean) => void;
  /** Ends the listening; the call then resolves. */
  readonly signal: AbortSignal;
}

/** `RouterTrap` when the router refuses; `RouterOsError` with its code for everything else. */
export interface RouterOsConnection extends AsyncDisposable {
  run(command: string, attributes?: Arguments, options?: CommandOptions): Promise<Attributes[]>;
  runFor(command: string, attributes?: Arguments, options?: CommandOptions): Promise<CommandResult>;
  /**
   * Follows a menu (`/…/listen`, or print with `follow`): changes only, as they come. Resolves when
   * `signal` ends it or the router does. It holds one of the eight places of the connection.
   */
  listen(command: string, attributes: Arguments, options: ListenOptions): Promise<void>;
  /** Settles once, when the connection has ended for whatever reason; never rejects. */
  readonly lost: Promise<RouterOsError>;
  readonly open: boolean;
  /** Resolves within a second even when the peer is dead. May be called again. */
  close(): Promise<void>;
}

/** See `ConnectOptions` (client.ts). */
export interface Manners {
  readonly commandTimeoutMs: number;
  readonly inFlight?: number | undefined;
}

const CLOSE_GRACE_MS = 500;

export function openConnection(socket: Socket, manners: Manners): RouterOsConnection {
  const send = (bytes: Buffer): boolean => !socket.destroyed && socket.write(bytes);
  const pipeline = createPipeline(send, manners.inFlight);
  const lost = Promise.withResolvers<RouterOsError>();
  let open = true;
  let closing = false;

  const end = (error: RouterOsError): void => {
    if (!open) return;
    open = false;
    socket.destroy();
    pipeline.end(error);
    lost.resolve(error);
  };
  const closed = (): void => {
    const why = closing ? 'closed by us' : 'the router closed the connection';
    end(new RouterOsError('ROUTER_LOST', why));
  };
  readReplies(socket, pipeline, end);
  socket.on('end', closed);
  socket.on('close', closed);

  const close = async (): Promise<void> => {
    closing = true;
    if (open) await closeSocket(socket);
    closed();
  };

  const onSilence = (): void =>
    end(new RouterOsError('ROUTER_LOST', 'the router neither answers nor stops what it began'));

  const runFor: RouterOsConnection['runFor'] = async (command, attributes = {}, options = {}) =>
    execute(pipeline, {
      command,
      words: commandWords(command, attributes, options),
      timeoutMs: options.timeoutMs ?? manners.commandTimeoutMs,
      signal: options.signal,
      onRow: null,
      onSilence,
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
      const eachRow = (row: Attributes): void => onRow(row, isDead(row));
      const run = { command, words, timeoutMs: null, signal, onRow: eachRow, onSilence };
      await execute(pipeline, run).catch(unlessAborted);
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
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const sentence of parser.push(chunk)) {
        const reply = parseReply(sentence);
        if (reply?.kind === 'fatal') {
          const reason = reply.attributes.message ?? reply.text;
          end(new RouterOsError('ROUTER_LOST', `the router ended it: ${reason}`));
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

/** To be stopped is how a listening ends. */
function unlessAborted(error: unknown): void {
  if (error instanceof RouterOsError && error.code === 'ROUTER_ABORTED') return;
  throw error;
}

/** `true` since RouterOS 7; `yes` before. */
function isDead(row: Attributes): boolean {
  return row['.dead'] === 'true' || row['.dead'] === 'yes';
}
