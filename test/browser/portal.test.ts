/**
 * The portal in a real Chromium on a cheap phone's screen: with and without scripts, light and dark,
 * at 320 px and enlarged. `UPDATE_GOLDEN=1` writes docs/screenshots/*.png.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Page,
  Response,
} from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, openTestPortal, set } from '../../portal/portal.fixture.ts';
import { redirectPath, router, session } from '../../portal/village.fixture.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { enlargeText, minHeightOf, overflowing, runAxe, smallTargets } from './in-page.ts';
import { everyScene, PHONE, picture, withPhone as withPhoneOf } from './phone.ts';
import type { Visit } from './scene-tools.ts';
import { SCENES } from './scenes.ts';
import { smallPng } from './small-png.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const TARGET_PX = 44;
/** Fits the first TCP window: about 2 s at 64 kbit/s. */
const PAGE_OCTETS = 14 * 1024;
/** They lie in the repository. */
const SCREENSHOT_OCTETS = 25_000;
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const chromium = findChromium();

describe.skipIf(chromium === null)('portal in Chromium', () => {
  let browser: Browser;
  let axe: string;

  beforeAll(async () => {
    browser = await launchChromium(chromium!);
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  });
  afterAll(async () => browser.close());

  const withPhone = async (
    options: BrowserContextOptions,
    work: (visit: Visit, context: BrowserContext) => Promise<void>,
  ): Promise<void> => withPhoneOf(browser, options, work);

  it.each([
    ['light', 'id'],
    ['light', 'en'],
    ['dark', 'id'],
  ] as const)('axe finds nothing against WCAG 2.2 AA (%s, %s)', async (colorScheme, lang) => {
    await withPhone({ colorScheme }, async (visit) => {
      const check = async (page: Page): Promise<string> => {
        await page.evaluate(axe);
        return page.evaluate(runAxe, WCAG);
      };

      expect(await everyScene(visit, check, [lang])).toEqual([]);
    });
  });

  it.each(['id', 'en'])(
    'one small answer a page, and nothing else is asked for, in %s',
    async (lang) => {
      await withPhone({ javaScriptEnabled: false }, async (visit, context) => {
        const answers: Response[] = [];
        context.on('response', (response) => answers.push(response));
        const found = await everyScene(
          visit,
          async (page) => {
            const others = answers.filter((one) => one.request().resourceType() !== 'document');
            answers.length = 0;
            const octets = gzipSync(await page.content()).length;
            return [
              octets <= PAGE_OCTETS ? '' : `${octets} octets`,
              ...others.map((one) => one.url()),
            ].join('');
          },
          [lang],
        );

        expect(found).toEqual([]);
      });
    },
  );

  it.each(['#1d4ed8', '#7f1d1d', '#3f3f46'])(
    'axe finds nothing with the accent %s',
    async (accent) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await withPhone({ colorScheme }, async ({ page, test, origin }) => {
          const found: string[] = [];
          test.world.settings = [set('portal.accent', accent), set('portal.initials', 'MB')];
          for (const path of [redirectPath(), '/why', '/welcome', '/blocked?name=judi.example']) {
            test.world.session = path.startsWith('/?') ? null : session;
            await page.goto(origin + path);
            await page.evaluate(axe);
            found.push(await page.evaluate(runAxe, WCAG));
          }

          expect(found.filter((fault) => fault !== '')).toEqual([]);
        });
      }
    },
  );

  it('no target is smaller than a thumb, no text field would make a phone zoom', async () => {
    await withPhone({ javaScriptEnabled: true }, async (visit) => {
      expect(
        await everyScene(visit, async (page) => page.evaluate(smallTargets, TARGET_PX)),
      ).toEqual([]);
    });
  });

  it.each([
    ['320 px wide', { viewport: { width: 320, height: 568 } }],
    ['360 px wide at 200 %', { viewport: { width: 180, height: 320 }, deviceScaleFactor: 2 }],
  ])('nothing is cut off or scrolls sideways: %s', async (_what, options) => {
    await withPhone(options, async (visit) => {
      expect(await everyScene(visit, async (page) => page.evaluate(overflowing))).toEqual([]);
    });
  });

  it('nothing is cut off when letters are twice as large', async () => {
    await withPhone({}, async (visit) => {
      const found = await everyScene(visit, async (page) => {
        await page.evaluate(enlargeText);
        return page.evaluate(overflowing);
      });

      expect(found).toEqual([]);
    });
  });

  it('the button of the login page is seen without scrolling, with and without a fault', async () => {
    await withPhone({}, async (visit) => {
      for (const scene of SCENES.slice(0, 3)) {
        await scene.open(visit);
        const box = await visit.page.locator('form:has(#voucher) button').boundingBox();

        expect(box!.y + box!.height).toBeLessThanOrEqual(PHONE.height);
      }
    });
  });

  it('the style sheet is applied, so its hash is right', async () => {
    await withPhone({}, async (visit) => {
      await SCENES[0]!.open(visit);
      const size = await visit.page.locator('#voucher').evaluate(minHeightOf);

      expect(size).toBe('46px');
    });
  });

  it('the link of a fault leads to its field', async () => {
    await withPhone({ javaScriptEnabled: false }, async (visit) => {
      await SCENES[2]!.open(visit);
      await visit.page.click('[role=alert] a');
      await visit.page.keyboard.press('Tab');

      expect(new URL(visit.page.url()).hash).toBe('#voucher');
    });
  });

  it.each([true, false])(
    'a phone gets online and off again, scripts %s',
    async (javaScriptEnabled) => {
      const world = createWorld();
      await using servlet = await openServlet(async (path, query) => {
        if (path === '/login' && query.get('password') === 'token+/1') world.session = session;
        if (path === '/logout') world.session = null;
      });
      world.routers = [{ ...router, loginHost: '127.0.0.1', hotspotPort: servlet.port }];
      await using test = await openTestPortal({}, world);
      const origin = `http://127.0.0.1:${test.portal.port}`;
      const links = (page: string) => `http://127.0.0.1:${servlet.port}/${page}`;
      const context = await browser.newContext({
        viewport: PHONE,
        locale: 'id-ID',
        javaScriptEnabled,
      });
      try {
        const page = await context.newPage();
        await page.goto(
          origin +
            redirectPath({ 'link-login-only': links('login'), 'link-logout': links('logout') }),
        );

        await page.fill('#voucher', 'abcd-2345');
        await page.keyboard.press('Enter');
        await page.waitForURL('**/welcome?**');
        expect(await page.locator('h1').textContent()).toBe('Anda sudah terhubung');
        await page.click('a.button[href^="/status"]');

        await page.click('form[action="/logout"] button');
        await page.waitForURL('**/logout');
        expect(await page.textContent('body')).toBe('/logout');
        expect(servlet.seen).toEqual(['/login', '/logout']);
      } finally {
        await context.close();
      }
    },
  );

  it('the page that waits for the session goes on by itself, without scripts', async () => {
    await withPhone({ javaScriptEnabled: false }, async ({ page, test, origin }) => {
      await page.goto(`${origin}/status?router=${router.name}&wait=1&lang=id`);
      test.world.session = session;

      await page.waitForURL('**wait=2');
      expect(await page.locator('h1').textContent()).toBe('Anda sudah terhubung');
    });
  });

  it.skipIf(process.env.UPDATE_GOLDEN !== '1')('writes the screenshots', async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    let largest = 0;
    for (const [colorScheme, suffix] of [
      ['light', ''],
      ['dark', '-dark'],
    ] as const) {
      for (const scene of SCENES) {
        await withPhone({ colorScheme }, async (visit) => {
          await scene.open(visit);
          const png = smallPng(await picture(visit.page));
          await writeFile(`${SCREENSHOTS}portal-${scene.name}${suffix}.png`, png);
          largest = Math.max(largest, png.length);
        });
      }
    }

    await writeFile(`${SCREENSHOTS}../pages.md`, pagesDocument());

    expect(largest).toBeLessThan(SCREENSHOT_OCTETS);
  });
});

