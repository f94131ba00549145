/**
 * Chromium as a phone behind a twin that our controller has set up, with the whole server: from the connectivity
 * check through the router's redirect and its own pages to the village's welcome, and out again.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Router } from '../../store/types.ts';
import { outageStand, type Stand } from '../integration/outage/stand.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { overflowing, runAxe } from './in-page.ts';

const CHECK = 'http://connectivitycheck.gstatic.com/generate_204';
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const LOOKS = { 'portal.name': 'WiFi Uji', 'portal.accent': '#5b21b6', 'portal.initials': 'WU' };
const chromium = findChromium();

describe.skipIf(chromium === null)('a phone behind a router of ours', () => {
  let browser: Browser;
  let stand: Stand;
  let axe: string;

  beforeAll(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    browser = await launchChromium(chromium!);
    stand = await outageStand({ routers: 1, settings: () => LOOKS });
    await stand.serve();
  });
  afterAll(async () => {
    await browser.close();
    await stand[Symbol.asyncDispose]();
  });

  it.each(['id-ID', 'en-US'])(
    'gets online and off again by the pages alone (%s)',
    async (locale) => {
      const router = stand.routers[0]!;
      const phone = stand.phone(0, locale.length + locale.charCodeAt(0));
      const { ip } = (await phone.join())!;
      await using radio = await openRadio(router, ip);
      const context = await browser.newContext({
        locale,
        javaScriptEnabled: false,
        viewport: { width: 360, height: 640 },
        proxy: { server: radio.url, bypass: '<-loopback>' },
      });
      const page = await context.newPage();
      const [voucher] = await stand.store.createVouchers({
        ...{ tariff: 'warga', count: 1, villageCode: null, batch: locale },
        at: stand.clock.now(),
      });

      await page.goto(CHECK);
      expect(new URL(page.url()).searchParams.get('router')).toBe(router.name);
      expect(await page.locator('html').getAttribute('lang')).toBe(locale.slice(0, 2));

      const form = page.locator('form:has(#voucher)');
      for (const name of ['terms', 'data']) await form.locator(`[name=${name}]`).check();
      await form.locator('#voucher').fill(voucher!.code);
      await form.locator('button').click();
      await until(stand, async () => (await page.locator('.gauge').count()) > 0);
      expect(new URL(page.url()).pathname).toBe('/welcome');
      const online = await page.locator('h1').textContent();

      await page.click('a.button[href^="/status"]');
      await page.click('form[action="/logout"] button');
      await page.waitForURL('**/bye?**');
      const off = await page.locator('h1').textContent();
      await context.close();

      expect([online, off]).toEqual(
        locale === 'id-ID'
          ? ['Anda sudah terhubung', 'Anda sudah keluar']
          : ['You are connected', 'You are logged out'],
      );
    },
  );

  it('sees pages that axe and a narrow screen find nothing against', async () => {
    const router = stand.routers[0]!;
    const { ip } = (await stand.phone(0, 7).join())!;
    await using radio = await openRadio(router, ip);
    const context = await browser.newContext({
      viewport: { width: 320, height: 568 },
      proxy: { server: radio.url, bypass: '<-loopback>' },
    });
    const page = await context.newPage();
    const faults: string[] = [];
    await page.goto(CHECK);
    expect(await page.locator('.note.news').count()).toBe(0);
    await stand.store.addAnnouncement({
      ...{ level: 'regency', code: '16.06', kind: 'news', text: 'Posyandu Jumat', textEn: null },
      ...{ from: null, until: null, position: 1, at: stand.clock.now() },
    });
    // What an operator adds is on the next page: the store told the portal.
    await page.reload();
    const [news, network] = [page.locator('.note.news'), page.locator('.net')];
    expect(await news.textContent()).toContain('Posyandu Jumat');
    expect(await network.textContent()).toContain('WiFi Uji');
    faults.push(await judge(page, axe));
    await page.click('a[href^="/why"]');
    faults.push(await judge(page, axe));
    const verdict = await page.locator('[data-verdict]').getAttribute('data-verdict');
    const code = (await page.locator('.case').textContent()) ?? '';
    expect(await stand.store.caseByCode({ code, at: stand.clock.now() })).toMatchObject({
      facts: { verdict: 'login', router: router.name },
    });
    await page.click('footer a[href^="/help"]');
    faults.push(await judge(page, axe));
    await context.close();

    expect(faults).toEqual(['', '', '']);
    expect(verdict).toBe('login');
  });
});

async function judge(page: Page, axe: string): Promise<string> {
  await page.evaluate(axe);
  return (await page.evaluate(runAxe, WCAG)) + (await page.evaluate(overflowing));
}

/** The clocks of all move on until it is so. */
async function until(stand: Stand, so: () => Promise<boolean>): Promise<void> {
  for (let second = 0; second < 60; second += 1) {
    if (await so()) return;
    await stand.second();
  }
  throw new Error('it did not come to that within a minute');
}

interface Radio extends AsyncDisposable {
  readonly url: string;
}

/** What the browser sends goes out of the phone's own address to the router, as on its WiFi. */
async function openRadio(router: Router, phone: string): Promise<Radio> {
  const server = createServer((req, res) => forward(router, phone, req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function forward(
  router: Router,
  localAddress: string,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const url = new URL(req.url ?? '/');
  const own = [router.loginHost, router.hotspotAddress].includes(url.hostname);
  const onward = request(
    {
      ...{ host: router.hotspotAddress, port: router.hotspotPort, localAddress },
      method: req.method ?? 'GET',
      path: own ? url.pathname + url.search : url.href,
      headers: { ...req.headers, host: url.host, connection: 'close' },
      agent: false,
    },
    (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    },
  );
  onward.on('error', () => res.destroy());
  req.pipe(onward);
}
