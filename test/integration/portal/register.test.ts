/** An account, or a new password, by a code: the citizen leaves the page for the message, and comes back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from '../../../portal/village.fixture.ts';
import {
  E164,
  locationOf,
  type OtpStand,
  openOtpStand,
  PHONE,
  path,
  seenFrom,
  walkOf,
} from './otp-stand.ts';
import { citizen, PASSWORD, TICKED } from './siti.ts';

const ROUTER = /^http:\/\/login\.wifi\.home\.arpa\/login\?username=/;
const NEW = 'kopi-susu-77';
const TYPED = { phone: PHONE, password: PASSWORD, name: 'Siti' };
let stand: OtpStand;
beforeEach(async () => {
  stand = await openOtpStand();
});
afterEach(() => stand[Symbol.asyncDispose]());
const { get, login } = walkOf(() => stand);

const send = (over: Readonly<Record<string, string>> = {}) =>
  stand.portal.post('/register', { ...stand.redirect, ...TYPED, ...over });
/** Sends the form; what comes is the page of the code. */
const ask = async (over: Readonly<Record<string, string>> = {}) =>
  get(locationOf(await send(over)));
const answer = (page: Awaited<ReturnType<typeof get>>, code: string) =>
  stand.portal.post('/register/code', {
    ...{ ...stand.form(page, '/register/code'), code, ...TICKED },
  });
const other = (code: string): string => (code === '000000' ? '000001' : '000000');
const languageLink = (body: string): string =>
  /class="lang" href="([^"]+)"/.exec(body)![1]!.replaceAll(/&(?:amp|#38);/g, '&');
const subscribers = async () => (await stand.store.subscriberByUsername(E164)) ?? null;

