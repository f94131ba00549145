/** The account that passes run on lets nobody in but by a grace token, which confines its phone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAttribute, textOf } from '../../../radius/codec.ts';
import { chapPeer, msChap2Peer } from '../../../radius/peer.fixture.ts';
import { MAC, START_MS } from '../../../radius/radius.fixture.ts';
import type { Account, Device, Subscriber } from '../../../store/types.ts';
import { type AuthStand, authStand, verdict } from './auth-stand.ts';

const NAME = 'sw-grace-240s-128k';
const PASSWORD = 'kata sandi';
const more = [['Calling-Station-Id', MAC]] as const;
let stand: AuthStand;
let account: Account;
beforeAll(async () => {
  stand = await authStand();
  const id = await stand.store.ensureGraceAccount({ seconds: 240, kbps: 128, at: START_MS });
  account = (await stand.store.account('subscriber', id))!;
});
afterAll(() => stand[Symbol.asyncDispose]());

const asked = {
  password: { username: NAME, password: PASSWORD, more },
  CHAP: { username: NAME, password: '', proof: chapPeer(PASSWORD), more },
  'MS-CHAPv2': { username: NAME, password: '', proof: msChap2Peer(NAME, PASSWORD), more },
  MAC: { username: MAC, password: '', more },
};

describe('whoever asks for it by', () => {
  it.each(Object.entries(asked))('%s is refused', async (_by, login) => {
    expect(verdict(await stand.fromNas(login))).toBe('SW-BADCRED');
  });

  it.each(Object.entries(asked))(
    '%s is refused even if a password or a phone had been kept for it',
    async (_by, login) => {
      const { store } = stand;
      const passwordHash = `k$${store.credentialKey(PASSWORD)}`;
      const named: Subscriber = {
        ...{ ...account, kind: 'subscriber', username: NAME, origin: 'operator', passwordHash },
      };
      const device: Device = {
        ...{ mac: MAC, accountKind: 'subscriber', accountId: account.id, label: '' },
        ...{ createdAt: START_MS, expiresAt: null, origin: 'operator' },
      };
      const by = stand.handler({
        store: Object.assign(Object.create(store), {
          subscriberByUsername: async () => named,
          networkPassword: async () => PASSWORD,
          device: async () => device,
        }),
      });

      expect(verdict(await stand.fromNas(login, by))).toBe('SW-BADCRED');
    },
  );
});

it('the portal hears of no such name', async () => {
  expect(verdict(await stand.fromPortal(NAME, PASSWORD))).toBe('SW-BADCRED');
});

it('a grace token always carries the list that confines its phone', async () => {
  const { store, router } = stand;
  const token = await store.issueToken({
    ...{ accountKind: 'subscriber', accountId: account.id, mac: MAC, routerId: router.id },
    ...{ at: START_MS, ttlMs: 60_000, grace: true },
  });

  const reply = await stand.fromNas({ username: token.username, password: token.token, more });

  expect(verdict(reply)).toBe('accept');
  expect(findAttribute(reply, 'Mikrotik-Address-List')).toBeDefined();
  expect(textOf(reply, 'Mikrotik-Address-List')).toBe('sw-grace');
});
