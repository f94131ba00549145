/** A login that waits in a ticket, while its citizen taps twice, reloads, reads the terms or changes the language. */
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../portal/portal.fixture.ts';
import { START_MS } from '../../../portal/village.fixture.ts';
import { village } from '../../fixtures/rows.ts';
import { type CitizenStand, hiddenIn, openCitizenStand } from './citizen-stand.ts';
import { locationOf, PHONE as NUMBER, openOtpStand, path, seenFrom } from './otp-stand.ts';
import { citizen, PASSWORD, PHONE, TICKED } from './siti.ts';

const ROUTER = /^http:\/\/login\.wifi\.home\.arpa\/login\?username=/;
const LOGIN_PAGE = /^\/\?router=/;

const linkIn = ({ body }: Answer, pattern: string): string =>
  new RegExp(pattern).exec(body)![1]!.replaceAll(/&(?:amp|#38);/g, '&');
const languageLink = (page: Answer): string => linkIn(page, 'class="lang" href="([^"]+)"');
const other = async (stand: CitizenStand, page: Answer): Promise<Answer> =>
  stand.portal.fetch(languageLink(page));

describe('the consent screen', () => {
  const ask = (stand: CitizenStand, over: object = {}) =>
    stand.portal.post('/login', { ...stand.redirect, voucher: stand.voucher.code, ...over });
  const agree = (stand: CitizenStand, page: Answer, over: object = {}) =>
    stand.portal.post('/consent', { ...hiddenIn(page.body, '/consent'), ...TICKED, ...over });

  it('stays in the other language, and lets in from there, also by two taps', async () => {
    await using stand = await openCitizenStand();
    const english = await other(stand, await ask(stand));
    const first = await agree(stand, english);
    const second = await agree(stand, english);

    expect(english.status).toBe(200);
    expect(english.body).toContain('<html lang="en">');
    expect([locationOf(first), locationOf(second)]).toEqual([
      expect.stringMatching(ROUTER),
      expect.stringMatching(ROUTER),
    ]);
  });

  it('ticks nothing beforehand when it is opened again, and does not blame', async () => {
    await using stand = await openCitizenStand();
    const again = await other(stand, await ask(stand, { boxes: '1', terms: '1' }));

    expect(again.body).not.toMatch(/type="checkbox"[^>]* checked/);
    expect(again.body).not.toContain('role="alert"');
  });

  it('is where the way back from the texts leads, in both languages', async () => {
    await using stand = await openCitizenStand();
    const page = await ask(stand);
    for (const name of ['terms', 'privacy']) {
      const text = await stand.portal.fetch(linkIn(page, `href="(/${name}\\?[^"]+)"`));
      const english = await other(stand, text);
      const back = await stand.portal.fetch(linkIn(english, 'class="button plain" href="([^"]+)"'));

      expect(back.body).toContain('action="/consent"');
    }
  });

  it('is nobody else’s, and over after its time', async () => {
    await using stand = await openCitizenStand();
    const page = await ask(stand);
    const mac = encodeURIComponent(stand.redirect.mac!);
    const foreign = languageLink(page).replace(mac, 'A2%3A00%3A00%3A00%3A00%3A77');
    const bare = await stand.portal.fetch('/consent?lang=en');
    const thief = await stand.portal.fetch(foreign);
    stand.portal.clock.advance(11 * 60_000);
    const late = await other(stand, page);

    expect(foreign).not.toBe(languageLink(page));
    expect([thief, late].map(locationOf)).toEqual([
      expect.stringMatching(LOGIN_PAGE),
      expect.stringMatching(LOGIN_PAGE),
    ]);
    expect(locationOf(bare)).toBe('/?lang=en');
  });

  it('still asks for the parent’s code in the other language', async () => {
    await using stand = await openOtpStand();
    const asked = await ask(stand, { ...TICKED, minor: '1' });
    const page = await agree(stand, asked, { minor: '1', guardian: '0812 1111 2222' });
    const english = await other(stand, page);
    const done = await agree(stand, english, { minor: '1', code: stand.message().code });

    expect(english.body).toContain('name="code"');
    expect(english.body).toMatch(/name="minor" value="1" checked/);
    expect(locationOf(done)).toMatch(ROUTER);
  });
});

/** Two requests have read their ticket before either goes on. */
function bothRead({ store }: CitizenStand): void {
  const read = store.ticketBySecret;
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  store.ticketBySecret = async (args) => {
    const ticket = await read(args);
    reads += 1;
    if (reads === 2) gate.resolve();
    await gate.promise;
    return ticket;
  };
}

describe('letting go of a phone', () => {
  const FULL = {
    radius: {
      authenticate: async () => ({ kind: 'reject', code: 'SW-DEVICES', text: '' }) as const,
    },
  };
  async function full() {
    const stand = await openCitizenStand(FULL);
    const siti = await citizen(stand);
    const session = await stand.goOnline(siti, 'A2:00:00:00:00:77');
    const page = await stand.portal.post('/login', {
      ...{ ...stand.redirect, username: PHONE, password: PASSWORD, ...TICKED },
    });
    const release = (from: Answer, over: object = {}) =>
      stand.portal.post('/release', { ...hiddenIn(from.body, '/release'), ...over });
    return { stand, siti, session, page, release };
  }

  it('goes on in the other language, and keeps what was ticked beside the login', async () => {
    const { stand, page, release } = await full();
    await using _ = stand;
    const english = await other(stand, page);

    expect(english.body).toContain('<html lang="en">');
    expect(english.body).toContain('action="/release"');
    expect(locationOf(await release(page))).toMatch(ROUTER);
  });

  it('gives the second tap the answer of the first, and lets go of one phone', async () => {
    const { stand, siti, page, release } = await full();
    await using _ = stand;
    const first = await release(page);
    await stand.goOnline(siti, 'A2:00:00:00:00:78');
    const second = await release(page);
    const [phone] = await stand.store.phonesOf({ account: siti, mac: null, at: START_MS });
    const another = await release(page, { handle: phone!.handle });
    const elsewhere = await stand.portal.fetch('/release', {
      ...{ method: 'POST', from: '127.0.0.9' },
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(hiddenIn(page.body, '/release')).toString(),
    });
    stand.portal.clock.advance(2 * 60_000);
    const late = await release(page);

    expect([first, second].map(locationOf)).toEqual([
      expect.stringMatching(ROUTER),
      expect.stringMatching(ROUTER),
    ]);
    expect([another, elsewhere, late].map(locationOf)).toEqual([
      expect.stringMatching(LOGIN_PAGE),
      expect.stringMatching(LOGIN_PAGE),
      expect.stringMatching(LOGIN_PAGE),
    ]);
    const released = await stand.store.claimEnforcement({ at: START_MS + 1, leaseMs: 1, limit: 9 });
    expect(released).toHaveLength(1);
  });

  it('lets go of one phone for one proof, whichever two are asked for at once', async () => {
    const { stand, siti, page, release } = await full();
    await using _ = stand;
    await stand.goOnline(siti, 'A2:00:00:00:00:78');
    const phones = await stand.store.phonesOf({ account: siti, mac: null, at: START_MS });
    bothRead(stand);
    const answers = await Promise.all(phones.map(({ handle }) => release(page, { handle })));
    const released = await stand.store.claimEnforcement({ at: START_MS + 1, leaseMs: 1, limit: 9 });
    const ways = answers.map(locationOf);

    expect(phones).toHaveLength(2);
    expect(released).toHaveLength(1);
    expect(ways.filter((to) => ROUTER.test(to))).toHaveLength(1);
    expect(ways.filter((to) => LOGIN_PAGE.test(to))).toHaveLength(1);
  });

  it('lets in where that phone has gone by itself meanwhile', async () => {
    const { stand, siti, page, release } = await full();
    await using _ = stand;
    const [phone] = await stand.store.phonesOf({ account: siti, mac: null, at: START_MS });
    await stand.store.releasePhone({ account: siti, handle: phone!.handle, at: START_MS });

    expect(locationOf(await release(page))).toMatch(ROUTER);
    expect(locationOf(await release(page, { handle: 'x' }))).toMatch(LOGIN_PAGE);
  });
});

describe('an own password instead of an officer’s', () => {
  it('is asked for in the other language, too, and twice gets the same answer', async () => {
    await using stand = await openCitizenStand();
    const made = await stand.store.vouchForCitizen({
      ...{ phone: PHONE, displayName: 'Siti', villageCode: village.code, tariff: 'harian' },
      ...{ officer: 'Budi', at: START_MS },
    });
    const page = await stand.portal.post('/login', {
      ...{ ...stand.redirect, username: NUMBER, password: made!.firstPassword, ...TICKED },
    });
    const english = await other(stand, page);
    const choose = (password: string) =>
      stand.portal.post('/choose', { ...hiddenIn(page.body, '/choose'), password });
    const answers = [await choose('kopi susu 77'), await choose('kopi susu 77')];
    const changed = await choose('teh manis 88');

    expect(english.body).toContain('action="/choose"');
    expect(answers.map(locationOf)).toEqual([
      expect.stringMatching(ROUTER),
      expect.stringMatching(ROUTER),
    ]);
    expect(locationOf(changed)).toMatch(LOGIN_PAGE);
  });
});

describe('an account by a voucher', () => {
  it('gives the second tap the answer of the first, and the voucher to nobody else', async () => {
    await using stand = await openCitizenStand();
    const form = { ...stand.redirect, phone: NUMBER, password: PASSWORD, ...TICKED };
    const register = (over: object = {}) =>
      stand.portal.post('/register', { ...form, voucher: stand.voucher.code, ...over });
    const first = await register();
    const second = await register();
    const others = [
      await register({ password: 'kopi susu 77' }),
      await register({ phone: '0812 3456 7899' }),
      await register({ mac: 'A2:00:00:00:00:77' }),
    ];
    stand.portal.clock.advance(2 * 60_000);
    const late = await register();

    expect([first, second].map(locationOf)).toEqual([
      expect.stringMatching(ROUTER),
      expect.stringMatching(ROUTER),
    ]);
    expect([...others, late].map(({ status }) => status)).toEqual([422, 422, 422, 422]);
  });
});

describe('a code for "my account"', () => {
  const NEW = '0813 9876 5432';
  const E164_NEW = '+6281398765432';
  async function online(password: boolean) {
    const stand = await openOtpStand();
    const siti = password
      ? await citizen(stand)
      : await stand.store.ensureCitizen({
          ...{ origin: 'otp', key: PHONE, phone: PHONE, tariff: 'harian', villageCode: null },
          at: START_MS,
        });
    await stand.goOnline(siti);
    const number = (form: Readonly<Record<string, string>>) =>
      stand.portal.post('/account/number', form);
    return { stand, siti, number };
  }

  it('to a new number is asked for in the other language, too, and twice gets the same answer', async () => {
    const { stand, siti, number } = await online(true);
    await using _ = stand;
    const page = await number({ phone: NEW, secret: PASSWORD });
    const english = await other(stand, page);
    const fields = { ...hiddenIn(english.body, '/account/number'), code: stand.message().code };
    const answers = [await number(fields), await number(fields)];
    const again = await other(stand, english);
    stand.portal.clock.advance(2 * 60_000);
    const late = await number(fields);

    expect(english.body).toContain('name="code"');
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await stand.store.subscriberByUsername(E164_NEW))?.id).toBe(siti.id);
    expect(again.body).not.toContain('name="code"');
    expect(late.status).toBe(422);
  });

  it('to the own number is asked for in the other language, too', async () => {
    const { stand, number } = await online(false);
    await using _ = stand;
    const data = await other(stand, await stand.portal.post('/account/code', {}));
    const erase = { ...hiddenIn(data.body, '/account/erase'), secret: stand.message().code };
    expect((await stand.portal.post('/account/erase', erase)).status).toBe(200);
    stand.portal.clock.advance(61_000);

    const asked = await other(stand, await number({ first: '1' }));
    expect(asked.body).toContain('name="secret"');
    stand.portal.clock.advance(61_000);
    const fields = { ...hiddenIn(asked.body, '/account/number'), secret: stand.message().code };
    expect((await number({ ...fields, phone: NEW })).body).toContain('name="code"');
  });

  it('to a new number stays good when another is asked for too soon', async () => {
    const { stand, siti, number } = await online(true);
    await using _ = stand;
    const page = await number({ phone: NEW, secret: PASSWORD });
    const fields = { ...hiddenIn(page.body, '/account/number'), code: stand.message().code };
    const again = await number({ phone: NEW, secret: PASSWORD });
    const done = await number(fields);

    expect([again.status, done.status]).toEqual([429, 200]);
    expect(stand.provider.received).toHaveLength(1);
    expect((await stand.store.subscriberByUsername(E164_NEW))?.id).toBe(siti.id);
  });

  it('to the own number stays good when another is asked for too soon', async () => {
    const { stand } = await online(false);
    await using _ = stand;
    const { portal } = stand;
    const page = await portal.post('/account/code', {});
    const again = await portal.post('/account/code', {});
    const erase = { ...hiddenIn(page.body, '/account/erase'), secret: stand.message().code };
    const done = await portal.post('/account/erase', erase);

    expect([again.status, done.status]).toEqual([429, 200]);
    expect(stand.provider.received).toHaveLength(1);
  });

  it.each([
    ['another account', { account: { kind: 'subscriber', id: 'somebody' } }, {}],
    ['another phone', {}, { mac: 'A2:00:00:00:00:77' }],
  ])('is none of %s in an address', async (_what, document, place) => {
    const { stand, siti } = await online(true);
    await using _ = stand;
    const open = async (over: object, where: object) => {
      const { secret } = await stand.store.openTicket({
        ...{ kind: 'number', routerId: stand.router.id, mac: stand.redirect.mac!, address: 'a' },
        ...{ document: JSON.stringify({ account: siti, phone: E164_NEW, ...over }), at: START_MS },
        ...{ ttlMs: 60_000, ...where },
      });
      return stand.portal.fetch(`/account/number?ticket=${secret}`);
    };

    expect((await open({}, {})).body).toContain('name="code"');
    expect((await open(document, place)).body).not.toContain('name="code"');
  });
});