/** docs/pages.md: every page, light and dark. */
function pagesDocument(): string {
  const picture = (name: string): string =>
    `<img src="screenshots/portal-${name}.png" alt="${name}" width="200">`;
  const rows = SCENES.map(
    ({ name }) => `| ${name} | ${picture(name)} | ${picture(`${name}-dark`)} |`,
  );
  return [
    '# Every page of the portal',
    '',
    'At 360 × 640, in Indonesian, light and dark; `npm run screenshots` takes them anew in Chromium from test/browser/scenes.ts.',
    'English is one tap away on each.',
    '',
    '| page | light | dark |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

interface Servlet extends AsyncDisposable {
  readonly port: number;
  /** Paths that were asked for. */
  readonly seen: string[];
}

/** A router's hotspot servlet as far as a browser sees it: follows `dst`, else names its page. */
async function openServlet(
  visited: (path: string, query: URLSearchParams) => Promise<void>,
): Promise<Servlet> {
  const seen: string[] = [];
  const server: Server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://router');
    if (!url.pathname.startsWith('/log')) {
      res.writeHead(404).end();
      return;
    }
    seen.push(url.pathname);
    void visited(url.pathname, url.searchParams).then(() => {
      const dst = url.searchParams.get('dst');
      if (dst === null) res.end(url.pathname);
      else res.writeHead(302, { Location: dst }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
