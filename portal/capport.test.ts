import { expect, it } from 'vitest';
import type { FairUseStep } from '../store/types.ts';
import { createWorld, openTestPortal } from './portal.fixture.ts';
import { account, session, tariff, usage } from './village.fixture.ts';

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
    'venue-info-url': 'https://wifi.example.go.id/welcome?router=sukarami-1',
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

it('offers no page that is not encrypted', async () => {
  await using test = await openTestPortal();

  const answer = JSON.parse((await test.fetch('/capport/sukarami-1')).body);

  expect(answer).toEqual({ captive: true, 'can-extend-session': false });
});

it('can extend the session of an account, which takes vouchers, not that of a voucher', async () => {
  const world = createWorld();
  world.session = session;
  await using test = await openTestPortal(PUBLIC, world);
  const ask = async () =>
    JSON.parse((await test.fetch('/capport/sukarami-1', { headers: HOST })).body);

  expect(await ask()).toMatchObject({ 'can-extend-session': false });
  world.account = { ...account, kind: 'subscriber' };
  expect(await ask()).toMatchObject({ 'can-extend-session': true });
});

it('asks for the usage of the day that it is in the village, so that a new day is a new quota', async () => {
  const world = createWorld();
  world.session = { ...session, sessionTimeoutSeconds: null };
  // 24 November until 00.00 WIB, which is 17.00 UTC.
  world.usageOf = (day) =>
    day === '2026-11-24' ? { ...usage, dayOctets: 999_000_000 } : { ...usage, dayOctets: 0 };
  await using test = await openTestPortal(PUBLIC, world);
  const bytes = async () =>
    JSON.parse((await test.fetch('/capport/sukarami-1', { headers: HOST })).body)[
      'bytes-remaining'
    ];

  test.clock.advance(14 * 3_600_000 - 1);
  expect(await bytes()).toBe(1_000_000);
  test.clock.advance(1);
  expect(await bytes()).toBe(1_000_000_000);
});

it('counts to the step of fair use that blocks, not to one that slows down', async () => {
  const world = createWorld();
  world.session = session;
  const slow = { period: 'day', afterOctets: 400_000_000, rate: { downKbps: 512, upKbps: 128 } };
  const block = { period: 'week', afterOctets: 500_000_000, rate: 'block' };
  world.account = { ...account, tariff: { ...tariff, fairUse: [slow, block] as FairUseStep[] } };
  await using test = await openTestPortal(PUBLIC, world);

  const answer = JSON.parse((await test.fetch('/capport/sukarami-1', { headers: HOST })).body);

  expect(answer['bytes-remaining']).toBe(120_000_000);
});

it.each(['nobody', '..%2fx', '%3Cb%3E'])('knows no router %s', async (name) => {
  await using test = await openTestPortal(PUBLIC);

  const answer = await test.fetch(`/capport/${name}`, { headers: HOST });

  expect(answer.status).toBe(404);
  expect(answer.headers['content-type']).toBe('application/captive+json');
});
