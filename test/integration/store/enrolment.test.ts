import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { EnrolmentOffer, EnrolResult, RouterToAdd } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const TTL = 1_800_000;
const TUNNEL = { subnet: '10.255.0.0/29', reserved: ['10.255.0.1', '10.255.0.2'] };
const key = (): string => randomBytes(32).toString('base64');

describe.each(ENGINES)('enrolment on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    await store.importVillages({ villages: [village], at: AT });
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  const row = (name: string): RouterToAdd => ({ ...newRouter, name, address: null });
  const add = async (name: string) =>
    (await store.addRouters({ routers: [row(name)], tunnel: TUNNEL }))[0]!;
  const offer = async (routerId: string, at = AT): Promise<EnrolmentOffer> =>
    (await store.offerEnrolment({ routerId, at, ttlMs: TTL }))!;
  const enrol = (
    name: string,
    made: EnrolmentOffer,
    over: { token?: string | null; publicKey?: string; at?: number } = {},
  ): Promise<EnrolResult> =>
    store.enrolRouter({
      name,
      token: made.token,
      publicKey: key(),
      apiSeed: made.apiSeed,
      apiUser: 'sw-ctl',
      apiPassword: `pw of ${made.apiSeed}`,
      at: AT + 1,
      ...over,
    });
  const enrolled = async (name: string, publicKey = key()) => {
    const router = await add(name);
    const made = await offer(router.id);
    expect(await enrol(name, made, { publicKey })).toMatchObject({ outcome: 'enrolled' });
    return { router, publicKey, offer: made };
  };
  const pin = (routerId: string, serial: string) =>
    store.pinRouter({ routerId, serial, board: 'hAP ax2', certificate: null, at: AT });

  it('allots the first free tunnel addresses, never one of the server', async () => {
    const made = await store.addRouters({ routers: [row('a'), row('b')], tunnel: TUNNEL });

    expect(made.map(({ address }) => address)).toEqual(['10.255.0.3', '10.255.0.4']);
    await expect(
      store.addRouters({ routers: [row('c'), row('d'), row('e')], tunnel: TUNNEL }),
    ).rejects.toMatchObject({ code: 'STORE_LAN_FULL' });
    expect(await store.listRouters()).toHaveLength(2);
  });

  it('adds all of several routers or none', async () => {
    await add('b');

    await expect(
      store.addRouters({ routers: [row('a'), row('b')], tunnel: TUNNEL }),
    ).rejects.toMatchObject({ code: 'STORE_CONFLICT' });
    expect((await store.listRouters()).map(({ name }) => name)).toEqual(['b']);
  });

  it('takes one line for a script, once, within its time, for its router', async () => {
    const a = await add('a');
    await add('b');
    const made = await offer(a.id);

    expect(made.token).toMatch(/^[0-9A-HJKMNP-TV-Z]{10}$/);
    expect(await enrol('b', made)).toEqual({ outcome: 'none' });
    expect(await enrol('a', made, { token: 'AAAAAAAAAA' })).toEqual({ outcome: 'token' });
    expect(await enrol('a', made, { at: AT + TTL })).toEqual({ outcome: 'expired' });
    expect(await enrol('a', made)).toEqual({ outcome: 'enrolled', routerId: a.id });
    expect(await enrol('a', made)).toEqual({ outcome: 'none' });
    expect(await store.routerCredentials(a.id)).toMatchObject({
      apiUser: 'sw-ctl',
      apiPassword: `pw of ${made.apiSeed}`,
      apiSeed: made.apiSeed,
    });
  });

  it('knows no script but the last one', async () => {
    const a = await add('a');
    const first = await offer(a.id);
    const second = await offer(a.id);

    expect(await enrol('a', first)).toEqual({ outcome: 'token' });
    expect(await enrol('a', { ...second, token: first.token })).toEqual({ outcome: 'token' });
    expect(await enrol('a', second, { token: null })).toMatchObject({ outcome: 'enrolled' });
  });

  it('gives peers with the key of their script, and forgets the key before', async () => {
    const { router, publicKey, offer: first } = await enrolled('a');
    const before = await store.routerCredentials(router.id);

    expect(await store.wireguardPeers()).toEqual([
      {
        name: 'a',
        publicKey,
        presharedKey: first.presharedKey,
        address: router.address,
        lanSubnet: router.lanSubnet,
      },
    ]);

    const again = await offer(router.id);
    expect((await store.wireguardPeers())[0]!.publicKey).toBe(publicKey);
    expect(await enrol('a', again, { publicKey })).toEqual({ outcome: 'key' });
    const next = key();
    expect(await enrol('a', again, { publicKey: next })).toMatchObject({ outcome: 'enrolled' });
    expect(await store.wireguardPeers()).toMatchObject([
      { publicKey: next, presharedKey: again.presharedKey },
    ]);
    const after = await store.routerCredentials(router.id);
    expect(after!.nasSecret).not.toBe(before!.nasSecret);
    // A dead key is nobody's for ever.
    const b = await add('b');
    expect(await enrol('b', await offer(b.id), { publicKey })).toEqual({ outcome: 'key' });
    expect(await enrol('b', await offer(b.id), { publicKey: next })).toEqual({ outcome: 'key' });
  });

  it('pins the first board, and refuses another, or that board as another router', async () => {
    const [a, b] = [await add('a'), await add('b')];

    expect(await pin(a.id, 'S1')).toEqual({ outcome: 'pinned' });
    expect(await pin(a.id, 'S1')).toEqual({ outcome: 'same' });
    const mine = { serial: 'S1', board: 'hAP ax2', certificate: null };
    const other = { outcome: 'other', router: 'a', pin: mine };
    expect(await pin(a.id, 'S2')).toEqual(other);
    expect(await pin(b.id, 'S1')).toEqual(other);
    expect((await store.routerCredentials(a.id))!.pin).toEqual(other.pin);
    expect(await store.routerCredentials(b.id)).not.toHaveProperty('pin');
  });

  it('revokes all of a lost router at once', async () => {
    const { router, publicKey } = await enrolled('a');
    await pin(router.id, 'S1');
    await offer(router.id);
    const before = await store.routerCredentials(router.id);
    const session = await store.recordAccounting(accountingStart(router.id));

    expect(
      await store.retireRouter({
        routerId: router.id,
        life: 'lost',
        reason: 'stolen',
        by: 'ani',
        at: AT + 2,
      }),
    ).toBe(true);

    const after = await store.routerCredentials(router.id);
    expect(await store.wireguardPeers()).toEqual([]);
    expect(after!.nasSecret).not.toBe(before!.nasSecret);
    expect(after!.apiPassword).not.toBe(before!.apiPassword);
    expect(after!.apiSeed).not.toBe(before!.apiSeed);
    expect(await store.nasByAddress(router.address)).toBeNull();
    expect(await store.nasByName('a')).toBeNull();
    expect(await store.listRouters()).toEqual([]);
    expect(await store.session(session.sessionId)).toMatchObject({ state: 'closed' });
    expect(await store.enrolment(router.id)).toMatchObject({
      life: 'lost',
      reason: 'stolen',
      publicKey: null,
      offer: null,
      pin: { serial: 'S1' },
    });
    expect(await store.offerEnrolment({ routerId: router.id, at: AT, ttlMs: TTL })).toBeNull();
    const b = await add('b');
    expect(await enrol('b', await offer(b.id), { publicKey })).toEqual({ outcome: 'key' });
    expect(await pin(b.id, 'S1')).toMatchObject({ outcome: 'other', router: 'a' });
  });

  it('frees the serial of a released board', async () => {
    const { router } = await enrolled('a');
    await pin(router.id, 'S1');
    await store.retireRouter({
      routerId: router.id,
      life: 'released',
      reason: '',
      by: 'ani',
      at: AT,
    });

    expect(await pin((await add('b')).id, 'S1')).toEqual({ outcome: 'pinned' });
  });

  it('puts a router on the shelf and back', async () => {
    const { router } = await enrolled('a');
    const shelve = (life: 'active' | 'spare') =>
      store.shelveRouter({ routerId: router.id, life, reason: '', by: 'ani', at: AT });

    expect(await shelve('spare')).toBe(true);
    expect(await store.listRouters()).toEqual([]);
    expect(await store.wireguardPeers()).toMatchObject([{ name: 'a', lanSubnet: null }]);
    expect(await shelve('active')).toBe(true);
    expect(await store.listRouters()).toHaveLength(1);
  });

  it('lets a spare take the place of a router, with its history and nothing of its secrets', async () => {
    const old = await enrolled('a');
    await pin(old.router.id, 'S1');
    const spare = await enrolled('spare-1');
    await pin(spare.router.id, 'S2');
    const ids = { routerId: old.router.id, spareId: spare.router.id };
    const args = { ...ids, reason: '', by: 'ani', at: AT + 3 };
    await store.recordProvisioning({
      routerId: old.router.id,
      provisioning: 'applied',
      digest: 'd',
      detail: null,
      at: AT,
    });
    const before = await store.routerCredentials(old.router.id);
    const { sessionId } = await store.recordAccounting(accountingStart(old.router.id));

    expect(await store.replaceRouter(args)).toEqual({ outcome: 'not-spare' });
    await store.shelveRouter({ ...args, routerId: spare.router.id, life: 'spare' });
    const replaced = await store.replaceRouter(args);

    expect(replaced).toMatchObject({
      outcome: 'replaced',
      router: {
        id: old.router.id,
        name: 'a',
        address: spare.router.address,
        lanSubnet: old.router.lanSubnet,
        provisioning: 'new',
        appliedDigest: null,
      },
    });
    const after = await store.routerCredentials(old.router.id);
    expect(after).toMatchObject({
      apiPassword: `pw of ${spare.offer.apiSeed}`,
      apiSeed: spare.offer.apiSeed,
      pin: { serial: 'S2' },
    });
    expect(after!.nasSecret).not.toBe(before!.nasSecret);
    expect(await store.nasByAddress(old.router.address)).toBeNull();
    expect(await store.session(sessionId)).toMatchObject({
      state: 'closed',
      routerId: old.router.id,
    });
    expect(await store.wireguardPeers()).toEqual([
      {
        name: 'a',
        publicKey: spare.publicKey,
        presharedKey: spare.offer.presharedKey,
        address: spare.router.address,
        lanSubnet: old.router.lanSubnet,
      },
    ]);
    expect(await store.routerByName('spare-1')).toBeNull();
    expect(await store.replaceRouter(args)).toEqual({ outcome: 'unknown' });
  });

  it('shows the service password that stands on the router until another was written', async () => {
    const { id: routerId } = await add('a');
    const reveal = () =>
      store.revealServiceAccount({ routerId, by: 'cli', reason: 'tunnel dead', at: AT });

    expect(await store.serviceAccount(routerId)).toMatchObject({ seed: routerId, nextSeed: null });
    const shown = await reveal();
    expect(shown.seed).toBe(routerId);
    expect((await reveal()).nextSeed).toBe(shown.nextSeed);
    expect((await store.routerCredentials(routerId))!.serviceSeed).toBe(shown.nextSeed);
    const applied = (serviceSeed: string) =>
      store.recordProvisioning({
        ...{ routerId, provisioning: 'applied', digest: 'd', detail: null, at: AT },
        serviceSeed,
      });
    await applied('other');
    expect((await store.serviceAccount(routerId)).seed).toBe(routerId);
    await applied(shown.nextSeed!);
    expect(await store.serviceAccount(routerId)).toMatchObject({
      seed: shown.nextSeed,
      nextSeed: null,
    });
    expect((await reveal()).seed).toBe(shown.nextSeed);
  });
});

function accountingStart(routerId: string) {
  return {
    routerId,
    status: 'start' as const,
    acctSessionId: '80000001',
    username: 'sw-test',
    sessionId: null,
    mac: '02:00:00:00:00:01',
    framedIp: '127.64.0.10',
    inputOctets: 0,
    outputOctets: 0,
    seconds: 0,
    eventAt: AT,
    day: '2026-11-24',
    hour: '2026-11-24T10',
    cause: null,
  };
}
