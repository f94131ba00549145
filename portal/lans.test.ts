import { describe, expect, it } from 'vitest';
import { createWorld, openTestPortal } from './portal.fixture.ts';
import { redirectPath, redirectQuery, router } from './village.fixture.ts';

/** Requests of the tests come from 127.0.0.1. */
const HERE = '127.0.0.0/22';
const other = { ...router, id: 'r2', name: 'sekayu-1' };

function worldWith(routers: (typeof router)[]) {
  const world = createWorld();
  world.routers = routers;
  return world;
}

describe('a phone in the LAN of one village', () => {
  it('cannot speak for a phone behind the router of another', async () => {
    const world = worldWith([router, { ...other, lanSubnet: HERE }]);
    await using test = await openTestPortal({}, world);

    const page = await test.fetch(redirectPath());
    const login = await test.post('/login', { ...redirectQuery, voucher: 'ABCD' });

    expect(page.body).not.toContain('name="voucher"');
    expect(login.status).not.toBe(303);
    expect(world.questions).toEqual([]);
    expect(await test.metricsPage()).toContain(
      'smartwifi_portal_redirects_refused_total{because="elsewhere"} 2',
    );
  });

  it('speaks for one behind its own', async () => {
    const world = worldWith([{ ...router, lanSubnet: HERE }, other]);
    await using test = await openTestPortal({}, world);

    const login = await test.post('/login', { ...redirectQuery, voucher: 'ABCD' });

    expect(login.status).toBe(303);
    expect(world.questions).toHaveLength(1);
  });

  it('counts as one of its router from the moment that it is read', async () => {
    const world = worldWith([router, other]);
    await using test = await openTestPortal({}, world);
    const ask = async () => (await test.post('/login', { ...redirectQuery, voucher: 'A' })).status;
    expect(await ask()).toBe(303);

    world.routers = [router, { ...other, lanSubnet: HERE }];
    test.clock.advance(11_000);

    expect(await ask()).not.toBe(303);
  });
});

it('lets through addresses of no village, which a NAT or a proxy may have', async () => {
  await using test = await openTestPortal({}, worldWith([router, other]));

  const login = await test.post('/login', { ...redirectQuery, voucher: 'ABCD' });

  expect(login.status).toBe(303);
});
