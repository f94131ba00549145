/** Logins from packet to packet against the real store; no sockets (server.test.ts has those). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../../../lib/clock.ts';
import { createMetrics, type Metrics } from '../../../lib/metrics.ts';
import { type AuthHandler, createAuthHandler } from '../../../radius/auth.ts';
import {
  type AttributeValue,
  findAttribute,
  numberOf,
  type Packet,
  textOf,
} from '../../../radius/codec.ts';
import { hardenPasswords } from '../../../radius/harden.ts';
import { createRadiusMetrics } from '../../../radius/metrics.ts';
import {
  accessRequest,
  decodeReply,
  type LoginPacket,
  MAC,
  NAS_SECRET,
  OTHER_MAC,
  PORTAL,
  SILENT,
  START_MS,
  seedRouters,
  seedSubscriber,
  seedTariff,
  seedVoucher,
  TIME_ZONE,
} from '../../../radius/radius.fixture.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import { responseHolds } from '../../../radius/sign.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { IssuedToken, Router, Tariff } from '../../../store/types.ts';

const NAS_ADDRESS = '10.99.0.1';
let folder: string;
let store: Store;
let clock: SteppedClock;
let metrics: Metrics;
let auth: AuthHandler;
let router: Router;
let far: Router;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'radius-auth-'));
  const opened = await openStore({
    store: `sqlite:${join(folder, 'test.db')}`,
    keyFile: join(folder, 'store.key'),
  });
  store = opened.store;
  ({ router, far } = await seedRouters(store, NAS_ADDRESS));
});

beforeEach(() => {
  clock = steppedClock(START_MS);
  metrics = createMetrics();
  auth = createAuthHandler({
    store,
    clock,
    log: SILENT,
    metrics: createRadiusMetrics(metrics),
    timeZone: TIME_ZONE,
    interimSeconds: 300,
    portal: PORTAL,
    rejectDelayMs: 0,
  });
});

afterEach(() => auth[Symbol.asyncDispose]());

afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

let port = 40_000;
let serial = 0;

/** Every test has names of its own, they share one store. */
function unique(word: string): string {
  serial += 1;
  return `${word}${serial}`;
}

const tariffOf = (limits: Partial<Tariff> = {}): Promise<string> =>
  seedTariff(store, unique('T'), limits);

const sessionsOf = async (accountId: string) =>
  (await store.listSessions({ limit: 1000 })).filter((one) => one.accountId === accountId);

/** Sends from a fresh port, verifies both signatures of the reply. */
async function send(login: LoginPacket, address: string): Promise<Packet> {
  const { bytes, authenticator } = accessRequest(login);
  port += 1;
  const reply = decodeReply(await auth.handle(bytes, { address, port }));
  const secret = radiusSecret(login.secret ?? NAS_SECRET);
  if (reply.messageAuthenticatorAt !== 22 || !responseHolds(reply, authenticator, secret)) {
    throw new Error('the reply is not signed as it must be');
  }
  return reply;
}

const fromNas = (login: LoginPacket): Promise<Packet> => send(login, NAS_ADDRESS);

function fromPortal(
  username: string,
  password: string,
  change: { mac?: string; router?: string } = {},
): Promise<Packet> {
  const more: AttributeValue[] = [
    ['Service-Type', 8],
    ['NAS-Identifier', change.router ?? router.name],
    ['Calling-Station-Id', change.mac ?? MAC],
    ['Framed-IP-Address', '172.16.0.9'],
  ];
  return send({ username, password, more, secret: PORTAL.secret }, PORTAL.address);
}

function verdict(reply: Packet): string {
  return reply.code === 2 ? 'accept' : (textOf(reply, 'Reply-Message') ?? '').split(' ')[0]!;
}

async function tokenFor(tariff: string, change: Partial<{ routerId: string }> = {}) {
  const voucher = await seedVoucher(store, tariff);
  const token = await store.issueToken({
    accountKind: 'voucher',
    accountId: voucher.id,
    mac: MAC,
    routerId: router.id,
    at: clock.now(),
    ttlMs: 60_000,
    ...change,
  });
  return { voucher, token };
}

const asLogin = ({ username, token }: IssuedToken): LoginPacket => ({ username, password: token });

async function counted(name: string): Promise<Record<string, number>> {
  const family = (await metrics.json()).find((one) => one.name === name);
  return Object.fromEntries(
    (family?.values ?? []).map((v) => [Object.values(v.labels).at(-1) ?? '', v.value]),
  );
}

