import { describe, expect, it } from 'vitest';
import { createWorld, openTestPortal, type World } from './portal.fixture.ts';
import { account, router, session, tariff } from './village.fixture.ts';

function online(over: Partial<World> = {}): World {
  return Object.assign(createWorld(), { session }, over);
}

describe('GET /status', () => {
  it('says in plain words what the phone still has', async () => {
    await using test = await openTestPortal({}, online());

    const { status, body } = await test.fetch('/status');

    expect(status).toBe(200);
    expect(body).toContain('Anda sudah terhubung');
    expect(body).toContain('<b>1 jam 30 menit</b>');
    expect(body).toContain('<b>620 MB</b>');
    expect(body).toContain('5 Mbps');
    expect(body).toContain('1 dari 2');
    expect(body).toContain('30 November 2026 pukul 10.00 WIB');
    expect(body).toContain('A2:00:00:00:00:01');
  });

  it('says it in English too', async () => {
    await using test = await openTestPortal({}, online());

    const { body } = await test.fetch('/status?lang=en');

    expect(body).toContain('You are connected');
    expect(body).toContain('<b>1 h 30 min</b>');
  });

  it('says so where nothing is limited', async () => {
    const free = { ...tariff, dailySeconds: null, dailyOctets: null, downKbps: null };
    const world = online({
      session: { ...session, sessionTimeoutSeconds: null },
      account: { ...account, tariff: free, validUntil: null },
    });
    await using test = await openTestPortal({}, world);

    const { body } = await test.fetch('/status');

    expect(body.match(/<b>Tanpa batas<\/b>/g)).toHaveLength(2);
    expect(body).not.toContain('Kecepatan maksimal');
  });

  it('still shows the session when its account is gone', async () => {
    await using test = await openTestPortal({}, online({ account: null }));

    const { status, body } = await test.fetch('/status');

    expect(status).toBe(200);
    expect(body).toContain('<b>1 jam 30 menit</b>');
  });

  it('tells the speed in force to a phone that fair use has slowed down', async () => {
    const slowed = online({ session: { ...session, rate: '512k/1000k 0/0 0/0 0/0' } });
    await using test = await openTestPortal({}, slowed);

    const { body } = await test.fetch('/status');

    expect(body).toContain('1 Mbps');
    expect(body).not.toContain('5 Mbps');
  });

  it('tells times and days as the village has them', async () => {
    const world = online({ routers: [{ ...router, timeZone: 'Asia/Jayapura' }] });
    await using test = await openTestPortal({}, world);
    const { body } = await test.fetch('/status');

    expect(body).toContain('30 November 2026 pukul 12.00 WIT');
  });

  it('renews itself without a script, and stops when asked to', async () => {
    await using test = await openTestPortal({}, online());

    const page = await test.fetch('/status?router=sukarami-1&lang=id&wait=2');
    const still = await test.fetch('/status?refresh=off');

    expect(page.headers.refresh).toBe('60; url=/status?router=sukarami-1&lang=id');
    expect(page.body).toContain('refresh=off');
    expect(still.headers.refresh).toBeUndefined();
  });

  it('waits a little after the hand-back for the session to appear, not for ever', async () => {
    await using test = await openTestPortal();

    const first = await test.fetch('/status?router=sukarami-1&lang=id&wait=1');
    const last = await test.fetch('/status?router=sukarami-1&lang=id&wait=6');

    expect(first.headers.refresh).toBe('2; url=/status?router=sukarami-1&lang=id&wait=2');
    expect(first.body).toContain('Sedang menyambungkan');
    expect(last.headers.refresh).toBeUndefined();
    expect(last.body).toContain('Anda belum terhubung');
    expect(last.body).toContain('href="http://login.sukarami.example/login"');
  });

  it('tells a phone from elsewhere that it is not connected', async () => {
    const elsewhere = { ...session, framedIp: '127.0.0.9' };
    await using test = await openTestPortal({}, online({ session: elsewhere }));

    const { body } = await test.fetch('/status');

    expect(body).toContain('Anda belum terhubung');
    expect(body).not.toContain('A2:00:00:00:00:01');
  });
});

describe('POST /logout', () => {
  it('goes to the log-out page of the router that the phone is on', async () => {
    await using test = await openTestPortal({}, online());

    const answer = await test.post('/logout', { router: 'another' });

    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('http://login.sukarami.example/logout');
  });

  it('finds a twin at its own port', async () => {
    const twin = { ...router, loginHost: '127.20.0.7', hotspotPort: 8085 };
    await using test = await openTestPortal({}, online({ routers: [twin] }));

    const answer = await test.post('/logout', {});

    expect(answer.headers.location).toBe('http://127.20.0.7:8085/logout');
  });

  it('believes the form about the router only when there is one of that name', async () => {
    await using test = await openTestPortal();

    const known = await test.post('/logout', { router: router.name });
    const unknown = await test.post('/logout', { router: '//evil.example' });

    expect(known.headers.location).toBe('http://login.sukarami.example/logout');
    expect(unknown.headers.location).toBe('/status?lang=id');
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a sibling site', { 'Sec-Fetch-Site': 'same-site' }],
    ['a foreign origin', { Origin: 'http://evil.example' }],
    ['an origin that hides', { Origin: 'null' }],
  ])('refuses a form of %s', async (_what, headers) => {
    await using test = await openTestPortal({}, online());

    const answer = await test.post('/logout', {}, headers);

    expect(answer.status).toBe(403);
    expect(answer.headers.location).toBeUndefined();
  });

  it('accepts its own form', async () => {
    await using test = await openTestPortal({}, online());
    const host = `127.0.0.1:${test.portal.port}`;

    const answer = await test.post(
      '/logout',
      {},
      { Host: host, Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' },
    );

    expect(answer.status).toBe(303);
  });
});
