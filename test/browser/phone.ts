/** For browser tests: a phone's window at a portal, and every page there is in it. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { gatewayOf } from '../../portal/gateways/provider.fixture.ts';
import { createWorld, openTestPortal, rejecting } from '../../portal/portal.fixture.ts';
import type { PortalOptions } from '../../portal/types.ts';
import { nextFrame } from './in-page.ts';
import type { Visit } from './scene-tools.ts';
import { SCENES } from './scenes.ts';

/** So that every way in is offered; nobody goes as far as to ask them. */
const WAYS: Partial<PortalOptions> = {
  otp: {
    gateways: [gatewayOf('fonnte', 'http://127.0.0.1:1', { webhookSecret: 'rahasia' })],
    ...{ costPerDay: 1_000_000, costPerMonth: 1_000_000 },
  },
  oidc: {
    ...{ issuer: 'http://127.0.0.1:1', clientId: 'wifi', scopes: ['openid'], claim: 'sub' },
    ...{ label: 'SSO Muba', auth: { kind: 'secret', secret: 'rahasia-klien' } },
  },
};

export const PHONE = { width: 360, height: 640 };

/** A cheap phone at a portal of its own; nothing foreign may be asked for, nothing be broken. */
export async function withPhone(
  browser: Browser,
  options: BrowserContextOptions,
  work: (visit: Visit, context: BrowserContext) => Promise<void>,
): Promise<void> {
  const world = createWorld();
  world.answer = rejecting('SW-BADCRED');
  await using test = await openTestPortal({ categoryOf: () => 'gambling', ...WAYS }, world);
  const context = await browser.newContext({ viewport: PHONE, locale: 'id-ID', ...options });
  const origin = `http://127.0.0.1:${test.portal.port}`;
  const foreign: string[] = [];
  const broken: string[] = [];
  context.on('request', (request) => {
    if (!request.url().startsWith(origin)) foreign.push(request.url());
  });
  context.on('console', (message) => {
    // Chromium reports every page with a 4xx status as an error of loading.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      broken.push(message.text());
    }
  });
  try {
    if (options.javaScriptEnabled !== false) await holdStill(context);
    const page = await context.newPage();
    await work({ page, test, origin, lang: 'id' }, context);
    expect(foreign).toEqual([]);
    expect(broken).toEqual([]);
  } finally {
    await context.close();
  }
}

/** What `check` has against the pages; it returns an empty text when there is nothing. */
export async function everyScene(
  visit: Visit,
  check: (page: Page) => Promise<string>,
  langs: readonly string[] = ['id', 'en'],
): Promise<string[]> {
  const found: string[] = [];
  for (const lang of langs) {
    for (const scene of SCENES) {
      await scene.open({ ...visit, lang });
      const faults = await check(visit.page);
      if (faults !== '') found.push(`${scene.name} ${lang}: ${faults}`);
    }
  }
  return found;
}

/** Chromium without a screen now and then has no frame to show yet. */
export async function picture(page: Page): Promise<Buffer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await page.screenshot();
    } catch (error) {
      if (attempt === 5) throw error;
      await page.evaluate(nextFrame);
    }
  }
}

/** Pages are looked at for longer than they wait: without this they would leave in the midst of it. */
async function holdStill(context: BrowserContext): Promise<void> {
  await context.route(/wait=1/, async (route) => {
    const response = await route.fetch();
    const { refresh: _refresh, ...headers } = response.headers();
    await route.fulfill({ response, headers });
  });
}
