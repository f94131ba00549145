/** A remembered phone whose texts have changed: one tap on the page, and nobody else learns that it is remembered. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../portal/portal.fixture.ts';
import { START_MS } from '../../../portal/village.fixture.ts';
import { type CitizenStand, hiddenIn, MAC, openCitizenStand } from './citizen-stand.ts';
import { TICKED } from './siti.ts';

describe('the login page of a remembered phone', () => {
  let stand: CitizenStand;
  let account: { readonly kind: 'voucher'; readonly id: string };
  const page = (over: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    stand.portal.fetch(`/?${new URLSearchParams({ ...stand.redirect, ...over }).toString()}`);
  const remembered = (mac: string) =>
    stand.store.rememberDevice({
      ...{ mac, accountKind: 'voucher', accountId: account.id, label: '', at: START_MS },
      ...{ expiresAt: START_MS + 9e9, origin: 'consent', agreed: 'texts of last year' },
    });

  beforeEach(async () => {
    stand = await openCitizenStand();
    account = { kind: 'voucher', id: stand.voucher.id };
    await stand.goOnline(account);
    await remembered(MAC);
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  it('asks for the boxes alone, and then remembers the new texts', async () => {
    const asked = await page();
    expect(asked.body).toContain('action="/consent"');
    expect(asked.body).not.toContain('name="voucher"');

    const done = await stand.portal.post('/consent', {
      ...hiddenIn(asked.body, '/consent'),
      ...TICKED,
    });
    expect(await stand.arrive(done)).toMatchObject({ outcome: 'opened' });
    await stand.store.chainConsents({ limit: 9 });

    expect((await stand.store.device(MAC))?.agreed).toMatch(/^[0-9a-f]{32}$/);
    expect((await stand.store.listConsents(9)).map(({ method }) => method)).toEqual(['remembered']);
    expect((await page()).body).toContain('name="voucher"');
  });

  it('leads back at once when the account has agreed on another phone', async () => {
    const other = { ...stand.redirect, mac: 'A2:00:00:00:00:77', voucher: stand.voucher.code };
    await stand.arrive(await stand.portal.post('/login', { ...other, ...TICKED }), other.mac);

    const back = await page();

    expect(back.status).toBe(303);
    expect(await stand.arrive(back)).toMatchObject({ outcome: 'opened' });
    expect((await stand.store.device(MAC))?.agreed).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is the ordinary one after a refusal, for another way, and for who only names the phone', async () => {
    const ways = [
      await page({ error: 'SW-QUOTA kuota habis' }),
      await page({ other: '1' }),
      await page({ mac: 'A2:00:00:00:00:98' }),
    ];
    await remembered('A2:00:00:00:00:98');
    const named = await page({ mac: 'A2:00:00:00:00:98' });

    for (const { body } of ways) expect(body).toContain('name="voucher"');
    expect(named.body).toBe(ways[2]?.body);
    expect(await stand.store.listConsents(9)).toEqual([]);
  });

  it('leads nowhere any more when the phone was forgotten meanwhile', async () => {
    const asked = await page();
    await stand.store.forgetDevice({ mac: MAC, accountId: account.id, at: START_MS });

    const fields = { ...hiddenIn(asked.body, '/consent'), ...TICKED };
    const { headers } = await stand.portal.post('/consent', fields);

    expect(headers.location).toMatch(/^\/\?router=/);
  });

  it('is the ordinary one when the card was revoked', async () => {
    await stand.store.revokeVoucher({ id: account.id, at: START_MS });
    await remembered(MAC);

    expect((await page()).body).toContain('name="voucher"');
  });

  it('asks a parent for a child', async () => {
    const guardianPhone = '+6281211112222';
    await stand.store.markChild({ account, guardianPhone, tariff: null, at: START_MS });

    expect((await page()).body).toMatch(/name="minor" value="1" checked/);
  });
});
