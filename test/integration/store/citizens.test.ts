import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { NewCitizen } from '../../../store/types.ts';
import { AT, newTariff, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const PHONE = '+6281234567890';
const otp: NewCitizen = {
  origin: 'otp',
  key: PHONE,
  phone: PHONE,
  tariff: newTariff.name,
  villageCode: null,
  at: AT,
};

describe.each(ENGINES)('citizens on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    await seedStore(store);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('makes an account once, however often its citizen comes', async () => {
    const first = await store.ensureCitizen(otp);
    const again = await store.ensureCitizen({ ...otp, at: AT + 1000 });

    expect(again).toEqual(first);
    expect(first).toMatchObject({ origin: 'otp', disabled: false, tariff: { name: 'harian' } });
    expect(first.username).not.toContain('812');
  });

  it('keeps citizens of two ways in apart when only the key is alike', async () => {
    const key = 'same';
    const { phone: _, ...rest } = otp;
    const click = await store.ensureCitizen({ ...rest, origin: 'click', key });
    const oidc = await store.ensureCitizen({ ...rest, origin: 'oidc', key });

    expect(click.id).not.toBe(oidc.id);
  });

  it('finds the account of a phone number from whatever way in', async () => {
    const first = await store.ensureCitizen(otp);
    const other = await store.ensureCitizen({ ...otp, origin: 'registrar', key: 'someone' });

    expect(other.id).toBe(first.id);
    expect(await store.subscriberByUsername(PHONE)).toMatchObject({ id: first.id });
    expect(await store.subscriberByUsername('+6281234567891')).toBeNull();
  });

  it('lets a user name that looks like the number go first', async () => {
    await store.ensureCitizen(otp);
    await store.importSubscribers({
      subscribers: [{ username: PHONE, password: 'x', tariff: 'harian', villageCode: null }],
      at: AT,
    });

    expect(await store.subscriberByUsername(PHONE)).toMatchObject({ username: PHONE });
  });

  it('gives the account that an operator has named by a number to who proves the number', async () => {
    await store.importSubscribers({
      subscribers: [
        { username: PHONE, password: 'dari-kantor', tariff: 'harian', villageCode: null },
      ],
      at: AT,
    });
    const imported = (await store.subscriberByUsername(PHONE))!;

    const proved = await store.ensureCitizen(otp);
    const again = await store.ensureCitizen({ ...otp, at: AT + 1000 });

    expect([proved.id, again.id]).toEqual([imported.id, imported.id]);
    expect(proved.passwordHash).not.toBe(imported.passwordHash);
    expect(again.passwordHash).toBe(proved.passwordHash);
    expect((await store.profile(imported.id))?.phone).toBe(PHONE);
  });

  it('lets nobody change to the number that another account is named by', async () => {
    const mine = await store.ensureCitizen({ ...otp, key: 'a', phone: '+6281234567891' });
    await store.importSubscribers({
      subscribers: [{ username: PHONE, password: 'x', tariff: 'harian', villageCode: null }],
      at: AT,
    });

    const change = { subscriberId: mine.id, phone: PHONE, at: AT };

    expect(await store.changePhone(change)).toBe('taken');
  });

  it('gives an account without a number the number that its citizen proves later', async () => {
    const { phone: _, ...without } = {
      ...otp,
      origin: 'oidc',
      key: 'https://id.example 42',
    } as const;
    const first = await store.ensureCitizen(without);
    await store.ensureCitizen({ ...without, phone: PHONE });

    expect(await store.subscriberByUsername(PHONE)).toMatchObject({ id: first.id });
  });

  it('refuses an unknown tariff and keeps nothing', async () => {
    await expect(store.ensureCitizen({ ...otp, tariff: 'none' })).rejects.toMatchObject({
      code: 'STORE_NOT_FOUND',
    });

    expect(await store.subscriberByUsername(PHONE)).toBeNull();
  });

  it('makes one account of two that come at the same time', async () => {
    const both = await Promise.all([store.ensureCitizen(otp), store.ensureCitizen(otp)]);

    expect(both[0].id).toBe(both[1].id);
  });
});
