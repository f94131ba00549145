/** What was proven before the access of an account ended opens nothing after it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { Account, LoginProof } from '../../../store/types.ts';
import { AT, MAC, newTariff, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const PHONE = '+6281234567890';
const VILLAGE = '16.06.01.1009';

describe.each(ENGINES)('access that was ended on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;
  let seed: Awaited<ReturnType<typeof seedStore>>;
  beforeEach(async () => {
    opened = await engine.open();
    ({ store } = opened);
    seed = await seedStore(store);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  const claimed = async (): Promise<Account> =>
    (await store.registerByVoucher({
      ...{ code: seed.voucher.code, phone: PHONE, password: 'rumah biru 7' },
      ...{ tariff: newTariff.name, villageCode: VILLAGE, day: '2026-11-24', at: AT },
    }))!;
  const voucher = async (): Promise<Account> => (await store.voucherByCode(seed.voucher.code))!;
  const now = async ({ kind, id }: Account): Promise<Account> => (await store.account(kind, id))!;
  const open = async (proof: LoginProof) => {
    const { outcome } = await store.openLogin({
      ...{ proof, mac: MAC, routerId: seed.router.id, at: AT + 1, devices: 9 },
      ...{ whenFull: 'refuse', rate: null, sessionTimeoutSeconds: null, totalLimitOctets: null },
      validUntil: null,
    });
    return outcome;
  };
  /** Issued only now, to one whose account was `account` when the credentials were found right. */
  const byToken = async ({ kind, id, epoch = 0 }: Account) => {
    const token = await store.issueToken({
      ...{ accountKind: kind, accountId: id, epoch, mac: MAC, routerId: seed.router.id },
      ...{ at: AT, ttlMs: 60_000 },
    });
    return open({ kind: 'token', ...token });
  };
  const directly = async ({ kind, id, epoch = 0 }: Account) =>
    open({ kind: 'account', accountKind: kind, accountId: id, username: 'siti', epoch });

  const withdraw = async ({ kind, id }: Account) => {
    const consent = { terms: 't', privacy: 'p', villageCode: VILLAGE, router: 'kayu-ara-1' };
    const text = { version: '1', indonesian: 'Teks', english: 'Text' };
    await store.keepTexts({
      ...{ terms: { ...text, document: 'terms', hash: 't' }, at: AT },
      privacy: { ...text, document: 'privacy', hash: 'p' },
    });
    const given = await store.issueToken({
      ...{ accountKind: kind, accountId: id, mac: MAC, routerId: seed.router.id, at: AT },
      ...{ ttlMs: 60_000, consent: { ...consent, method: 'voucher', language: 'id' } },
    });
    await open({ kind: 'token', ...given });
    const scene = { account: { kind, id }, mac: MAC, villageCode: VILLAGE, router: 'kayu-ara-1' };
    await store.withdrawConsent({ ...scene, method: 'portal', language: 'id', at: AT });
  };
  const ENDS: readonly [string, () => Promise<Account>, (account: Account) => Promise<unknown>][] =
    [
      [
        'a new password',
        claimed,
        ({ id }) => store.setPassword({ subscriberId: id, password: 'kopi susu 77', at: AT }),
      ],
      [
        'a proof of its number',
        claimed,
        () =>
          store.ensureCitizen({
            ...{ origin: 'otp', key: PHONE, phone: PHONE, tariff: newTariff.name },
            ...{ villageCode: null, at: AT },
          }),
      ],
      ['a withdrawal', claimed, withdraw],
      ['a withdrawal of a voucher’s', voucher, withdraw],
    ];

  it.each(ENDS)('by %s opens no login that was proven before', async (_what, make, end) => {
    const before = await make();
    await end(before);
    const after = await now(before);

    expect([await byToken(before), await directly(before)]).toEqual(['token', 'token']);
    expect(await byToken(after)).toBe('opened');
    expect(await directly(after)).toBe('opened');
  });
});
