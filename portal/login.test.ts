import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LOGIN_LIMITS } from './login-limits.ts';
import { createWorld, openTestPortal, rejecting } from './portal.fixture.ts';
import { REJECT_CODES, REJECT_STATUS } from './reject-codes.ts';
import type { LoginAnswer } from './types.ts';
import {
  anyText,
  MAC,
  redirectPath,
  redirectQuery,
  router,
  START_MS,
  session,
} from './village.fixture.ts';

const VOUCHER = { ...redirectQuery, voucher: 'abcd-2345' };
const ACCOUNT = { ...redirectQuery, username: 'budi', password: 'rahasia' };

/** Tags with their attributes' names: what markup could change and text cannot. */
function skeleton(html: string): string {
  return [...html.matchAll(/<(\/?[a-z!][a-z0-9]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/gi)]
    .map(([, name, attributes]) =>
      [name, ...[...attributes!.matchAll(/([a-z-]+)(?:="[^"]*")?/g)].map((one) => one[1])].join(
        ' ',
      ),
    )
    .join('\n');
}

describe('GET /', () => {
  it('shows the login page of the village that the router stands in', async () => {
    await using test = await openTestPortal();

    const page = await test.fetch(redirectPath());

    expect(page.status).toBe(200);
    expect(page.body).toContain('<html lang="id">');
    expect(page.body).toContain('WiFi Publik Desa Sukarami');
    expect(page.body).toContain('Kabupaten Musi Banyuasin');
    expect(page.body.indexOf('name="voucher"')).toBeLessThan(page.body.indexOf('name="username"'));
    expect(page.body).not.toContain('data-code');
    expect(page.headers['content-security-policy']).toContain(
      "form-action 'self' http://login.sukarami.example ",
    );
  });

  it('speaks English when asked, and keeps the redirect in the link to the other language', async () => {
    await using test = await openTestPortal();

    const page = await test.fetch(redirectPath({ lang: 'en' }));
    const link = /class="lang" href="([^"]+)"/.exec(page.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const back = await test.fetch(link);

    expect(page.body).toContain('<html lang="en">');
    expect(page.body).toContain('name="lang" value="en"');
    expect(back.body).toContain('<html lang="id">');
    expect(back.body).toContain(`name="mac" value="${MAC}"`);
  });

  it('calls a kelurahan a kelurahan', async () => {
    const world = createWorld();
    world.village = { ...world.village, kind: 'kelurahan' };
    await using test = await openTestPortal({}, world);

    const page = await test.fetch(redirectPath());

    expect(page.body).toContain('WiFi Publik Kelurahan Sukarami');
    expect(page.body).toContain('kantor lurah');
  });

  it.each(REJECT_CODES)('says what happened and what to do next for %s', async (code) => {
    await using test = await openTestPortal();

    const page = await test.fetch(redirectPath({ error: `${code} teks dari RADIUS` }));

    expect(page.status).toBe(200);
    expect(page.body).toContain(`role="alert" data-code="${code}"`);
    expect(page.body).not.toContain('teks dari RADIUS');
  });

  it('explains how to join when no router sent the phone', async () => {
    await using test = await openTestPortal();

    const page = await test.fetch('/');

    expect(page.status).toBe(200);
    expect(page.body).toContain('Sambungkan HP ke WiFi desa');
    expect(page.body).not.toContain('<form');
  });

  it('goes to the status page when the phone is online', async () => {
    const world = createWorld();
    world.session = session;
    await using test = await openTestPortal({}, world);

    const page = await test.fetch('/?lang=en');

    expect(page).toMatchObject({ status: 303, headers: { location: '/status?lang=en' } });
  });

  it('shows the login page to an online phone that the router sends, for the router knows better', async () => {
    const world = createWorld();
    world.session = session;
    await using test = await openTestPortal({}, world);

    expect((await test.fetch(redirectPath())).body).toContain('name="voucher"');
  });

  it('offers the router’s login page when only the router is known', async () => {
    await using test = await openTestPortal();

    const page = await test.fetch(`/?router=${router.name}`);

    expect(page.status).toBe(200);
    expect(page.body).toContain('href="http://login.sukarami.example/login"');
  });

  it('sends a phone of that router’s network straight to the router', async () => {
    const world = createWorld();
    world.routers = [{ ...router, lanSubnet: '127.0.0.0/22' }];
    await using test = await openTestPortal({}, world);

    const page = await test.fetch(`/?router=${router.name}`);

    expect(page.headers.location).toBe('http://login.sukarami.example/login');
  });

  it.each<[string, Record<string, string>, string]>([
    ['an unknown router', { router: 'nobody' }, 'router'],
    ['a foreign login link', { 'link-login-only': 'http://evil.example/login' }, 'link'],
    ['no MAC', { mac: 'x' }, 'mac'],
  ])('refuses %s with a page that shows the way, and counts it', async (_what, over, because) => {
    await using test = await openTestPortal();

    const page = await test.fetch(redirectPath(over));

    expect(page.status).toBe(400);
    expect(page.body).toContain('data-code="SW-ERROR"');
    expect(page.body).not.toContain('evil.example');
    expect(page.body).not.toContain('<form');
    expect(await test.metricsPage()).toContain(
      `smartwifi_portal_redirects_refused_total{because="${because}"} 1`,
    );
  });

  it('no value of any parameter changes the markup of the page', async () => {
    await using test = await openTestPortal();
    const plain = skeleton((await test.fetch(redirectPath({ error: 'x' }))).body);
    const refused = skeleton((await test.fetch(redirectPath({ router: 'nobody' }))).body);
    const joined = skeleton((await test.fetch(redirectPath({ mac: '' }))).body);
    const login = skeleton((await test.fetch(redirectPath())).body);
    const withoutIp = skeleton((await test.fetch(redirectPath({ ip: '' }))).body);
    const known = new Set([plain, refused, joined, login, withoutIp]);
    const evil = fc.constantFrom(
      '"><script>alert(1)</script>',
      "'><img src=x onerror=alert(1)>",
      '</title><svg/onload=alert(1)>',
      '<%= 7*7 %>',
      '{{7*7}}',
      '&quot;><b>',
      '\u0000<b>',
      'javascript:alert(1)',
      'SW-BADCRED"><b>',
    );
    const value = fc.oneof(evil, anyText(60));
    const name = fc.constantFrom(...Object.keys(redirectQuery), 'lang', 'wait', 'name');

    await fc.assert(
      fc.asyncProperty(name, value, async (field, text) => {
        const page = await test.fetch(redirectPath({ [field]: text }));

        expect(known.has(skeleton(page.body))).toBe(true);
      }),
      { numRuns: 60, seed: 20261124 },
    );
  });
});

describe('POST /login', () => {
  it('hands an accepted phone back to the router with a token for a minute at most', async () => {
    await using test = await openTestPortal();

    const answer = await test.post('/login', VOUCHER);
    const target = new URL(String(answer.headers.location));

    expect(answer.status).toBe(303);
    expect(target.origin + target.pathname).toBe('http://login.sukarami.example/login');
    expect(target.searchParams.get('username')).toBe('u1');
    expect(target.searchParams.get('password')).toBe('token+/1');
    expect(target.searchParams.get('dst')).toBe(
      `http://127.0.0.1:${test.portal.port}/welcome?router=sukarami-1&lang=id&wait=1`,
    );
    expect(test.world.tokens).toEqual([
      {
        accountKind: 'voucher',
        accountId: 'v1',
        epoch: 0,
        mac: MAC,
        routerId: router.id,
        phone: null,
        at: START_MS,
        ttlMs: 60_000,
      },
    ]);
    expect(await test.metricsPage()).toContain(
      'smartwifi_portal_logins_total{result="accepted"} 1',
    );
  });

  it('asks RADIUS about the code without spaces and hyphens, for this phone and router', async () => {
    await using test = await openTestPortal();

    await test.post('/login', { ...VOUCHER, voucher: ' abcd – 2345 ' });

    expect(test.world.questions).toEqual([
      {
        username: 'ABCD2345',
        password: 'ABCD2345',
        router: router.name,
        mac: MAC,
        // Where it comes from, whatever its query says.
        framedIp: '127.0.0.1',
      },
    ]);
  });

  it('never lets a token live longer than a minute', async () => {
    await using test = await openTestPortal({ tokenTtlMs: 3_600_000 });

    await test.post('/login', VOUCHER);

    expect(test.world.tokens[0]?.ttlMs).toBe(60_000);
  });

  it.each(REJECT_CODES)('shows a %s of RADIUS on the page, with its status', async (code) => {
    const world = createWorld();
    world.answer = rejecting(code);
    await using test = await openTestPortal({}, world);

    const page = await test.post('/login', ACCOUNT);

    expect(page.status).toBe(REJECT_STATUS[code]);
    expect(page.body).toContain(`data-code="${code}"`);
    expect(page.body).toContain('<summary>Masuk dengan kode voucher</summary>');
    expect(page.body.indexOf('name="username"')).toBeLessThan(page.body.indexOf('name="voucher"'));
    expect(page.body).toContain('value="budi"');
    expect(page.body).not.toContain('rahasia');
    expect(test.world.tokens).toEqual([]);
    expect(await test.metricsPage()).toContain(`smartwifi_portal_logins_total{result="${code}"} 1`);
  });

  it('links the summary of a wrong code to its field', async () => {
    const world = createWorld();
    world.answer = rejecting('SW-BADCRED');
    await using test = await openTestPortal({}, world);

    const page = await test.post('/login', VOUCHER);

    expect(page.body).toContain('<a href="#voucher">');
    expect(page.body).toMatch(/id="voucher"[^>]*aria-describedby="fault"[^>]*aria-invalid="true"/);
    expect(page.body).toMatch(/id="voucher"[^>]* value="abcd-2345"/);
  });

  it.each<[string, string, (world: ReturnType<typeof createWorld>) => void]>([
    ['a typing error', 'SW-BADCRED', (world) => (world.voucherForm = () => null)],
    ['a wrong code', 'SW-BADCRED', (world) => (world.answer = rejecting('SW-BADCRED'))],
    ['too many attempts', 'SW-LIMIT', (world) => (world.answer = rejecting('SW-LIMIT'))],
    ['no answer', 'SW-ERROR', (world) => (world.answer = async () => ({ kind: 'unreachable' }))],
  ])('keeps the code in its field after %s', async (_what, code, change) => {
    const world = createWorld();
    change(world);
    await using test = await openTestPortal({}, world);

    const typed = await test.post('/login', { ...redirectQuery, voucher: ' Abcd "2345" <b>' });
    const long = await test.post('/login', { ...redirectQuery, voucher: 'x'.repeat(200) });

    expect(typed.body).toContain(`data-code="${code}"`);
    expect(typed.body).toMatch(/id="voucher"[^>]* value=" Abcd &#34;2345&#34; &lt;b&gt;"/);
    expect(long.body).toMatch(/ value="x{64}"/);
  });

  it('answers an unknown name and a wrong password with the same page', async () => {
    const world = createWorld();
    world.answer = rejecting('SW-BADCRED');
    await using test = await openTestPortal({}, world);

    const unknown = await test.post('/login', { ...ACCOUNT, username: 'siapa' });
    const wrong = await test.post('/login', ACCOUNT);

    expect(unknown.status).toBe(wrong.status);
    expect(unknown.body.replace('siapa', 'budi')).toBe(wrong.body);
  });

  it('names a fault of ours when RADIUS does not answer', async () => {
    const world = createWorld();
    world.answer = async (): Promise<LoginAnswer> => ({ kind: 'unreachable' });
    await using test = await openTestPortal({}, world);

    const page = await test.post('/login', VOUCHER);

    expect(page.status).toBe(503);
    expect(page.body).toContain('data-code="SW-ERROR"');
  });

  it('names a fault of ours when something breaks, and tells nothing about it', async () => {
    const world = createWorld();
    world.answer = async () => {
      throw new Error('secret detail');
    };
    await using test = await openTestPortal({}, world);

    const page = await test.post('/login', VOUCHER);

    expect(page.status).toBe(500);
    expect(page.body).toContain('data-code="SW-ERROR"');
    expect(page.body).not.toContain('secret detail');
  });

  it('asks nobody about an empty form', async () => {
    await using test = await openTestPortal();

    const page = await test.post('/login', { ...redirectQuery, voucher: ' - ' });

    expect(page.status).toBe(422);
    expect(page.body).toContain('Kode voucher belum diisi');
    expect(test.world.questions).toEqual([]);
  });

  it('asks nobody about a form whose router parameters are not in order', async () => {
    await using test = await openTestPortal();

    const page = await test.post('/login', {
      ...VOUCHER,
      'link-login-only': 'http://evil.example/login',
    });

    expect(page.status).toBe(400);
    expect(page.headers.location).toBeUndefined();
    expect(test.world.questions).toEqual([]);
    expect(test.world.tokens).toEqual([]);
  });

  it('stops a flood, and forgives it with time', async () => {
    const phone = { burst: 2, perSecond: 1 };
    await using test = await openTestPortal({ loginLimits: { ...DEFAULT_LOGIN_LIMITS, phone } });

    await test.post('/login', VOUCHER);
    await test.post('/login', VOUCHER);
    const third = await test.post('/login', VOUCHER);
    test.clock.advance(1000);
    const later = await test.post('/login', VOUCHER);

    expect(third.status).toBe(429);
    expect(third.headers['retry-after']).toBe('60');
    expect(third.body).toContain('data-code="SW-LIMIT"');
    expect(later.status).toBe(303);
  });

  it('says that the village is closed, and when it opens, before anything is typed and after', async () => {
    // Tuesday, 10.00 WIB.
    const world = createWorld();
    world.routers = [{ ...router, openingHours: 'mon-sun 12:30-22:00' }];
    world.answer = rejecting('SW-HOURS');
    await using test = await openTestPortal({}, world);

    const before = await test.fetch(redirectPath());
    const after = await test.post('/login', VOUCHER);

    for (const { body } of [before, after]) {
      expect(body).toContain('data-code="SW-HOURS"');
      expect(body).toContain('Buka lagi 24 November 2026 pukul 12.30 WIB.');
    }
    expect(before.status).toBe(200);
    expect(before.body).toContain('name="voucher"');
  });

  it('does not say so while it is open, nor where no hours are set', async () => {
    const world = createWorld();
    await using test = await openTestPortal({}, world);
    const none = await test.fetch(redirectPath());
    world.routers = [{ ...router, openingHours: 'mon-sun 09:00-22:00' }];
    const open = await test.fetch(redirectPath());

    expect(none.body + open.body).not.toContain('SW-HOURS');
  });

  it('keeps the language from form to page', async () => {
    const world = createWorld();
    world.answer = rejecting('SW-HOURS');
    await using test = await openTestPortal({}, world);

    const page = await test.post('/login', { ...VOUCHER, lang: 'en' });

    expect(page.body).toContain('<html lang="en">');
    expect(page.body).toMatch(/class="lang" href="[^"]*error=SW-HOURS[^"]*lang=id"/);
  });
});
