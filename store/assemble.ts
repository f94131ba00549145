/** Builds the {@link Store} of one thread: reads on its own connection, writes by name, caches between. */
import { readThrough } from './cache.ts';
import type { Store } from './contract.ts';
import { reads, type WriteName, writes } from './intents/registry.ts';
import type { Keys } from './keys.ts';
import type { Invalidation, ReadContext, Sql } from './sql.ts';
import type { InvalidationKind } from './types.ts';
import { normalizeVoucherCode, voucherSeal } from './voucher-code.ts';

export interface StoreParts {
  readonly sql: Sql;
  readonly keys: Keys;
  readonly submit: (name: WriteName, args: unknown) => Promise<unknown>;
  readonly close: () => Promise<void>;
  /** See {@link Store.usageTold}. */
  readonly usageTold: boolean;
  /** Whether invalidations may be lost just now, so that caches are not to be trusted. */
  readonly bypassed?: () => boolean;
}

export interface AssembledStore {
  readonly store: Store;
  /** To be called with what a commit made stale; null drops everything. */
  invalidated(what: readonly Invalidation[] | null): void;
}

type Methods = Record<string, (...args: never[]) => Promise<unknown>>;

const ALL_KINDS: readonly InvalidationKind[] = [
  'router',
  'village',
  'tariff',
  'voucher',
  'subscriber',
  'session',
  'policy',
  'list',
  'device',
  'usage',
];

export function assembleStore(parts: StoreParts): AssembledStore {
  const context: ReadContext = { sql: parts.sql, keys: parts.keys };
  const listeners = new Set<(kind: InvalidationKind, id: string) => void>();
  const methods: Methods = {};
  for (const [name, read] of Object.entries(reads)) {
    const run = read as (ctx: ReadContext, ...args: unknown[]) => Promise<unknown>;
    methods[name] = (...args) => run(context, ...args);
  }
  for (const name of Object.keys(writes) as WriteName[]) {
    methods[name] = (args) => parts.submit(name, args);
  }
  const cached = cachedReads(context, parts.bypassed ?? (() => false));
  const store = {
    ...methods,
    ...cached.methods,
    credentialKey: parts.keys.credentialKey,
    voucherForm: normalizeVoucherCode,
    voucherSeal: (code: string) => voucherSeal(parts.keys, code),
    usageTold: parts.usageTold,
    onInvalidate: (listener: (kind: InvalidationKind, id: string) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    [Symbol.asyncDispose]: parts.close,
  } as unknown as Store;
  const invalidated = (what: readonly Invalidation[] | null): void => {
    for (const [kind, id] of what ?? ALL_KINDS.map((kind) => [kind, '*'] as const)) {
      cached.drop(kind, id);
      for (const listener of listeners) listener(kind, id);
    }
  };
  return { store, invalidated };
}

/**
 * The reads on the path of a login. An account that changes is dropped alone, since each first login changes
 * one; villages, routers and tariffs change rarely and drop all that shows them. That a NAS is unknown is
 * kept, since anybody can send packets; that a credential is unknown is not.
 */
function cachedReads(context: ReadContext, bypassed: () => boolean) {
  const routers = readThrough((name) => reads.routerByName(context, name), { bypassed });
  const nas = readThrough((address) => reads.nasByAddress(context, address), { bypassed });
  const named = readThrough((name) => reads.nasByName(context, name), { bypassed });
  const credential = {
    bypassed,
    keepNone: false,
    idOf: (row: { readonly id: string } | null) => row?.id ?? null,
  };
  const devices = readThrough((mac) => reads.device(context, mac), {
    ...credential,
    idOf: (device) => device?.mac ?? null,
  });
  const vouchers = readThrough((code) => reads.voucherByCode(context, code), credential);
  const subscribers = readThrough(
    (username) => reads.subscriberByUsername(context, username),
    credential,
  );
  const { settings, announcements } = cachedPlaces(context, bypassed);
  const byKind: Partial<Record<InvalidationKind, readonly { drop(id: string): void }[]>> = {
    router: [routers, nas, named, settings],
    village: [routers, nas, named, announcements],
    voucher: [vouchers],
    subscriber: [subscribers],
    device: [devices],
  };
  return {
    methods: {
      routerByName: routers.get,
      nasByAddress: nas.get,
      nasByName: named.get,
      device: devices.get,
      settingsAt: settings.get,
      announcementsAt: announcements.get,
      voucherByCode: async (code: string) => {
        const normalized = normalizeVoucherCode(code);
        return normalized === null ? null : vouchers.get(normalized);
      },
      subscriberByUsername: subscribers.get,
    },
    drop: (kind: InvalidationKind, id: string) => {
      for (const cache of byKind[kind] ?? []) cache.drop(id);
      // A tariff is part of every account that has it; a router's row, of nothing that has its id.
      if (kind !== 'tariff') return;
      vouchers.drop('*');
      subscribers.drop('*');
    },
  };
}

/** A settings row is told with `*`, a router's own change with its id: that one leaves these as they are. */
function cachedPlaces(context: ReadContext, bypassed: () => boolean) {
  const ofPlaces = { bypassed, idOf: () => null };
  return {
    settings: readThrough((code) => reads.settingsAt(context, code), ofPlaces),
    announcements: readThrough((code) => reads.announcementsAt(context, code), ofPlaces),
  };
}
