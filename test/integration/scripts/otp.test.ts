import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import {
  gatewayOf,
  type Provider,
  startProvider,
} from '../../../portal/gateways/provider.fixture.ts';
import type { CommandContext } from '../../../scripts/command.ts';
import { tryGateways } from '../../../scripts/commands/otp.ts';
import { openStore } from '../../../store/open.ts';

let provider: Provider;
let folder: string;
let printed: { document: unknown; text: string };

beforeEach(async () => {
  provider = await startProvider();
  folder = await mkdtemp(join(tmpdir(), 'smartwifi-otp-'));
});
afterEach(async () => {
  await provider[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function run(options: Record<string, string>, withGateway = true): Promise<number> {
  const defaults = loadConfig({ cwd: folder, env: {} });
  const otp = {
    ...defaults.portal.otp,
    gateways: withGateway ? [gatewayOf('fonnte', provider.origin, { cost: 100 })] : [],
  };
  const config = { ...defaults, portal: { ...defaults.portal, otp } };
  const context = {
    config,
    options,
    operands: [],
    json: true,
    print: (document: unknown, text: string) => {
      printed = { document, text };
    },
    progress: () => undefined,
    signal: new AbortController().signal,
  } satisfies CommandContext;
  return tryGateways(context, provider.exchange);
}

it('sends one message and says who took it', async () => {
  provider.answers = [{ body: { status: true, id: ['77'] } }];

  expect(await run({ to: '0812 3456 7890' })).toBe(0);
  expect(printed.document).toMatchObject({
    to: '0812••••890',
    kind: 'accepted',
    gateway: 'fonnte',
    providerId: '77',
  });
  const { store } = await openStore(loadConfig({ cwd: folder, env: {} }));
  await using _closed = store;
  expect(await store.listAudit(1)).toMatchObject([{ action: 'otp.test', subject: '0812••••890' }]);
});

it('says what to do when the gateway refuses', async () => {
  provider.answers = [{ body: { status: false, reason: 'invalid token' } }];

  expect(await run({ to: '081234567890', gateway: 'fonnte' })).toBe(1);
  expect(printed.text).toMatch(/fonnte +credentials +correct secret/);
});

it.each([
  [{ to: '0711123456' }, true],
  [{ to: '081234567890', gateway: 'x' }, true],
  [{ to: '081234567890' }, false],
])('refuses %j with gateways: %s', async (options, withGateway) => {
  await expect(run(options as Record<string, string>, withGateway)).rejects.toMatchObject({
    code: 'USAGE',
  });
  expect(provider.received).toEqual([]);
});
