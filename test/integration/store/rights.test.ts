import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { Subscriber } from '../../../store/types.ts';
import { AT, accounting, DAY, logIn, MAC, newTariff, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const PHONE = '+6281234567890';
const HOUR = 3_600_000;
const VILLAGE = '16.06.01.1009';

describe.each(ENGINES)('rights on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;
  let seed: Awaited<ReturnType<typeof seedStore>>;
  let citizen: Subscriber;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    seed = await seedStore(store);
    citizen = await store.ensureCitizen({
      origin: 'otp',
      key: PHONE,
      phone: PHONE,
      displayName: 'Siti',
      tariff: newTariff.name,
      villageCode: null,
      at: AT,
    });
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  const online = async (mac = MAC, at = AT): Promise<string> => {
    const { username, token } = await store.issueToken({
      accountKind: 'subscriber',
      accountId: citizen.id,
      mac,
      routerId: seed.router.id,
      phone: 'android',
      at,
      ttlMs: 60_000,
    });
    const result = await store.openLogin({
      proof: { kind: 'token', username, token },
      mac,
      routerId: seed.router.id,
      devices: 5,
      whenFull: 'refuse',
      at,
      rate: null,
      sessionTimeoutSeconds: null,
      totalLimitOctets: null,
      validUntil: at + 86_400_000,
    });
    if (result.outcome !== 'opened') throw new Error(result.outcome);
    const { sessionId } = result;
    await store.recordAccounting(
      accounting(seed.router.id, sessionId, { status: 'start', mac, username, eventAt: at }),
    );
    return sessionId;
  };
  const stop = async (sessionId: string, mac = MAC): Promise<void> => {
    await store.recordAccounting(
      accounting(seed.router.id, sessionId, {
        status: 'stop',
        mac,
        cause: 'User-Request',
        inputOctets: 1000,
        outputOctets: 2000,
        seconds: 60,
      }),
    );
  };
  const account = () => ({ kind: 'subscriber', id: citizen.id }) as const;

  it('shows citizens their own data opened, and a NIK masked', async () => {
    await store.correctProfile({ subscriberId: citizen.id, nik: '1606015708900003', at: AT });

    expect(await store.profile(citizen.id)).toMatchObject({
      phone: PHONE,
      phoneProved: true,
      displayName: 'Siti',
      nikMasked: '160601******0003',
      hasPassword: false,
    });
  });

  it('reveals a NIK only along with an entry of the audit trail', async () => {
    await store.correctProfile({ subscriberId: citizen.id, nik: '1606015708900003', at: AT });
    const { username } = citizen;
    const look = { username, actor: 'cli', reason: 'permintaan polisi 12/2026', at: AT };

    expect(await store.revealNik(look)).toBe('1606015708900003');
    expect((await store.listAudit(1))[0]).toMatchObject({
      action: 'subscriber.reveal-nik',
      subject: username,
      detail: look.reason,
    });
    await expect(store.revealNik({ ...look, username: 'none' })).rejects.toMatchObject({
      code: 'STORE_NOT_FOUND',
    });
  });

  it('lets go of a phone by its handle, which tells no MAC', async () => {
    const sessionId = await online();
    const phones = await store.phonesOf({ account: account(), mac: MAC, at: AT });

    expect(phones).toMatchObject([{ kind: 'android', onlineSince: AT, isThis: true }]);
    expect(JSON.stringify(phones)).not.toContain(MAC);
    const handle = phones[0]!.handle;
    expect(await store.releasePhone({ account: { ...account(), id: 'x' }, handle, at: AT })).toBe(
      false,
    );
    expect(await store.releasePhone({ account: account(), handle, at: AT })).toBe(true);
    expect(await store.phonesOf({ account: account(), mac: MAC, at: AT })).toEqual([]);
    const [waiting] = await store.claimEnforcement({ at: AT + 1, leaseMs: 1000, limit: 5 });
    expect(waiting).toMatchObject({ action: 'disconnect', reason: 'released' });
    expect(waiting?.session.id).toBe(sessionId);
  });

  it('logs every phone out when the password changes', async () => {
    await online();
    await store.setPassword({ subscriberId: citizen.id, password: 'kata sandi baru', at: AT });

    const after = await store.subscriberByUsername(PHONE);
    expect(after?.passwordHash).toBe(`k$${store.credentialKey('kata sandi baru')}`);
    expect((await store.usage('subscriber', citizen.id, DAY)).open).toEqual([]);
  });

  describe('top-up', () => {
    const add = (over: object = {}) =>
      store.topUp({
        subscriberId: citizen.id,
        code: seed.voucher.code,
        villageCode: VILLAGE,
        day: DAY,
        at: AT,
        ...over,
      });

    it('adds what the voucher was good for, once, and ends the voucher', async () => {
      await online();
      const before = (await store.account('subscriber', citizen.id))!.validUntil!;

      const first = await add();
      const again = await add({ at: AT + 5000 });

      expect(first).toMatchObject({
        outcome: 'added',
        topUp: { octets: 500_000_000, seconds: 0, validitySeconds: 86_400 },
      });
      expect(again).toEqual(first);
      const after = await store.account('subscriber', citizen.id);
      expect(after?.validUntil).toBe(before + 86_400_000);
      expect(await store.usage('subscriber', citizen.id, DAY)).toMatchObject({
        dayOctets: -500_000_000,
        creditOctets: 500_000_000,
      });
      expect(await store.voucherByCode(seed.voucher.code)).toMatchObject({
        disabled: true,
        spentAt: AT,
      });
    });

    it('spends a voucher on one of two accounts that want it at the same time', async () => {
      const other = await store.ensureCitizen({
        origin: 'otp',
        key: '+6281234567891',
        tariff: newTariff.name,
        villageCode: null,
        at: AT,
      });

      const results = await Promise.all([add(), add({ subscriberId: other.id })]);

      expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['added', 'refused']);
    });

    it('refuses a voucher that somebody has logged in with, and one that is none', async () => {
      await store.revokeVoucher({ id: seed.voucher.id, at: AT });

      expect(await add()).toEqual({ outcome: 'refused' });
      expect(await add({ code: 'XXXX-XXXX-XXXX' })).toEqual({ outcome: 'refused' });
    });

    it('leaves a voucher alone that would add nothing', async () => {
      await store.createTariff({ name: 'bebas', at: AT });
      const { username } = citizen;
      await store.changeSubscriber({ username, tariff: 'bebas', at: AT });

      expect(await add()).toEqual({ outcome: 'nothing' });
      expect(await store.voucherByCode(seed.voucher.code)).toMatchObject({ disabled: false });
    });
  });

  describe('registration by voucher', () => {
    const CLAIMED = '+6281298765432';
    const register = (over: object = {}) =>
      store.registerByVoucher({
        code: seed.voucher.code,
        phone: CLAIMED,
        password: 'rumah biru 7',
        tariff: newTariff.name,
        villageCode: VILLAGE,
        day: DAY,
        at: AT,
        ...over,
      });

    it('makes an account with the voucher’s allowance', async () => {
      const made = await register();

      expect(made).toMatchObject({ origin: 'self', firstLoginAt: AT });
      expect(made?.validUntil).toBe(AT + 2 * 86_400_000);
      expect(await store.subscriberByUsername(CLAIMED)).toMatchObject({ id: made?.id });
      expect(await store.profile(made!.id)).toMatchObject({ phoneProved: false });
      expect(await register()).toBeNull();
    });

    it('makes none for a number that has an account: the voucher is good to go online with', async () => {
      const told = await register({ phone: PHONE });

      expect(told).toMatchObject({ kind: 'voucher', id: seed.voucher.id });
      expect(await store.subscriberByUsername(PHONE)).toMatchObject({ id: citizen.id });
      expect(await store.voucherByCode(seed.voucher.code)).toMatchObject({ disabled: false });
    });

    it('gives the account to whoever proves to hold the number, without the claimant’s password', async () => {
      const claimed = await register();
      const proved = await store.ensureCitizen({
        origin: 'otp',
        key: CLAIMED,
        phone: CLAIMED,
        tariff: newTariff.name,
        villageCode: null,
        at: AT,
      });

      expect(proved.id).toBe(claimed?.id);
      expect(await store.profile(proved.id)).toMatchObject({
        hasPassword: false,
        phoneProved: true,
      });
    });
  });

  describe('erasure', () => {
    const request = (graceMs = 24 * HOUR) =>
      store.requestErasure({ account: account(), via: 'portal', graceMs, at: AT });

    it('is due within 72 hours and can be taken back before it begins', async () => {
      const made = await request();

      expect(made).toMatchObject({ beginsAt: AT + 24 * HOUR, dueAt: AT + 72 * HOUR });
      expect((await request()).id).toBe(made.id);
      expect(await store.dueErasures({ at: AT + 23 * HOUR, limit: 5 })).toEqual([]);
      expect(await store.cancelErasure({ account: account(), at: AT + HOUR })).toBe(true);
      expect(await store.dueErasures({ at: AT + 80 * HOUR, limit: 5 })).toEqual([]);
      expect(await store.eraseAccount({ requestId: made.id, at: AT + 30 * HOUR })).toBe('none');
    });

    it('waits for phones to be logged out, though not beyond the deadline', async () => {
      const { id: requestId } = await request(0);
      await online();

      expect(await store.eraseAccount({ requestId, at: AT + HOUR })).toBe('waiting');
      expect((await store.account('subscriber', citizen.id))?.disabled).toBe(true);
      expect(await store.eraseAccount({ requestId, at: AT + 61 * HOUR })).toBe('done');
    });

    it('takes everything that names the citizen, and keeps the log of connections without a name', async () => {
      const sessionId = await online();
      await stop(sessionId);
      const { id: requestId } = await request(0);

      expect(await store.eraseAccount({ requestId, at: AT + HOUR })).toBe('done');

      expect(await store.account('subscriber', citizen.id)).toBeNull();
      expect(await store.subscriberByUsername(PHONE)).toBeNull();
      const session = await store.session(sessionId);
      expect(session).toMatchObject({ username: 'erased', router: 'kayu-ara-1', startedAt: AT });
      expect(session?.mac).toMatch(/^x-[0-9a-f]{24}$/);
      expect(await store.ownData(account())).toMatchObject({ profile: null, days: [] });
      expect((await store.listRights(5))[0]).toMatchObject({
        accountId: null,
        doneAt: AT + HOUR,
      });
    });

    it('leaves the sessions of others alone', async () => {
      const other = await store.ensureCitizen({
        origin: 'click',
        key: 'x',
        tariff: newTariff.name,
        villageCode: null,
        at: AT,
      });
      const mine = citizen;
      citizen = other;
      const sessionId = await online('02:00:00:00:00:07');
      citizen = mine;
      const { id: requestId } = await request(0);
      await store.eraseAccount({ requestId, at: AT + HOUR });

      expect((await store.session(sessionId))?.mac).toBe('02:00:00:00:00:07');
    });
  });

  it('gives out all that it keeps of an account', async () => {
    await stop(await online());

    expect(await store.ownData(account())).toMatchObject({
      profile: { phone: PHONE },
      days: [{ octets: 3000, sessions: 1 }],
      sessions: [{ router: 'kayu-ara-1' }],
      topUps: [],
    });
  });

  it('counts what waits, and what waits for too long; what was done at once waits for nothing', async () => {
    await store.recordRight({ kind: 'export', account: account(), via: 'operator', at: AT });
    const before = await store.rightsStanding({ at: AT });
    await store.requestErasure({ account: account(), via: 'portal', graceMs: 0, at: AT });

    expect(before).toEqual({ open: 0, overdue: 0, erased: 0 });
    expect(await store.rightsStanding({ at: AT + 71 * HOUR })).toEqual({
      open: 1,
      overdue: 0,
      erased: 0,
    });
    expect(await store.rightsStanding({ at: AT + 73 * HOUR })).toMatchObject({
      open: 1,
      overdue: 1,
    });
  });

  it('forgets what phones of an erased account agreed to, and whose the requests were', async () => {
    const card = { kind: 'voucher', id: seed.voucher.id } as const;
    await logIn(store, seed);
    const text = { version: '1', indonesian: 'Teks', english: 'Text' };
    await store.giveConsent({
      ...{ account: card, mac: MAC, villageCode: '', router: '', method: 'voucher', at: AT },
      ...{ language: 'id', terms: { ...text, document: 'terms', hash: 't' } },
      privacy: { ...text, document: 'privacy', hash: 'p' },
    });
    await store.recordRight({ kind: 'export', account: card, via: 'operator', at: AT });
    const asked = { account: card, via: 'operator', graceMs: 0, at: AT };
    const { id: requestId } = await store.requestErasure(asked);
    const hashes = { terms: 't', privacy: 'p', account: null, mac: MAC };
    const before = await store.hasConsented(hashes);
    await store.eraseAccount({ requestId, at: AT + 70 * HOUR });

    expect([before, await store.hasConsented(hashes)]).toEqual([true, false]);
    expect(await store.rightsStanding({ at: AT })).toEqual({ open: 0, overdue: 0, erased: 1 });
    const requests = await store.listRights(9);
    expect(requests.map(({ accountId, doneAt }) => [accountId, doneAt !== null])).toEqual([
      [null, true],
      [null, true],
    ]);
  });

  it('marks a child, with its tariff and who answers for it', async () => {
    await store.createTariff({ name: 'anak', at: AT });
    await store.markChild({
      account: citizen,
      guardianPhone: '+62811111111',
      tariff: 'anak',
      at: AT,
    });

    expect(await store.profile(citizen.id)).toMatchObject({ child: true });
    expect((await store.account('subscriber', citizen.id))?.tariff.name).toBe('anak');
  });

  it('marks a card as a child’s, too; without a parent nothing that was agreed to counts', async () => {
    await store.createTariff({ name: 'anak', at: AT });
    const scene = { villageCode: '', router: '', method: 'voucher', language: 'id' } as const;
    const account = { kind: 'voucher', id: seed.voucher.id } as const;
    const issued = await store.issueToken({
      ...{ accountKind: 'voucher', accountId: account.id, mac: MAC, routerId: seed.router.id },
      ...{ at: AT, ttlMs: 60_000, consent: { terms: 't', privacy: 'p', ...scene } },
    });
    await logIn(store, seed, { proof: { kind: 'token', ...issued } });
    const hashes = { terms: 't', privacy: 'p', account, mac: null };
    const before = await store.hasConsented(hashes);
    await store.markChild({ account, guardianPhone: null, tariff: 'anak', at: AT });

    expect(before).toBe(true);
    expect(await store.hasConsented(hashes)).toBe(false);
    expect(await store.account('voucher', account.id)).toMatchObject({
      child: true,
      tariff: { name: 'anak' },
    });
  });
});
