import { expect, it } from 'vitest';
import { createWorld, openTestPortal } from './portal.fixture.ts';
import { account, session, tariff } from './village.fixture.ts';

const PUBLIC = { publicUrl: 'https://wifi.example.go.id' };
const HOST = { Host: 'wifi.example.go.id' };

it('tells a phone that is not logged in where to go (RFC 8908 §5)', async () => {
  await using test = await openTestPortal(PUBLIC);

  const answer = await test.fetch('/capport/sukarami-1', { headers: HOST });

  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('application/captive+json');
  expect(answer.headers['cache-control']).toBe('private, no-store');
  expect(JSON.parse(answer.body)).toEqual({
    captive: true,
    'user-portal-url': 'https://wifi.example.go.id/?router=sukarami-1',
    'venue-info-url': 'https://wifi.example.go.id/status?router=sukarami-1',
    'can-extend-session': false,
  });
});

it('counts the account’s seconds and bytes down for a phone that is', async () => {
  const world = createWorld();
  world.session = session;
  await using test = await openTestPortal(PUBLIC, world);

  const first = await test.fetch('/capport/sukarami-1', { headers: HOST });
  test.clock.advance(90_000);
  const later = await test.fetch('/capport/sukarami-1', { headers: HOST });

  expect(JSON.parse(first.body)).toMatchObject({
    captive: false,
    'seconds-remaining': 5400,
    'bytes-remaining': 620_000_000,
  });
  expect(JSON.parse(later.body)).toMatchObject({ 'seconds-remaining': 5310 });
});

it('leaves out what is unlimited', async () => {
  const world = createWorld();
  world.session = { ...session, sessionTimeoutSeconds: null };
  const free = { ...tariff, dailySeconds: null, dailyOctets: null };
  world.account = { ...account, tariff: free, validUntil: null };
  await using test = await openTestPortal(PUBLIC, world);

  const answer = JSON.parse((await test.fetch('/capport/sukarami-1', { headers: HOST })).body);

  expect(Object.keys(answer)).not.toContain('seconds-remaining');
  expect(Object.keys(answer)).not.toContain('bytes-remaining');
});

it.each(['nobody', '..%2fx', '%3Cb%3E'])('knows no router %s', async (name) => {
  await using test = await openTestPortal(PUBLIC);

  const answer = await test.fetch(`/capport/${name}`, { headers: HOST });

  expect(answer.status).toBe(404);
  expect(answer.headers['content-type']).toBe('application/captive+json');
});
