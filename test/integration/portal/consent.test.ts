import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { legalTextsAt } from '../../../portal/consent/texts.ts';
import type { CodeSender } from '../../../portal/otp/code.ts';
import { START_MS } from '../../../portal/village.fixture.ts';
import { SILENT } from '../../../radius/radius.fixture.ts';
import { accounting, newTariff, village } from '../../fixtures/rows.ts';
import { type CitizenStand, hiddenIn, MAC, openCitizenStand } from './citizen-stand.ts';

const TICKED = { boxes: '1', terms: '1', data: '1' };
const textsNow = (stand: CitizenStand) =>
  legalTextsAt(
    {
      ...{ store: stand.store, log: SILENT, selling: null },
      retention: { sessionDays: 180, dailyDays: 800 },
    },
    { villageCode: village.code, districtCode: village.districtCode },
  );
const VICTIM = 'A2:00:00:00:00:99';

describe('consent', () => {
  let stand: CitizenStand;
  beforeEach(async () => {
    stand = await openCitizenStand();
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  const login = (form: object) =>
    stand.portal.post('/login', { ...stand.redirect, voucher: stand.voucher.code, ...form });
  /** What the ledger has, once what waits for its place in the chain has it. */
  const ledger = async () => {
    await stand.store.chainConsents({ limit: 100 });
    return stand.store.listConsents(100);
  };
  const pageOf = (mac: string) =>
    stand.portal.fetch(`/?${new URLSearchParams({ ...stand.redirect, mac }).toString()}`);
  const page = () => pageOf(MAC);

  it('shows two boxes, not ticked, with the way to the whole texts', async () => {
    const { body } = await page();

    expect(body).toMatch(/<input type="checkbox" id="v-terms" name="terms" value="1"[ >]/);
    expect(body).toMatch(/<input type="checkbox" id="v-data" name="data" value="1"[ >]/);
    expect(body).not.toMatch(/type="checkbox"[^>]* checked/);
    expect(body).toMatch(/href="\/terms\?/);
    expect(body).toMatch(/href="\/privacy\?/);
  });

  it('lets in on one screen with both boxes, and proves it in the ledger', async () => {
    const answer = await login(TICKED);

    expect(answer.status).toBe(303);
    expect(answer.headers.location).toMatch(/^http:\/\/login\.wifi\.home\.arpa\/login\?/);
    await stand.arrive(answer);
    await ledger();
    const [entry] = await stand.store.consentsOf(stand.voucher.id);
    expect(entry).toMatchObject({
      act: 'given',
      method: 'voucher',
      language: 'id',
      router: 'kayu-ara-1',
    });
    expect((await stand.store.legalText(entry!.privacy))?.indonesian).toContain('180 hari');
  });

  it.each([
    ['no box', { boxes: '1' }],
    ['one box', { boxes: '1', terms: '1' }],
    ['the other box', { boxes: '1', data: '1' }],
  ])('asks on a second screen after %s, and nothing is typed twice', async (_what, ticks) => {
    const second = await login(ticks);

    expect(second.status).toBe(422);
    expect(second.body).toContain('Centang kedua kotak');
    expect(second.body).not.toContain(stand.voucher.code);
    expect(second.body).not.toMatch(/type="(?:text|password)"/);
    const done = await stand.portal.post('/consent', {
      ...hiddenIn(second.body, '/consent'),
      ...TICKED,
    });
    expect(done.status).toBe(303);
    expect(done.headers.location).toMatch(/^http:\/\/login\.wifi\.home\.arpa\/login\?/);
  });

  it('lets nobody in without the boxes, however often the second screen is sent', async () => {
    const second = await login({ boxes: '1' });
    const third = await stand.portal.post('/consent', hiddenIn(second.body, '/consent'));

    expect(third.status).toBe(422);
    expect(await ledger()).toEqual([]);
  });

  it('counts what was ticked once the router has let that very phone in', async () => {
    const answer = await login({ ...TICKED, mac: VICTIM });

    expect(answer.status).toBe(303);
    expect(await ledger()).toEqual([]);
    expect(await stand.arrive(answer)).toEqual({ outcome: 'token' });
    expect(await ledger()).toEqual([]);
    expect(await stand.arrive(answer, VICTIM)).toMatchObject({ outcome: 'opened' });
    await stand.arrive(answer, VICTIM);
    expect(await ledger()).toHaveLength(1);
  });

  it('does not ask an account that has agreed again, also before the entry is chained', async () => {
    await stand.arrive(await login(TICKED));

    expect((await login({})).status).toBe(303);
    expect(await ledger()).toHaveLength(1);
    expect((await login({})).status).toBe(303);
  });

  it('does not show the boxes again to the phone that its address had last', async () => {
    await stand.arrive(await login(TICKED));
    const sessionId = await stand.goOnline({ kind: 'voucher', id: stand.voucher.id });
    expect((await page()).body).not.toContain('name="terms"');
    await stand.store.recordAccounting(
      accounting(stand.router.id, sessionId, {
        status: 'stop',
        mac: MAC,
        framedIp: '127.0.0.1',
        eventAt: START_MS + 1,
      }),
    );

    expect((await page()).body).not.toContain('name="terms"');
    const another = await stand.newVoucher();
    expect((await login({ voucher: another })).status).toBe(303);
    stand.portal.clock.advance(25 * 3_600_000);
    expect((await page()).body).toContain('name="terms"');
  });

  it('tells nobody whether another phone has been here and agreed', async () => {
    const form = { ...stand.redirect, mac: VICTIM };
    const first = await stand.newVoucher();
    const [before, refusedBefore] = [
      await pageOf(VICTIM),
      await login({ ...form, voucher: first }),
    ];
    await stand.arrive(await login({ ...TICKED, mac: VICTIM }), VICTIM);
    await ledger();
    const [after, refusedAfter] = [await pageOf(VICTIM), await login({ ...form, voucher: first })];

    const blank = (html: string): string =>
      html.replaceAll(/(?:ticket=|name="ticket" value=")[\w-]{22}/g, '');
    expect(after.body).toBe(before.body);
    expect(refusedAfter.status).toBe(refusedBefore.status);
    expect(blank(refusedAfter.body)).toBe(blank(refusedBefore.body));
  });

  it('has an end of withdrawing and agreeing again, so that no phone fills the ledger', async () => {
    const account = { kind: 'voucher', id: stand.voucher.id } as const;
    const answers: number[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      const answer = await login(TICKED);
      answers.push(answer.status);
      if (answer.status !== 303) continue;
      await stand.arrive(answer);
      await stand.store.withdrawConsent({
        ...{ account, mac: MAC, villageCode: village.code, router: stand.router.name },
        ...{ method: 'portal', language: 'id', at: stand.portal.clock.now() },
      });
    }
    const refused = await login(TICKED);
    const waiting = await stand.portal.post('/consent', {
      ...hiddenIn((await login({ boxes: '1' })).body, '/consent'),
      ...TICKED,
    });

    expect(answers).toEqual([303, 303, 303, 303, 303, 429, 429, 429]);
    expect(refused.body).toContain('Terlalu sering');
    expect(waiting.status).toBe(429);
    expect(await ledger()).toHaveLength(10);
    stand.portal.clock.advance(25 * 3_600_000);
    expect((await login(TICKED)).status).toBe(303);
  });

  it('tells nobody whether another phone has come by a click', async () => {
    await using clicks = await openCitizenStand(
      {},
      { 'portal.ways': 'click', 'portal.tariff.click': 'harian' },
    );
    const click = (mac: string, ticks: object) =>
      clicks.portal.post('/click', { ...clicks.redirect, mac, ...ticks });
    await clicks.arrive(await click(VICTIM, TICKED), VICTIM);
    await clicks.store.chainConsents({ limit: 9 });
    const { accountId: id } = (await clicks.store.listSessions({ limit: 1 }))[0]!;
    const account = { kind: 'subscriber', id: id! } as const;
    await clicks.store.markChild({ account, guardianPhone: '+6281', tariff: null, at: START_MS });

    const child = await click(VICTIM, TICKED);
    expect([child.status, child.body]).toEqual([303, '']);
    expect((await click(VICTIM, {})).body).toContain('action="/consent"');
    expect((await click('A2:00:00:00:00:98', {})).body).toContain('action="/consent"');
  });

  it('asks anew when the texts change', async () => {
    await stand.arrive(await login(TICKED));
    await stand.store.setSetting({
      level: 'regency',
      code: '16.06',
      name: 'portal.processors',
      value: 'Fonnte',
      secret: false,
      at: 1,
    });

    expect((await page()).body).toContain('name="terms"');
    expect((await login({})).body).toContain('action="/consent"');
    await stand.arrive(await login(TICKED));
    const entries = await ledger();
    expect(entries).toHaveLength(2);
    expect(entries[0]?.privacy).not.toBe(entries[1]?.privacy);
  });

  it('keeps a waiting login to its own phone, router and time', async () => {
    const second = await login({ boxes: '1' });
    const fields = { ...hiddenIn(second.body, '/consent'), ...TICKED };

    const other = await stand.portal.post('/consent', { ...fields, mac: 'A2:00:00:00:00:02' });
    expect(other.headers.location).toMatch(/^\/\?router=/);
    const forged = await stand.portal.post('/consent', { ...fields, ticket: 'x'.repeat(22) });
    expect(forged.headers.location).toMatch(/^\/\?router=/);
    const foreign = await stand.portal.post('/consent', fields, { 'Sec-Fetch-Site': 'cross-site' });
    expect(foreign.status).toBe(403);
    stand.portal.clock.advance(11 * 60_000);
    expect((await stand.portal.post('/consent', fields)).headers.location).toMatch(/^\/\?router=/);
    expect(await ledger()).toEqual([]);
  });

  it('names the officer, the processors and the time that data is kept', async () => {
    await stand.store.setSetting({
      level: 'regency',
      code: '16.06',
      name: 'portal.dpo',
      value: 'Ibu Rahma, dpo@muba.example',
      secret: false,
      at: 1,
    });

    const { body } = await stand.portal.fetch(`/privacy?router=${stand.router.name}`);

    expect(body).toContain('Ibu Rahma, dpo@muba.example');
    expect(body).toContain('180 hari');
    expect(body).toMatch(/Versi 2026-11, tanda [0-9a-f]{12}/);
  });

  it('lets in once a parent has agreed at the counter, also the window that waits', async () => {
    const kids = { ...newTariff, name: 'anak', at: START_MS };
    await stand.store.createTariff(kids);
    const ask = await login({ ...TICKED, minor: '1' });
    const press = () =>
      stand.portal.post('/consent', { ...hiddenIn(ask.body, '/consent'), ...TICKED, minor: '1' });
    expect((await press()).status).toBe(422);

    const account = { kind: 'voucher', id: stand.voucher.id } as const;
    const guardianPhone = '+6281211112222';
    await stand.store.markChild({ account, guardianPhone, tariff: 'anak', at: START_MS });
    const before = await press();
    await stand.store.giveConsent({
      ...(await textsNow(stand)),
      ...{ account, guardianPhone, mac: '', villageCode: village.code, router: '' },
      ...{ method: 'operator', language: 'id', at: START_MS },
    });

    expect(before.status).toBe(422);
    expect((await press()).status).toBe(303);
    expect((await login({})).status).toBe(303);
    expect((await stand.store.account('voucher', account.id))?.tariff.name).toBe('anak');
  });

  it('asks a parent about a card for children, whatever is ticked, and whoever had the phone before', async () => {
    await stand.arrive(await login(TICKED));
    await stand.goOnline({ kind: 'voucher', id: stand.voucher.id });
    const made = await stand.store.createVouchers({
      ...{
        tariff: 'harian',
        count: 1,
        villageCode: null,
        batch: 'anak',
        at: START_MS,
        child: true,
      },
    });
    const { body, status } = await login({ voucher: made[0]!.code, ...TICKED });

    expect(status).toBe(200);
    expect(body).toMatch(/name="minor" value="1" checked/);
    expect(body).toContain('name="guardian"');
    expect(await ledger()).toHaveLength(1);
  });

  it('sends a child to the office where no codes can be sent', async () => {
    const answer = await login({ ...TICKED, minor: '1' });
    const next = await stand.portal.post('/consent', {
      ...hiddenIn(answer.body, '/consent'),
      ...TICKED,
      minor: '1',
    });

    expect(next.body).toContain('bersama orang tua atau wali');
    expect(await ledger()).toEqual([]);
  });
});

it('lets a child in once a parent has given the code', async () => {
  const sent: string[] = [];
  const codes: CodeSender = {
    send: async ({ phone, purpose }) => {
      sent.push(phone);
      const times = { triesLeft: 5, expiresAt: 0, resendAt: 0 };
      return { kind: 'sent', standing: { phone, purpose, proven: false, ...times } };
    },
    check: async ({ typed }) =>
      typed === '123456'
        ? { kind: 'right', phone: '+6281211112222' }
        : { kind: 'wrong', triesLeft: 4 },
    standing: async () => null,
  };
  await using stand = await openCitizenStand({ codes });
  const form = { ...stand.redirect, voucher: stand.voucher.code, ...TICKED, minor: '1' };
  const ask = await stand.portal.post('/login', form);
  const answer = (fields: object) =>
    stand.portal.post('/consent', {
      ...hiddenIn(ask.body, '/consent'),
      ...TICKED,
      minor: '1',
      ...fields,
    });

  expect((await answer({ guardian: '0711 123456' })).body).toContain('tidak cocok');
  expect((await answer({ guardian: '0812 1111 2222' })).body).toContain('name="code"');
  expect((await answer({ code: '000000' })).status).toBe(422);
  const done = await answer({ code: '123456' });
  expect(done.status).toBe(303);
  await stand.arrive(done);
  await stand.store.chainConsents({ limit: 9 });
  expect((await stand.store.account('voucher', stand.voucher.id))?.child).toBe(true);
  await stand.goOnline({ kind: 'voucher', id: stand.voucher.id });
  const another = { ...stand.redirect, voucher: await stand.newVoucher() };
  expect((await stand.portal.post('/login', another)).body).toContain('action="/consent"');

  expect(sent).toEqual(['+6281211112222']);
  const [entry] = await stand.store.listConsents(1);
  expect(entry?.guardianKey).toMatch(/^[0-9a-f]{64}$/);
});
