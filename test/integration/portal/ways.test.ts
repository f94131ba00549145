/** Ways in that need a whole store: a click, the QR of a card, and remembered phones on the status page. */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { Authenticator } from '../../../portal/types.ts';
import { voucherUrl } from '../../../settings/voucher-url.ts';
import { type CitizenStand, MAC, openCitizenStand } from './citizen-stand.ts';

const NEXT_MAC = 'A2:00:00:00:00:02';
const DAYS = 30 * 86_400_000;

let stand: CitizenStand;
afterEach(() => stand[Symbol.asyncDispose]());

/** The account that the answer hands to the router; null when it does not. */
async function accountIn(answer: { headers: Readonly<Record<string, unknown>> }) {
  const target = URL.parse(String(answer.headers.location));
  const username = target?.searchParams.get('username') ?? '';
  return (await stand.store.tokenFacts(username))?.account ?? null;
}

async function set(name: string, value: string): Promise<void> {
  const at = stand.portal.clock.now();
  const place = { level: 'regency', code: '16.06', secret: false, at } as const;
  await stand.store.setSetting({ ...place, name, value });
}

describe('a click', () => {
  const AGREED = { boxes: '1', terms: '1', data: '1' };
  const click = (mac = MAC) => stand.portal.post('/click', { ...stand.redirect, ...AGREED, mac });

  async function disable(id: string): Promise<void> {
    const { username } = (await stand.store.profile(id))!;
    const at = stand.portal.clock.now();
    await stand.store.changeSubscriber({ username, disabled: true, at });
  }

  async function open(limit: number): Promise<void> {
    stand = await openCitizenStand(
      {},
      { 'portal.ways': 'click', 'portal.click-per-day': String(limit) },
    );
    await set('portal.tariff.click', (await stand.store.listTariffs())[0]!.name);
  }

  it('is one tap, and finds the same account again', async () => {
    await open(2);

    const first = await accountIn(await click());
    const again = await accountIn(await click());

    expect(first).toMatchObject({ kind: 'subscriber', villageCode: stand.router.villageCode });
    expect(again).toEqual(first);
  });

  it('gives a phone that changes its address no more than the village has for the day', async () => {
    await open(2);

    const answers = [await click('A2:00:00:00:01:01'), await click('A2:00:00:00:01:02')];
    const third = await click('A2:00:00:00:01:03');
    const known = await click('A2:00:00:00:01:01');
    stand.portal.clock.advance(86_400_000);
    const tomorrow = await click('A2:00:00:00:01:03');

    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(third.status).toBe(403);
    expect(third.body).toContain('data-code="SW-FULL"');
    expect([known.status, tomorrow.status]).toEqual([303, 303]);
  });

  it('tells nobody whether a MAC has been here: known and unknown count alike', async () => {
    await open(40);
    await set('portal.click-per-address', '3');
    const at = (from: string, mac: string) =>
      stand.portal.fetch('/click', {
        method: 'POST',
        body: new URLSearchParams({ ...stand.redirect, ...AGREED, mac }).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        from,
      });
    const [neighbour, disabled] = ['A2:00:00:00:02:01', 'A2:00:00:00:02:02'];
    await at('127.64.0.31', neighbour);
    const { id } = (await accountIn(await at('127.64.0.32', disabled)))!;
    await disable(id);
    const answers = async (from: string, macs: readonly string[]) => {
      const seen = [];
      for (const mac of macs) seen.push((await at(from, mac)).status);
      return seen;
    };
    const invented = [1, 2, 3, 4].map((n) => `A2:00:00:00:03:0${n}`);

    // The same way for all; then the same way for none.
    expect(await answers('127.64.0.66', [neighbour, disabled, ...invented])).toEqual([
      ...[303, 303, 303, 403, 403, 403],
    ]);
    expect(await answers('127.64.0.67', [...invented, neighbour, disabled])).toEqual([
      ...[303, 303, 303, 403, 403, 403],
    ]);
    // A second tap is the first one's.
    expect(await answers('127.64.0.66', [neighbour, 'A2:00:00:00:03:01'])).toEqual([303, 303]);
  });

  it('finds the phone that its address proves when all places of the day are gone', async () => {
    await open(1);
    const account = (await accountIn(await click()))!;
    await stand.goOnline(account);
    stand.portal.clock.advance(3600_000);
    await click('A2:00:00:00:01:07');

    expect((await click('A2:00:00:00:01:08')).status).toBe(403);
    expect((await click()).status).toBe(303);
  });

  it('does not let in an account that was disabled; why, only its phone is told', async () => {
    await open(2);
    const account = (await accountIn(await click()))!;
    await disable(account.id);

    const handed = await click();
    expect(handed.status).toBe(303);
    expect(await stand.arrive(handed)).toEqual({ outcome: 'disabled' });
  });

  it('says to the phone that its address proves that its account was disabled', async () => {
    await open(2);
    const { id } = (await accountIn(await click()))!;
    await stand.goOnline({ kind: 'subscriber', id });
    await disable(id);

    const page = await click();

    expect(page.status).toBe(403);
    expect(page.body).toContain('data-code="SW-DISABLED"');
  });
});

