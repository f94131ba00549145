/** A session whose end was asked for proves nobody: the phone that was let go of does nothing more in its name. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { START_MS } from '../../../portal/village.fixture.ts';
import { type CitizenStand, MAC, openCitizenStand } from './citizen-stand.ts';
import { FIELDS, ROUTES } from './routes.ts';
import { citizen, PASSWORD } from './siti.ts';

let stand: CitizenStand;
let id: string;
let sessionId: string;
beforeEach(async () => {
  stand = await openCitizenStand({}, { 'portal.remember-days': '30' });
  id = (await citizen(stand)).id;
  sessionId = await stand.goOnline({ kind: 'subscriber', id });
});
afterEach(() => stand[Symbol.asyncDispose]());

const form = {
  ...Object.fromEntries(FIELDS.map((name) => [name, '1'])),
  ...{ secret: PASSWORD, password: 'teh-manis-99', lang: 'id', ticket: '' },
};
const letGo = () => stand.store.requestDisconnect({ sessionId, reason: 'released', at: START_MS });

it('is remembered by its citizen while it is online', async () => {
  await stand.portal.post('/remember', { lang: 'id' });

  expect(await stand.store.device(MAC)).toMatchObject({ accountId: id });
});

it('is not remembered once its end was asked for', async () => {
  await letGo();
  await stand.portal.post('/remember', { lang: 'id' });

  expect(await stand.store.device(MAC)).toBeNull();
});

it('is not remembered when its end was asked for while it asked', async () => {
  const { settingsAt } = stand.store;
  stand.store.settingsAt = async (code) => {
    await letGo();
    return settingsAt(code);
  };
  await stand.portal.post('/remember', { lang: 'id' });

  expect(await stand.store.device(MAC)).toBeNull();
});

it.each(ROUTES.filter(({ path, method }) => path.startsWith('/account/') && method === 'POST'))(
  '$method $path does nothing for it',
  async ({ path }) => {
    await letGo();
    const before = await stand.store.ownData({ kind: 'subscriber', id });

    const answer = await stand.portal.post(path, form);

    expect(answer.headers['content-disposition']).toBeUndefined();
    expect(await stand.store.ownData({ kind: 'subscriber', id })).toEqual(before);
  },
);

it('has no page of an account', async () => {
  await letGo();

  for (const path of ['/account', '/account/data']) {
    const { status, headers } = await stand.portal.fetch(path);
    expect([status, headers.location]).toEqual([303, '/status']);
  }
});
