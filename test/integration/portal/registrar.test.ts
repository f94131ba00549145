/** An officer vouches for a citizen: the password on the slip is for one login, whoever holds the slip. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from '../../../portal/village.fixture.ts';
import { createAssistant } from '../../../simulator/phones/assistant.ts';
import { village } from '../../fixtures/rows.ts';
import { outageStand, type Stand } from '../outage/stand.ts';
import { type CitizenStand, hiddenIn, openCitizenStand } from './citizen-stand.ts';

const PHONE = '+6281234567890';
const OWN = 'kopi susu 77';
const TICKED = { boxes: '1', terms: '1', data: '1' };

async function vouch(
  store: CitizenStand['store'],
  villageCode: string,
  at: number,
): Promise<{ id: string; firstPassword: string }> {
  const made = await store.vouchForCitizen({
    ...{ phone: PHONE, displayName: 'Siti', villageCode, tariff: 'harian', officer: 'Budi', at },
  });
  return { id: made!.subscriber.id, firstPassword: made!.firstPassword };
}

describe('the first password', () => {
  let stand: CitizenStand;
  let slip: { id: string; firstPassword: string };
  beforeEach(async () => {
    stand = await openCitizenStand();
    slip = await vouch(stand.store, village.code, START_MS);
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  const login = (password: string, over: object = {}) =>
    stand.portal.post('/login', {
      ...{ ...stand.redirect, username: '0812-3456-7890', password, ...TICKED },
      ...over,
    });
  const choose = (html: string, password: string, over: object = {}) =>
    stand.portal.post('/choose', { ...hiddenIn(html, '/choose'), password, ...over });

  it('leads to the choice of an own one, which lets in and is the only one then', async () => {
    const asked = await login(slip.firstPassword);
    expect(asked.status).toBe(200);
    expect(asked.body).not.toContain(slip.firstPassword);
    expect((await stand.store.subscriberByUsername(PHONE))?.firstPassword).toBe(true);

    const weak = await choose(asked.body, '081234567890');
    expect([weak.status, weak.body.includes('nomor HP')]).toEqual([422, true]);
    const done = await choose(weak.body, OWN);
    expect(done.status).toBe(303);
    expect(await stand.arrive(done)).toMatchObject({ outcome: 'opened' });

    expect((await login(slip.firstPassword)).status).toBe(422);
    expect((await login(OWN)).status).toBe(303);
    await stand.store.chainConsents({ limit: 9 });
    expect(await stand.store.listConsents(9)).toHaveLength(1);
  });

  it('is chosen instead of once, of two who know it', async () => {
    const [citizen, thief] = [
      await login(slip.firstPassword),
      await login(slip.firstPassword, { mac: 'A2:00:00:00:00:02' }),
    ];

    const first = await choose(citizen.body, OWN);
    const second = await choose(thief.body, 'punya saya 88');

    expect(first.status).toBe(303);
    expect(second.headers.location).toMatch(/^\/\?router=/);
    expect((await login('punya saya 88')).status).toBe(422);
  });

  it('is chosen on the phone, and in the time, that it was typed on', async () => {
    const { body } = await login(slip.firstPassword);

    const other = await choose(body, OWN, { mac: 'A2:00:00:00:00:02' });
    const forged = await choose(body, OWN, { ticket: 'x'.repeat(22) });
    const foreign = await stand.portal.post('/choose', {}, { 'Sec-Fetch-Site': 'cross-site' });
    stand.portal.clock.advance(11 * 60_000);
    const late = await choose(body, OWN);

    expect([other, forged, late].map(({ headers }) => headers.location)).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/^\/\?router=/)),
    );
    expect(foreign.status).toBe(403);
    expect((await login(slip.firstPassword)).status).toBe(200);
  });

  it('is none of a citizen who has set an own one by a code', async () => {
    await stand.store.setPassword({ subscriberId: slip.id, password: OWN, at: START_MS });

    expect((await login(OWN)).status).toBe(303);
    expect((await login(slip.firstPassword)).status).toBe(422);
  });
});

describe('through a router', () => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await outageStand({ routers: 1, settings: () => ({}) });
    await stand.serve();
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  it('a citizen comes with the slip, chooses, is online, and comes again with the own password', async () => {
    const at = stand.clock.now();
    await stand.store.createTariff({ name: 'harian', devices: 2, at });
    const router = stand.routers[0]!;
    const { firstPassword } = await vouch(stand.store, router.villageCode, at);
    const come = async (mac: string, login: Readonly<Record<string, string>>) => {
      const phone = stand.simulator.phone(router.name, mac, 'android');
      const assistant = createAssistant(phone, 'android');
      expect(await assistant.join()).toBe('portal');
      await assistant.fill({ username: '081234567890', ...login });
      return assistant;
    };

    const first = await come('02:00:00:00:0B:01', { password: firstPassword });
    const before = first.online();
    await first.fill({ password: OWN });
    const again = await come('02:00:00:00:0B:02', { password: OWN });

    expect([before, first.online(), again.online()]).toEqual([false, true, true]);
  });
});
