import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { OtpCharge } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const MINUTE = 60_000;
const PHONE = '+6281234567890';
const VISIT = {
  kind: 'otp',
  mac: 'AA:BB:CC:00:00:01',
  address: '172.16.0.7',
  document: '{}',
  at: AT,
  ttlMs: 30 * MINUTE,
} as const;
const ISSUE = {
  purpose: 'login',
  phone: PHONE,
  tries: 5,
  ttlMs: 5 * MINUTE,
  resendMs: MINUTE,
  at: AT,
} as const;

describe.each(ENGINES)('proofs of phone numbers on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;
  let ticketId: string;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    ({ id: ticketId } = await store.openTicket({ ...VISIT, routerId: 'r1' }));
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  const issue = async () => (await store.issueCode({ ...ISSUE, ticketId }))!;
  const another = (code: string): string => (code === '000000' ? '000001' : '000000');

  it('have six digits, and the right ones are right as often as they come', async () => {
    const { code, state } = await issue();

    expect(code).toMatch(/^\d{6}$/);
    expect(state).toEqual({
      ticketId,
      routerId: 'r1',
      mac: VISIT.mac,
      address: VISIT.address,
      purpose: 'login',
      phone: PHONE,
      triesLeft: 5,
      expiresAt: AT + 5 * MINUTE,
      resendAt: AT + MINUTE,
      provenBy: null,
    });
    const first = await store.tryCode({ ticketId, code, at: AT });
    const again = await store.tryCode({ ticketId, code, at: AT + 6 * MINUTE });
    expect([first.kind, again.kind]).toEqual(['right', 'right']);
    expect(await store.codeState({ ticketId, at: AT })).toMatchObject({ provenBy: 'code' });
  });

  it('have five tries, at once or one after the other', async () => {
    const { code } = await issue();
    const wrong = { ticketId, code: another(code), at: AT };

    const tries = await Promise.all(Array.from({ length: 8 }, () => store.tryCode(wrong)));

    expect(tries.filter(({ kind }) => kind === 'wrong')).toHaveLength(4);
    expect(tries.filter(({ kind }) => kind === 'over')).toHaveLength(4);
    expect((await store.tryCode({ ticketId, code, at: AT })).kind).toBe('over');
  });

  it('are over at their time, with their ticket, and once a new one is sent', async () => {
    const old = await issue();
    const late = await store.tryCode({ ticketId, code: old.code, at: AT + 5 * MINUTE });
    const fresh = await issue();
    const dead = await store.codeOfLink({ link: old.link, at: AT });
    const replaced = await store.openTicket({ ...VISIT, routerId: 'r1' });
    const orphan = await store.tryCode({ ticketId, code: fresh.code, at: AT });

    expect([late.kind, dead, orphan.kind]).toEqual(['over', null, 'over']);
    expect(await store.codeOfLink({ link: fresh.link, at: AT })).toBeNull();
    expect(replaced.id).not.toBe(ticketId);
    expect(await store.issueCode({ ...ISSUE, ticketId })).toBeNull();
  });

  it('by link: looking spends nothing, and of two who open it one does', async () => {
    const { link } = await issue();

    expect(await store.codeOfLink({ link, at: AT })).toMatchObject({ ticketId, phone: PHONE });
    const spent = await Promise.all([
      store.spendLink({ link, at: AT }),
      store.spendLink({ link, at: AT }),
    ]);

    expect(spent.toSorted()).toEqual([false, true]);
    expect(await store.codeOfLink({ link, at: AT })).toBeNull();
    expect(await store.codeState({ ticketId, at: AT })).toMatchObject({ provenBy: 'link' });
  });

  it('by message: the word proves the number it comes from, and repeated nothing', async () => {
    const { word } = (await store.expectMessage({
      ticketId,
      purpose: 'login',
      ttlMs: 10 * MINUTE,
      at: AT,
    }))!;
    const message = { word: word.toLowerCase(), phone: PHONE, at: AT };

    const outcomes = [
      await store.proveByMessage({ ...message, word: 'AAAAAA' }),
      await store.proveByMessage({ ...message, at: AT + 10 * MINUTE }),
      await store.proveByMessage(message),
      await store.proveByMessage(message),
      await store.proveByMessage({ ...message, phone: '+6281234567891' }),
    ];

    expect(outcomes).toEqual(['unknown', 'unknown', 'proven', 'held', 'held']);
    expect(await store.codeState({ ticketId, at: AT })).toMatchObject({
      phone: PHONE,
      provenBy: 'message',
    });
  });

  it('by message: not for a ticket that was told another number', async () => {
    await issue();
    const { word } = (await store.expectMessage({
      ticketId,
      purpose: 'login',
      ttlMs: 10 * MINUTE,
      at: AT,
    }))!;

    expect(await store.proveByMessage({ word, phone: '+6281234567891', at: AT })).toBe('held');
    expect(await store.proveByMessage({ word, phone: PHONE, at: AT })).toBe('proven');
  });

  it('go a day after their end, with the budgets of periods that are over', async () => {
    await issue();
    const charge = budget({ endsAt: AT + MINUTE });
    await store.chargeOtp({ charges: [charge], at: AT });
    const purge = async (before: number) => store.purge({ what: 'otp', before, limit: 10 });

    expect(await purge(AT + MINUTE)).toBe(0);
    expect(await purge(AT + 2 * 86_400_000)).toBe(2);
    expect(await store.codeState({ ticketId, at: AT })).toBeNull();
  });
});

