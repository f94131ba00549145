import { describe, expect, it } from 'vitest';
import { createWorld, openTestPortal, set } from './portal.fixture.ts';
import { redirectPath, redirectQuery } from './village.fixture.ts';

const CLICK_TARIFF = set('portal.tariff.click', 'klik');

async function village(...settings: ReturnType<typeof set>[]) {
  const world = createWorld();
  world.settings = settings;
  return openTestPortal({}, world);
}

/** The forms of the page, the open one first. */
const forms = (html: string): string[] =>
  [...html.matchAll(/action="\/(\w+)"|name="(voucher|username)"/g)].flatMap(([, to, name]) =>
    to === 'login' ? [] : [name ?? to!],
  );

describe('the login page', () => {
  it('offers what the village says, in its order, the first one open', async () => {
    await using test = await village(set('portal.ways', 'click,account,voucher'), CLICK_TARIFF);

    const { body } = await test.fetch(redirectPath());

    expect(forms(body)).toEqual(['click', 'username', 'voucher']);
    expect(body.match(/<details>/g)).toHaveLength(2);
    expect(body.indexOf('action="/click"')).toBeLessThan(body.indexOf('<details>'));
  });

  it('shows no way that cannot lead in: no tariff, no provider, no gateway', async () => {
    await using test = await village(set('portal.ways', 'click,oidc,otp,account'));

    const { body } = await test.fetch(redirectPath());

    expect(forms(body)).toEqual(['username']);
    expect(body).not.toContain('<details>');
  });

  it('says whom to ask where there is no way at all', async () => {
    await using test = await village(set('portal.ways', 'click'));

    const { body } = await test.fetch(redirectPath());

    expect(body).not.toContain('<form');
    expect(body).toContain('Belum ada cara masuk di sini');
  });

  it('opens the form at fault first', async () => {
    await using test = await village(set('portal.ways', 'voucher,account'));

    const { body } = await test.post('/login', {
      ...redirectQuery,
      username: 'budi',
      password: '',
    });

    expect(forms(body)).toEqual(['username', 'voucher']);
  });

  it.each([['id'], ['en']])('fits in the first flight with all ways, in %s', async (lang) => {
    await using test = await village(set('portal.ways', 'voucher,account,click'), CLICK_TARIFF);
    test.world.consented = false;

    const headers = { 'Accept-Encoding': 'gzip' };
    const { bytes } = await test.fetch(redirectPath({ lang }), { headers });

    expect(bytes.length).toBeLessThan(14 * 1024);
  });
});

describe('what is not offered', () => {
  it.each<[string, string, Record<string, string>]>([
    ['a voucher', '/login', { voucher: 'abcd-2345' }],
    ['a click', '/click', {}],
  ])('does not work when it is posted: %s', async (_what, path, fields) => {
    await using test = await village(set('portal.ways', 'account'), CLICK_TARIFF);

    const page = await test.post(path, { ...redirectQuery, ...fields });

    expect(page.status).toBe(403);
    expect(page.body).toContain('data-code="SW-WAY"');
    expect(test.world.questions).toEqual([]);
    expect(test.world.tokens).toEqual([]);
  });

  it('does not work when it is an account', async () => {
    await using test = await village(set('portal.ways', 'voucher'));

    const page = await test.post('/login', { ...redirectQuery, username: 'budi', password: 'x' });

    expect(page.body).toContain('data-code="SW-WAY"');
    expect(test.world.questions).toEqual([]);
  });

  it.each(['/login', '/click'])('does not come from another site either: %s', async (path) => {
    await using test = await village(set('portal.ways', 'voucher,click'), CLICK_TARIFF);
    const foreign = { Origin: 'http://evil.example' };

    const page = await test.post(path, { ...redirectQuery, voucher: 'abcd' }, foreign);

    expect(page.status).toBe(403);
    expect(test.world.questions).toEqual([]);
    expect(test.world.tokens).toEqual([]);
  });

  it('does not begin at a provider', async () => {
    await using test = await village(set('portal.ways', 'voucher,oidc'));

    const page = await test.fetch(redirectPath().replace('/?', '/oidc?'));

    expect(page.status).toBe(403);
    expect(page.body).toContain('data-code="SW-WAY"');
  });
});

describe('a mistyped code', () => {
  it('is told from a wrong one, asks nobody and costs no attempt', async () => {
    const ONE = { burst: 1, perSecond: 0 };
    const loginLimits = {
      ...{ address: ONE, line: ONE, phone: ONE, outside: ONE },
      // Of a router the last quarter is not for addresses outside.
      ...{ router: { burst: 2, perSecond: 0 }, keys: 10 },
    };
    const isRight = (text: string) => (text === 'RIGHT' ? text : null);
    await using test = await openTestPortal(
      { loginLimits },
      { ...createWorld(), voucherForm: isRight },
    );
    const type = (voucher: string) => test.post('/login', { ...redirectQuery, voucher });

    const typos = [await type('RIGTH'), await type('x'.repeat(70)), await type('RIGTH')];
    const right = await type('r-i g.h t');

    expect(typos.map(({ status }) => status)).toEqual([422, 422, 422]);
    expect(typos[0]!.body).toContain('Ada huruf atau angka yang keliru');
    expect(right.status).toBe(303);
    expect(test.world.questions).toHaveLength(1);
  });
});

describe('the box "remember this phone"', () => {
  const DAYS = 30 * 86_400_000;

  it('is never ticked beforehand, and stays ticked when a login is refused', async () => {
    await using test = await village();

    const fresh = await test.fetch(redirectPath());
    const again = await test.post('/login', { ...redirectQuery, voucher: '', remember: '1' });

    expect(fresh.body).toMatch(/id="v-remember" name="remember" value="1" aria/);
    expect(again.body).toMatch(/id="v-remember" name="remember" value="1" checked/);
  });

  it('goes with the token when it was ticked, and only then', async () => {
    await using test = await village();

    await test.post('/login', { ...redirectQuery, voucher: 'abcd' });
    await test.post('/login', { ...redirectQuery, voucher: 'abcd', remember: '1' });

    const until = test.world.tokens.map(({ rememberUntil }) => rememberUntil);
    expect(until).toEqual([undefined, test.clock.now() + DAYS]);
  });

  it('is not there where phones are not remembered, and does nothing when it is posted', async () => {
    await using test = await village(set('portal.remember-days', '0'));

    const page = await test.fetch(redirectPath());
    await test.post('/login', { ...redirectQuery, voucher: 'abcd', remember: '1' });

    expect(page.body).not.toContain('name="remember"');
    expect(test.world.tokens[0]).not.toHaveProperty('rememberUntil');
  });
});