describe('a code for a login by number', () => {
  it('is one for two taps: the second leads to where it is typed, of that number on that phone', async () => {
    await using stand = await openOtpStand();
    const phone = seenFrom(stand, '127.64.0.20');
    const ask = (from: typeof phone, over: object = {}) =>
      from.portal.post('/otp', { ...stand.redirect, phone: NUMBER, ...over });
    const first = await ask(phone);
    const second = await ask(phone);
    const page = await phone.portal.fetch(locationOf(second));
    const others = [
      await ask(phone, { phone: '0812 3456 7899' }),
      await ask(seenFrom(stand, '127.64.0.21')),
    ];
    stand.portal.clock.advance(61_000);
    const later = await ask(phone);

    expect(locationOf(first)).toMatch(/^\/otp\?ticket=/);
    expect(page.body).toContain('one-time-code');
    expect(others.map(({ status }) => status)).toEqual([429, 429]);
    expect(locationOf(later)).toMatch(/^\/otp\?ticket=/);
    expect(stand.provider.received).toHaveLength(2);
  });

  it('leads nobody on who is online by it already, and pressed Back', async () => {
    await using stand = await openOtpStand();
    const phone = seenFrom(stand, '127.0.0.1');
    const sent = await phone.portal.post('/otp', { ...stand.redirect, phone: NUMBER });
    const page = await phone.portal.fetch(locationOf(sent));
    const code = { ...hiddenIn(page.body, '/otp/code'), code: stand.message().code, ...TICKED };
    const done = await phone.portal.post('/otp/code', code);
    const before = await phone.portal.fetch(path('/', stand.redirect));
    await stand.goOnline((await stand.store.subscriberByUsername(PHONE))!);
    const back = await phone.portal.fetch(path('/', stand.redirect));

    expect(locationOf(done)).toMatch(ROUTER);
    expect(locationOf(before)).toMatch(/^\/otp\?/);
    expect(back.status).toBe(200);
    expect(back.body).toContain('HP ini sudah online');
  });

  it('of a number is confirmed to nobody where an address may hide a whole village', async () => {
    await using stand = await openOtpStand();
    const ask = () => stand.portal.post('/otp', { ...stand.redirect, phone: NUMBER });

    expect([(await ask()).status, (await ask()).status]).toEqual([303, 429]);
  });
});
