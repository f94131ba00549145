import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  createWorld,
  openTestPortal,
  rejecting,
  type TestPortal,
} from './portal.fixture.ts';
import { redirectPath, redirectQuery, session } from './village.fixture.ts';

/** Fits the first TCP window: about 2 s at 64 kbit/s. */
const BUDGET = 14 * 1024;

/** Every page there is, by what makes it. */
const PAGES: readonly (readonly [string, (test: TestPortal, lang: string) => Promise<Answer>])[] = [
  ['login', (test, lang) => test.fetch(redirectPath({ lang }))],
  ['login refused', (test, lang) => test.post('/login', { ...redirectQuery, lang, voucher: 'x' })],
  ['join', (test, lang) => test.fetch(`/?router=sukarami-1&lang=${lang}`)],
  ['redirect refused', (test, lang) => test.fetch(redirectPath({ mac: 'x', lang }))],
  ['connecting', (test, lang) => test.fetch(`/status?router=sukarami-1&wait=1&lang=${lang}`)],
  ['not connected', (test, lang) => test.fetch(`/status?lang=${lang}`)],
  [
    'status',
    async (test, lang) => {
      test.world.session = session;
      return test.fetch(`/status?lang=${lang}`);
    },
  ],
  [
    'welcome, connecting',
    (test, lang) => test.fetch(`/welcome?router=sukarami-1&wait=1&lang=${lang}`),
  ],
  [
    'welcome',
    async (test, lang) => {
      test.world.session = session;
      return test.fetch(`/welcome?lang=${lang}`);
    },
  ],
  ['bye', (test, lang) => test.fetch(`/bye?router=sukarami-1&lang=${lang}`)],
  ['help', (test, lang) => test.fetch(`/help?router=sukarami-1&lang=${lang}`)],
  ['why', (test, lang) => test.fetch(`/why?router=sukarami-1&lang=${lang}`)],
  ['why, elsewhere', (test, lang) => test.fetch(`/why?lang=${lang}`)],
  [
    'why, online',
    async (test, lang) => {
      test.world.session = session;
      return test.fetch(`/why?lang=${lang}`);
    },
  ],
  [
    'appeal',
    async (test, lang) => {
      test.world.session = session;
      return test.fetch(`/blocked?name=judi.example&lang=${lang}`);
    },
  ],
  ['appealed', (test, lang) => test.fetch(`/blocked?name=judi.example&sent=1&lang=${lang}`)],
  ['blocked', (test, lang) => test.fetch(`/blocked?name=judi.example&lang=${lang}`)],
  ['terms', (test, lang) => test.fetch(redirectPath({ lang }).replace('/?', '/terms?'))],
  ['privacy', (test, lang) => test.fetch(`/privacy?lang=${lang}`)],
  ['not found', (test, lang) => test.fetch(`/nowhere?lang=${lang}`)],
];

describe.each(PAGES)('page: %s', (_name, open) => {
  it.each(['id', 'en'])('is one small answer that stands alone, in %s', async (lang) => {
    const world = createWorld();
    world.answer = rejecting('SW-BADCRED');
    await using test = await openTestPortal({}, world);

    const page = await open(test, lang);

    expect(gzipSync(page.bytes).length).toBeLessThanOrEqual(BUDGET);
    expect(page.body).toContain(`<html lang="${lang}">`);
    expect(page.headers['content-language']).toBe(lang);
    expect(page.body.match(/<h1/g)).toHaveLength(1);
    expect(page.body).not.toMatch(/<script|<img|<iframe|\bsrc=|\sstyle=|@import|url\(|\son[a-z]+=/);
    expect(page.body).not.toMatch(/undefined|\[object|<%|NaN/);
    expect(page.headers['set-cookie']).toBeUndefined();
    expect(page.headers['x-powered-by']).toBeUndefined();
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}' 'sha256-[A-Za-z0-9+/=]{44}'; img-src data:; form-action 'self'(?: http:\/\/[a-z0-9.:-]+)*; frame-ancestors 'none'; base-uri 'none'$/,
    );
  });
});

describe('documents', () => {
  it('lead back to the login page with the redirect intact', async () => {
    await using test = await openTestPortal();

    const terms = await test.fetch(redirectPath().replace('/?', '/terms?'));
    const back = /class="button plain" href="([^"]+)"/.exec(terms.body)?.[1] ?? '';
    const login = await test.fetch(back.replaceAll('&amp;', '&'));

    expect(login.body).toContain('name="voucher"');
  });

  it('say for how long data are kept, as configured', async () => {
    await using test = await openTestPortal({ retention: { sessionDays: 90, dailyDays: 400 } });

    const privacy = await test.fetch('/privacy?lang=id');

    expect(privacy.body).toContain('90 hari');
    expect(privacy.body).toContain('400 hari');
  });
});

