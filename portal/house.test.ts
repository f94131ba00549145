import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Announcement, StoredSetting } from '../store/types.ts';
import { shownAt } from './house.ts';
import { createWorld, openTestPortal, set } from './portal.fixture.ts';
import { redirectPath, router, START_MS, village } from './village.fixture.ts';

const announcement: Announcement = {
  id: 'a1',
  level: 'village',
  code: village.code,
  kind: 'news',
  text: 'Posyandu <b>Jumat</b>',
  textEn: null,
  from: null,
  until: null,
  position: 1,
  createdAt: 0,
};

async function pageWith(
  settings: readonly StoredSetting[],
  announcements: readonly Announcement[] = [],
  path = redirectPath(),
) {
  const world = createWorld();
  world.settings = settings;
  world.announcements = announcements;
  await using test = await openTestPortal({ regency: village.regencyCode }, world);
  return await test.fetch(path);
}

describe('looks of a village', () => {
  it('are a style sheet of colours that its policy names by its hash', async () => {
    const { body, headers } = await pageWith([set('portal.accent', '#1d4ed8')]);
    const css = /<style>(:root\{--accent[^<]*)<\/style>/.exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(css).digest('base64');

    expect(css).toMatch(/^:root\{--accent:#1d4ed8;[^<]*prefers-color-scheme:dark[^<]*$/);
    expect(headers['content-security-policy']).toContain(`'sha256-${hash}'`);
  });

  it('have its name and its logo, written anew from shapes', async () => {
    const logo = `<svg viewBox="0 0 9 9" id='x'><g fill='#fff'><path d="M0 0"/></g></svg>`;
    const { body } = await pageWith([
      set('portal.name', 'Sukarami Digital'),
      set('portal.logo', logo),
    ]);

    expect(body).toContain('Sukarami Digital');
    expect(body).toContain(
      '<svg class="logo own" viewBox="0 0 9 9" aria-hidden="true" focusable="false"><g fill="#fff"><path d="M0 0"/></g></svg>',
    );
  });

  it('have initials where there is no logo', async () => {
    const { body } = await pageWith([set('portal.initials', 'MB')]);

    expect(body).toContain('<span class="logo own" aria-hidden="true">MB</span>');
  });

  it("are the regency's where no village is known", async () => {
    const wide = { ...set('portal.name', 'WiFi Muba'), level: 'regency' as const, code: '16.06' };

    expect((await pageWith([wide], [], '/')).body).toContain('WiFi Muba');
    expect((await pageWith([wide], [], '/nowhere')).body).toContain('WiFi Muba');
  });
});

describe('announcements', () => {
  it('stand on the login page, escaped, in their own language', async () => {
    const plain = await pageWith([], [announcement], redirectPath({ lang: 'en' }));
    const english = { ...announcement, textEn: 'Health post' };
    const translated = await pageWith([], [english], redirectPath({ lang: 'en' }));

    expect(plain.body).toContain('lang="id"><span>Posyandu &lt;b&gt;Jumat&lt;/b&gt;');
    expect(translated.body).toContain('Health post');
    expect(translated.body).not.toContain('Posyandu');
  });

  it('about work on the network stand on every page', async () => {
    const work = { ...announcement, kind: 'service' as const, text: 'Perbaikan menara' };
    const path = `/help?router=${router.name}`;

    expect((await pageWith([], [work], path)).body).toContain('Perbaikan menara');
    expect((await pageWith([], [announcement], path)).body).not.toContain('Posyandu');
  });

  it.each([
    ['before their time', { from: START_MS + 1 }, 0],
    ['from their first moment', { from: START_MS }, 1],
    ['until their last moment', { until: START_MS + 1 }, 1],
    ['after their time', { until: START_MS }, 0],
  ])('%s', (_what, times, shown) => {
    expect(shownAt([{ ...announcement, ...times }], START_MS)).toHaveLength(shown);
  });

  it('come in their order, service first', () => {
    const list = [
      { ...announcement, id: 'late', position: 9 },
      { ...announcement, id: 'early', position: 1 },
      { ...announcement, id: 'service', position: 50, kind: 'service' as const },
    ];

    expect(shownAt(list, START_MS).map(({ id }) => id)).toEqual(['service', 'early', 'late']);
  });
});

describe('help', () => {
  it("has the numbers that everybody knows by name, and the village's own", async () => {
    const numbers = set('portal.emergency', '112,Puskesmas=0714-321000');
    const links = set('portal.services', 'Lapor=https://lapor.example.go.id');
    const { body } = await pageWith(
      [numbers, links, set('portal.complaint', '0811 7112')],
      [],
      `/help?router=${router.name}&lang=en`,
    );

    expect(body).toContain('<a href="tel:112"><b>112</b> All emergencies</a>');
    expect(body).toContain('<a href="tel:0714321000"><b>0714-321000</b> Puskesmas</a>');
    expect(body).toContain('<a href="tel:08117112"><b>0811 7112</b> Complaints</a>');
    expect(body).toContain('<a href="https://lapor.example.go.id/">Lapor</a>');
  });
});
