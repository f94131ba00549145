/** At the portal a phone says itself which phone it is: naming another's MAC there takes nothing from that one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../../config/load.ts';
import { DEFAULT_BUDGETS } from '../../../radius/attempts.ts';
import { type Service, startService } from '../../../scripts/serve/serve.ts';
import type { Router } from '../../../store/types.ts';
import { newRouter, newTariff, village } from '../../fixtures/rows.ts';
import { type Answer, encode, FORM, send } from '../portal/routes.ts';

let service: Service;
let folder: string;
let origin: string;
let router: Router;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartwifi-another-phone-'));
  const file = join(folder, 'smartwifi.yaml');
  const any = '127.0.0.1:0';
  const text = stringify({
    store: `sqlite:${join(folder, 'store.db')}`,
    keyFile: join(folder, 'store.key'),
    portal: { listen: any, publicUrl: 'http://127.0.0.1:0' },
    radius: { auth: any, acct: any },
    metrics: { listen: any },
    log: { level: 'silent' },
  });
  await writeFile(file, text);
  const config = loadConfig({ file, cwd: folder, env: {} });
  service = await startService({ config, roles: ['portal', 'radius'] });
  origin = `http://127.0.0.1:${service.ports.portal}`;
  const { store } = service;
  const at = Date.now();
  await store.importVillages({ villages: [village], at });
  router = await store.addRouter({ ...newRouter, at });
  const { name: tariff } = await store.createTariff({ ...newTariff, at });
  await store.importSubscribers({
    subscribers: [{ username: 'siti', password: 'rahasia-1', tariff, villageCode: null }],
    at,
  });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Phone {
  /** Where it is. */
  readonly from: string;
  /** What it says that it is. */
  readonly mac: string;
  readonly ip: string;
}

const MAC = 'AA:BB:CC:01:00:01';
const VICTIM: Phone = { from: '127.64.0.20', mac: MAC, ip: '127.64.0.20' };
/** It repeats the whole redirect of the victim. */
const GUESSER: Phone = { ...VICTIM, from: '127.64.0.66' };

function login({ from, mac, ip }: Phone, username: string, password: string): Promise<Answer> {
  return send(origin, {
    method: 'POST',
    path: '/login',
    headers: { 'Content-Type': FORM, Origin: origin },
    body: encode([
      ...([
        ['router', router.name],
        ['mac', mac],
        ['ip', ip],
        ['link-login-only', `http://${router.loginHost}/login`],
        ['username', username],
        ['password', password],
      ] as const),
      ...(['boxes', 'terms', 'data'] as const).map((box) => [box, '1'] as const),
    ]),
    from,
  });
}

/** 429 when attempts are used up, 303 back to the router when the phone is let in. */
async function guess(phone: Phone, count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < count; i += 1) {
    seen.push((await login(phone, `nama-${phone.from}-${i}`, 'salah')).status);
  }
  return seen;
}

it('whoever repeats the redirect of another phone and guesses locks nobody out but themselves', async () => {
  const guessed = await guess(GUESSER, DEFAULT_BUDGETS.phone.burst + 1);

  const victim = await login(VICTIM, 'siti', 'rahasia-1');

  expect(guessed.at(-1)).toBe(429);
  expect(victim.status).toBe(303);
});

it('of the phones behind one address one that guesses locks out no other', async () => {
  const behind = '127.64.0.77';
  const guesser = { from: behind, mac: 'AA:BB:CC:01:00:02', ip: '172.16.0.2' };
  const guessed = await guess(guesser, DEFAULT_BUDGETS.phone.burst + 1);

  const other = await login({ ...guesser, mac: 'AA:BB:CC:01:00:03' }, 'siti', 'rahasia-1');

  expect(guessed.at(-1)).toBe(429);
  expect(other.status).toBe(303);
});
