import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { LegalText } from '../../../store/types.ts';
import { AT, MAC, newTariff, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';
import { tamper } from './tamper.ts';

const PHONE = '+6281234567890';
const text = (document: LegalText['document'], hash: string): LegalText => ({
  document,
  version: '1',
  indonesian: 'Teks',
  english: 'Text',
  hash,
});
const texts = { terms: text('terms', 't1'), privacy: text('privacy', 'p1') };
const hashes = { terms: 't1', privacy: 'p1' };
const scene = {
  mac: MAC,
  villageCode: '16.06.01.1009',
  router: 'kayu-ara-1',
  method: 'otp',
  language: 'id',
  at: AT,
} as const;

describe.each(ENGINES)('consents on $name', (engine) => {
  let place: Awaited<ReturnType<typeof engine.place>>;
  let store: Store;
  let citizen: { readonly kind: 'subscriber'; readonly id: string };
  let voucher: { readonly kind: 'voucher'; readonly id: string };

  beforeEach(async () => {
    place = await engine.place();
    ({ store } = await openStore(place.options));
    const seed = await seedStore(store);
    voucher = { kind: 'voucher', id: seed.voucher.id };
    const made = await store.ensureCitizen({
      origin: 'otp',
      key: PHONE,
      phone: PHONE,
      tariff: newTariff.name,
      villageCode: null,
      at: AT,
    });
    citizen = { kind: 'subscriber', id: made.id };
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  it('knows who agreed to which texts, and asks anew when one changes', async () => {
    expect(await store.hasConsented({ ...hashes, account: citizen, mac: MAC })).toBe(false);

    await store.giveConsent({ ...scene, ...texts, account: citizen });

    expect(await store.hasConsented({ ...hashes, account: citizen, mac: MAC })).toBe(true);
    const changed = { ...hashes, privacy: 'p2' };
    expect(await store.hasConsented({ ...changed, account: citizen, mac: MAC })).toBe(false);
  });

  it('takes what was agreed to on a phone for a voucher, and never for another person’s account', async () => {
    await store.giveConsent({ ...scene, ...texts, account: voucher });
    const another = { kind: 'voucher', id: 'v-next' } as const;

    expect(await store.hasConsented({ ...hashes, account: null, mac: MAC })).toBe(true);
    expect(await store.hasConsented({ ...hashes, account: another, mac: MAC })).toBe(true);
    expect(await store.hasConsented({ ...hashes, account: citizen, mac: MAC })).toBe(false);
    const elsewhere = '02:00:00:00:00:99';
    expect(await store.hasConsented({ ...hashes, account: another, mac: elsewhere })).toBe(false);
  });

  it('writes an entry once, however often the form is sent', async () => {
    const first = await store.giveConsent({ ...scene, ...texts, account: citizen });
    const again = await store.giveConsent({ ...scene, ...texts, account: citizen, at: AT + 1 });

    expect([first, again]).toEqual([1, 1]);
    expect(await store.listConsents(10)).toHaveLength(1);
  });

  it('proves who agreed to what, where and when, and names nobody', async () => {
    await store.giveConsent({
      ...scene,
      ...texts,
      account: citizen,
      guardianPhone: '+62811111111',
    });

    const [entry] = await store.consentsOf(PHONE);

    expect(entry).toMatchObject({
      act: 'given',
      purposes: 'terms,data',
      ...hashes,
      at: AT,
      router: 'kayu-ara-1',
      villageCode: '16.06.01.1009',
      method: 'otp',
    });
    expect(JSON.stringify(await store.listConsents(10))).not.toMatch(/8123456|811111|02:00:00/);
    expect(await store.legalText('p1')).toEqual(texts.privacy);
    expect(await store.consentsOf('+6281111111119')).toEqual([]);
  });

  it('ends what goes on when consent is withdrawn, and keeps both entries', async () => {
    await store.giveConsent({ ...scene, ...texts, account: citizen });
    await store.rememberDevice({
      mac: MAC,
      accountKind: 'subscriber',
      accountId: citizen.id,
      label: '',
      expiresAt: null,
      at: AT,
    });

    const entry = await store.withdrawConsent({ ...scene, account: citizen, at: AT + 1 });

    expect(entry).toBe(2);
    expect(await store.hasConsented({ ...hashes, account: citizen, mac: MAC })).toBe(false);
    expect(await store.device(MAC)).toBeNull();
    expect((await store.listConsents(10)).map(({ act }) => act)).toEqual(['withdrawn', 'given']);
    expect(await store.withdrawConsent({ ...scene, account: citizen })).toBeNull();
    expect(await store.consentCounts({ after: 0 })).toEqual({ given: 1, withdrawn: 1, seq: 2 });
    expect(await store.consentCounts({ after: 1 })).toEqual({ given: 0, withdrawn: 1, seq: 2 });
    expect(await store.consentCounts({ after: 2 })).toEqual({ given: 0, withdrawn: 0, seq: 2 });
  });

  it('chains entries that are given at the same time', async () => {
    const { store: other } = await openStore(place.options);
    await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        (i % 2 === 0 ? store : other).giveConsent({
          ...scene,
          ...texts,
          account: { kind: 'voucher', id: `v${i}` },
        }),
      ),
    );

    expect(await store.verifyConsents()).toMatchObject({ entries: 24, brokenAt: null });
    await other[Symbol.asyncDispose]();
  });

  it.each([
    ['an entry that was changed', "UPDATE consents SET router = 'other' WHERE seq = 2", 2],
    ['a name that was put in its place', "UPDATE consents SET account_k = 'x' WHERE seq = 1", 1],
    ['an entry that was removed', 'DELETE FROM consents WHERE seq = 2', 3],
  ])('finds %s', async (_what, statement, brokenAt) => {
    for (const id of ['v1', 'v2', 'v3']) {
      await store.giveConsent({ ...scene, ...texts, account: { kind: 'voucher', id } });
    }
    const before = await store.verifyConsents();
    await tamper(place.options, statement);

    expect(before).toMatchObject({ entries: 3, brokenAt: null });
    expect(await store.verifyConsents()).toMatchObject({ brokenAt });
  });
});
