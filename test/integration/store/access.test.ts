import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import {
  AT,
  accounting,
  logIn,
  MAC,
  newRouter,
  newTariff,
  seedStore,
  village,
} from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

interface Wrong {
  readonly proof?: { readonly username?: string; readonly token?: string };
  readonly mac?: string;
  readonly routerId?: string;
  readonly at?: number;
}

describe.each(ENGINES)('store on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  describe('villages', () => {
    it('imports once and finds nothing to do the second time', async () => {
      const first = await store.importVillages({ villages: [village], at: AT });
      const second = await store.importVillages({ villages: [village], at: AT });

      expect(first).toEqual({ added: 1, changed: 0, unchanged: 0 });
      expect(second).toEqual({ added: 0, changed: 0, unchanged: 1 });
    });

    it('keeps coordinates that an import without them does not know', async () => {
      await store.importVillages({
        villages: [{ ...village, latitude: -2.9, longitude: 103.8 }],
        at: AT,
      });
      await store.importVillages({ villages: [village], at: AT });

      expect(await store.village(village.code)).toMatchObject({ latitude: -2.9, longitude: 103.8 });
    });
  });

  describe('routers', () => {
    it('allots each router a LAN of its own', async () => {
      await store.importVillages({ villages: [village], at: AT });
      const a = await store.addRouter(newRouter);
      const b = await store.addRouter({ ...newRouter, name: 'kayu-ara-2', address: '127.20.0.2' });

      expect([a.lanSubnet, a.hotspotAddress]).toEqual(['127.64.0.0/22', '127.64.0.1']);
      expect([b.lanSubnet, b.hotspotAddress]).toEqual(['127.64.4.0/22', '127.64.4.1']);
    });

    it.each([
      ['a taken name', { address: '127.20.0.9' }, 'STORE_CONFLICT'],
      ['a taken address', { name: 'other' }, 'STORE_CONFLICT'],
      [
        'an unknown village',
        { name: 'b', address: '127.20.0.3', villageCode: '99' },
        'STORE_NOT_FOUND',
      ],
      [
        'a full pool',
        { name: 'b', address: '127.20.0.3', lanPool: '127.64.0.0/22' },
        'STORE_LAN_FULL',
      ],
    ])('refuses %s', async (_what, over, code) => {
      await store.importVillages({ villages: [village], at: AT });
      await store.addRouter(newRouter);

      await expect(store.addRouter({ ...newRouter, ...over })).rejects.toMatchObject({ code });
    });

    it('finds the NAS by address, and forgets it at once when it is removed', async () => {
      await store.importVillages({ villages: [village], at: AT });
      const router = await store.addRouter(newRouter);
      const found = await store.nasByAddress('127.20.0.1');
      await store.removeRouter({ routerId: router.id, at: AT });

      expect(found).toMatchObject({ router: 'kayu-ara-1', secret: newRouter.nasSecret });
      expect(await store.nasByAddress('127.20.0.1')).toBeNull();
    });

    it('gives back the credentials it sealed', async () => {
      const { router } = await seedStore(store);

      expect(await store.routerCredentials(router.id)).toEqual({
        apiUser: 'admin',
        apiPassword: newRouter.apiPassword,
        nasSecret: newRouter.nasSecret,
      });
    });
  });

  describe('access', () => {
    it('finds a voucher however it is typed', async () => {
      const { voucher } = await seedStore(store);
      const typed = ` ${voucher.code.toLowerCase().replace('-', ' ')} `;

      expect((await store.voucherByCode(typed))?.id).toBe(voucher.id);
      expect(await store.voucherCode(voucher.id)).toBe(voucher.code);
    });

    it('does not know a voucher with one wrong character', async () => {
      const { voucher } = await seedStore(store);
      const wrong = (voucher.code.startsWith('A') ? 'C' : 'A') + voucher.code.slice(1);

      expect(await store.voucherByCode(wrong)).toBeNull();
    });

    it('knows new vouchers at once, even after it was asked for them', async () => {
      const { voucher } = await seedStore(store);
      await store.voucherByCode(voucher.code);
      const made = await store.createVouchers({
        tariff: 'harian',
        count: 3,
        villageCode: null,
        batch: 'b',
        at: AT,
      });

      for (const { code, id } of made) expect((await store.voucherByCode(code))?.id).toBe(id);
      expect(await store.listVouchers({ batch: 'b', limit: 10 })).toHaveLength(3);
    });

    it('disables a revoked voucher and asks for the end of its session in one commit', async () => {
      const seed = await seedStore(store);
      const { sessionId } = await logIn(store, seed);
      await store.recordAccounting(accounting(seed.router.id, sessionId, { status: 'start' }));
      await store.revokeVoucher({ id: seed.voucher.id, at: AT });

      expect((await store.voucherByCode(seed.voucher.code))?.disabled).toBe(true);
      expect(await store.claimEnforcement({ at: AT, leaseMs: 1000, limit: 10 })).toMatchObject([
        {
          action: 'disconnect',
          session: { id: sessionId },
          nas: { address: '127.20.0.1' },
          reason: 'revoked',
        },
      ]);
    });

    it('imports subscribers all or none', async () => {
      await store.createTariff(newTariff);
      const good = { username: 'siti', password: 'rahasia-1', tariff: 'harian', villageCode: null };
      const bad = { ...good, username: 'budi', tariff: 'none' };

      await expect(
        store.importSubscribers({ subscribers: [good, bad], at: AT }),
      ).rejects.toMatchObject({
        code: 'STORE_NOT_FOUND',
      });
      expect(await store.subscriberByUsername('siti')).toBeNull();
      expect(await store.importSubscribers({ subscribers: [good], at: AT })).toMatchObject({
        added: 1,
      });
      expect((await store.subscriberByUsername('siti'))?.passwordHash).toBe(
        `k$${store.credentialKey('rahasia-1')}`,
      );
    });

    it('makes and imports many at once, and of a name given twice keeps the last', async () => {
      await store.createTariff(newTariff);
      const siti = { password: 'rahasia-1', tariff: 'harian', villageCode: null };
      const subscribers = Array.from({ length: 250 }, (_, n) => ({
        ...siti,
        username: `siti-${n % 240}`,
        password: `rahasia-${n}`,
        networkPassword: true,
      }));
      const made = await store.createVouchers({
        tariff: 'harian',
        count: 250,
        villageCode: null,
        batch: 'large',
        at: AT,
      });
      const first = await store.importSubscribers({ subscribers, at: AT });
      const second = await store.importSubscribers({ subscribers, at: AT });
      const last = await store.subscriberByUsername('siti-5');

      expect(new Set(made.map(({ code }) => code)).size).toBe(250);
      expect((await store.voucherByCode(made[249]!.code))?.id).toBe(made[249]!.id);
      expect([first, second]).toMatchObject([
        { added: 240, changed: 10 },
        { added: 0, changed: 250 },
      ]);
      expect(last?.passwordHash).toBe(`k$${store.credentialKey('rahasia-245')}`);
      expect(await store.networkPassword(last!.id)).toBe('rahasia-245');
    });

    it('hardens a password only while it is still the one that was read', async () => {
      await store.createTariff(newTariff);
      const siti = { username: 'siti', password: 'rahasia-1', tariff: 'harian', villageCode: null };
      await store.importSubscribers({ subscribers: [siti], at: AT });
      const [waiting] = await store.unhardenedSubscribers(10);
      await store.hardenPassword({ id: waiting!.id, was: 'k$other', passwordHash: 'argon2id$x$y' });
      const unchanged = await store.unhardenedSubscribers(10);
      await store.hardenPassword({
        id: waiting!.id,
        was: waiting!.passwordHash,
        passwordHash: 'argon2id$x$y',
      });

      expect(unchanged).toEqual([waiting]);
      expect(await store.unhardenedSubscribers(10)).toEqual([]);
      expect((await store.subscriberByUsername('siti'))?.passwordHash).toBe('argon2id$x$y');
    });
  });

  describe('login', () => {
    const opening = {
      devices: 1,
      whenFull: 'refuse',
      rate: null,
      sessionTimeoutSeconds: 600,
      totalLimitOctets: 1000,
      validUntil: AT + 1000,
    } as const;

    it.each([
      ['another phone', { mac: '02:00:00:00:00:99' }],
      ['another router', { routerId: 'other' }],
      ['a wrong token', { proof: { token: 'guess' } }],
      ['an expired token', { at: AT + 60_001 }],
      ['an unknown name', { proof: { username: 'sw-unknown' } }],
    ])('refuses a token from %s', async (_what, { proof, ...over }: Wrong) => {
      const { router, voucher } = await seedStore(store);
      const issued = await store.issueToken({
        accountKind: 'voucher',
        accountId: voucher.id,
        mac: MAC,
        routerId: router.id,
        at: AT,
        ttlMs: 60_000,
      });
      const result = await store.openLogin({
        ...opening,
        mac: MAC,
        routerId: router.id,
        at: AT,
        ...over,
        proof: { kind: 'token', ...issued, ...proof },
      });

      expect(result).toEqual({ outcome: 'token' });
    });

    it('answers a retransmitted login as before, and refuses the token once the session runs', async () => {
      const seed = await seedStore(store);
      const { sessionId, username, token } = await logIn(store, seed);
      const again = {
        ...opening,
        proof: { kind: 'token', username, token } as const,
        mac: MAC,
        routerId: seed.router.id,
        at: AT + 1000,
      };
      const retransmit = await store.openLogin(again);
      const late = await store.openLogin({ ...again, at: AT + 90_001 });
      await store.recordAccounting(accounting(seed.router.id, sessionId, { status: 'start' }));
      const replay = await store.openLogin(again);

      expect(retransmit).toMatchObject({
        outcome: 'opened',
        sessionId,
        grant: { sessionTimeoutSeconds: 3600, totalLimitOctets: 500_000_000 },
      });
      expect(late).toEqual({ outcome: 'token' });
      expect(replay).toEqual({ outcome: 'token' });
    });

    it('holds the device slots of a tariff, and lets the same phone in again', async () => {
      const seed = await seedStore(store);
      const first = await logIn(store, seed);
      const second = await logIn(store, seed);

      await expect(logIn(store, seed, { mac: '02:00:00:00:00:02' })).rejects.toThrow('devices');
      expect((await store.session(first.sessionId))?.state).toBe('closed');
      expect((await store.session(second.sessionId))?.state).toBe('opening');
    });

    it('starts validity at the first login only', async () => {
      const seed = await seedStore(store);
      await logIn(store, seed, { validUntil: AT + 5000 });
      await logIn(store, seed, { at: AT + 1000, validUntil: AT + 9000 });

      expect(await store.account('voucher', seed.voucher.id)).toMatchObject({
        firstLoginAt: AT,
        validUntil: AT + 5000,
      });
    });
  });
});