describe("the portal's question", () => {
  it('accepts a voucher and names its account; nothing is written', async () => {
    const voucher = await seedVoucher(store, await tariffOf());

    const reply = await fromPortal(voucher.code, voucher.code);

    expect(verdict(reply)).toBe('accept');
    expect(textOf(reply, 'Class')).toBe(`account:voucher:${voucher.id}:0`);
    expect(await sessionsOf(voucher.id)).toEqual([]);
    expect((await store.account('voucher', voucher.id))?.firstLoginAt).toBeNull();
  });

  it('accepts a subscriber by password, imported and hardened alike, and warm', async () => {
    const name = unique('siti');
    const account = await seedSubscriber(store, name, 'sandi-siti', await tariffOf());
    const first = await fromPortal(name, 'sandi-siti');
    const [row] = await store.unhardenedSubscribers(1);
    await hardenPasswords(store, async () => undefined);
    const cold = await fromPortal(name, 'sandi-siti');
    const warm = await fromPortal(name, 'sandi-siti');

    expect([first, cold, warm].map(verdict)).toEqual(['accept', 'accept', 'accept']);
    expect(textOf(warm, 'Class')).toBe(`account:subscriber:${account.id}:0`);
    expect(row?.passwordHash).toMatch(/^k\$/);
    expect((await store.subscriberByUsername(name))?.passwordHash).toMatch(/^argon2id\$/);
  });

  it('names how often all access to the account was ended', async () => {
    const name = unique('siti');
    const { id } = await seedSubscriber(store, name, 'sandi-siti', await tariffOf());
    await store.setPassword({ subscriberId: id, password: 'sandi-baru', at: clock.now() });
    const reply = await fromPortal(name, 'sandi-baru');

    expect(textOf(reply, 'Class')).toBe(`account:subscriber:${id}:1`);
  });

  it('refuses an old password as soon as it was changed', async () => {
    const tariff = await tariffOf();
    const name = unique('siti');
    await seedSubscriber(store, name, 'lama', tariff);
    await fromPortal(name, 'lama');
    await seedSubscriber(store, name, 'baru', tariff);

    expect(verdict(await fromPortal(name, 'lama'))).toBe('SW-BADCRED');
    expect(verdict(await fromPortal(name, 'baru'))).toBe('accept');
  });

  it.each<[string, Partial<Tariff>, { villageCode?: string; revoked?: boolean }, string]>([
    ['of another village', {}, { villageCode: '16.06.01.2002' }, 'SW-VILLAGE'],
    ['that was revoked', {}, { revoked: true }, 'SW-DISABLED'],
    ['with no data for today', { dailyOctets: 0 }, {}, 'SW-QUOTA'],
    ['with no time for today', { dailySeconds: 0 }, {}, 'SW-TIME'],
    ['with no validity', { validitySeconds: 0 }, {}, 'SW-EXPIRED'],
  ])('refuses a voucher %s', async (_name, limits, change, code) => {
    const voucher = await seedVoucher(store, await tariffOf(limits), change.villageCode ?? null);
    if (change.revoked === true) await store.revokeVoucher({ id: voucher.id, at: clock.now() });

    expect(verdict(await fromPortal(voucher.code, voucher.code))).toBe(code);
  });

  it.each([
    ['an unknown code', 'ACDE-FGHJ-KMNY', 'ACDE-FGHJ-KMNY'],
    ['an empty password', 'siti', ''],
    ['an empty name', '', 'x'],
  ])('refuses %s', async (_name, username, password) => {
    const attributes: AttributeValue[] = [
      ['Service-Type', 8],
      ['NAS-Identifier', router.name],
    ];
    const login = { username: username === '' ? '\0' : username, password, more: attributes };

    const reply = await send({ ...login, secret: PORTAL.secret }, PORTAL.address);

    expect(verdict(reply)).toBe('SW-BADCRED');
    expect(textOf(reply, 'Reply-Message')).toMatch(/^SW-BADCRED [A-Z].* salah$/);
  });

  it('answers SW-ERROR for a router it does not know', async () => {
    expect(verdict(await fromPortal('a', 'a', { router: 'palsu' }))).toBe('SW-ERROR');
  });
});

