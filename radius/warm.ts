/**
 * Passwords that were found right, so that hashing one (30 ms of CPU) is done once: kept as a hash under a
 * key of this process, and told to the other RADIUS threads of the process, since each of them serves its
 * own share of a NAS's ports.
 *
 * An entry holds only for the very password row that it was checked against, so "all subscribers may have
 * changed" costs nothing: the rows tell which have.
 */
import { hash, randomBytes } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import { boundedMap } from './bounded-map.ts';

/** Of one process; structured-clone safe. */
export interface WarmGroup {
  readonly key: string;
  readonly channel: string;
}

export interface WarmPasswords extends Disposable {
  holds(subscriber: WarmRow, password: string): boolean;
  keep(subscriber: WarmRow, password: string): void;
  forget(subscriberId: string): void;
}

export interface WarmRow {
  readonly id: string;
  readonly passwordHash: string;
}

interface Told {
  readonly id: string;
  readonly row: string;
  readonly print: string;
}

const CAPACITY = 32_768;

export function newWarmGroup(): WarmGroup {
  return {
    key: randomBytes(32).toString('hex'),
    channel: `warm-passwords-${randomBytes(16).toString('hex')}`,
  };
}

export function warmPasswords({ key, channel }: WarmGroup): WarmPasswords {
  const entries = boundedMap<Omit<Told, 'id'>>(CAPACITY);
  // Keyed by what nobody knows, so that how far a comparison came says nothing.
  const print = (password: string): string => hash('sha256', key + password, 'base64');
  const others = new BroadcastChannel(channel);
  others.unref();
  others.onmessage = (message) => {
    const { id, row, print: heard } = (message as { data: Told }).data;
    entries.set(id, { row, print: heard });
  };
  return {
    holds: ({ id, passwordHash }, password) => {
      const entry = entries.get(id);
      return entry?.row === passwordHash && entry.print === print(password);
    },
    keep: ({ id, passwordHash }, password) => {
      const told: Told = { id, row: passwordHash, print: print(password) };
      entries.set(id, { row: told.row, print: told.print });
      others.postMessage(told);
    },
    forget: (id) => entries.delete(id),
    [Symbol.dispose]: () => others.close(),
  };
}