describe('the QR of a card', () => {
  const asked: { username: string; password: string }[] = [];
  const radius: Authenticator = {
    authenticate: async ({ username, password }) => {
      asked.push({ username, password });
      return { kind: 'reject', code: 'SW-BADCRED', text: '' };
    },
  };
  let log: string;

  async function open(lanSubnet?: string): Promise<string> {
    asked.length = 0;
    log = '';
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        log += String(chunk);
        done();
      },
    });
    stand = await openCitizenStand({ radius, log: pino({ level: 'trace' }, sink) });
    const { store } = stand;
    if (lanSubnet !== undefined) {
      const { listRouters, routerByName } = store;
      store.listRouters = async () => (await listRouters()).map((one) => ({ ...one, lanSubnet }));
      store.routerByName = async (name) => {
        const one = await routerByName(name);
        return one === null ? null : { ...one, lanSubnet };
      };
    }
    const code = store.voucherForm(stand.voucher.code)!;
    return voucherUrl('', code, store.voucherSeal(code));
  }

  it('keeps its code over the detour by the router, and is sent by a tap', async () => {
    const path = await open('127.0.0.0/22');

    const opened = await stand.portal.fetch(path);
    const page = await stand.portal.fetch(`/?${new URLSearchParams(stand.redirect).toString()}`);
    const shown = /name="voucher" type="text" value="([^"]*)"/.exec(page.body)?.[1] ?? '';

    expect(opened.headers.location).toBe(`http://${stand.router.loginHost}/login`);
    expect(shown).toBe(stand.voucher.code);
    expect(asked).toEqual([]);
    await stand.portal.post('/login', { ...stand.redirect, voucher: shown });
    const code = stand.store.voucherForm(shown)!;
    expect(asked).toEqual([
      { username: code, password: `${code}.${stand.store.voucherSeal(code)}` },
    ]);
  });

  it('is written to no log', async () => {
    const path = await open('127.0.0.0/22');

    await stand.portal.fetch(path);
    await stand.portal.fetch(`/?${new URLSearchParams(stand.redirect).toString()}`);

    expect(log).toContain('portal listens');
    expect(log).not.toContain(path.slice(3, 12));
  });

  it('shows its code and how to join where no village of ours is', async () => {
    const path = await open();

    const page = await stand.portal.fetch(path);

    expect(page.status).toBe(200);
    expect(page.body).toContain(stand.voucher.code);
    expect(page.body).toContain('pindai QR sekali lagi');
    expect(page.body).not.toContain('<form');
  });

  it.each(['/v/ABCD', '/v/ABCDEFGHJKMP.abcdefghij', '/v/%3Cscript%3E', `/v/${'A'.repeat(300)}`])(
    'says nothing of a code that is none: %s',
    async (path) => {
      await open();

      const page = await stand.portal.fetch(path);

      expect(page.status).toBe(200);
      expect(page.body).not.toContain('Kode voucher Anda');
      expect(page.body).not.toContain('<script');
    },
  );

  it('is forgotten after a quarter of an hour', async () => {
    const path = await open('127.0.0.0/22');
    await stand.portal.fetch(path);
    stand.portal.clock.advance(15 * 60_000);

    const page = await stand.portal.fetch(`/?${new URLSearchParams(stand.redirect).toString()}`);

    expect(page.body).toContain('name="voucher" type="text" value=""');
  });
});

describe('the status page', () => {
  const lang = { lang: 'id' };

  async function online(): Promise<void> {
    stand = await openCitizenStand();
    await stand.goOnline({ kind: 'voucher', id: stand.voucher.id });
  }

  it('remembers the phone that its router has named, and forgets it again', async () => {
    await online();

    const offered = await stand.portal.fetch('/status');
    await stand.portal.post('/remember', { ...lang, mac: NEXT_MAC });
    const kept = await stand.store.device(MAC);
    const page = await stand.portal.fetch('/status');
    await stand.portal.post('/forget', lang);

    expect(offered.body).toContain('action="/remember"');
    expect(kept).toMatchObject({
      accountId: stand.voucher.id,
      origin: 'consent',
      expiresAt: stand.portal.clock.now() + DAYS,
    });
    expect(page.body).toContain('Lupakan HP ini');
    expect([await stand.store.device(MAC), await stand.store.device(NEXT_MAC)]).toEqual([
      null,
      null,
    ]);
    expect((await stand.store.sessionByAddress('127.0.0.1'))?.mac).toBe(MAC);
  });

  it('takes it from no other site', async () => {
    await online();
    const foreign = { Origin: 'http://evil.example' };

    const answers = [
      await stand.portal.post('/remember', lang, foreign),
      await stand.portal.post('/forget', lang, foreign),
    ];

    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
    expect(await stand.store.device(MAC)).toBeNull();
  });

  it('forgets the phone of a citizen who logs out', async () => {
    await online();
    await stand.portal.post('/remember', lang);
    const before = await stand.store.device(MAC);

    await stand.portal.post('/logout', lang);

    expect(before).not.toBeNull();
    expect(await stand.store.device(MAC)).toBeNull();
  });

  it('offers nothing for a machine that an operator has set up', async () => {
    await online();
    const machine = { mac: MAC, accountKind: 'voucher', accountId: stand.voucher.id } as const;
    const at = stand.portal.clock.now();
    await stand.store.rememberDevice({ ...machine, label: 'printer', expiresAt: null, at });

    const page = await stand.portal.fetch('/status');
    await stand.portal.post('/forget', lang);

    expect(page.body).not.toMatch(/action="\/(?:remember|forget)"/);
    expect(await stand.store.device(MAC)).toMatchObject({ label: 'printer' });
  });
});
