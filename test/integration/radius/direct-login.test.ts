/** Logins at the NAS itself: MAC authentication, CHAP and MS-CHAPv2; each against the real store. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAttribute, octetsOf, textOf } from '../../../radius/codec.ts';
import { chapPeer, msChap2Peer, type PeerProof } from '../../../radius/peer.fixture.ts';
import {
  accessRequest,
  decodeReply,
  MAC,
  NAS_SECRET,
  OTHER_MAC,
  START_MS,
  seedSubscriber,
  seedVoucher,
} from '../../../radius/radius.fixture.ts';
import { revealSalted } from '../../../radius/salted.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import type { Tariff } from '../../../store/types.ts';
import { type AuthStand, authStand, NAS_ADDRESS, verdict } from './auth-stand.ts';

let stand: AuthStand;
beforeAll(async () => {
  stand = await authStand();
});
afterAll(() => stand[Symbol.asyncDispose]());

let phones = 0;
const newMac = (): string => {
  phones += 1;
  return `AA:BB:CC:11:00:${phones.toString(16).padStart(2, '0').toUpperCase()}`;
};
const from = (mac: string) => ({ more: [['Calling-Station-Id', mac]] as const });

it('a password that an officer gave is for the page, where an own one is chosen', async () => {
  const phone = '+6281298765432';
  const made = await stand.store.vouchForCitizen({
    ...{ phone, displayName: 'Siti', villageCode: stand.router.villageCode },
    ...{ tariff: await stand.tariff(), officer: 'Budi', at: START_MS },
  });
  const login = { username: phone, password: made!.firstPassword };

  expect(verdict(await stand.fromPortal(login.username, login.password))).toBe('accept');
  expect(verdict(await stand.fromNas({ ...login, ...from(newMac()) }))).toBe('SW-BADCRED');
});

describe('MAC authentication', () => {
  async function remembered(change: { expiresAt?: number; tariff?: string } = {}) {
    const { store, unique, tariff } = stand;
    const mac = newMac();
    const account = await seedSubscriber(
      store,
      unique('rumah'),
      'kata sandi',
      change.tariff ?? (await tariff({ devices: 2, downKbps: 900 })),
    );
    await store.rememberDevice({
      mac,
      accountKind: 'subscriber',
      accountId: account.id,
      label: 'printer',
      expiresAt: change.expiresAt ?? null,
      at: START_MS,
    });
    return { mac, account };
  }

  it.each<[string, (mac: string) => string, (mac: string) => string]>([
    ['an empty password', (mac) => mac, () => ''],
    ['its address as password', (mac) => mac, (mac) => mac],
    [
      'another form of the address',
      (mac) => mac.replaceAll(':', '-').toLowerCase(),
      (mac) => mac.replaceAll(':', '-').toLowerCase(),
    ],
    ['no separators', (mac) => mac.replaceAll(':', ''), () => ''],
  ])('lets in a phone that is known, with %s', async (_name, username, password) => {
    const { mac, account } = await remembered();

    const reply = await stand.fromNas({
      username: username(mac),
      password: password(mac),
      ...from(mac),
    });

    expect(verdict(reply)).toBe('accept');
    expect(textOf(reply, 'Mikrotik-Rate-Limit')).toBe('0/900k');
    expect(await stand.store.session(textOf(reply, 'Class')!)).toMatchObject({
      accountId: account.id,
      mac,
      username: username(mac),
    });
  });

  it('lets it in by CHAP too', async () => {
    const { mac } = await remembered();
    const login = { username: mac, password: '', ...from(mac) };

    expect(verdict(await stand.fromNas({ ...login, proof: chapPeer('') }))).toBe('accept');
    expect(verdict(await stand.fromNas({ ...login, proof: chapPeer(mac) }))).toBe('accept');
    expect(verdict(await stand.fromNas({ ...login, proof: chapPeer('x') }))).toBe('SW-BADCRED');
  });

  it('lets it in with the password that routers were given for it, and with no other', async () => {
    const { mac } = await remembered();
    const by = stand.handler({ macPassword: 'rahasia mesin' });
    const login = { username: mac, ...from(mac) };

    const right = await stand.fromNas({ ...login, password: 'rahasia mesin' }, by);
    const chap = { ...login, password: '', proof: chapPeer('rahasia mesin') };
    const wrong = await stand.fromNas({ ...login, password: 'tebakan' }, by);

    expect(verdict(right)).toBe('accept');
    expect(verdict(await stand.fromNas(chap, by))).toBe('accept');
    expect(verdict(wrong)).toBe('SW-BADCRED');
  });

  it('does not let in another phone that types the address as a name', async () => {
    const { mac } = await remembered();

    const typed = await stand.fromNas({ username: mac, password: '', ...from(OTHER_MAC) });
    const unsaid = await stand.fromNas({ username: mac, password: '', more: [['NAS-Port', 1]] });

    expect([typed, unsaid].map(verdict)).toEqual(['SW-BADCRED', 'SW-BADCRED']);
  });

  it('lets in no phone that is unknown, expired or forgotten', async () => {
    const unknown = newMac();
    const { mac: expired } = await remembered({ expiresAt: START_MS });
    const { mac: forgotten } = await remembered();
    await stand.store.forgetDevice({ mac: forgotten, at: START_MS });

    for (const mac of [unknown, expired, forgotten]) {
      const reply = await stand.fromNas({ username: mac, password: '', ...from(mac) });
      expect(verdict(reply)).toBe('SW-BADCRED');
    }
  });

  it('turns strangers away at once and for nothing: who types a password still may', async () => {
    const { store, unique, tariff, handler } = stand;
    const name = unique('siti');
    await seedSubscriber(store, name, 'kata sandi', await tariff());
    await using by = new AsyncDisposableStack();
    // With a delay that no test would outlast.
    const slow = by.use(handler({ rejectDelayMs: 3_600_000 }));
    const phone = { username: OTHER_MAC, password: '', ...from(OTHER_MAC) };

    const replies = [];
    for (let i = 0; i < 400; i += 1) replies.push(verdict(await stand.fromNas(phone, slow)));
    const login = { username: name, password: 'kata sandi', ...from(OTHER_MAC) };

    expect(new Set(replies)).toEqual(new Set(['SW-BADCRED']));
    expect(verdict(await stand.fromNas(login, slow))).toBe('accept');
  });

  it('looks up so many strangers of a router, and a phone that it knows all the same', async () => {
    const { store, handler } = stand;
    const known = await remembered();
    const { mac } = await remembered();
    const looked = new Set<string>();
    const device: typeof store.device = (asked) => {
      looked.add(asked);
      return store.device(asked);
    };
    const by = handler({ store: Object.assign(Object.create(store), { device }) });
    const ask = async (asked: string) =>
      verdict(await stand.fromNas({ username: asked, password: '', ...from(asked) }, by));

    const first = await ask(known.mac);
    for (let i = 0; i < 700; i += 1) {
      await ask(
        `AA:BB:CC:22:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`.toUpperCase(),
      );
    }

    expect(first).toBe('accept');
    expect(looked.size).toBe(601);
    expect([await ask(known.mac), await ask(mac)]).toEqual(['accept', 'SW-BADCRED']);
    stand.clock.advance(50);
    expect(await ask(mac)).toBe('accept');
  });

  it('puts no other phone out, though its tariff lets a new one take the place of the oldest', async () => {
    const tariff = await stand.tariff({ devices: 1, whenFull: 'replace' });
    const { mac, account } = await remembered({ tariff });
    const second = newMac();
    await stand.store.rememberDevice({
      ...{ mac: second, accountKind: 'subscriber', accountId: account.id, label: '' },
      ...{ expiresAt: null, at: START_MS, origin: 'consent' },
    });
    const ask = async (asked: string) =>
      verdict(await stand.fromNas({ username: asked, password: '', ...from(asked) }));

    expect([await ask(mac), await ask(second), await ask(mac)]).toEqual([
      'accept',
      'SW-DEVICES',
      'accept',
    ]);
  });

  it('does not let in one that has agreed to other texts than those in force, or to none', async () => {
    const by = stand.handler({ texts: async ({ village }) => `texts of ${village}` });
    const { account, mac: machine } = await remembered();
    const phone = {
      accountKind: 'subscriber',
      accountId: account.id,
      label: '',
      at: START_MS,
    } as const;
    const ask = async (agreed: string | null) => {
      const mac = newMac();
      const device = { ...phone, mac, expiresAt: null, origin: 'consent', agreed } as const;
      await stand.store.rememberDevice(device);
      return verdict(await stand.fromNas({ username: mac, password: '', ...from(mac) }, by));
    };

    const now = `texts of ${stand.router.villageCode}`;
    expect([await ask(now), await ask('others'), await ask(null)]).toEqual([
      'accept',
      'SW-BADCRED',
      'SW-BADCRED',
    ]);
    const set = await stand.fromNas({ username: machine, password: '', ...from(machine) }, by);
    expect(verdict(set)).toBe('accept');
  });

  it('gives a retransmit of the same login the same session', async () => {
    const { mac } = await remembered();
    const login = { username: mac, password: '', ...from(mac) };

    const first = await stand.fromNas(login);
    const again = await stand.fromNas(login, stand.handler());

    expect(verdict(again)).toBe('accept');
    expect(textOf(again, 'Class')).toBe(textOf(first, 'Class'));
  });

  it('is held to the limits of its account, and to its village', async () => {
    const spent = await remembered({ tariff: await stand.tariff({ dailyOctets: 0 }) });
    const elsewhere = newMac();
    const voucher = await seedVoucher(stand.store, await stand.tariff(), '16.06.01.2002');
    await stand.store.rememberDevice({
      mac: elsewhere,
      accountKind: 'voucher',
      accountId: voucher.id,
      label: '',
      expiresAt: null,
      at: START_MS,
    });

    const login = (mac: string) => ({ username: mac, password: '', ...from(mac) });
    expect(verdict(await stand.fromNas(login(spent.mac)))).toBe('SW-QUOTA');
    expect(verdict(await stand.fromNas(login(elsewhere)))).toBe('SW-VILLAGE');
  });
});

describe.each<[string, (username: string, password: string) => PeerProof]>([
  ['CHAP', (_username, password) => chapPeer(password)],
  ['MS-CHAPv2', msChap2Peer],
])('%s', (_name, peer) => {
  const login = (username: string, password: string, mac = MAC) => ({
    username,
    password: '',
    proof: peer(username, password),
    ...from(mac),
  });

  it('serves the one-time token, once', async () => {
    const { store, router, clock, tariff } = stand;
    const voucher = await seedVoucher(store, await tariff());
    const token = await store.issueToken({
      accountKind: 'voucher',
      accountId: voucher.id,
      mac: MAC,
      routerId: router.id,
      at: clock.now(),
      ttlMs: 60_000,
    });

    const wrong = await stand.fromNas(login(token.username, 'tebakan'));
    const right = await stand.fromNas(login(token.username, token.token));

    expect([wrong, right].map(verdict)).toEqual(['SW-TOKEN', 'accept']);
    expect(await store.session(textOf(right, 'Class')!)).toMatchObject({ accountId: voucher.id });
  });

  it('serves a voucher, whose code is both name and password', async () => {
    const voucher = await seedVoucher(stand.store, await stand.tariff());
    const typed = voucher.code.replaceAll('-', '').toLowerCase();

    const printed = await stand.fromNas(login(voucher.code, voucher.code));
    const bare = await stand.fromNas(login(typed, typed));
    const wrong = await stand.fromNas(login(voucher.code, 'lain'));

    expect([printed, bare, wrong].map(verdict)).toEqual(['accept', 'accept', 'SW-BADCRED']);
  });

  it('serves a subscriber whose network password is kept, and no other', async () => {
    const { store, unique, tariff } = stand;
    const [kept, other] = [unique('kantor'), unique('kantor')];
    await seedSubscriber(store, kept, 'kata sandi', await tariff(), true);
    await seedSubscriber(store, other, 'kata sandi', await tariff());

    const replies = [
      await stand.fromNas(login(kept, 'kata sandi')),
      await stand.fromNas(login(kept, 'salah')),
      await stand.fromNas(login(other, 'kata sandi')),
      await stand.fromNas(login('nobody', 'kata sandi')),
    ];

    expect(replies.map(verdict)).toEqual(['accept', 'SW-BADCRED', 'SW-BADCRED', 'SW-BADCRED']);
  });

  it('pays from the attempt budgets', async () => {
    const { store, unique, tariff } = stand;
    const name = unique('kantor');
    await seedSubscriber(store, name, 'kata sandi', await tariff());
    const codes: string[] = [];
    for (let i = 0; i < 11; i += 1) {
      codes.push(verdict(await stand.fromNas(login(name, 'kata sandi', newMac()))));
    }

    expect(codes.at(-1)).toBe('SW-LIMIT');
    expect(new Set(codes.slice(0, -1))).toEqual(new Set(['SW-BADCRED']));
  });
});

describe('MS-CHAPv2 tells the peer', () => {
  it('that it was right, with keys that only the NAS can read', async () => {
    const { store, unique, tariff, handler } = stand;
    const name = unique('kantor');
    await seedSubscriber(store, name, 'kata sandi', await tariff(), true);
    const { bytes, authenticator } = accessRequest({
      username: name,
      password: '',
      proof: msChap2Peer(name, 'kata sandi'),
      ...from(newMac()),
    });

    const reply = decodeReply(await handler().handle(bytes, { address: NAS_ADDRESS, port: 9 }));

    const success = octetsOf(reply, 'MS-CHAP2-Success')!;
    expect(success[0]).toBe(9);
    expect(Buffer.from(success.subarray(1)).toString()).toMatch(/^S=[0-9A-F]{40}$/);
    const keys = (['MS-MPPE-Send-Key', 'MS-MPPE-Recv-Key'] as const).map((key) =>
      revealSalted(octetsOf(reply, key)!, authenticator, radiusSecret(NAS_SECRET)),
    );
    expect(keys.map((key) => key.length)).toEqual([16, 16]);
    expect(keys[0]).not.toEqual(keys[1]);
    expect(findAttribute(reply, 'Acct-Interim-Interval')).toBeDefined();
  });

  it.each<[string, Partial<Tariff> & { disabled?: boolean }, string, string]>([
    ['wrong credentials', {}, 'salah', '691'],
    ['a disabled account', { disabled: true }, 'kata sandi', '647'],
    ['no data left', { dailyOctets: 0 }, 'kata sandi', '649'],
  ])('why it was refused: %s', async (_name, { disabled, ...limits }, password, code) => {
    const { store, unique, tariff } = stand;
    const name = unique('kantor');
    await seedSubscriber(store, name, 'kata sandi', await tariff(limits), true);
    await store.changeSubscriber({ username: name, disabled: disabled === true, at: START_MS });

    const proof = msChap2Peer(name, password);
    const reply = await stand.fromNas({ username: name, password: '', proof, ...from(newMac()) });

    const error = Buffer.from(octetsOf(reply, 'MS-CHAP-Error')!);
    expect(error[0]).toBe(9);
    expect(error.subarray(1).toString()).toMatch(new RegExp(`^E=${code} R=0 C=[0-9A-F]{32} V=3`));
  });
});
