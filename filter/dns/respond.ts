/**
 * One packet in, at most one out. The chain, top to bottom: can it be answered; who asks; do we serve
 * that; what does the policy say; is it in memory; ask upstream; does the policy bear where it leads; does
 * it lead inside. What blocks is counted by place and category.
 */

import type { Clock } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { BLOCK_ANSWERS, type BlockReason } from '../categories.ts';
import { FilterError } from '../errors.ts';
import type { Decision, FilterMetrics } from '../metrics.ts';
import { type Network, whoIsAsking } from '../networks.ts';
import {
  ALLOWED,
  CANARY_IS_NODATA,
  CANARY_IS_NXDOMAIN,
  type CompiledPolicy,
  categoryOf,
  DENIED,
  judge,
  PASS,
  type Verdict,
} from '../policy.ts';
import type { Snapshot } from '../snapshot.ts';
import { FOLD } from '../suffix-hash.ts';
import { type OwnAnswer, writeAnswer, writeBareError } from './answer.ts';
import type { AnswerCache } from './cache.ts';
import type { Handler, Transport } from './listen.ts';
import {
  CLASS_IN,
  FLAG,
  HEADER_OCTETS,
  isAnswerable,
  parseQuery,
  type Query,
  RCODE,
  TYPE,
} from './message.ts';
import { prepareRelay, type Relay, writeRelay } from './relay.ts';
import { createTurnstile } from './turnstile.ts';
import type { Upstreams } from './upstreams.ts';

export interface ResponderDeps {
  readonly snapshot: () => Snapshot;
  /** Four octets. */
  readonly blockAddress: Uint8Array;
  readonly upstreams: Upstreams;
  readonly cache: AnswerCache;
  readonly maxTtlSeconds: number;
  readonly maxWaiting: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: FilterMetrics;
}

/** One question from one known source, and what its policy said when it came. */
interface Asked {
  readonly query: Query;
  readonly network: Network;
  readonly judged: Judged;
  readonly from: string;
  readonly transport: Transport;
  readonly reply: (answer: Uint8Array) => void;
}

interface Judged {
  readonly snapshot: Snapshot;
  readonly policy: CompiledPolicy;
  readonly verdict: Verdict;
}

/** EDE of RFC 8914: 18 Prohibited, 20 Not Authoritative, 23 Network Error, 15 Blocked, 0 Other. */
const STRANGER = { code: 18, text: 'Hanya untuk pengguna WiFi desa' };
const NO_UPSTREAM = { code: 23, text: 'Server DNS hulu tidak terjangkau' };
const UPSTREAM_FAILS = { code: 0, text: 'Server DNS hulu gagal menjawab' };
const BUSY = { code: 0, text: 'Server sedang sibuk, coba lagi' };
const LEADS_INSIDE = { code: 15, text: 'Diblokir: nama publik menuju alamat privat' };

export function createResponder(deps: ResponderDeps): Handler {
  const forward = createForwarder(deps);
  return (packet, from, transport, reply) => {
    if (!isAnswerable(packet)) {
      deps.metrics.dropped('malformed');
      return;
    }
    const snapshot = deps.snapshot();
    const place = whoIsAsking(snapshot.index, from);
    const network = snapshot.index.networks[place] ?? null;
    const query = readQuery(packet);
    if (network === null) {
      if (query === null) deps.metrics.dropped('malformed');
      else refuse(deps, query, reply);
      return;
    }
    if (query === null) {
      deps.metrics.decided(network, 'malformed');
      reply(writeBareError(packet, RCODE.FORMERR));
      return;
    }
    const unserved = whyUnserved(query);
    if (unserved !== null) {
      deps.metrics.decided(network, 'refused');
      reply(writeAnswer(query, { rcode: unserved }));
      return;
    }
    const judged = judgeQuery(snapshot, place, query);
    const asked: Asked = { query, network, judged, from, transport, reply };
    const { verdict } = judged;
    if (verdict === PASS || verdict === ALLOWED) forward(asked);
    else answerVerdict(deps, asked, verdict);
  };
}

function judgeQuery(snapshot: Snapshot, place: number, query: Query): Judged {
  const policy = snapshot.policies[place]!;
  const verdict = judge(snapshot.lists, policy, query.bytes, HEADER_OCTETS);
  return { snapshot, policy, verdict };
}

function readQuery(packet: Uint8Array): Query | null {
  try {
    return parseQuery(packet);
  } catch (error) {
    if (error instanceof FilterError) return null;
    throw error;
  }
}

function refuse(deps: ResponderDeps, query: Query, reply: Asked['reply']): void {
  deps.metrics.decided(null, 'refused');
  reply(writeAnswer(query, { rcode: RCODE.REFUSED, error: STRANGER }));
}

/** The RCODE for what a forwarder does not do; null for an honest question. */
function whyUnserved(query: Query): number | null {
  if (query.opcode !== 0) return RCODE.NOTIMP;
  if (query.edns !== null && query.edns.version !== 0) return RCODE.BADVERS;
  if (query.qclass !== CLASS_IN) return RCODE.REFUSED;
  return query.type === TYPE.AXFR || query.type === TYPE.IXFR ? RCODE.REFUSED : null;
}

function answer(deps: ResponderDeps, asked: Asked, decision: Decision, own: OwnAnswer): void {
  deps.metrics.decided(asked.network, decision);
  asked.reply(writeAnswer(asked.query, own));
}

