import { describe, expect, it } from 'vitest';
import { acceptServletUrl, handBackUrl, servletUrl } from './router-links.ts';
import { router } from './village.fixture.ts';

const twin = { ...router, loginHost: '127.20.0.7', hotspotPort: 8085 };

describe('acceptServletUrl', () => {
  it.each([
    ['http://login.sukarami.example/login', 'http://login.sukarami.example/login'],
    ['HTTP://Login.Sukarami.Example/login', 'http://login.sukarami.example/login'],
    ['http://login.sukarami.example:80/login', 'http://login.sukarami.example/login'],
    ['http://172.16.0.1/login', 'http://172.16.0.1/login'],
    ['https://login.sukarami.example/login', 'https://login.sukarami.example/login'],
  ])('accepts %s', (text, canonical) => {
    expect(acceptServletUrl(text, router, 'login')).toBe(canonical);
  });

  it.each([
    'http://evil.example/login',
    'http://login.sukarami.example.evil.example/login',
    'http://evil.example/login?x=http://login.sukarami.example/login',
    'http://login.sukarami.example@evil.example/login',
    'http://user:pass@login.sukarami.example/login',
    'http://login.sukarami.example:8080/login',
    'https://login.sukarami.example:80443/login',
    'http://login.sukarami.example/login/',
    'http://login.sukarami.example/Login',
    'http://login.sukarami.example/logout',
    'http://login.sukarami.example/login?dst=x',
    'http://login.sukarami.example/login#x',
    'http://login.sukarami.example/./login',
    'http://login.sukarami.example/%6cogin',
    'http://login.sukarami.example\\@evil.example/login',
    'http:/login.sukarami.example/login',
    '//login.sukarami.example/login',
    'http://login.sukarami.example./login',
    ' http://login.sukarami.example/login',
    'http://login.sukarami.example/login\n',
    'http://2886729729/login',
    'ftp://login.sukarami.example/login',
    'javascript://login.sukarami.example/login',
    '',
  ])('refuses %j', (text) => {
    expect(acceptServletUrl(text, router, 'login')).toBeNull();
  });

  it('holds a twin to its own port', () => {
    expect(acceptServletUrl('http://127.20.0.7:8085/login', twin, 'login')).not.toBeNull();
    expect(acceptServletUrl('http://127.20.0.7/login', twin, 'login')).toBeNull();
  });

  it('does not take an empty login host for a wildcard', () => {
    const nameless = { ...router, loginHost: '' };

    expect(acceptServletUrl('http:///login', nameless, 'login')).toBeNull();
    expect(acceptServletUrl('http://172.16.0.1/login', nameless, 'login')).not.toBeNull();
  });
});

describe('servletUrl', () => {
  it('prefers the login name, and names a port that is not 80', () => {
    expect(servletUrl(router, 'logout')).toBe('http://login.sukarami.example/logout');
    expect(servletUrl(twin, 'logout')).toBe('http://127.20.0.7:8085/logout');
    expect(servletUrl({ ...router, loginHost: '' }, 'login')).toBe('http://172.16.0.1/login');
  });
});

describe('handBackUrl', () => {
  it('encodes whatever the token and the welcome page contain', () => {
    const url = new URL(
      handBackUrl(
        'http://h/login',
        { username: 'u&v', token: 'a+/=#' },
        'https://p/status?a=1&b=2',
      ),
    );

    expect(Object.fromEntries(url.searchParams)).toEqual({
      username: 'u&v',
      password: 'a+/=#',
      dst: 'https://p/status?a=1&b=2',
    });
  });
});
