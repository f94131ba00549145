/** The packets of each load, in their order. The same sequence goes to every server. */

import type { Shots } from './generator.ts';
import {
  accountingRequest,
  authenticateOnly,
  nasLogin,
  type Packet,
  type Report,
} from './packets.ts';
import {
  COLD_PASSWORD,
  coldUsername,
  PORTAL_ADDRESS,
  password,
  ROUTERS,
  routerAddress,
  SUBSCRIBERS,
  username,
} from './people.ts';

/** The portal keeps as many sockets as there are routers. */
export const portalAddresses: readonly string[] = Array.from(
  { length: ROUTERS },
  () => PORTAL_ADDRESS,
);
export const routerAddresses: readonly string[] = Array.from({ length: ROUTERS }, (_, i) =>
  routerAddress(i),
);

/** Sessions that are open at a time, and reports of each: Start, three Interim-Updates, Stop. */
const ROTATING = 2000;
const STEPS = ['start', 'interim', 'interim', 'interim', 'stop'] as const;
const INTERIM_SECONDS = 300;
const OCTETS_PER_STEP = 7_340_033;
/** Ticks between two reports of a session; a tick is one session's Start and four others' next report. */
const GAP = ROTATING / STEPS.length;
/** Phones of accounted sessions are apart from those of the login load. */
const SESSION_PHONES = 100_000_000;

/** Requests number `from` and on: subscriber after subscriber, router after router. */
export function authenticate(from: number, count: number, subscribers = SUBSCRIBERS): Packet[] {
  return sequence(from, count, (n, socket, id) => {
    const who = n % subscribers;
    const login = { username: username(who), password: password(who), router: socket, phone: who };
    return authenticateOnly(login, socket, id);
  });
}

/** Each subscriber once: the first login costs an argon2id. */
export function authenticateCold(from: number, count: number): Packet[] {
  return sequence(from, count, (n, socket, id) => {
    const login = { username: coldUsername(n), password: COLD_PASSWORD, router: socket, phone: n };
    return authenticateOnly(login, socket, id);
  });
}

/** Each login is another phone of the subscriber, so that none is a repetition of an earlier one. */
export function logins(from: number, count: number): Packet[] {
  return sequence(from, count, (n, socket, id) => {
    const who = n % SUBSCRIBERS;
    const login = { username: username(who), password: password(who), router: socket, phone: n };
    return nasLogin(login, socket, id);
  });
}

/** Wrong passwords, each of another subscriber. */
export function guesses(from: number, count: number): Packet[] {
  return sequence(from, count, (n, socket, id) => {
    const login = { username: username(n), password: `salah-${n}`, router: socket, phone: n };
    return nasLogin(login, socket, id);
  });
}

/** Logins that sessions `from` and on begin with. */
export function sessionLogins(from: number, count: number, subscribers: number): Packet[] {
  return sequence(from, count, (n, socket, id) => {
    const who = n % subscribers;
    const phone = SESSION_PHONES + n;
    const login = { username: username(who), password: password(who), router: socket, phone };
    return nasLogin(login, socket, id);
  });
}

/** The first report of sessions `from` and on. */
export function starts(
  from: number,
  classes: readonly Uint8Array[],
  subscribers: number,
): Packet[] {
  return sequence(from, classes.length, (n, socket, id) =>
    accountingRequest(reportOf(n, 0, classes[n - from]!, subscribers), socket, id),
  );
}

export interface AccountingStream {
  /** Number of sessions that are begun once the next `count` events are sent. */
  begunAfter(count: number): number;
  /** The next `count` packets; `classOf` a session's login, or any text of the same length. */
  next(count: number, classOf: (session: number) => Uint8Array): Packet[];
  /** Tells what became of the packets of the last `next`. */
  took(shots: Shots): void;
  /** Sessions begun, those of which anything was acknowledged, those whose Stop was. */
  readonly counts: { begun: number; acknowledged: number; stopped: number };
}

/** Endless accounting of sessions that begin one after another and report at even distances. */
export function createAccounting(): AccountingStream {
  const source = events();
  const queue: { session: number; step: number }[] = [];
  const used = new Uint8Array(ROUTERS);
  const acknowledged = new Set<number>();
  const counts = { begun: 0, acknowledged: 0, stopped: 0 };
  const fill = (count: number): void => {
    while (queue.length < count) queue.push(source.next().value);
  };
  return {
    counts,
    begunAfter: (count) => {
      fill(count);
      let begun = counts.begun;
      for (let i = 0; i < count; i += 1) if (queue[i]!.step === 0) begun += 1;
      return begun;
    },
    next: (count, classOf) => {
      fill(count);
      return queue.slice(0, count).map(({ session, step }) => {
        const socket = session % ROUTERS;
        const report = reportOf(session, step, classOf(session), SUBSCRIBERS);
        return accountingRequest(report, socket, used[socket]!++);
      });
    },
    took: ({ sent, answers }) => {
      queue.splice(0, sent).forEach(({ session, step }, i) => {
        if (step === 0) counts.begun += 1;
        if (answers[i] !== 1) return;
        acknowledged.add(session);
        if (step === STEPS.length - 1) counts.stopped += 1;
      });
      counts.acknowledged = acknowledged.size;
    },
  };
}

/** A Class of the length that ours has, for servers that hand out none. */
export function foreignClass(session: number): Uint8Array {
  return Buffer.from(`00000000-0000-7000-8000-${session.toString(16).padStart(12, '0')}`);
}

function* events(): Generator<{ session: number; step: number }, never> {
  for (let tick = 0; ; tick += 1) {
    for (let step = 0; step < STEPS.length; step += 1) {
      const session = tick - step * GAP;
      if (session >= 0) yield { session, step };
    }
  }
}

function reportOf(session: number, step: number, bound: Uint8Array, subscribers: number): Report {
  return {
    status: STEPS[step]!,
    session,
    username: username(session % subscribers),
    phone: SESSION_PHONES + session,
    router: session % ROUTERS,
    class: bound,
    seconds: step * INTERIM_SECONDS,
    octets: step * OCTETS_PER_STEP,
  };
}

function sequence(
  from: number,
  count: number,
  packet: (n: number, socket: number, id: number) => Packet,
): Packet[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    return packet(n, n % ROUTERS, Math.floor(n / ROUTERS) & 255);
  });
}
