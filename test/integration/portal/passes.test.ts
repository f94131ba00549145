/** A phone with a grace pass has no account: every page and act of one treats it as nobody. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { START_MS } from '../../../portal/village.fixture.ts';
import { goOnline } from './online.ts';
import { locationOf, type OtpStand, openOtpStand, PHONE } from './otp-stand.ts';
import { FIELDS, ROUTES } from './routes.ts';

const MAC = 'A2:00:00:00:00:01';
const OTHER_MAC = 'A2:00:00:00:00:77';
let stand: OtpStand;
let id: string;
let pass: string;
beforeAll(async () => {
  stand = await openOtpStand({ settings: { 'portal.remember-days': '30' } });
  const { store, router } = stand;
  id = await store.ensureGraceAccount({ seconds: 240, kbps: 128, at: START_MS });
  const account = { kind: 'subscriber', id } as const;
  const at = { router, at: START_MS, grace: true } as const;
  pass = await goOnline(store, { ...at, mac: MAC, framedIp: '127.0.0.1' }, account);
  await goOnline(store, { ...at, mac: OTHER_MAC, framedIp: '172.16.0.77' }, account);
});
afterAll(() => stand[Symbol.asyncDispose]());

/** What an act of an owner may say in each field. */
const form = {
  ...Object.fromEntries(FIELDS.map((name) => [name, '1'])),
  ...{ password: 'kata sandi baru', again: 'kata sandi baru', lang: 'id', secret: '' },
  ...{ phone: PHONE, name: 'Budi', nik: '1606015708900003', ticket: '' },
};
const acts = ROUTES.filter(
  ({ path }) => path.startsWith('/account') || ['/remember', '/forget'].includes(path),
);

it('the routes of an account are the ones that the portal has', () => {
  expect(acts.length).toBeGreaterThan(8);
});

it.each(acts)('$method $path gives and changes nothing', async ({ method, path }) => {
  const before = await stand.store.account('subscriber', id);

  const answer =
    method === 'GET'
      ? await stand.portal.fetch(`${path}?${new URLSearchParams(form).toString()}`)
      : await stand.portal.post(path, form);

  expect(answer.body).not.toContain(OTHER_MAC);
  expect(answer.body).not.toContain('172.16.0.77');
  expect(answer.body).not.toContain('name="phone" value="');
  expect(answer.headers['content-disposition']).toBeUndefined();
  expect(locationOf(answer)).toMatch(/^(?:$|\/status|\/account\/release|\?)/);
  expect(await stand.store.account('subscriber', id)).toEqual(before);
  expect(await stand.store.device(MAC)).toBeNull();
  expect(await stand.store.listRights(9)).toEqual([]);
  expect(await stand.store.listEnforcement(9)).toEqual([]);
  expect((await stand.store.session(pass))?.state).toBe('open');
});

describe('what /status, /welcome and the captive portal API show of it', () => {
  it.each(['/status', '/welcome', '/why'])('%s has nothing of the others', async (path) => {
    const { status, body } = await stand.portal.fetch(path);

    expect(status).toBe(200);
    expect(body).not.toMatch(/1000000|1\.000\.000|1,000,000/);
    expect(body).not.toContain('action="/remember"');
  });
});
