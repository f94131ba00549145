/**
 * The router's DNS: static rows first, then a small cache, then the configured servers in order. The
 * cache lives by the given clock; waiting for a server is real time.
 */
import type { Clock } from '../../lib/clock.ts';
import type { DnsConfig, StaticAnswer } from './config.ts';
import {
  aged,
  encodeAnswer,
  isResponse,
  lifetime,
  type Question,
  RCODE,
  rcodeOf,
  readQuestion,
  TYPE,
} from './wire.ts';

/** Sends a query from the router to a server; null when no answer came. */
export type AskServer = (server: string, query: Buffer) => Promise<Buffer | null>;

export interface ResolverOptions {
  readonly config: () => DnsConfig;
  readonly ask: AskServer;
  readonly clock: Clock;
}

export interface Resolver {
  /** Null when the message is no query or too many are underway: nothing is sent. */
  answer(query: Buffer): Promise<Buffer | null>;
  flush(): void;
  readonly counters: { queries: number; fromStatic: number; fromCache: number; dropped: number };
}

interface Kept {
  readonly message: Buffer;
  readonly at: number;
  readonly until: number;
}

const CACHE_ENTRIES = 512;

export function createResolver(options: ResolverOptions): Resolver {
  const { clock } = options;
  const cache = new Map<string, Kept>();
  const counters = { queries: 0, fromStatic: 0, fromCache: 0, dropped: 0 };
  let underway = 0;

  const keep = (key: string, message: Buffer, config: DnsConfig): void => {
    const seconds = Math.min(lifetime(message), config.maxTtlSeconds);
    const rcode = rcodeOf(message);
    const keepable = rcode === RCODE.noError || rcode === RCODE.nameError;
    if (!config.cached || seconds === 0 || !keepable) return;
    const oldest = cache.size >= CACHE_ENTRIES ? cache.keys().next().value : undefined;
    if (oldest !== undefined) cache.delete(oldest);
    const at = clock.now();
    cache.set(key, { message, at, until: at + seconds * 1000 });
  };

  const forward = async (query: Buffer, question: Question, config: DnsConfig): Promise<Buffer> => {
    for (const server of config.servers) {
      const reply = await options.ask(server, query);
      if (reply !== null && isReplyTo(question, reply)) return reply;
    }
    return encodeAnswer(question, RCODE.serverFailure);
  };

  return {
    counters,
    flush: () => cache.clear(),
    answer: async (query) => {
      const question = isResponse(query) ? null : readQuestion(query);
      if (question === null) return null;
      counters.queries += 1;
      const config = options.config();
      const rows = config.lookup(question.name);
      if (rows !== null) {
        counters.fromStatic += 1;
        return staticReply(question, rows);
      }
      const key = `${question.type} ${question.name}`;
      const kept = cache.get(key);
      const now = clock.now();
      if (kept !== undefined && kept.until > now) {
        counters.fromCache += 1;
        return aged(kept.message, question.id, Math.floor((now - kept.at) / 1000));
      }
      cache.delete(key);
      if (underway >= config.maxConcurrent) {
        counters.dropped += 1;
        return null;
      }
      underway += 1;
      try {
        const reply = await forward(query, question, config);
        keep(key, reply, config);
        return reply;
      } finally {
        underway -= 1;
      }
    },
  };
}

function staticReply(question: Question, rows: readonly StaticAnswer[]): Buffer {
  if (rows.some(({ rcode }) => rcode === RCODE.nameError)) {
    return encodeAnswer(question, RCODE.nameError);
  }
  const records = rows.flatMap(({ record }) => (record === null ? [] : [record]));
  const fitting = records.filter(({ type }) => type === question.type || type === TYPE.cname);
  return encodeAnswer(question, RCODE.noError, fitting);
}

function isReplyTo(question: Question, reply: Buffer): boolean {
  const echoed = isResponse(reply) ? readQuestion(reply) : null;
  return (
    echoed !== null &&
    echoed.id === question.id &&
    echoed.name === question.name &&
    echoed.type === question.type
  );
}
