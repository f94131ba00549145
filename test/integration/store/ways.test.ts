import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { OtpCharge } from '../../../store/types.ts';
import { AT, DAY, logIn, MAC, newTariff, seedStore, village } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const OTHER = '02:00:00:00:00:02';
const UNTIL = AT + 30 * 86_400_000;
const PHONE = '+628123456789';

describe.each(ENGINES)('ways in on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;
  let seed: Awaited<ReturnType<typeof seedStore>>;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    seed = await seedStore(store);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  const token = (mac = MAC) =>
    store.issueToken({
      ...{ accountKind: 'voucher', accountId: seed.voucher.id, mac, routerId: seed.router.id },
      ...{ at: AT, ttlMs: 60_000, rememberUntil: UNTIL, agreed: 'texts of today' },
    });
  const enter = async (mac = MAC) => {
    const proof = { kind: 'token', ...(await token(mac)) } as const;
    return logIn(store, seed, { proof, mac });
  };
  const consent = (mac: string, over: { accountId?: string } = {}) =>
    store.rememberDevice({
      ...{ mac, accountKind: 'voucher', accountId: seed.voucher.id, label: '', expiresAt: UNTIL },
      ...{ origin: 'consent', at: AT, ...over },
    });

  describe('a phone that its citizen wants remembered', () => {
    it('is remembered once its router has let it in, and not before', async () => {
      await token();
      const before = await store.device(MAC);
      await enter();

      expect(before).toBeNull();
      expect(await store.device(MAC)).toEqual({
        mac: MAC,
        accountKind: 'voucher',
        accountId: seed.voucher.id,
        label: '',
        createdAt: AT,
        expiresAt: UNTIL,
        origin: 'consent',
        agreed: 'texts of today',
      });
    });

    it('is not remembered without being asked', async () => {
      await logIn(store, seed);

      expect(await store.device(MAC)).toBeNull();
    });

    it('never takes the place of a machine that an operator has set up', async () => {
      const machine = { mac: MAC, accountKind: 'voucher', accountId: seed.voucher.id } as const;
      await store.rememberDevice({ ...machine, label: 'printer', expiresAt: null, at: AT });
      await enter();

      expect(await store.device(MAC)).toMatchObject({ label: 'printer', origin: 'operator' });
    });

    it('is forgotten by the account that it was remembered for, and stays online', async () => {
      const { sessionId } = await enter();

      const asked = { mac: MAC, keepSessions: true, at: AT };
      const foreign = await store.forgetDevice({ ...asked, accountId: 'another' });
      const own = await store.forgetDevice({ ...asked, accountId: seed.voucher.id });

      expect([foreign, own]).toEqual([false, true]);
      expect(await store.device(MAC)).toBeNull();
      expect(await store.session(sessionId)).toMatchObject({ state: 'opening' });
      expect(await store.claimEnforcement({ at: AT, leaseMs: 1, limit: 1 })).toEqual([]);
    });

    it('is not forgotten by a citizen when an operator has set it up', async () => {
      const machine = { mac: MAC, accountKind: 'voucher', accountId: seed.voucher.id } as const;
      await store.rememberDevice({ ...machine, label: 'printer', expiresAt: null, at: AT });

      const asked = { mac: MAC, accountId: seed.voucher.id, at: AT };

      expect(await store.forgetDevice(asked)).toBe(false);
    });

    it('is forgotten with its voucher', async () => {
      await consent(MAC);
      await consent(OTHER);
      const before = await store.device(MAC);
      await store.revokeVoucher({ id: seed.voucher.id, at: AT });

      expect(before).not.toBeNull();
      expect([await store.device(MAC), await store.device(OTHER)]).toEqual([null, null]);
    });
  });

  describe('a click', () => {
    const click = (
      mac: string,
      over: { day?: string; limit?: number; charges?: readonly OtpCharge[]; proven?: boolean } = {},
    ) =>
      store.clickCitizen({
        ...{ villageCode: village.code, mac, tariff: newTariff.name, day: DAY, limit: 2, at: AT },
        charges: [],
        proven: true,
        ...over,
      });

    it('finds the same account again, which holds in its village alone', async () => {
      const first = await click(MAC);
      const again = await click(MAC, { day: '2026-11-25' });

      expect(first).toMatchObject({
        outcome: 'new',
        subscriber: { origin: 'click', villageCode: village.code },
      });
      expect(again).toEqual({ ...first, outcome: 'known' });
    });

    it('is charged when it makes an account, and refused takes nothing of the village', async () => {
      const charge: OtpCharge = {
        scope: 'click address',
        key: 'r1 172.16.0.7',
        ...{ endsAt: AT + 60_000, amount: 1, most: 1, gapMs: 0 },
      };
      const first = await click(MAC, { charges: [charge] });
      const known = await click(MAC, { charges: [charge] });
      const second = await click(OTHER, { charges: [charge] });
      const neighbour = await click(OTHER, { charges: [{ ...charge, key: 'r1 172.16.0.8' }] });

      expect([first.outcome, known.outcome, second.outcome, neighbour.outcome]).toEqual([
        ...['new', 'known', 'full', 'new'],
      ]);
    });

    it('is charged alike, known or not, where nothing but its name says who it is', async () => {
      const address = { endsAt: AT + 60_000, amount: 1, most: 2, gapMs: 0 };
      const from = (key: string, mac: string): OtpCharge[] => [
        { ...address, scope: 'click phone', key: `${key} ${mac}`, most: 1 },
        { ...address, scope: 'click address', key },
      ];
      const named = async (key: string, mac: string) =>
        (await click(mac, { charges: from(key, mac), proven: false, limit: 9 })).outcome;
      await click(MAC);

      expect(await named('a', MAC)).toBe('known');
      expect(await named('a', MAC)).toBe('known');
      expect(await named('a', OTHER)).toBe('new');
      expect(await named('a', '02:00:00:00:00:03')).toBe('full');
      expect(await named('b', '02:00:00:00:00:04')).toBe('new');
      expect(await named('b', '02:00:00:00:00:05')).toBe('new');
      expect(await named('b', MAC)).toBe('full');
      expect((await click(MAC, { charges: from('b', MAC) })).outcome).toBe('known');
    });

    it('makes so many accounts a village and day, however often addresses change', async () => {
      const outcomes = await Promise.all(
        [1, 2, 3, 4].map(async (n) => (await click(`02:00:00:00:01:0${n}`)).outcome),
      );
      const known = await click('02:00:00:00:01:01');
      const tomorrow = await click('02:00:00:00:01:09', { day: '2026-11-25' });

      expect(outcomes.toSorted()).toEqual(['full', 'full', 'new', 'new']);
      expect([known.outcome, tomorrow.outcome]).toEqual(['known', 'new']);
      expect(await click(OTHER, { limit: 0 })).toEqual({ outcome: 'full' });
    });
  });

  it('accounts of clicks that nobody has used for a month are taken away, used ones are kept', async () => {
    const click = async (mac: string, at: number) => {
      const day = new Date(at).toISOString().slice(0, 10);
      const charges: OtpCharge[] = [];
      const about = { villageCode: village.code, tariff: newTariff.name, day, limit: 9, charges };
      const result = await store.clickCitizen({ ...about, mac, proven: true, at });
      if (result.outcome === 'full') throw new Error('full');
      return result.subscriber.id;
    };
    const unused = await click(MAC, AT);
    const used = await click(OTHER, AT);
    await store.openLogin({
      ...{ mac: OTHER, routerId: seed.router.id, devices: 1, whenFull: 'refuse', at: AT },
      ...{ rate: null, sessionTimeoutSeconds: 60, totalLimitOctets: null, validUntil: null },
      proof: { kind: 'account', accountKind: 'subscriber', accountId: used, username: 'w' },
    });

    await click('02:00:00:00:00:03', AT + 31 * 86_400_000);

    expect(await store.account('subscriber', unused)).toBeNull();
    expect(await store.account('subscriber', used)).not.toBeNull();
  });

  describe('an officer who vouches', () => {
    const vouch = () =>
      store.vouchForCitizen({
        ...{ phone: PHONE, displayName: 'Siti', villageCode: village.code, officer: 'bu-ani' },
        ...{ tariff: newTariff.name, at: AT },
      });

    it('makes an account with a first password, and is named in the audit trail', async () => {
      const { subscriber: account, firstPassword } = (await vouch())!;

      expect(firstPassword).toMatch(/^[a-z0-9]{10}$/);
      expect(account).toMatchObject({
        origin: 'registrar',
        villageCode: village.code,
        passwordHash: `k$${store.credentialKey(firstPassword)}`,
      });
      expect(await store.subscriberByUsername(account.username)).toEqual(account);
      expect(await store.listAudit(1)).toMatchObject([
        { actor: 'bu-ani', action: 'subscriber.vouch', subject: account.username },
      ]);
      expect(JSON.stringify(await store.listAudit(9))).not.toContain('8123456789');
    });

    it('may give another first password until it has been used, and never afterwards', async () => {
      const first = (await vouch())!;
      const again = (await vouch())!;
      const { id } = again.subscriber;
      await store.openLogin({
        ...{ mac: MAC, routerId: seed.router.id, devices: 1, whenFull: 'refuse', at: AT },
        ...{ rate: null, sessionTimeoutSeconds: 60, totalLimitOctets: null, validUntil: null },
        proof: { kind: 'account', accountKind: 'subscriber', accountId: id, username: 'w' },
      });

      expect(id).toBe(first.subscriber.id);
      expect(again.firstPassword).not.toBe(first.firstPassword);
      expect(again.subscriber.passwordHash).toBe(`k$${store.credentialKey(again.firstPassword)}`);
      expect(await vouch()).toBeNull();
    });

    it('does not set the password of an account that somebody else has made', async () => {
      await store.ensureCitizen({
        ...{ origin: 'otp', key: PHONE, phone: PHONE, tariff: newTariff.name },
        ...{ villageCode: null, at: AT },
      });

      expect(await vouch()).toBeNull();
    });
  });
});
