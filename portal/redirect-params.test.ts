import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../test/fixtures/campaign.ts';
import {
  type RedirectOutcome,
  type RefusedBecause,
  readRedirect,
  routerNameIn,
  writeRedirect,
} from './redirect-params.ts';
import { anyText, MAC, redirectQuery, router } from './village.fixture.ts';

function read(over: Record<string, string | undefined>): RedirectOutcome {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...redirectQuery, ...over })) {
    if (value !== undefined) params.set(name, value);
  }
  return readRedirect(params, router);
}

describe('readRedirect', () => {
  it('reads what the router sends', () => {
    expect(read({})).toEqual({
      kind: 'complete',
      redirect: {
        router,
        mac: MAC,
        ip: '172.16.0.20',
        linkLoginOnly: 'http://login.sukarami.example/login',
        error: null,
      },
    });
  });

  it('finds nothing where no parameter of a redirect is given', () => {
    expect(readRedirect(new URLSearchParams('lang=en&x=1'), null)).toEqual({ kind: 'none' });
  });

  it('takes a router alone for a way to the router', () => {
    const outcome = readRedirect(new URLSearchParams({ router: router.name }), router);

    expect(outcome).toEqual({ kind: 'router', router });
  });

  it('builds the links from the router row when the page sends none', () => {
    const outcome = read({ 'link-login-only': '', 'link-logout': undefined });

    expect(outcome).toMatchObject({
      kind: 'complete',
      redirect: { linkLoginOnly: 'http://login.sukarami.example/login' },
    });
  });

  it('writes any vendor form of a MAC in one form', () => {
    expect(read({ mac: 'a2-00-00-00-00-01' })).toMatchObject({ redirect: { mac: MAC } });
  });

  it.each<[string, Record<string, string>, RefusedBecause]>([
    ['no MAC', { mac: '' }, 'mac'],
    ['a MAC that is none', { mac: 'A2:00:00:00:00' }, 'mac'],
    ['markup as MAC', { mac: '<script>' }, 'mac'],
    ['a name as address', { ip: 'localhost' }, 'ip'],
    ['an octal address', { ip: '010.0.0.1' }, 'ip'],
    ['an over-long value', { 'link-login-only': `http://${'a'.repeat(400)}/login` }, 'value'],
    ['a control character', { mac: 'A2:00:00:00:00:\u0000' }, 'value'],
    ['an invisible character', { ip: '172.16.0.2\u200b0' }, 'value'],
    ['a foreign login', { 'link-login-only': 'http://evil.example/login' }, 'link'],
    ['a foreign log-out', { 'link-logout': 'http://evil.example/logout' }, 'link'],
    ['a script as login', { 'link-login-only': 'javascript:alert(1)' }, 'link'],
  ])('refuses %s', (_what, over, because) => {
    expect(read(over)).toEqual({ kind: 'refused', because });
  });

  it('refuses a parameter given twice', () => {
    const params = new URLSearchParams(redirectQuery);
    params.append('mac', 'A2:00:00:00:00:02');

    expect(readRedirect(params, router)).toEqual({ kind: 'refused', because: 'value' });
  });

  it('refuses a router that is not known', () => {
    const outcome = readRedirect(new URLSearchParams(redirectQuery), null);

    expect(outcome).toEqual({ kind: 'refused', because: 'router' });
  });

  it('reads the code of a refusal, however long its text', () => {
    const error = `SW-QUOTA ${'kuota habis '.repeat(100)}`;

    expect(read({ error })).toMatchObject({ redirect: { error: 'SW-QUOTA' } });
  });

  it('reads again what it has written', () => {
    const first = read({});
    const written = first.kind === 'complete' ? writeRedirect(first.redirect) : {};

    expect(readRedirect(new URLSearchParams(written), router)).toEqual(first);
  });
});

describe('routerNameIn', () => {
  it.each(['', 'a b', '../x', 'a'.repeat(65), '<b>', 'x\n'])('knows that %j is no name', (name) => {
    expect(routerNameIn(new URLSearchParams({ router: name }))).toBeNull();
  });
});

/** Pieces that links are forged from. */
const forged = fc
  .array(
    fc.constantFrom(
      'http://',
      'https://',
      'HTTP:',
      '//',
      '/',
      '\\',
      '@',
      ':80',
      ':8080',
      ':',
      '#',
      '?',
      '%2f',
      '%00',
      '.',
      ' ',
      '\t',
      '\r\n',
      'login',
      'logout',
      '/login',
      'login.sukarami.example',
      'LOGIN.sukarami.EXAMPLE',
      'login.sukarami.example.evil.example',
      'evil.example',
      '172.16.0.1',
      '172.16.0.1.evil.example',
      'user:pass',
      '。',
      'ｌogin',
      '[::1]',
      ';',
      "'",
      '"',
      '<',
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(''));
const hostile = fc.oneof(forged, anyText(80), fc.webUrl());
const OWN_HOSTS: ReadonlySet<string> = new Set([router.loginHost, router.hotspotAddress]);

describe('fuzz', () => {
  it('no value whatever leads to a host that is not the router, or past its login', () => {
    fc.assert(
      fc.property(hostile, hostile, (login, logout) => {
        const outcome = read({ 'link-login-only': login, 'link-logout': logout });
        if (outcome.kind !== 'complete') return;
        const url = new URL(outcome.redirect.linkLoginOnly);

        expect(OWN_HOSTS.has(url.hostname)).toBe(true);
        expect([url.pathname, url.search, url.hash, url.username, url.password]).toEqual([
          '/login',
          '',
          '',
          '',
          '',
        ]);
        expect(['', '443']).toContain(url.port);
        expect(outcome.redirect.linkLoginOnly).toMatch(/^https?:\/\/[a-z0-9.-]+(?::\d+)?\/login$/);
      }),
      campaign(20_000),
    );
  });

  it('any parameters at all are read without throwing, and accepted ones are plain', () => {
    const names = fc.constantFrom(...Object.keys(redirectQuery), 'lang', 'x');
    const params = fc.array(fc.tuple(names, hostile), { maxLength: 12 });
    fc.assert(
      fc.property(params, (entries) => {
        const outcome = readRedirect(new URLSearchParams(entries), router);
        if (outcome.kind !== 'complete') return;

        expect(Object.values(writeRedirect(outcome.redirect)).join('')).toMatch(
          /^[A-Za-z0-9:/.-]+$/,
        );
      }),
      campaign(20_000),
    );
  });
});
