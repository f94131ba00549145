import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../test/fixtures/campaign.ts';
import { hostnameOf, isOwnHost, siteName } from './block.ts';
import { openTestPortal } from './portal.fixture.ts';
import { anyText } from './village.fixture.ts';

describe('GET /blocked', () => {
  it('names the site and the category, and says where to appeal', async () => {
    await using test = await openTestPortal({ categoryOf: () => 'gambling' });

    const page = await test.fetch('/blocked?name=Judi.Example.');

    expect(page.status).toBe(200);
    expect(page.body).toContain('data-code="SW-BLOCKED"');
    expect(page.body).toContain('judi.example');
    expect(page.body).toContain('judi online');
    expect(page.body).toContain('Salah blokir?');
  });

  it.each([[null], ['__proto__'], ['unheard-of']])(
    'does without a category %s',
    async (category) => {
      await using test = await openTestPortal({ categoryOf: () => category });

      const page = await test.fetch('/blocked?name=judi.example');

      expect(page.body).toContain('tidak dapat dibuka lewat WiFi publik ini');
      expect(page.body).not.toContain('kategori');
    },
  );

  it('does not show what is no name', async () => {
    await using test = await openTestPortal();

    const page = await test.fetch(`/blocked?name=${encodeURIComponent('<b>x</b>.example')}`);

    expect(page.status).toBe(200);
    expect(page.body).not.toContain('<b>');
    expect(page.body).not.toContain('class="card site"');
  });
});

describe('a name that leads here', () => {
  it('gets the block page under status 451, which says who blocks', async () => {
    await using test = await openTestPortal({ categoryOf: () => 'adult' });

    const page = await test.fetch('/any/path?x=1', { headers: { Host: 'porno.example' } });

    expect(page.status).toBe(451);
    expect(page.headers.link).toBe(`<http://127.0.0.1:${test.portal.port}/>; rel="blocked-by"`);
    expect(page.body).toContain('porno.example');
    expect(page.body).toContain('pornografi');
    expect(page.body).toContain(`href="http://127.0.0.1:${test.portal.port}/terms?lang=id"`);
  });

  it('gets it for every method and path, never the login', async () => {
    await using test = await openTestPortal();
    const headers = { Host: 'judi.example', 'Content-Type': 'application/x-www-form-urlencoded' };

    const answers = await Promise.all([
      test.fetch('/', { headers }),
      test.fetch('/login', { method: 'POST', headers, body: 'voucher=x' }),
      test.fetch('/status', { headers }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([451, 451, 451]);
  });

  it('gets no page for a picture or a script', async () => {
    await using test = await openTestPortal();

    const answer = await test.fetch('/ad.js', {
      headers: { Host: 'ads.example', 'Sec-Fetch-Dest': 'script' },
    });

    expect([answer.status, answer.body]).toEqual([451, '']);
  });
});

describe('isOwnHost', () => {
  const own = { publicHostname: 'wifi.example.go.id', blockAddresses: new Set(['10.0.0.3']) };

  it.each([
    ['wifi.example.go.id', true],
    ['10.0.0.2', true],
    ['[::1]', true],
    ['localhost', true],
    ['10.0.0.3', false],
    ['judi.example', false],
    ['wifi.example.go.id.evil.example', false],
  ])('%s: %s', (hostname, is) => {
    expect(isOwnHost(hostname, own)).toBe(is);
  });

  it('serves the portal at a block address that is its public one', () => {
    expect(isOwnHost('10.0.0.3', { ...own, publicHostname: '10.0.0.3' })).toBe(true);
  });
});

it('hostnameOf reads Host headers and refuses what is none', () => {
  expect(hostnameOf('WiFi.Example.GO.ID:8080')).toBe('wifi.example.go.id');
  expect(hostnameOf('wifi.example.go.id.')).toBe('wifi.example.go.id');
  expect(hostnameOf('a@b')).toBeNull();
  expect(hostnameOf('a b')).toBeNull();
  expect(hostnameOf(undefined)).toBeNull();
});

it('siteName lets nothing through but names', () => {
  const piece = fc.constantFrom('a', 'Z', '9', '-', '_', '.', '..', '<', '\u3002', 'x'.repeat(63));
  const name = fc.array(piece, { maxLength: 9 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(anyText(20), name, fc.ipV4()), (text) => {
      expect(siteName(text) ?? 'none.shown').toMatch(/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/);
    }),
    campaign(20_000),
  );
});
