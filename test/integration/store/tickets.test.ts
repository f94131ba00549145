import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { AT } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const MINUTE = 60_000;
const PHONE = {
  kind: 'otp',
  routerId: 'r1',
  mac: 'AA:BB:CC:00:00:01',
  address: '172.16.0.7',
} as const;
const VISIT = { ...PHONE, document: '{"phone":"+628123456789"}', at: AT, ttlMs: 10 * MINUTE };

describe.each(ENGINES)('tickets on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('are found by their secret, and by the phone when its window was closed', async () => {
    const { id, secret } = await store.openTicket(VISIT);

    const bySecret = await store.ticketBySecret({ secret, at: AT });

    expect(bySecret).toEqual({
      ...PHONE,
      id,
      document: VISIT.document,
      version: 0,
      createdAt: AT,
      expiresAt: AT + 10 * MINUTE,
    });
    expect(await store.ticketOfPhone({ ...PHONE, at: AT })).toEqual(bySecret);
  });

  it('are nobody else’s: another secret, phone, address, router or kind finds none', async () => {
    await store.openTicket(VISIT);

    const found = await Promise.all([
      store.ticketBySecret({ secret: 'A'.repeat(22), at: AT }),
      store.ticketOfPhone({ ...PHONE, mac: 'AA:BB:CC:00:00:02', at: AT }),
      store.ticketOfPhone({ ...PHONE, address: '172.16.0.8', at: AT }),
      store.ticketOfPhone({ ...PHONE, routerId: 'r2', at: AT }),
      store.ticketOfPhone({ ...PHONE, kind: 'reset', at: AT }),
    ]);

    expect(found).toEqual([null, null, null, null, null]);
  });

  it('end at their time', async () => {
    const { secret } = await store.openTicket(VISIT);
    const end = AT + VISIT.ttlMs;

    expect(await store.ticketBySecret({ secret, at: end - 1 })).not.toBeNull();
    expect(await store.ticketBySecret({ secret, at: end })).toBeNull();
    expect(await store.ticketOfPhone({ ...PHONE, at: end })).toBeNull();
  });

  it('replace the one before of the same phone', async () => {
    const before = await store.openTicket(VISIT);

    const after = await store.openTicket({ ...VISIT, document: 'second' });

    expect(await store.ticketBySecret({ secret: before.secret, at: AT })).toBeNull();
    expect(await store.ticketOfPhone({ ...PHONE, at: AT })).toMatchObject({
      id: after.id,
      document: 'second',
    });
  });

  it('of a phone stay, whoever names its MAC at another address', async () => {
    const { id } = await store.openTicket(VISIT);

    await store.openTicket({ ...VISIT, address: '172.16.0.66', document: 'planted' });

    expect(await store.ticketOfPhone({ ...PHONE, at: AT })).toMatchObject({
      ...{ id, document: VISIT.document },
    });
  });

  it('are at most 64 of a kind at an address, whatever MACs it names: the latest', async () => {
    const macOf = (n: number) => `02:00:00:00:00:${n.toString(16).padStart(2, '0').toUpperCase()}`;
    const elsewhere = await store.openTicket({ ...VISIT, address: '172.16.0.8' });
    const otherKind = await store.openTicket({ ...VISIT, kind: 'consent' });

    for (let n = 0; n < 80; n += 1) {
      await store.openTicket({ ...VISIT, mac: macOf(n), at: AT + n });
    }

    const at = AT + 100;
    const found = [];
    for (let n = 0; n < 80; n += 1) {
      found.push(await store.ticketOfPhone({ ...PHONE, mac: macOf(n), at }));
    }
    expect(found.map((ticket) => ticket !== null)).toEqual(
      Array.from({ length: 80 }, (_, n) => n >= 16),
    );
    expect(await store.ticketBySecret({ secret: elsewhere.secret, at })).not.toBeNull();
    expect(await store.ticketBySecret({ secret: otherKind.secret, at })).not.toBeNull();
  });

  it('are moved by one of two who saw the same', async () => {
    const { id } = await store.openTicket(VISIT);

    const moves = await Promise.all([
      store.moveTicket({ id, version: 0, document: 'first' }),
      store.moveTicket({ id, version: 0, document: 'other', expiresAt: AT + 20 * MINUTE }),
    ]);

    expect(moves.toSorted()).toEqual([false, true]);
    const ticket = await store.ticketOfPhone({ ...PHONE, at: AT });
    expect(ticket).toMatchObject({ version: 1, document: moves[0] ? 'first' : 'other' });
    expect(ticket?.expiresAt).toBe(AT + (moves[0] ? 10 : 20) * MINUTE);
  });

  it('are closed once', async () => {
    const { id } = await store.openTicket(VISIT);

    const closed = await Promise.all([store.closeTicket({ id }), store.closeTicket({ id })]);

    expect(closed.toSorted()).toEqual([false, true]);
    expect(await store.ticketOfPhone({ ...PHONE, at: AT })).toBeNull();
  });

  it('are purged once they are over, and not before', async () => {
    await store.openTicket(VISIT);
    await store.openTicket({ ...VISIT, kind: 'reset', ttlMs: 60 * MINUTE });

    const gone = await store.purge({ what: 'tickets', before: AT + 30 * MINUTE, limit: 10 });

    expect(gone).toBe(1);
    expect(await store.ticketOfPhone({ ...PHONE, kind: 'reset', at: AT })).not.toBeNull();
  });
});
