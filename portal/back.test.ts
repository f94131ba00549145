/** Who presses Back after the login comes with the redirect of before it. */
import { describe, expect, it } from 'vitest';
import type { Session } from '../store/types.ts';
import { createWorld, openTestPortal } from './portal.fixture.ts';
import { redirectPath, session } from './village.fixture.ts';

const ONLINE = 'HP ini sudah online';

async function login(online: Session | null, over: Readonly<Record<string, string>> = {}) {
  const world = createWorld();
  world.session = online;
  await using test = await openTestPortal({}, world);
  return await test.fetch(redirectPath(over));
}

describe('the login page of an online phone', () => {
  it('says so above the form, with the way to the status page; the form stays, for the router may know better', async () => {
    const { body, status } = await login(session, { lang: 'id' });

    expect(status).toBe(200);
    expect(body.indexOf(ONLINE)).toBeGreaterThan(0);
    expect(body.indexOf(ONLINE)).toBeLessThan(body.indexOf('name="voucher"'));
    expect(body).toMatch(/href="\/status\?router=sukarami-1&(?:amp;|#38;)?lang=id"/);
  });

  it('says it in English, too', async () => {
    expect((await login(session, { lang: 'en' })).body).toContain('This phone is online already.');
  });

  it('says what the router reports instead, when it reports a refusal', async () => {
    const { body } = await login(session, { error: 'SW-QUOTA habis' });

    expect(body).toContain('data-code="SW-QUOTA"');
    expect(body).not.toContain(ONLINE);
  });

  it.each<[string, Session | null]>([
    ['a phone without a session', null],
    ['another phone', { ...session, mac: 'A2:00:00:00:00:02' }],
    ['a phone of another router', { ...session, router: 'elsewhere-1' }],
    ['a pass that only lets a code arrive', { ...session, username: 'sw-grace-abc' }],
  ])('says nothing of %s', async (_what, other) => {
    const { body } = await login(other);

    expect(body).toContain('name="voucher"');
    expect(body).not.toContain(ONLINE);
  });
});
