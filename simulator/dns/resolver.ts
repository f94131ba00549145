/**
 * The router's DNS: static rows first, then a small cache, then the configured servers in order. The
 * cache lives by the given clock; waiting for a server is real time.
 */
import type { Clock } from '../../lib/clock.ts';
import { type AnswerCache, createCache, type Refusals } from './cache.ts';
import type { DnsConfig, StaticAnswer } from './config.ts';
import { encodeAnswer, isResponse, type Question, RCODE, readQuestion, TYPE } from './wire.ts';

/** Sends a query from the router to a server; null when no answer came. */
export type AskServer = (server: string, query: Buffer) => Promise<Buffer | null>;

export interface ResolverOptions {
  readonly config: () => DnsConfig;
  readonly ask: AskServer;
  readonly clock: Clock;
  readonly adlists?: Refusals;
}

export interface Resolver {
  /** Null when the message is no query or too many are underway: nothing is sent. */
  answer(query: Buffer): Promise<Buffer | null>;
  readonly cache: Pick<AnswerCache, 'clear' | 'all' | 'used'>;
  readonly counters: { queries: number; fromStatic: number; fromCache: number; dropped: number };
}

export function createResolver(options: ResolverOptions): Resolver {
  const { clock } = options;
  const cache = createCache(clock, options.adlists);
  const counters = { queries: 0, fromStatic: 0, fromCache: 0, dropped: 0 };
  let underway = 0;

  const forward = async (
    query: Buffer,
    question: Question,
    servers: readonly string[],
  ): Promise<Buffer> => {
    for (const server of servers) {
      const reply = await options.ask(server, query);
      if (reply !== null && isReplyTo(question, reply)) return reply;
    }
    return encodeAnswer(question, RCODE.serverFailure);
  };

  return {
    counters,
    cache,
    answer: async (query) => {
      const question = isResponse(query) ? null : readQuestion(query);
      if (question === null) return null;
      counters.queries += 1;
      const config = options.config();
      const own = ownReply(question, config.lookup(question.name), options.adlists);
      if (Buffer.isBuffer(own)) {
        counters.fromStatic += 1;
        return own;
      }
      const key = `${question.type} ${question.name}`;
      const kept = cache.find(key, question.id);
      if (kept !== null) {
        counters.fromCache += 1;
        return kept;
      }
      if (underway >= config.maxConcurrent) {
        counters.dropped += 1;
        return null;
      }
      underway += 1;
      try {
        const reply = await forward(query, question, own ?? config.servers);
        cache.keep(key, reply, config);
        return reply;
      } finally {
        underway -= 1;
      }
    },
  };
}

const REFUSED_TTL_SECONDS = 2;

/**
 * What the router says by itself, or the servers that a FWD row names; null: the usual servers. A denial stands
 * above all, an adlist above rows of addresses, and a FWD row exempts its name from the lists.
 */
function ownReply(
  question: Question,
  rows: readonly StaticAnswer[] | null,
  adlists: Refusals | undefined,
): Buffer | readonly string[] | null {
  const denied = rows?.some(({ rcode }) => rcode === RCODE.nameError) ?? false;
  const servers = rows?.flatMap(({ forwardTo }) => forwardTo ?? []) ?? [];
  const said = rows?.filter(({ forwardTo }) => forwardTo === undefined) ?? [];
  const { type } = question;
  const addressed = type === TYPE.a || type === TYPE.aaaa;
  if (!denied && servers.length === 0 && addressed && adlists?.refuses(question.name) === true) {
    const data = Buffer.alloc(type === TYPE.a ? 4 : 16);
    return encodeAnswer(question, RCODE.noError, [{ type, ttl: REFUSED_TTL_SECONDS, data }]);
  }
  if (said.length > 0) return staticReply(question, said);
  return servers.length > 0 ? servers : null;
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
