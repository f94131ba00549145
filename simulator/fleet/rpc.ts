/**
 * Calls over a message channel: JSON values with request ids, as two processes of ours exchange them.
 *
 * At most `inFlight` calls are under way, at most `waiting` more stand in line; beyond that a call is
 * refused at once (SIMULATOR_BUSY). Errors travel with their code and message. When the channel
 * closes, every open call fails with SIMULATOR_GONE.
 */
import { errorCode, errorMessage, SmartWifiError } from '../../lib/errors.ts';

export interface Channel {
  /** May throw or do nothing once closed. */
  send(message: unknown): void;
  /** One listener each; set once. */
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
}

export interface RpcClient {
  call(op: string, args: readonly unknown[]): Promise<unknown>;
}

export interface RpcLimits {
  readonly inFlight: number;
  readonly waiting: number;
}

export const DEFAULT_LIMITS: RpcLimits = { inFlight: 512, waiting: 20_000 };

interface Request {
  readonly id: number;
  readonly op: string;
  readonly args: readonly unknown[];
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Open {
  readonly request: Request;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export function createRpcClient(channel: Channel, limits = DEFAULT_LIMITS): RpcClient {
  const open = new Map<number, Open>();
  const waiting: Open[] = [];
  let nextId = 1;
  let closed = false;

  const pump = (): void => {
    while (open.size < limits.inFlight) {
      const next = waiting.shift();
      if (next === undefined) return;
      open.set(next.request.id, next);
      channel.send(next.request);
    }
  };
  channel.onMessage((message) => {
    if (!isReply(message)) return;
    const entry = open.get(message.id);
    if (entry === undefined) return;
    open.delete(message.id);
    if (message.error === undefined) entry.resolve(message.result);
    else entry.reject(new SmartWifiError(message.error.code, message.error.message));
    pump();
  });
  channel.onClose(() => {
    closed = true;
    for (const { reject } of [...open.values(), ...waiting.splice(0)]) reject(gone());
    open.clear();
  });
  return {
    call: (op, args) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      if (closed) reject(gone());
      else if (waiting.length >= limits.waiting) reject(busy(limits.waiting));
      else {
        waiting.push({ request: { id: nextId, op, args }, resolve, reject });
        nextId += 1;
        pump();
      }
      return promise;
    },
  };
}

/** Answers each request by `handle`; what is not a request is ignored. */
export function serveRpc(
  channel: Channel,
  handle: (op: string, args: readonly unknown[]) => Promise<unknown>,
): void {
  const answer = async ({ id, op, args }: Request): Promise<Reply> => {
    try {
      return { id, result: await handle(op, args) };
    } catch (error) {
      return { id, error: { code: errorCode(error), message: errorMessage(error) } };
    }
  };
  channel.onMessage((message) => {
    if (isRequest(message)) void answer(message).then((reply) => channel.send(reply));
  });
}

function isRequest(message: unknown): message is Request {
  return isRecord(message) && typeof message.op === 'string' && Array.isArray(message.args);
}

function isReply(message: unknown): message is Reply {
  return isRecord(message) && typeof message.id === 'number' && message.op === undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function gone(): SmartWifiError {
  return new SmartWifiError('SIMULATOR_GONE', 'the simulator process has ended');
}

function busy(limit: number): SmartWifiError {
  return new SmartWifiError('SIMULATOR_BUSY', `more than ${limit} calls wait for the simulator`);
}
