/** Consents that travel with one-time tokens: they count once a router has let the very phone in. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { LegalText, Router, TokenConsent } from '../../../store/types.ts';
import { AT, MAC, newTariff, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const OTHER = '02:00:00:00:00:77';
const text = (document: LegalText['document'], hash: string): LegalText => ({
  ...{ document, version: '1', indonesian: 'Teks', english: 'Text', hash },
});
const texts = { terms: text('terms', 't1'), privacy: text('privacy', 'p1') };
const consent: TokenConsent = {
  ...{ terms: 't1', privacy: 'p1', villageCode: '16.06.01.1009', router: 'kayu-ara-1' },
  ...{ method: 'voucher', language: 'id' },
};
const hashes = { terms: 't1', privacy: 'p1' };

interface Account {
  readonly kind: 'voucher' | 'subscriber';
  readonly id: string;
}

describe.each(ENGINES)('consents with tokens on $name', (engine) => {
  let place: Awaited<ReturnType<typeof engine.place>>;
  let store: Store;
  let router: Router;
  let vouchers: Account[];

  beforeEach(async () => {
    place = await engine.place();
    ({ store } = await openStore(place.options));
    const seed = await seedStore(store);
    ({ router } = seed);
    const made = await store.createVouchers({
      ...{ tariff: newTariff.name, count: 24, villageCode: null, batch: 'b', at: AT },
    });
    vouchers = made.map(({ id }) => ({ kind: 'voucher', id }));
    await store.keepTexts({ ...texts, at: AT });
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  const issue = (
    { kind, id }: Account,
    over: { consent?: TokenConsent; mac?: string; at?: number } = {},
  ) =>
    store.issueToken({
      ...{ accountKind: kind, accountId: id, mac: MAC, routerId: router.id, at: AT },
      ...{ ttlMs: 60_000, consent, ...over },
    });
  const spend = (token: { username: string; token: string }, mac = MAC, at = store) =>
    at.openLogin({
      ...{ proof: { kind: 'token', ...token }, mac, routerId: router.id, at: AT },
      ...{ devices: 50, whenFull: 'refuse', rate: null, sessionTimeoutSeconds: 60 },
      ...{ totalLimitOctets: null, validUntil: null },
    });
  const chained = async () => {
    await store.chainConsents({ limit: 100 });
    return store.listConsents(100);
  };

  it('count for nobody before the router has let that very phone in', async () => {
    const account = vouchers[0]!;
    const token = await issue(account);
    const byAnother = await spend(token, OTHER);

    expect(byAnother).toEqual({ outcome: 'token' });
    expect(await store.hasConsented({ ...hashes, account, mac: MAC })).toBe(false);
    expect(await store.consentsWait()).toBe(false);
    await spend(token);
    expect(await store.hasConsented({ ...hashes, account, mac: null })).toBe(true);
    expect(await store.hasConsented({ ...hashes, account: null, mac: MAC })).toBe(true);
    expect(await store.consentsWait()).toBe(true);
  });

  it('of one ticket travel with one token while it lives, however many ask at once', async () => {
    const { store: other } = await openStore(place.options);
    const ask = (account: Account, over: object = {}, node = store) =>
      node.issueToken({
        ...{ accountKind: account.kind, accountId: account.id, mac: MAC, routerId: router.id },
        ...{ at: AT, ttlMs: 60_000, ticketId: 'ticket', ...over },
      });
    const [mine, another] = [vouchers[0]!, vouchers[1]!];
    const same = await Promise.all(
      [store, other, store, other, store].map((node) => ask(mine, {}, node)),
    );
    const others = [
      await ask(mine, { ticketId: 'another' }),
      await ask(mine, { mac: OTHER }),
      await ask(another),
      await ask(mine, { at: AT + 60_000 }),
    ];

    expect(new Set(same.map(({ username }) => username)).size).toBe(1);
    expect(await spend(same[4]!)).toMatchObject({ outcome: 'opened' });
    expect(new Set([same[0]!, ...others].map(({ username }) => username)).size).toBe(5);
    await other[Symbol.asyncDispose]();
  });

  it('get one entry, whatever is repeated', async () => {
    const token = await issue(vouchers[0]!);
    await Promise.all([spend(token), spend(token)]);
    await chained();
    await spend(token);
    await spend(await issue(vouchers[0]!));

    const entries = await chained();

    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ ...hashes, act: 'given', at: AT, router: 'kayu-ara-1' });
    expect(await store.consentsWait()).toBe(false);
    expect(JSON.stringify(entries)).not.toContain(MAC);
  });

  it('are one chain, whichever nodes let in and chain at the same time', async () => {
    const { store: other } = await openStore(place.options);
    const tokens = await Promise.all(vouchers.map((account) => issue(account)));
    await Promise.all(
      tokens.map(async (token, i) => {
        await spend(token, MAC, i % 2 === 0 ? store : other);
        await (i % 3 === 0 ? store : other).chainConsents({ limit: 5 });
      }),
    );
    await Promise.all([store, other].map((node) => node.chainConsents({ limit: 100 })));

    expect(await store.verifyConsents()).toMatchObject({ entries: 24, brokenAt: null });
    expect(new Set((await store.listConsents(99)).map(({ accountKey }) => accountKey)).size).toBe(
      24,
    );
    await other[Symbol.asyncDispose]();
  });

  it('come before what is withdrawn after them', async () => {
    const account = vouchers[0]!;
    await spend(await issue(account));
    const { method, language, villageCode, router: name } = consent;
    const scene = { account, mac: MAC, villageCode, router: name, method, language, at: AT + 1 };

    expect(await store.withdrawConsent(scene)).toBe(2);
    expect(await store.hasConsented({ ...hashes, account, mac: MAC })).toBe(false);
    expect((await chained()).map(({ act }) => act)).toEqual(['withdrawn', 'given']);
  });

  it('are void with an account whose number somebody else proves', async () => {
    const phone = '+6281234567890';
    const claimed = await store.registerByVoucher({
      ...{ code: (await store.voucherCode(vouchers[1]!.id))!, phone, password: 'rumah biru 7' },
      ...{ tariff: newTariff.name, villageCode: '16.06.01.1009', day: '2026-11-24', at: AT },
    });
    await spend(await issue(claimed!));
    const citizen = { origin: 'otp', key: phone, phone, tariff: newTariff.name } as const;
    const proved = await store.ensureCitizen({ ...citizen, villageCode: null, at: AT + 1 });
    await chained();

    expect(proved.id).toBe(claimed!.id);
    expect(await store.hasConsented({ ...hashes, account: proved, mac: null })).toBe(false);
  });

  it('make the account that a click named a child’s, once it is that phone', async () => {
    const citizen = { origin: 'click', key: 'v m', tariff: newTariff.name } as const;
    const made = await store.ensureCitizen({ ...citizen, villageCode: null, at: AT });
    const kids = await store.createTariff({ ...newTariff, name: 'anak', at: AT });
    const child = { ...consent, guardianPhone: '+6281211112222', child: { tariff: 'anak' } };
    const token = await issue(made, { consent: child });
    const before = await store.profile(made.id);
    await spend(token);
    const [entry] = await chained();

    expect(before?.child).toBe(false);
    expect((await store.profile(made.id))?.child).toBe(true);
    expect((await store.account('subscriber', made.id))?.tariff.id).toBe(kids.id);
    expect(entry?.guardianKey).toMatch(/^[0-9a-f]{64}$/);
  });

  it('of one account and the same texts are one entry, in whatever order things come', async () => {
    const step = fc.record({
      what: fc.constantFrom('tick', 'tick', 'tick', 'spend again', 'chain', 'withdraw', 'counter'),
      account: fc.integer({ min: 0, max: 2 }),
      mac: fc.constantFrom(MAC, OTHER),
      privacy: fc.constantFrom('p1', 'p2'),
    });
    const where = { villageCode: '', router: 'kayu-ara-1', method: 'otp', language: 'id' } as const;
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        await store.chainConsents({ limit: 100 });
        const before = (await store.listConsents(1))[0]?.seq ?? 0;
        const own = await store.createVouchers({
          ...{ tariff: newTariff.name, count: 3, villageCode: null, batch: `p${round}`, at: AT },
        });
        round += 1;
        const held = new Map<string, string>();
        let turns = 0;
        let at = AT;
        let last: { token: Awaited<ReturnType<typeof issue>>; mac: string } | null = null;
        for (const { what, account: n, mac, privacy } of steps) {
          const account = { kind: 'voucher', id: own[n]!.id } as const;
          at += 1;
          const scene = { ...where, account, mac, at };
          if (what === 'tick') {
            const token = await issue(account, { mac, at, consent: { ...consent, privacy } });
            await spend(token, mac);
            last = { token, mac };
          } else if (what === 'spend again' && last !== null) await spend(last.token, last.mac);
          else if (what === 'chain') await store.chainConsents({ limit: 2 });
          else if (what === 'counter')
            await store.giveConsent({ ...scene, ...texts, privacy: text('privacy', privacy) });
          else if (what === 'withdraw') {
            // Without the phone's word, so that the model is of the account alone.
            await store.withdrawConsent({ ...scene, mac: '' });
            if (held.delete(account.id)) turns += 1;
          }
          if (what !== 'tick' && what !== 'counter') continue;
          if (held.get(account.id) !== privacy) turns += 1;
          held.set(account.id, privacy);
        }
        await store.chainConsents({ limit: 100 });

        expect(((await store.listConsents(1))[0]?.seq ?? 0) - before).toBe(turns);
        expect(await store.verifyConsents()).toMatchObject({ brokenAt: null });
      }),
      { numRuns: 12 },
    );
  });
});
