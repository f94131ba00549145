/** A real Chromium for browser tests: where it is, and why not when it is not there. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Quiet on the network: nothing but what the test asks for. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Path of the browser (`CHROMIUM`, else the usual places). Null after saying why; throws where CI demands it. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM;
  const places = named === undefined ? PLACES : [named];
  const found = places.find((path) => existsSync(path)) ?? null;
  if (found === null) {
    const why = `browser tests need Chromium, and none is at ${places.join(', ')}`;
    if (process.env.CI === 'true') throw new Error(why);
    console.warn(`skipped: ${why} (npm run setup:system installs it)`);
  }
  return found;
}

export async function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}
