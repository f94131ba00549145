/** Nobody is their own parent: the number of an account agrees to nothing in a parent's place. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from '../../../portal/village.fixture.ts';
import { hiddenIn } from './citizen-stand.ts';
import { locationOf, PHONE as NUMBER, type OtpStand, openOtpStand } from './otp-stand.ts';
import { citizen, PASSWORD, PHONE, TICKED } from './siti.ts';

const ROUTER = /^http:\/\/login\.wifi\.home\.arpa\/login\?username=/;
const PARENT = '0812 1111 2222';

describe('the number of a parent', () => {
  let stand: OtpStand;
  beforeEach(async () => {
    stand = await openOtpStand();
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  async function asChild() {
    const { portal, redirect } = stand;
    const sent = await portal.post('/otp', { ...redirect, phone: NUMBER });
    const page = await portal.fetch(locationOf(sent));
    const code = { ...hiddenIn(page.body, '/otp/code'), code: stand.message().code };
    const boxes = await portal.post('/otp/code', { ...code, ...TICKED, minor: '1' });
    portal.clock.advance(61_000);
    return (over: object) =>
      portal.post('/consent', {
        ...{ ...hiddenIn(boxes.body, '/consent'), ...TICKED, minor: '1', ...over },
      });
  }

  it.each(['0812 3456 7890', '+62 812-3456-7890'])(
    'is not the child’s own, as %s; no code goes to it',
    async (guardian) => {
      const answer = await asChild();
      const own = await answer({ guardian });

      expect(own.status).toBe(422);
      expect(own.body).toContain('nomor Anda sendiri');
      expect(own.body).not.toContain('name="code"');
      expect(stand.provider.received).toHaveLength(1);
    },
  );

  it('is asked again after the own one was refused', async () => {
    const answer = await asChild();
    await answer({ guardian: NUMBER });
    await answer({ guardian: PARENT });

    expect(locationOf(await answer({ code: stand.message().code }))).toMatch(ROUTER);
  });

  it('does not become the child’s own', async () => {
    const siti = await citizen(stand);
    const parent = { guardianPhone: '+6281211112222', tariff: null, at: START_MS };
    await stand.store.markChild({ account: siti, ...parent });
    await stand.goOnline(siti);
    const asked = await stand.portal.post('/account/number', { phone: PARENT, secret: PASSWORD });
    const fields = hiddenIn(asked.body, '/account/number');
    const code = { ...fields, code: stand.message().code };
    const done = await stand.portal.post('/account/number', code);
    const again = await stand.portal.post('/account/number', code);

    expect([done.status, again.status]).toEqual([422, 422]);
    expect(done.body).toContain('nomor orang tua');
    expect((await stand.store.profile(siti.id))?.phone).toBe(PHONE);
  });
});