function answerVerdict(deps: ResponderDeps, asked: Asked, verdict: Verdict): void {
  if (verdict === CANARY_IS_NXDOMAIN || verdict === CANARY_IS_NODATA) {
    const rcode = verdict === CANARY_IS_NXDOMAIN ? RCODE.NXDOMAIN : RCODE.NOERROR;
    answer(deps, asked, 'canary', { rcode, soa: true });
    return;
  }
  const reason: BlockReason = verdict === DENIED ? 'deny' : categoryOf(verdict);
  deps.metrics.blocked(asked.network, reason);
  answer(deps, asked, 'blocked', blockedAnswer(deps, asked.query, reason));
}

function blockedAnswer(deps: ResponderDeps, query: Query, reason: BlockReason): OwnAnswer {
  const { style, ede, text } = BLOCK_ANSWERS[reason];
  const error = { code: ede, text };
  if (style === 'nxdomain') return { rcode: RCODE.NXDOMAIN, soa: true, error };
  if (query.type !== TYPE.A) return { rcode: RCODE.NOERROR, soa: true, error };
  return { rcode: RCODE.NOERROR, address: deps.blockAddress, error };
}

/** Names that are not blocked themselves: from memory, or from an upstream, once for all who wait. */
function createForwarder(deps: ResponderDeps): (asked: Asked) => void {
  const flights = new Map<string, Promise<Relay>>();
  const turnstile = createTurnstile(deps.maxWaiting);

  const fly = async (key: string, query: Query): Promise<Relay> => {
    const response = await deps.upstreams.ask({
      name: query.bytes.subarray(HEADER_OCTETS, HEADER_OCTETS + query.nameOctets),
      type: query.type,
      dnssecOk: query.edns?.dnssecOk === true,
      checkingDisabled: (query.flags & FLAG.CD) !== 0,
    });
    const relay = prepareRelay(response, deps.maxTtlSeconds);
    deps.cache.set(key, relay, deps.clock.now());
    return relay;
  };
  const share = (key: string, query: Query): Promise<Relay> => {
    let flight = flights.get(key);
    if (flight === undefined) {
      flight = fly(key, query).finally(() => flights.delete(key));
      flights.set(key, flight);
    }
    return flight;
  };
  return (asked) => {
    const key = cacheKey(asked.query);
    const kept = deps.cache.get(key, deps.clock.now());
    if (kept !== null) {
      pass(deps, asked, kept.relay, kept.ageSeconds, 'cached');
      return;
    }
    if (!turnstile.enter(asked.network.router)) {
      deps.metrics.dropped('overload');
      answer(deps, asked, 'servfail', { rcode: RCODE.SERVFAIL, error: BUSY });
      return;
    }
    void share(key, asked.query)
      .then(
        (relay) => pass(deps, asked, relay, 0, 'allowed'),
        (error: unknown) => fail(deps, asked, error),
      )
      .catch((error: unknown) => deps.log.error({ error: errorMessage(error) }, 'answer failed'))
      .finally(() => turnstile.leave(asked.network.router));
  };
}

/**
 * Case-folded name, type, and the two bits that make an upstream answer differently. Only ASCII folds:
 * two names that differ in another octet are two names.
 */
function cacheKey(query: Query): string {
  const name = Buffer.alloc(query.nameOctets);
  for (let i = 0; i < name.length; i += 1) name[i] = FOLD[query.bytes[HEADER_OCTETS + i]!]!;
  const bits = (query.edns?.dnssecOk === true ? 1 : 0) | ((query.flags & FLAG.CD) === 0 ? 0 : 2);
  return `${query.type} ${bits} ${name.toString('latin1')}`;
}

/** Judged anew for every asker, under the newest snapshot: villages differ, and so do moments. */
function pass(
  deps: ResponderDeps,
  asked: Asked,
  relay: Relay,
  ageSeconds: number,
  decision: 'allowed' | 'cached',
): void {
  const { query } = asked;
  const judged = judgeAgain(deps.snapshot(), asked);
  if (judged === null) {
    refuse(deps, query, asked.reply);
    return;
  }
  const { snapshot, policy, verdict } = judged;
  const target = verdict === PASS ? judgeTargets(snapshot, policy, relay) : verdict;
  if (target !== PASS && target !== ALLOWED) {
    answerVerdict(deps, asked, target);
  } else if (relay.leadsInside && !snapshot.mayLeadInside(query.bytes, HEADER_OCTETS)) {
    answer(deps, asked, 'rebind', { rcode: RCODE.NOERROR, soa: true, error: LEADS_INSIDE });
  } else {
    deps.metrics.decided(asked.network, decision);
    asked.reply(writeRelay(relay, query, ageSeconds, asked.transport));
  }
}

/** What was judged stands until a new snapshot; null when its source is a stranger now. */
function judgeAgain(snapshot: Snapshot, asked: Asked): Judged | null {
  if (snapshot === asked.judged.snapshot) return asked.judged;
  const place = whoIsAsking(snapshot.index, asked.from);
  return place === -1 ? null : judgeQuery(snapshot, place, asked.query);
}

/** The first name on the way that the policy blocks: an alias does not make a tracker a first party. */
function judgeTargets(snapshot: Snapshot, policy: CompiledPolicy, relay: Relay): Verdict {
  for (const name of relay.names) {
    const verdict = judge(snapshot.lists, policy, name, 0);
    if (verdict !== PASS && verdict !== ALLOWED) return verdict;
  }
  return PASS;
}

function fail(deps: ResponderDeps, asked: Asked, error: unknown): void {
  if (!(error instanceof FilterError)) {
    deps.log.error({ error: errorMessage(error) }, 'forwarding failed');
  }
  const silent =
    error instanceof FilterError &&
    (error.code === 'FILTER_UPSTREAM_TIMEOUT' || error.code === 'FILTER_UPSTREAM_UNREACHABLE');
  answer(deps, asked, 'servfail', {
    rcode: RCODE.SERVFAIL,
    error: silent ? NO_UPSTREAM : UPSTREAM_FAILS,
  });
}