describe('a NAS lets a phone in', () => {
  it('with a token: the grant goes out, the slot is reserved, the validity starts', async () => {
    const { token, voucher } = await tokenFor(
      await tariffOf({
        downKbps: 5000,
        upKbps: 2000,
        sessionSeconds: 3600,
        dailyOctets: 5 * 2 ** 32 + 7,
        validitySeconds: 86_400,
      }),
    );

    const reply = await fromNas(asLogin(token));

    const session = await store.session(textOf(reply, 'Class')!);
    expect(session).toMatchObject({ state: 'opening', mac: MAC, accountId: voucher.id });
    expect(numberOf(reply, 'Session-Timeout')).toBe(3600);
    expect(numberOf(reply, 'Acct-Interim-Interval')).toBe(300);
    expect(numberOf(reply, 'Mikrotik-Total-Limit')).toBe(7);
    expect(numberOf(reply, 'Mikrotik-Total-Limit-Gigawords')).toBe(5);
    expect(textOf(reply, 'Mikrotik-Rate-Limit')).toBe('2000k/5000k');
    expect((await store.account('voucher', voucher.id))?.validUntil).toBe(START_MS + 86_400_000);
  });

  it('never sends a data limit whose low word is 0', async () => {
    const { token } = await tokenFor(await tariffOf({ dailyOctets: 2 ** 32 }));

    const reply = await fromNas(asLogin(token));

    expect(numberOf(reply, 'Mikrotik-Total-Limit')).toBe(2 ** 32 - 1);
    expect(numberOf(reply, 'Mikrotik-Total-Limit-Gigawords')).toBeUndefined();
  });

  it('sends no limit that the tariff does not have', async () => {
    const { token } = await tokenFor(await tariffOf());

    const reply = await fromNas(asLogin(token));

    expect(numberOf(reply, 'Session-Timeout')).toBeUndefined();
    expect(numberOf(reply, 'Mikrotik-Total-Limit')).toBeUndefined();
    expect(findAttribute(reply, 'Mikrotik-Rate-Limit')).toBeUndefined();
  });

  it('gives a repeated login, as a new packet, the same session', async () => {
    const { token, voucher } = await tokenFor(await tariffOf({ sessionSeconds: 60 }));

    const replies = [await fromNas(asLogin(token)), await fromNas(asLogin(token))];

    expect(textOf(replies[0]!, 'Class')).toBe(textOf(replies[1]!, 'Class'));
    expect(await sessionsOf(voucher.id)).toHaveLength(1);
  });

  it.each<[string, (token: IssuedToken) => LoginPacket]>([
    ['wrong', (t) => ({ username: t.username, password: 'tebakan' })],
    ['of another phone', (t) => ({ ...asLogin(t), more: [['Calling-Station-Id', OTHER_MAC]] })],
    ['without a phone', (t) => ({ ...asLogin(t), more: [['NAS-Port', 1]] })],
  ])('refuses a token that is %s', async (_name, login) => {
    const { token, voucher } = await tokenFor(await tariffOf());

    expect(verdict(await fromNas(login(token)))).toBe('SW-TOKEN');
    expect(await sessionsOf(voucher.id)).toEqual([]);
  });

  it('refuses a token that has expired, or was made for another router', async () => {
    const tariff = await tariffOf();
    const elsewhere = await tokenFor(tariff, { routerId: far.id });
    const old = await tokenFor(tariff);

    const foreign = await fromNas(asLogin(elsewhere.token));
    clock.advance(60_001);
    const late = await fromNas(asLogin(old.token));

    expect([foreign, late].map(verdict)).toEqual(['SW-TOKEN', 'SW-TOKEN']);
  });

  it('stops the guessing of one token without harm to the others', async () => {
    const tariff = await tariffOf();
    const [guessed, other] = [await tokenFor(tariff), await tokenFor(tariff)];
    const guess = { username: guessed.token.username, password: 'x' };
    for (let i = 0; i < 10; i += 1) await fromNas(guess);

    expect(verdict(await fromNas(guess))).toBe('SW-LIMIT');
    expect(verdict(await fromNas(asLogin(other.token)))).toBe('accept');
  });

  it('refuses a second phone of an account for one, and lets the same phone return', async () => {
    const tariff = await tariffOf();
    const voucher = await seedVoucher(store, tariff);
    const login = (mac: string): LoginPacket => ({
      username: voucher.code,
      password: voucher.code,
      more: [['Calling-Station-Id', mac]],
    });

    const replies = [
      await fromNas(login(MAC)),
      await fromNas(login(OTHER_MAC)),
      await fromNas(login(MAC)),
    ];

    expect(replies.map(verdict)).toEqual(['accept', 'SW-DEVICES', 'accept']);
  });

  it('accepts name and password directly, without a token', async () => {
    const account = await seedSubscriber(store, 'budi', 'sandi', await tariffOf());

    const reply = await fromNas({ username: 'budi', password: 'sandi' });

    const session = await store.session(textOf(reply, 'Class')!);
    expect(session).toMatchObject({ accountKind: 'subscriber', accountId: account.id });
  });

  it('turns a bare phone address away at once, without touching any budget', async () => {
    const replies = await Promise.all(
      Array.from({ length: 40 }, () => fromNas({ username: MAC, password: '' })),
    );

    expect(new Set(replies.map(verdict))).toEqual(new Set(['SW-BADCRED']));
  });

  it('answers SW-ERROR when the store fails', async () => {
    const { token } = await tokenFor(await tariffOf());
    const failing = createAuthHandler({
      store: { ...store, openLogin: () => Promise.reject(new Error('disk full')) },
      clock,
      log: SILENT,
      metrics: createRadiusMetrics(createMetrics()),
      timeZone: TIME_ZONE,
      interimSeconds: 300,
      portal: PORTAL,
    });

    const { bytes } = accessRequest(asLogin(token));
    const reply = await failing.handle(bytes, { address: NAS_ADDRESS, port: 9 });

    expect(verdict(decodeReply(reply))).toBe('SW-ERROR');
  });

  it('counts what it answers by router and code', async () => {
    await fromNas({ username: MAC, password: '' });

    expect(await counted('smartwifi_radius_responses_total')).toEqual({ access_reject: 1 });
  });
});
