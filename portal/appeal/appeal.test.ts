import { describe, expect, it } from 'vitest';
import { createWorld, openTestPortal } from '../portal.fixture.ts';
import { START_MS, session, village } from '../village.fixture.ts';

const NAME = 'belajar.example';
const world = () => ({ ...createWorld(), session });

describe('POST /appeal', () => {
  it('counts for the village of the phone, whatever the form says', async () => {
    await using test = await openTestPortal({ categoryOf: () => 'adult' }, world());

    const page = await test.fetch(`/blocked?name=${NAME}`);
    const sent = await test.post('/appeal', {
      name: NAME,
      reason: 'school',
      village: '16.06.99.9999',
      lang: 'id',
    });

    expect(page.body).toContain('action="/appeal"');
    expect(sent.status).toBe(303);
    expect(test.world.appeals).toEqual([
      { villageCode: village.code, name: NAME, category: 'adult', reason: 'school', at: START_MS },
    ]);
    expect((await test.fetch(sent.headers.location as string)).body).toContain('Terima kasih');
  });

  it.each([
    ['', 'none'],
    ['nik 1606', 'none'],
    ['other', 'other'],
  ])('takes the reason %j as %s', async (reason, kept) => {
    await using test = await openTestPortal({}, world());

    await test.post('/appeal', { name: NAME, reason });

    expect(test.world.appeals).toMatchObject([{ reason: kept }]);
  });

  it('answers the same, but counts a phone once a day for a name and for ten names', async () => {
    await using test = await openTestPortal({}, world());
    const appeal = async (name: string) => (await test.post('/appeal', { name })).status;

    expect([await appeal(NAME), await appeal(NAME)]).toEqual([303, 303]);
    expect(test.world.appeals).toHaveLength(1);
    for (let i = 0; i < 20; i += 1) await appeal(`n${i}.example`);

    expect(test.world.appeals).toHaveLength(10);
    test.clock.advance(86_400_000);
    await appeal(NAME);
    expect(test.world.appeals).toHaveLength(11);
  });

  it.each([
    ['a name that is none', { name: '<script>' }, {}, 400],
    ['no name', {}, {}, 400],
    ['another site', { name: NAME }, { Origin: 'http://evil.example' }, 403],
  ])('refuses %s', async (_what, form, headers, status) => {
    await using test = await openTestPortal({}, world());

    expect((await test.post('/appeal', form, headers)).status).toBe(status);
    expect(test.world.appeals).toEqual([]);
  });

  it('has no form for who is not online, nor under the name of the blocked site', async () => {
    await using test = await openTestPortal({}, world());
    const foreign = await test.fetch('/', { headers: { Host: NAME } });
    test.world.session = null;
    const offline = await test.fetch(`/blocked?name=${NAME}`);

    expect([foreign.body, offline.body].join()).not.toContain('<form');
    expect(foreign.status).toBe(451);
    expect(foreign.body).toContain(`/blocked?name=${NAME}&amp;lang=id`);
    expect((await test.post('/appeal', { name: NAME })).status).toBe(400);
  });
});