const budget = (over: Partial<OtpCharge> = {}): OtpCharge => ({
  scope: 'phone',
  key: PHONE,
  endsAt: AT + 60 * MINUTE,
  amount: 1,
  most: 3,
  gapMs: 0,
  ...over,
});

describe.each(ENGINES)('budgets of codes on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('are not overdrawn by many at once', async () => {
    const charges = [budget(), budget({ scope: 'router', key: 'r1', most: 5 })];

    const answers = await Promise.all(
      Array.from({ length: 12 }, () => store.chargeOtp({ charges, at: AT })),
    );

    expect(answers.filter(({ kind }) => kind === 'charged')).toHaveLength(3);
    expect(answers.at(-1)).toEqual({
      kind: 'refused',
      scope: 'phone',
      retryAt: AT + 60 * MINUTE,
    });
  });

  it('keep nothing of what another of them refuses, and take back what was not used', async () => {
    const router = budget({ scope: 'router', key: 'r1', most: 1 });
    await store.chargeOtp({ charges: [router], at: AT });
    const refused = await store.chargeOtp({ charges: [budget({ most: 1 }), router], at: AT });
    await store.giveBackOtp({ charges: [router] });

    const after = await store.chargeOtp({ charges: [budget({ most: 1 }), router], at: AT });

    expect([refused.kind, after.kind]).toEqual(['refused', 'charged']);
  });

  it('begin anew with their period', async () => {
    await store.chargeOtp({ charges: [budget({ most: 1 })], at: AT });

    const next = budget({ most: 1, endsAt: AT + 120 * MINUTE });

    expect((await store.chargeOtp({ charges: [next], at: AT + 61 * MINUTE })).kind).toBe('charged');
  });
});

describe.each(ENGINES)('grace passes on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    await store.importVillages({ villages: [village], at: AT });
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('run on one account of their length and rate, and are found by phone until they end', async () => {
    const router = await store.addRouter(newRouter);
    const asked = { seconds: 240, kbps: 128, at: AT };
    const [accountId, again] = await Promise.all([
      store.ensureGraceAccount(asked),
      store.ensureGraceAccount(asked),
    ]);
    const phone = { routerId: router.id, mac: VISIT.mac };
    const token = await store.issueToken({
      ...phone,
      accountKind: 'subscriber',
      accountId,
      at: AT,
      ttlMs: MINUTE,
      grace: true,
    });
    const facts = await store.tokenFacts(token.username);
    const before = await store.graceOfPhone(phone);
    const opening = await store.openLogin({
      proof: { kind: 'token', ...token },
      ...phone,
      rate: '128k/128k',
      sessionTimeoutSeconds: 240,
      totalLimitOctets: null,
      validUntil: null,
      devices: facts!.account.tariff.devices,
      whenFull: 'refuse',
      at: AT,
    });

    expect(again).toBe(accountId);
    expect(facts).toMatchObject({
      grace: true,
      account: { tariff: { downKbps: 128, upKbps: 128, sessionSeconds: 240 } },
    });
    expect(before).toBeNull();
    const pass = await store.graceOfPhone(phone);
    expect(opening).toMatchObject({ outcome: 'opened', sessionId: pass?.sessionId });
    expect(pass).toMatchObject({ startedAt: AT, ending: false });
    await store.requestDisconnect({ sessionId: pass!.sessionId, reason: 'grace', at: AT });
    expect(await store.graceOfPhone(phone)).toMatchObject({ ending: true });
    expect(await store.graceOfPhone({ ...phone, mac: 'AA:BB:CC:00:00:02' })).toBeNull();
  });
});
