/** What a citizen sees before scrolling, and how numbers and days are written, on every page in real Chromium. */
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { village } from '../../portal/village.fixture.ts';
import type { Village } from '../../store/types.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { belowTheFold } from './in-page.ts';
import { everyScene, withPhone as withPhoneOf } from './phone.ts';
import type { Visit } from './scene-tools.ts';
import { SCENES } from './scenes.ts';

/** What a mini-browser's own bars leave of 360 × 640. */
const LOW = { width: 360, height: 560 };

const chromium = findChromium();

describe.skipIf(chromium === null)('pages of the portal', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(chromium!);
  });
  afterAll(async () => browser.close());

  const withPhone = async (
    options: BrowserContextOptions,
    work: (visit: Visit) => Promise<void>,
  ): Promise<void> => withPhoneOf(browser, options, work);

  it('writes numbers, days and times as Indonesians do, on every page', async () => {
    const foreign: readonly (readonly [string, RegExp])[] = [
      ['a time with a colon', /\b\d{1,2}:\d{2}\b/],
      ['an hour of twelve', /\d\s?(?:am|pm)\b/i],
      [
        'an English month',
        /\b(?:January|February|March|May|June|July|August|Aug|October|Oct|December|Dec)\b/,
      ],
      ['an English day', /\b(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b/],
      ['a decimal point', /\d\.\d{1,2} ?(?:[KMGT]?B|[kM]bps|jam|menit|hari)\b/],
      ['a comma between thousands', /\b\d{1,3},\d{3}\b/],
      ['a date by numbers', /\b\d{1,4}[/-]\d{1,2}[/-]\d{1,4}\b/],
    ];
    await withPhone({}, async (visit) => {
      const found = await everyScene(
        visit,
        async (page) => {
          // An address of a phone is no time.
          const text = (await page.locator('body').innerText()).replaceAll(
            /(?:[\dA-F]{2}:){5}[\dA-F]{2}/g,
            '',
          );
          return foreign
            .flatMap(([what, shape]) => {
              const hit = shape.exec(text)?.[0];
              return hit === undefined ? [] : [`${what}: ${hit}`];
            })
            .join(', ');
        },
        ['id'],
      );

      expect(found).toEqual([]);
    });
  });

  const LONGEST: Village = {
    ...village,
    ...{ name: 'Bayung Lencir Indah', kind: 'kelurahan', districtName: 'Bayung Lencir' },
  };

  it.each([
    ['id', village],
    ['en', village],
    // The longest name of the regency's villages.
    ['id', LONGEST],
    ['en', LONGEST],
  ])('every way in is seen whole before the last tap (%s, %o)', async (lang, place) => {
    await withPhone({ viewport: LOW }, async (visit) => {
      visit.test.world.village = place;
      const found: string[] = [];
      for (const scene of SCENES.filter(({ isWayIn }) => isWayIn)) {
        await scene.open({ ...visit, lang });
        const faults = await visit.page.evaluate(belowTheFold);
        if (faults !== '') found.push(`${scene.name}: ${faults}`);
      }

      expect(found).toEqual([]);
    });
  });

  it.each(['voucher', 'account', 'click'])(
    'a first login by %s shows both boxes, unticked, on its one page',
    async (way) => {
      await withPhone({ viewport: LOW }, async (visit) => {
        await SCENES.find(({ name }) => name === `login-first-${way}`)!.open(visit);
        const form = visit.page.locator('main form').first();

        for (const box of ['terms', 'data']) {
          expect(await form.locator(`input[name=${box}]`).isChecked()).toBe(false);
        }
      });
    },
  );
});
