import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import english from '../views/locales/en.json' with { type: 'json' };
import indonesian from '../views/locales/id.json' with { type: 'json' };
import { chooseLocale, isTextKey, type TextKey, translator } from './i18n.ts';
import { REJECT_CODES } from './reject-codes.ts';

const ROOT = new URL('../', import.meta.url);
const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).toSorted();

async function sourcesIn(folder: string, suffix: string): Promise<string[]> {
  const names = await readdir(new URL(folder, ROOT), { recursive: true });
  const chosen = names.filter(
    (name) => name.endsWith(suffix) && !/\.(?:test|fixture)\./.test(name),
  );
  return Promise.all(chosen.map((name) => readFile(new URL(`${folder}/${name}`, ROOT), 'utf8')));
}

describe('locale files', () => {
  it('have the same keys', () => {
    expect(Object.keys(english).toSorted()).toEqual(Object.keys(indonesian).toSorted());
  });

  it('have the same placeholders in every text', () => {
    const of = (texts: Record<string, string>) =>
      Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, placeholders(text)]));

    expect(of(english)).toEqual(of(indonesian));
  });

  it('have no empty text and no markup', () => {
    const texts = [...Object.values(english), ...Object.values(indonesian)];

    expect(texts.filter((text) => text.trim() === '' || /[<>&]/.test(text))).toEqual([]);
  });

  it('have every key that views use', async () => {
    const views = [
      ...(await sourcesIn('views/portal', '.ejs')),
      ...(await sourcesIn('views/partials', '.ejs')),
    ];
    const calls = views.flatMap((view) => [...view.matchAll(/p\.t\(([^)]*)\)/g)]);
    const keys = calls.flatMap((call) =>
      [...call[1]!.matchAll(/'([^']*\.[^']*)'/g)].map((m) => m[1]!),
    );

    expect(keys.length).toBeGreaterThan(30);
    expect(keys.filter((key) => !isTextKey(key))).toEqual([]);
  });

  it('have no key that nothing uses', async () => {
    const sources = [
      ...(await sourcesIn('views/portal', '.ejs')),
      ...(await sourcesIn('views/partials', '.ejs')),
      ...(await sourcesIn('portal', '.ts')),
    ].join('\n');
    const composed =
      /^(?:place\.(?:network|office)|status\.by|category|terms|privacy|fault|message|consent|account|register|phone|emergency|service|appeal\.reason|why\.check|login\.with)\.|^why\.[a-z]+\.(?:heading|step|by\.[a-z]+)$/;
    const unused = Object.keys(indonesian).filter(
      (key) => !sources.includes(`'${key}'`) && !composed.test(key),
    );

    expect(unused).toEqual([]);
  });

  it('speak to a villager: Anda, and no word that Indonesian has an own one for', () => {
    const jargon =
      /\b(?:login|logout|log ?in|log ?out|download|upload|file|link|server|browser|peramban|password|username|user|router|otp|error|refresh|valid|invalid|submit|klik|offline|account|device|update|reset|json|enkripsi|terenkripsi|tersandi|sesi|session|e-?mail)\b/i;
    const informal = /\b(?:anda|kamu|kau|elo|silahkan)\b/;
    // The names of addresses are the law's own words for what is kept.
    const legal = new Set(['privacy.what.text']);
    const found = Object.entries(indonesian).filter(
      ([key, text]) =>
        informal.test(text) || (!legal.has(key) && jargon.test(text.replaceAll(/\{\w+\}/g, ''))),
    );

    expect(found).toEqual([]);
  });

  it('say something about every reject code', () => {
    const keys = REJECT_CODES.flatMap((code) => [`fault.${code}.title`, `fault.${code}.help`]);

    expect(keys.filter((key) => !isTextKey(key))).toEqual([]);
  });
});

describe('views', () => {
  it('escape everything: raw output is for includes alone', async () => {
    const views = [
      ...(await sourcesIn('views/portal', '.ejs')),
      ...(await sourcesIn('views/partials', '.ejs')),
    ];
    const raw = views.flatMap((view) => [...view.matchAll(/<%-.*?%>/gs)].map((match) => match[0]));

    expect(raw.length).toBeGreaterThan(10);
    expect(
      raw.filter(
        (tag) => !/^<%- include\('[a-z./-]+'(?:, \{ [a-z]+: '[a-z-]*' \})?\) -?%>$/.test(tag),
      ),
    ).toEqual([]);
  });

  it('carry no script, no inline style and no address outside the portal', async () => {
    const views = [
      ...(await sourcesIn('views/portal', '.ejs')),
      ...(await sourcesIn('views/partials', '.ejs')),
    ];

    expect(views.filter((view) => /<script|\son\w+=|\sstyle=|https?:/i.test(view))).toEqual([]);
  });
});

describe('translator', () => {
  it('fills placeholders from the call, then from what all texts share', () => {
    const t = translator('id', { office: 'kantor desa' });

    expect(t('status.devicesOf', { n: 1, of: 2 })).toBe('1 dari 2');
    expect(t('login.noCode')).toContain('kantor desa');
  });

  it('does not fill a value into a value', () => {
    expect(translator('id')('place.district', { district: '{office}' })).toBe('Kecamatan {office}');
  });

  it('refuses an unknown key and a missing value', () => {
    expect(() => translator('id')('no.such' as TextKey)).toThrow(TypeError);
    expect(() => translator('id')('place.district')).toThrow(TypeError);
  });
});

describe('chooseLocale', () => {
  it.each([
    ['en', 'id', 'en'],
    ['id', 'en-US,en;q=0.9', 'id'],
    ['xx', 'en', 'en'],
    [null, undefined, 'id'],
    [null, '', 'id'],
    [null, 'fr-FR,fr;q=0.9', 'id'],
    [null, 'en-US,en;q=0.9', 'en'],
    [null, 'id-ID,id;q=0.9,en-US;q=0.8', 'id'],
    [null, 'in-ID,en;q=0.5', 'id'],
    [null, 'en;q=0.2,id;q=0.7', 'id'],
    [null, 'jv,en;q=0', 'id'],
    [null, ';;q=,=;q=9', 'id'],
  ])('?lang=%s with Accept-Language %s gives %s', (lang, header, locale) => {
    expect(chooseLocale(lang, header)).toBe(locale);
  });
});
