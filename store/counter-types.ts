/**
 * What the counter asks for: batches of vouchers and their way to officers, whose an address was, who somebody
 * is. Part of the contract: {@link ./types.ts}.
 */
import type { Session, Subscriber, Tariff } from './types.ts';

/** `handed`: an officer took the cards. */
export type BatchEventKind = 'created' | 'printed' | 'handed';

/** Something that was done with the vouchers of a batch from one serial number to another. */
export interface BatchEvent {
  readonly batch: string;
  readonly kind: BatchEventKind;
  readonly at: number;
  /** Who asked for them or took them; null when nobody was named. */
  readonly officer: string | null;
  readonly firstSerial: number;
  readonly lastSerial: number;
  readonly detail: string;
}

/** A voucher with what is printed of it. Serials are those of its batch, from 1, in the order of ids. */
export interface BatchVoucher {
  readonly id: string;
  readonly batch: string;
  readonly serial: number;
  /** Vouchers in the batch. */
  readonly of: number;
  /** As it is printed: `ABCD-EFGH-JKMN`. */
  readonly code: string;
  readonly tariff: Tariff;
  readonly villageCode: string | null;
  readonly disabled: boolean;
  /** First login, or when it was spent on an account. */
  readonly usedAt: number | null;
  readonly validUntil: number | null;
}

export interface BatchCount {
  readonly batch: string;
  readonly createdAt: number;
  /** Of the one village of all its vouchers; null when they are of several or of none. */
  readonly villageCode: string | null;
  readonly vouchers: number;
  readonly used: number;
  /** First used at or after `since`. */
  readonly usedSince: number;
  /** Revoked before anybody used them. */
  readonly revoked: number;
}

export interface CounterStore {
  /** `STORE_NOT_FOUND` when the batch has no such serials. */
  recordBatch(event: BatchEvent): Promise<void>;
  /** Oldest first. */
  batchEvents(args: { readonly batch?: string }): Promise<BatchEvent[]>;
  /** By serial, both ends included; empty for an unknown batch. */
  batchVouchers(args: {
    readonly batch: string;
    readonly first: number;
    readonly last: number;
  }): Promise<BatchVoucher[]>;
  /** Null for an unknown id. */
  batchVoucher(id: string): Promise<BatchVoucher | null>;
  /** Newest first. */
  batchCounts(args: { readonly batch?: string; readonly since: number }): Promise<BatchCount[]>;
  /**
   * Sessions at an address around an instant, by their start: those that are open, the one that ended last
   * before, and up to `limit` that ended at it or next after it.
   */
  sessionsAround(args: {
    readonly framedIp: string;
    readonly at: number;
    readonly limit: number;
  }): Promise<Session[]>;
  /** Newest first, of an account or of a phone; those of accounts that were erased since included. */
  pastSessions(
    args: ({ readonly accountId: string } | { readonly mac: string }) & { readonly limit: number },
  ): Promise<Session[]>;
  /** By a number in E.164, whose keyed hash it is found by. */
  subscriberByPhone(phone: string): Promise<Subscriber | null>;
}