describe('answers', () => {
  it('are compressed for those who can read it', async () => {
    await using test = await openTestPortal();

    const plain = await test.fetch(redirectPath());
    const zipped = await test.fetch(redirectPath(), { headers: { 'Accept-Encoding': 'gzip, br' } });
    const refused = await test.fetch(redirectPath(), {
      headers: { 'Accept-Encoding': 'gzip;q=0' },
    });

    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.bytes).toString()).toBe(plain.body);
    expect(zipped.bytes.length).toBeLessThan(plain.bytes.length / 2);
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('to HEAD have the headers of GET and no body', async () => {
    await using test = await openTestPortal();

    const head = await test.fetch(redirectPath(), { method: 'HEAD' });

    expect(head.status).toBe(200);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(1000);
    expect(head.body).toBe('');
  });
});

describe('connectivity checks', () => {
  it.each([
    '/generate_204',
    '/gen_204',
    '/hotspot-detect.html',
    '/library/test/success.html',
    '/connecttest.txt',
    '/ncsi.txt',
    '/success.txt',
    '/canonical.html',
  ])('%s never finds success here, under any name', async (path) => {
    await using test = await openTestPortal();

    const names: Record<string, string>[] = [{}, { Host: 'connectivitycheck.gstatic.com' }];
    for (const headers of names) {
      const answer = await test.fetch(path, { headers });

      expect([answer.status, answer.body]).toEqual([303, '']);
      expect(answer.headers.location).toBe(`http://127.0.0.1:${test.portal.port}/`);
    }
  });
});

describe('requests that are not in order', () => {
  it('get a page in the same look', async () => {
    await using test = await openTestPortal();

    const missing = await test.fetch('/nowhere');

    expect(missing.status).toBe(404);
    expect(missing.body).toContain('Halaman tidak ditemukan');
  });

  it.each<[string, number, { path: string; type: string; body: string }]>([
    ['a body over 4 kB', 413, { path: '/login', type: 'form', body: 'x'.repeat(5000) }],
    ['JSON', 415, { path: '/login', type: 'application/json', body: '{}' }],
    ['multipart', 415, { path: '/logout', type: 'multipart/form-data; boundary=x', body: '--x--' }],
    ['an unknown charset', 415, { path: '/login', type: 'form; charset=none', body: 'a=b' }],
  ])('refuses %s with %i', async (_what, status, { path, type, body }) => {
    await using test = await openTestPortal();

    const answer = await test.fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': type.replace('form', 'application/x-www-form-urlencoded') },
      body,
    });

    expect(answer.status).toBe(status);
    expect(answer.body).toContain('<h1>');
  });

  it.each(['/%', '/%E0%A4%A', '//evil.example/', '/..%2f..%2fetc/passwd', '/?%', '/capport/%'])(
    'survive the path %s without a fault of ours or a way out',
    async (path) => {
      await using test = await openTestPortal();

      const answer = await test.fetch(path);

      expect(answer.status).toBeLessThan(500);
      expect(answer.headers.location).toBeUndefined();
    },
  );

  it('are refused when their headers are too large, and the portal goes on', async () => {
    await using test = await openTestPortal();

    const answer = await test.fetch('/', { headers: { 'X-Large': 'x'.repeat(9000) } });

    expect(answer.status).toBe(431);
    expect((await test.fetch('/')).status).toBe(200);
  });

  it('GET /login and GET /logout lead to pages', async () => {
    await using test = await openTestPortal();

    expect((await test.fetch('/login?lang=en')).headers.location).toBe('/?lang=en');
    expect((await test.fetch('/logout')).headers.location).toBe('/status');
  });
});

describe('startPortal', () => {
  it('counts requests by route template and status class alone', async () => {
    await using test = await openTestPortal();

    await test.fetch('/capport/sukarami-1');
    await test.fetch('/no/such/place');
    await test.fetch('/', { headers: { Host: 'judi.example' } });
    const page = await test.metricsPage();

    const count = 'smartwifi_portal_http_request_duration_seconds_count';
    expect(page).toContain(`${count}{route="/capport/:router",status="2xx"} 1`);
    expect(page).toContain(`${count}{route="other",status="4xx"} 1`);
    expect(page).toContain(`${count}{route="blocked name",status="4xx"} 1`);
    expect(page).not.toContain('judi.example');
    expect(page).not.toContain('certificate_expiry');
  });

  it('refuses a public URL that is none', async () => {
    await expect(openTestPortal({ publicUrl: 'wifi.example' })).rejects.toMatchObject({
      code: 'PORTAL_PUBLIC_URL',
    });
  });

  it('rejects when its port is taken', async () => {
    await using test = await openTestPortal();
    const listen = { host: '127.0.0.1', port: test.portal.port };

    await expect(openTestPortal({ listen })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('finishes the answer under way when it ends', async () => {
    const world = createWorld();
    const asked = Promise.withResolvers<void>();
    const mayAnswer = Promise.withResolvers<void>();
    world.answer = async () => {
      asked.resolve();
      await mayAnswer.promise;
      return { kind: 'reject', code: 'SW-HOURS', text: '' };
    };
    const test = await openTestPortal({}, world);

    const answer = test.post('/login', { ...redirectQuery, voucher: 'x' });
    await asked.promise;
    const ended = test[Symbol.asyncDispose]();
    mayAnswer.resolve();

    expect((await answer).status).toBe(403);
    await ended;
    await expect(test.fetch('/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
