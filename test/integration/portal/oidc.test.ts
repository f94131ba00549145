/** Logging in with an identity provider: the npm package oidc-provider on loopback, and a phone without cookies of ours. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OidcOptions } from '../../../portal/oidc/provider.ts';
import { type CitizenStand, openCitizenStand } from './citizen-stand.ts';
import { type Identity, KEY, ProviderBrowser, SECRET, startProvider } from './oidc-provider.ts';

const SETTINGS = { 'portal.ways': 'voucher,oidc' };
const WHERE = 'http://127.0.0.1';

let identity: Identity;
let stand: CitizenStand;
/** The portal's port is known before the provider, which must know the portal's address. */
let portalPort: number;

beforeAll(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  portalPort = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  identity = await startProvider(`${WHERE}:${portalPort}/oidc/callback`);
});
afterAll(() => identity[Symbol.asyncDispose]());
afterEach(() => stand[Symbol.asyncDispose]());

async function open(over: Partial<OidcOptions> = {}, settings: Record<string, string> = {}) {
  const oidc: OidcOptions = {
    ...{ issuer: identity.issuer, clientId: 'wifi', scopes: ['openid'], claim: 'sub' },
    ...{ label: 'SSO Muba', auth: { kind: 'secret', secret: SECRET } },
    ...over,
  };
  const listen = { host: '127.0.0.1', port: portalPort };
  const publicUrl = `${WHERE}:${portalPort}`;
  stand = await openCitizenStand({ oidc, listen, publicUrl }, { ...SETTINGS, ...settings });
  const at = stand.portal.clock.now();
  const [tariff] = await stand.store.listTariffs();
  const place = { level: 'regency', code: '16.06', secret: false, at } as const;
  await stand.store.setSetting({ ...place, name: 'portal.tariff.oidc', value: tariff!.name });
  return stand;
}

const begin = () =>
  stand.portal.fetch(`/oidc?${new URLSearchParams({ ...stand.redirect, lang: 'id' }).toString()}`);

/** To the provider and back to the portal's callback, which is not opened yet. */
async function comeBack(name: string): Promise<URL> {
  const begun = await begin();
  expect(begun.status).toBe(303);
  const until = `${WHERE}:${portalPort}/oidc/callback`;
  return new ProviderBrowser().logIn(String(begun.headers.location), name, until);
}

const callback = (url: URL) => stand.portal.fetch(url.pathname + url.search);

/** Past the texts that a citizen agrees to; where the phone goes then. */
async function agreed(page: { body: string }): Promise<string> {
  const ticket = /name="ticket" value="([\w-]+)"/.exec(page.body)?.[1] ?? '';
  const ticks = { boxes: '1', terms: '1', data: '1' };
  const answer = await stand.portal.post('/consent', { ...stand.redirect, ticket, ...ticks });
  return String(answer.headers.location);
}

describe('a citizen of an identity provider', () => {
  it('comes back with a code, agrees, and is handed to the router', async () => {
    await open();

    const page = await callback(await comeBack('siti'));
    const target = new URL(await agreed(page));

    expect(page.status).toBe(200);
    expect(target.origin + target.pathname).toBe(stand.redirect['link-login-only']);
    const facts = await stand.store.tokenFacts(target.searchParams.get('username')!);
    expect(facts).toMatchObject({ mac: stand.redirect.mac, account: { kind: 'subscriber' } });
  });

  it('is the same account next time, and another person is another', async () => {
    await open();
    const account = async (name: string): Promise<string> => {
      const answer = await callback(await comeBack(name));
      const location = String(answer.headers.location ?? (await agreed(answer)));
      const user = new URL(location).searchParams.get('username')!;
      return (await stand.store.tokenFacts(user))!.account.id;
    };

    const [first, again, other] = [
      await account('siti'),
      await account('siti'),
      await account('budi'),
    ];

    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('is told by another claim, which the provider gives for the access token', async () => {
    await open({ claim: 'nomor_warga', scopes: ['openid', 'warga'] });

    expect((await callback(await comeBack('siti'))).body).toContain('action="/consent"');
  });

  it('is let in by a client that signs with a private key', async () => {
    const pem = KEY.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await open({ clientId: 'wifi-key', auth: { kind: 'key', pem, keyId: 'k1' } });

    expect((await callback(await comeBack('siti'))).body).toContain('action="/consent"');
  });
});

describe('a way that does not end well', () => {
  it('the citizen turns back: the page says so, with the other ways at hand', async () => {
    await open();

    const page = await callback(await comeBack(''));

    expect(page.status).toBe(422);
    expect(page.body).toContain('Anda batal masuk dengan SSO Muba');
    expect(page.body).toContain('name="voucher"');
    expect(page.body).toContain(`name="mac" value="${stand.redirect.mac}"`);
  });

  it('a wrong state, or none, is nobody’s visit', async () => {
    await open();
    const back = await comeBack('siti');
    const wrong = new URL(back);
    wrong.searchParams.set('state', 'A'.repeat(22));
    const none = new URL(back);
    none.searchParams.delete('state');

    const answers = [await callback(wrong), await callback(none)];

    expect(answers.map(({ status, headers }) => [status, headers.location])).toEqual([
      [303, '/'],
      [303, '/'],
    ]);
  });

  it('a code counts once', async () => {
    await open();
    const back = await comeBack('siti');

    const first = await callback(back);
    const replayed = await callback(back);

    expect(first.body).toContain('action="/consent"');
    expect(replayed).toMatchObject({ status: 303, headers: { location: '/' } });
  });

  it('a code of another visit is refused', async () => {
    await open();
    const mine = await comeBack('siti');
    const theirs = await comeBack('budi');
    theirs.searchParams.set('code', mine.searchParams.get('code')!);

    const page = await callback(theirs);

    expect(page.status).toBe(422);
    expect(page.body).toContain('SSO Muba tidak dapat memastikan siapa Anda');
  });

  it('a visit that took too long is over', async () => {
    await open();
    const back = await comeBack('siti');
    stand.portal.clock.advance(16 * 60_000);

    expect(await callback(back)).toMatchObject({ status: 303, headers: { location: '/' } });
  });

  it('a provider that is down is named, and the other ways are at hand', async () => {
    await open({ issuer: `${WHERE}:1` });

    const page = await begin();

    expect(page.status).toBe(503);
    expect(page.body).toContain('SSO Muba sedang tidak dapat dihubungi');
    expect(page.body).toContain('name="voucher"');
  });

  it('a village that offers it no more lets nobody in by it', async () => {
    await open();
    const back = await comeBack('siti');
    const at = stand.portal.clock.now();
    await stand.store.setSetting({
      ...{ level: 'regency', code: '16.06', name: 'portal.ways', value: 'voucher' },
      ...{ secret: false, at },
    });

    expect((await callback(back)).body).toContain('data-code="SW-WAY"');
  });
});
