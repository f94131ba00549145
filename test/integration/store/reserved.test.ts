/** The accounts that grace passes run on are nobody's: no intent treats one as a person's. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { AT, DAY, MAC, newTariff, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const VILLAGE = '16.06.01.1009';
const NAME = 'sw-grace-240s-128k';
const HASHES = { terms: 'a'.repeat(64), privacy: 'b'.repeat(64) };

describe.each(ENGINES)('the account of passes on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;
  let seed: Awaited<ReturnType<typeof seedStore>>;
  let id: string;
  const account = () => ({ kind: 'subscriber', id }) as const;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    seed = await seedStore(store);
    id = await store.ensureGraceAccount({ seconds: 240, kbps: 128, at: AT });
    await pass();
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  const login = (proof: Parameters<Store['openLogin']>[0]['proof'], mac = MAC) =>
    store.openLogin({
      ...{ proof, mac, routerId: seed.router.id, devices: 9, whenFull: 'refuse', at: AT },
      ...{ rate: null, sessionTimeoutSeconds: 240, totalLimitOctets: null, validUntil: null },
    });
  const token = (more: { grace?: true; rememberUntil?: number } = {}) =>
    store.issueToken({
      ...{ accountKind: 'subscriber', accountId: id, mac: MAC, routerId: seed.router.id },
      ...{ at: AT, ttlMs: 60_000, ...more },
    });
  async function pass(): Promise<void> {
    expect(await login({ kind: 'token', ...(await token({ grace: true })) })).toMatchObject({
      outcome: 'opened',
    });
  }
  const scene = () => ({
    ...{ account: account(), mac: MAC, language: 'id', villageCode: VILLAGE, router: 'r' },
    ...{ method: 'portal', at: AT },
  });
  const text = (document: 'terms' | 'privacy') => ({
    ...{ document, version: '1', indonesian: 'x', english: 'x', hash: HASHES[document] },
  });

  it('refuses every intent of an owner', async () => {
    const subscriberId = id;
    const refused: Record<string, () => Promise<unknown>> = {
      setPassword: () => store.setPassword({ subscriberId, password: 'kata sandi', at: AT }),
      changePhone: () => store.changePhone({ subscriberId, phone: '+6281234567890', at: AT }),
      correctProfile: () => store.correctProfile({ subscriberId, displayName: 'Budi', at: AT }),
      markChild: () =>
        store.markChild({ account: account(), guardianPhone: null, tariff: null, at: AT }),
      requestErasure: () =>
        store.requestErasure({ account: account(), via: 'portal', graceMs: 0, at: AT }),
      recordRight: () =>
        store.recordRight({ kind: 'export', account: account(), via: 'portal', at: AT }),
      ownData: () => store.ownData(account()),
      rememberDevice: () =>
        store.rememberDevice({
          ...{ mac: MAC, accountKind: 'subscriber', accountId: id, label: '', at: AT },
          ...{ expiresAt: null, origin: 'consent' },
        }),
      issueToken: () => token(),
      'issueToken, remembered': () => token({ rememberUntil: AT + 86_400_000 }),
      giveConsent: () =>
        store.giveConsent({
          ...scene(),
          terms: text('terms'),
          privacy: text('privacy'),
        } as unknown as Parameters<Store['giveConsent']>[0]),
      withdrawConsent: () =>
        store.withdrawConsent(scene() as unknown as Parameters<Store['withdrawConsent']>[0]),
      changeSubscriber: () => store.changeSubscriber({ username: NAME, disabled: true, at: AT }),
      revealNik: () =>
        store.revealNik({ username: NAME, actor: 'cli', reason: 'permintaan', at: AT }),
      importSubscribers: () =>
        store.importSubscribers({
          subscribers: [
            { username: NAME, password: 'kata', tariff: newTariff.name, villageCode: null },
          ],
          at: AT,
        }),
      ensureSubscriber: () =>
        store.ensureSubscriber({ username: NAME, tariff: newTariff.name, at: AT }),
    };

    const codes: Record<string, unknown> = {};
    for (const [intent, act] of Object.entries(refused)) {
      codes[intent] = await act().then(
        () => 'done',
        (error: { code?: string }) => error.code,
      );
    }

    expect(codes).toEqual(
      Object.fromEntries(
        Object.keys(refused).map((intent) => [
          intent,
          /import|ensure/.test(intent) ? 'STORE_CONFLICT' : 'STORE_NOT_FOUND',
        ]),
      ),
    );
    expect(await store.device(MAC)).toBeNull();
    expect(await store.listRights(9)).toEqual([]);
    await pass();
  });

  it('is called by no name, has no profile and shows no phones', async () => {
    const of = { account: account(), mac: MAC, at: AT };
    const made = { tariff: newTariff.name, count: 1, villageCode: null, batch: 'a', at: AT };
    const { code } = (await store.createVouchers(made))[0]!;

    expect(await store.subscriberByUsername(NAME)).toBeNull();
    expect(await store.profile(id)).toBeNull();
    expect(await store.networkPassword(id)).toBeNull();
    expect(await store.phonesOf(of)).toEqual([]);
    expect(
      await store.topUp({ subscriberId: id, code, villageCode: VILLAGE, day: DAY, at: AT }),
    ).toEqual({ outcome: 'refused' });
    expect(
      await store.replaceFirstPassword({ subscriberId: id, password: 'kata sandi', at: AT }),
    ).toBe(false);
    expect(await store.account('subscriber', id)).toMatchObject({ reserved: true });
  });

  it('is entered by a grace token alone', async () => {
    const proof = { kind: 'account', accountKind: 'subscriber', accountId: id } as const;
    const named = { ...proof, username: NAME };
    const byMac = { ...proof, username: MAC };

    expect(await login(named, '02:00:00:00:00:09')).toEqual({ outcome: 'disabled' });
    expect((await login(byMac)).outcome).toBe('disabled');
  });
});
