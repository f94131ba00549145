/**
 * What a commit made stale, told to every node: by NOTIFY inside the transaction, so that it is delivered
 * exactly when the change becomes visible. A change sequence would lose changes, since a lower number can
 * commit after a higher one was read.
 *
 * Notifications arrive in the order of commits. So the echo of a heartbeat proves that everything committed
 * before the heartbeat was sent has been heard; without an echo for a second, caches must not be trusted.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { backoffMs } from '../../lib/retry.ts';
import type { Invalidation } from '../sql.ts';
import { clientConfig } from './connection.ts';

export interface Announcements extends AsyncDisposable {
  /** Whether everything that was committed until a second ago has been heard. */
  fresh(): boolean;
  /** For a transaction: what to say before COMMIT (null: nothing), and what to do once it holds. */
  announce(what: readonly Invalidation[]): { payload: string | null; done: () => void };
  /** Settles after the first attempt to listen. */
  readonly started: Promise<void>;
}

/** Change `n` of a node; null stands for everything. Or a node's heartbeat, with its own time. */
type Message =
  | { readonly node: string; readonly n: number; readonly what: readonly Invalidation[] | null }
  | { readonly node: string; readonly beat: number };

export const CHANNEL = 'smartwifi';
const BEAT_MS = 300;
const FRESH_MS = 1_000;
/** A server that does not answer a heartbeat in this time is gone. */
const ANSWER_MS = 2_000;
const BACKOFF = { firstMs: 100, maxMs: 2_000 };
/** The limit of PostgreSQL is 8,000 bytes. */
const PAYLOAD_BYTES = 7_900;
/** Beyond so many of a kind, all of the kind. */
const IDS_OF_A_KIND = 50;

/** `heard` gets what became stale, once for each commit of any node; null = everything. */
export function listenForChanges(
  url: string,
  heard: (what: readonly Invalidation[] | null) => void,
): Announcements {
  const node = randomBytes(6).toString('hex');
  const own = ownCommits(heard);
  const stop = new AbortController();
  const started = Promise.withResolvers<void>();
  let heardUntil = Number.NEGATIVE_INFINITY;
  let sent = 0;

  const receive = (message: Message): void => {
    if (message.node !== node) {
      if ('what' in message) heard(message.what);
    } else if ('beat' in message) {
      heardUntil = message.beat;
    } else {
      own.hear(message.n, message.what);
    }
  };
  const began = (): void => {
    own.expect(true);
    // What was said before is lost.
    heard(null);
    started.resolve();
  };
  const ended = (): void => {
    own.expect(false);
    heardUntil = Number.NEGATIVE_INFINITY;
    started.resolve();
  };
  const listening = keepListening({ url, node, signal: stop.signal, receive, began, ended });
  return {
    started: started.promise,
    fresh: () => performance.now() - heardUntil < FRESH_MS,
    announce: (what) => {
      const [told, kept] = forOthers(what);
      sent += 1;
      const n = sent;
      return {
        payload: told.length === 0 ? null : payloadOf(node, n, told),
        done: () => {
          if (kept.length > 0) heard(kept);
          if (told.length > 0) own.hear(n, told);
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await listening;
    },
  };
}

/** Few ids as they are, many as all of their kind; what is still too long as everything. */
export function payloadOf(node: string, n: number, what: readonly Invalidation[]): string {
  const ids = Map.groupBy(what, ([kind]) => kind);
  const told = [...ids].flatMap(([kind, of]): Invalidation[] => {
    const distinct = new Set(of.map(([, id]) => id));
    return distinct.has('*') || distinct.size > IDS_OF_A_KIND
      ? [[kind, '*']]
      : [...distinct].map((id) => [kind, id]);
  });
  const text = JSON.stringify({ node, n, what: told });
  return Buffer.byteLength(text) <= PAYLOAD_BYTES ? text : JSON.stringify({ node, n, what: null });
}

/** Sessions and usage change with every login and report: too often to tell other nodes of it. */
function forOthers(what: readonly Invalidation[]): [told: Invalidation[], kept: Invalidation[]] {
  const own = ([kind]: Invalidation): boolean => kind === 'session' || kind === 'usage';
  return [what.filter((one) => !own(one)), what.filter(own)];
}

/**
 * A node hears of its own commit twice, from COMMIT and from NOTIFY, and the first counts. When the answer to
 * COMMIT was lost there is only the second.
 */
function ownCommits(heard: (what: readonly Invalidation[] | null) => void) {
  const once = new Set<number>();
  let listening = false;
  return {
    hear: (n: number, what: readonly Invalidation[] | null): void => {
      if (once.delete(n)) return;
      if (listening) once.add(n);
      heard(what);
    },
    /** Whether NOTIFY is heard from now on. */
    expect: (value: boolean): void => {
      listening = value;
      once.clear();
    },
  };
}

interface Listening {
  readonly url: string;
  readonly node: string;
  readonly signal: AbortSignal;
  receive(message: Message): void;
  began(): void;
  ended(): void;
}

/** Listens until told to stop. That the server is gone is said by reads and writes, which need it. */
async function keepListening(listening: Listening): Promise<void> {
  const { signal } = listening;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const heard = await listenOnce(listening);
    listening.ended();
    if (heard) attempt = 0;
    const waitMs = backoffMs(BACKOFF, attempt, Math.random);
    await delay(waitMs, undefined, { signal }).catch(() => 'told to stop');
  }
}

/** One connection until it ends; whether it was ever of use. */
async function listenOnce(listening: Listening): Promise<boolean> {
  const client = new Client(clientConfig(listening.url, ANSWER_MS));
  const lost = new Promise<void>((resolve) => {
    client.on('error', () => resolve());
    client.on('end', () => resolve());
  });
  let heard = false;
  client.on('notification', ({ payload }) => {
    heard = true;
    listening.receive(parseMessage(payload ?? ''));
  });
  const beating = beatUntilLost(client, listening).catch(() => 'as lost');
  await Promise.race([lost, beating]);
  await client.end();
  return heard;
}

async function beatUntilLost(client: Client, listening: Listening): Promise<never> {
  await client.connect();
  // A heartbeat writes nothing that must be durable.
  await client.query(`SET synchronous_commit = off; LISTEN ${CHANNEL}`);
  listening.began();
  for (;;) {
    const beat: Message = { node: listening.node, beat: performance.now() };
    await client.query({
      name: 'beat',
      text: 'SELECT pg_notify($1, $2)',
      values: [CHANNEL, JSON.stringify(beat)],
    });
    await delay(BEAT_MS, undefined, { signal: listening.signal });
  }
}

/** What somebody else says on our channel means that anything may have changed. */
function parseMessage(text: string): Message {
  try {
    return JSON.parse(text) as Message;
  } catch {
    return { node: '', n: 0, what: null };
  }
}