describe('registration', () => {
  it('phpnuxbill PR#215: proves the number by a code, goes online at once, and says the same to who is known and who is not', async () => {
    const first = await ask();
    const { code } = stand.message();
    const wrong = await answer(first, other(code));
    expect(wrong.status).toBe(422);
    const done = await answer(wrong, code);
    expect(locationOf(done)).toMatch(ROUTER);
    expect(await subscribers()).toMatchObject({ origin: 'self' });
    stand.portal.clock.advance(20 * 60_000);

    const known = await ask();
    stand.portal.clock.advance(20 * 60_000);
    const unknown = await ask({ phone: '0812 3456 7890'.replace('7890', '7990') });
    const plain = (html: string): string =>
      html.replaceAll(/(?:value|href)="[^"]*"/g, '').replaceAll(/\d/g, '#');
    expect(plain(known.body)).toBe(plain(unknown.body));
  });

  it('goes on at the code when the window was closed and opened again, with all that was typed', async () => {
    await ask();
    const { code } = stand.message();

    const reopened = await login();
    expect(locationOf(reopened)).toMatch(/^\/register\?router=/);
    const page = await get(locationOf(reopened));
    expect(page.body).toContain('one-time-code');
    // Who only knows the phone's address is not told its number.
    expect(page.body).not.toContain('0812');
    expect(locationOf(await answer(page, code))).toMatch(ROUTER);
    const made = await subscribers();
    expect(made?.passwordHash).toBe(`k$${stand.store.credentialKey(PASSWORD)}`);
    expect((await stand.store.profile(made!.id))?.displayName).toBe('Siti');
  });

  it('is another phone’s business for another phone, whatever it names', async () => {
    await ask();
    const elsewhere = seenFrom(stand, '127.0.0.9');

    expect((await get(path('/', { ...stand.redirect, mac: 'A2:00:00:00:00:77' }))).status).toBe(
      200,
    );
    expect((await elsewhere.portal.fetch(path('/', stand.redirect))).status).toBe(200);
    expect((await elsewhere.portal.fetch(path('/register', stand.redirect))).body).toContain(
      'name="password"',
    );
  });

  it('keeps its page in the other language, on a reload, and under the address of its form', async () => {
    const page = await ask();
    const english = await get(languageLink(page.body));
    expect(english.body).toContain('<html lang="en">');
    const wrong = await answer(english, other(stand.message().code));
    const indonesian = await get(languageLink(wrong.body));
    expect(indonesian.body).toContain('<html lang="id">');
    const again = await stand.portal.post(
      '/register/again',
      stand.form(indonesian, '/register/code'),
    );
    expect(again.status).toBe(429);
    const reloaded = await get(languageLink(again.body));

    expect(locationOf(await answer(reloaded, stand.message().code))).toMatch(ROUTER);
  });

  it('gives the second tap on the right code the answer of the first, and one account', async () => {
    const page = await ask();
    const { code } = stand.message();
    const first = await answer(page, code);
    const made = await subscribers();
    const second = await answer(page, code);
    const reloaded = await get(languageLink(page.body));
    stand.portal.clock.advance(2 * 60_000);
    const late = await answer(page, code);

    expect([first, second].map(locationOf)).toEqual([
      expect.stringMatching(ROUTER),
      expect.stringMatching(ROUTER),
    ]);
    expect(locationOf(reloaded)).toMatch(/^\/register\/go\?ticket=/);
    expect((await subscribers())?.id).toBe(made?.id);
    expect(locationOf(late)).toMatch(/^\/\?lang=/);
    expect(await stand.arrive(second)).toMatchObject({ outcome: 'opened' });
  });

  it('sends no second code, and no refusal, for a second tap on the form', async () => {
    await send();
    const second = await send();
    const otherName = await send({ name: 'Budi' });

    expect(stand.provider.received).toHaveLength(1);
    expect(locationOf(second)).toMatch(/^\/register\?router=/);
    expect((await get(locationOf(second))).body).toContain('one-time-code');
    expect(otherName.status).toBe(429);
    expect(otherName.body).toContain('value="Budi"');
  });

  it('leads back to the form with number and name, on request', async () => {
    const page = await ask();
    const form = await stand.portal.post('/register/other', stand.form(page, '/register/other'));

    expect(form.body).toContain('value="+6281234567890"');
    expect(form.body).toContain('value="Siti"');
    expect(form.body).not.toContain(PASSWORD);
    expect((await login()).status).toBe(200);
  });

  it('says so when no code can be sent, and keeps number and name', async () => {
    stand.provider.answers = [{ body: { status: false, reason: 'invalid token' } }];
    const { status, body } = await send();

    expect(status).toBe(503);
    expect(body).toContain('value="Siti"');
    expect((await login()).status).toBe(200);
  });

  it('takes no notice of what another version left behind', async () => {
    await stand.store.openTicket({
      ...{
        kind: 'register',
        routerId: stand.router.id,
        mac: stand.redirect.mac!,
        address: '127.0.0.1',
      },
      ...{ document: JSON.stringify({ phone: E164 }), at: START_MS, ttlMs: 60_000 },
    });

    expect((await login()).status).toBe(200);
    expect((await get(path('/register', stand.redirect))).body).toContain('name="password"');
    expect((await ask()).body).toContain('one-time-code');
  });

  it('refuses forms of other sites', async () => {
    const page = await ask();
    const fields = { ...stand.form(page, '/register/code'), code: stand.message().code };
    for (const to of ['code', 'again', 'other', 'link']) {
      const foreign = { 'Sec-Fetch-Site': 'cross-site' };
      expect((await stand.portal.post(`/register/${to}`, fields, foreign)).status).toBe(403);
    }
    expect(await subscribers()).toBeNull();
  });

  it('is finished by no link where an address may hide a whole village', async () => {
    await ask();
    const sent = stand.message().link;
    const at = stand.portal.clock.now();
    const { router, redirect } = stand;
    const phone = { routerId: router.id, mac: redirect.mac!, address: '127.0.0.1', at };
    const ticketId = (await stand.store.ticketOfPhone({ kind: 'register', ...phone }))!.id;
    const { link: k } = (await stand.store.issueCode({
      ...{ ticketId, purpose: 'register', phone: E164, at },
      ...{ ttlMs: 60_000, resendMs: 0, tries: 5 },
    }))!;
    const page = await get(path('/register/link', { k }));
    const pressed = await stand.portal.post('/register/link', { k });

    expect(sent).toBe('');
    expect(page.body).toContain('Buka di HP yang memakai WiFi');
    expect(pressed.body).toContain('Buka di HP yang memakai WiFi');
    expect((await stand.portal.post('/otp/link', { k })).body).toContain('Tautan tidak berlaku');
    expect(await subscribers()).toBeNull();
  });
});

describe('a new password', () => {
  it('counts with the code, logs every phone out, and changes nothing else', async () => {
    const siti = await citizen(stand);
    await stand.goOnline(siti, 'A2:00:00:00:00:77');
    const page = await ask({ for: 'reset', password: NEW, name: '' });
    const done = await answer(page, stand.message().code);

    expect(locationOf(done)).toMatch(ROUTER);
    const after = await subscribers();
    expect(after?.id).toBe(siti.id);
    expect(after?.passwordHash).toBe(`k$${stand.store.credentialKey(NEW)}`);
    expect(await stand.store.phonesOf({ account: siti, mac: null, at: START_MS })).toEqual([]);
    expect((await stand.store.profile(siti.id))?.displayName).toBe('Siti');
  });

  it('is set once, however often the code is sent: the phone that it let in stays online', async () => {
    const siti = await citizen(stand);
    const page = await ask({ for: 'reset', password: NEW, name: '' });
    const { code } = stand.message();
    await stand.arrive(await answer(page, code));
    await stand.goOnline(siti);
    await answer(page, code);

    const waiting = await stand.store.claimEnforcement({ at: START_MS + 1, leaseMs: 1, limit: 9 });
    expect(waiting).toEqual([]);
  });

  it('may be wanted while an account waits, and keeps that it is one in the other language', async () => {
    await ask();
    const form = await get(path('/register', { ...stand.redirect, for: 'reset' }));
    const english = await get(languageLink(form.body));

    expect(form.body).toContain('name="for" value="reset"');
    expect(english.body).toContain('name="for" value="reset"');
  });
});
