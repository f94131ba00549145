/** A phone against a small hotspot: the router's servlet, a portal, and sites. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../lib/clock.ts';
import { encodeAnswer } from './dns.ts';
import { GATEWAY, type Gateway, MAC, PORTAL, startGateway } from './hotspot.fixture.ts';
import { createPhone, type LocalPhone } from './phone.ts';
import type { PhoneKind } from './probes.ts';

let gateway: Gateway;
let leases: string[];

function makePhone(kind: PhoneKind = 'android', more: { locale?: string } = {}): LocalPhone {
  const twin = {
    attach: () => {
      const ip = leases.shift();
      return ip === undefined ? null : { ip, gateway: GATEWAY, dns: GATEWAY, leaseSeconds: 3600 };
    },
    detach: () => undefined,
    askDns: async (ip: string, server: string, query: Buffer) =>
      ip === '127.77.0.10' && server === '8.8.8.8'
        ? encodeAnswer(query, { rcode: 0, addresses: ['192.0.2.8'], ttl: 9 })
        : null,
  };
  const { httpPort, dnsPort } = gateway;
  return createPhone({
    mac: MAC,
    kind,
    twin,
    httpPort,
    dnsPort,
    clock: realClock,
    timeoutMs: 5000,
    ...more,
  });
}

async function joined(
  kind: PhoneKind = 'android',
  more: { locale?: string } = {},
): Promise<LocalPhone> {
  const phone = makePhone(kind, more);
  await phone.join();
  return phone;
}

beforeEach(async () => {
  gateway = await startGateway();
  leases = ['127.77.0.10', '127.77.0.10', '127.77.0.11'];
});
afterEach(() => gateway[Symbol.asyncDispose]());

describe('a phone that joins', () => {
  it('has the address of its lease, or none', async () => {
    const phone = makePhone();
    leases = ['127.77.0.10'];

    expect(await phone.join()).toEqual({ ip: '127.77.0.10' });
    expect(await phone.join()).toBeNull();
  });

  it('can do nothing without a lease', async () => {
    await expect(makePhone().probe()).rejects.toMatchObject({ code: 'PHONE_NOT_JOINED' });
  });

  it('is told of the portal, then of the internet', async () => {
    const phone = await joined();

    const before = await phone.probe();
    gateway.online = true;
    const after = await phone.probe();

    expect(before).toMatchObject({
      result: 'portal',
      location: expect.stringMatching(/\/login\?dst=/),
    });
    expect(after).toEqual({ result: 'internet' });
  });

  it('finds no internet where the connection breaks', async () => {
    const phone = await joined();
    await gateway[Symbol.asyncDispose]();

    expect(await phone.probe()).toEqual({ result: 'none' });
    gateway = await startGateway();
  });
});

describe('the way to the portal', () => {
  it('goes over the router’s redirect, its login page and the portal’s own redirect', async () => {
    const phone = await joined();

    const page = await phone.openPortal();

    expect(page).toMatchObject({ url: `${PORTAL}/login?t=1`, status: 200, failure: null });
    expect(page.bytes).toBe(Buffer.byteLength(page.html));
    expect(gateway.seen.map(({ target }) => target.replace(/\?.*/, ''))).toEqual([
      'http://connectivitycheck.gstatic.com/generate_204',
      '/login',
      `${PORTAL}/`,
      `${PORTAL}/login`,
    ]);
  });

  it('unpacks compressed pages and counts them as they came', async () => {
    await gateway[Symbol.asyncDispose]();
    gateway = await startGateway({ gzip: true });
    const phone = await joined('ios', { locale: 'en' });

    const page = await phone.openPortal();

    expect(page.html).toContain('name=voucher');
    expect(page.bytes).toBeLessThan(page.html.length);
    expect(gateway.seen.at(-1)?.language).toBe('en');
  });

  it('ends where redirects never end', async () => {
    await gateway[Symbol.asyncDispose]();
    gateway = await startGateway({ loop: true });
    const phone = await joined();

    const page = await phone.openPortal();

    expect(page).toMatchObject({ url: `${PORTAL}/login`, status: 302 });
    expect(gateway.seen).toHaveLength(13);
  });
});

describe.each(['127.77.0.1', 'login.test'])('a login with the router at %s', (loginHost) => {
  beforeEach(async () => {
    await gateway[Symbol.asyncDispose]();
    gateway = await startGateway({ loginHost });
  });

  it.each([{ voucher: 'good' }, { username: 'siti', password: 'good' }])(
    'succeeds with %o',
    async (credential) => {
      const phone = await joined();

      const result = await phone.submit(credential);

      expect(result).toMatchObject({ outcome: 'online', code: null, url: `${PORTAL}/status` });
      expect(await phone.probe()).toEqual({ result: 'internet' });
    },
  );

  it('sends hidden fields along', async () => {
    const phone = await joined();

    await phone.submit({ voucher: 'good' });

    const post = gateway.seen.find(({ method }) => method === 'POST');
    expect(post?.body).toBe(`mac=${encodeURIComponent(MAC)}&voucher=good`);
  });

  it.each([
    ['the portal', 'bad', 'SW-BADCRED'],
    ['the router', 'stale', 'SW-TOKEN'],
  ])('is refused by %s, and may try again from the page it got', async (_who, voucher, code) => {
    const phone = await joined();

    const refused = await phone.submit({ voucher });
    const accepted = await phone.submit({ voucher: 'good' });

    expect(refused).toMatchObject({ outcome: 'refused', code });
    expect(accepted.outcome).toBe('online');
    expect(await phone.sessions()).toHaveLength(1);
  });

  it('counts what the router forwarded in the session, to the octet', async () => {
    const phone = await joined();
    await phone.submit({ voucher: 'good' });
    await phone.fetch('http://site.test/page');
    await phone.probe();
    await phone.status();

    const page = await phone.logout();

    expect(page.url).toBe(`${PORTAL}/goodbye`);
    const { input, output } = gateway.forwarded;
    expect(await phone.counts()).toEqual({ inputOctets: input, outputOctets: output });
    expect(await phone.sessions()).toMatchObject([
      { mac: MAC, ip: '127.77.0.10', username: 'u-1', inputOctets: input, outputOctets: output },
    ]);
    expect((await phone.sessions())[0]?.endedAt).not.toBeNull();
  });

  it('begins anew with each login, and sees that the router ended the session', async () => {
    const phone = await joined();
    await phone.submit({ voucher: 'good' });
    await phone.fetch('http://site.test/');
    gateway.online = false;

    const captive = await phone.fetch('http://site.test/');
    await phone.openPortal();
    await phone.submit({ voucher: 'good' });

    expect(captive).toMatchObject({ status: 302, captive: true, blocked: false });
    const [first, second] = await phone.sessions();
    expect(first!.inputOctets + first!.outputOctets).toBeGreaterThan(1000);
    expect(second).toMatchObject({ endedAt: null });
  });
});

describe('a form that its own page forbids', () => {
  it.each([
    ["'self'", 'refused'],
    [`'self' http://${GATEWAY}`, 'online'],
  ])('%s: the way back to the router is %s', async (formAction, outcome) => {
    await gateway[Symbol.asyncDispose]();
    gateway = await startGateway({ formAction });
    const phone = await joined();

    expect(await phone.submit({ voucher: 'good' })).toMatchObject({ outcome });
    expect(gateway.online).toBe(outcome === 'online');
  });

  it('is not sent at all when its first target is not allowed', async () => {
    await gateway[Symbol.asyncDispose]();
    gateway = await startGateway({ formAction: "'none'" });
    const phone = await joined();

    await expect(phone.submit({ voucher: 'good' })).rejects.toMatchObject({ code: 'PHONE_POLICY' });
  });
});

describe('a phone that is online', () => {
  it('counts a session that its MAC opened from the first answer on', async () => {
    const phone = await joined();
    gateway.online = true;

    await phone.probe();

    const { input, output } = gateway.forwarded;
    expect(await phone.counts()).toEqual({ inputOctets: input, outputOctets: output });
    expect(await phone.sessions()).toMatchObject([{ username: null }]);
  });

  it('fetches until so many octets went over the wire', async () => {
    const phone = await joined();
    gateway.online = true;

    const fetched = await phone.fetch('http://site.test/', { minOctets: 5000 });

    expect(fetched).toMatchObject({ status: 200, blocked: false, captive: false, failure: null });
    expect(fetched.octetsIn + fetched.octetsOut).toBeGreaterThanOrEqual(5000);
    expect(fetched.octetsIn).toBeLessThan(fetched.octetsOut);
  });

  it.each([
    ['shows the block page', 'http://sink.test/', 451],
    ['has no such name', 'http://gone.test/', null],
    ['has a null address', 'http://zero.test/', null],
  ])('is blocked where the filter %s', async (_how, url, status) => {
    const phone = await joined();
    gateway.online = true;

    expect(await phone.fetch(url)).toMatchObject({ status, blocked: true });
  });

  it('is not blocked where a connection breaks', async () => {
    const phone = await joined();
    gateway.online = true;

    expect(await phone.fetch('http://site.test/cut')).toMatchObject({
      blocked: false,
      failure: 'closed',
    });
  });

  it.each<[string, boolean, string]>([
    ['site.test', true, 'connected'],
    ['sink.test', true, 'refused'],
    ['gone.test', true, 'refused'],
    ['site.test', false, 'reset'],
  ])('https to %s, logged in: %s, is %s', async (host, online, result) => {
    const phone = await joined();
    gateway.online = online;

    expect(await phone.https(host)).toBe(result);
  });

  it('asks the router for names', async () => {
    const phone = await joined();

    expect(await phone.resolve('sink.test')).toEqual({
      rcode: 0,
      addresses: ['127.77.0.99'],
      ttl: 30,
    });
    expect(await phone.resolve('gone.test')).toEqual({ rcode: 3, addresses: [], ttl: 0 });
  });

  it('asks another server by way of the router, if at all', async () => {
    const phone = await joined();

    expect(await phone.resolve('sink.test', 'A', '8.8.8.8')).toEqual({
      rcode: 0,
      addresses: ['192.0.2.8'],
      ttl: 9,
    });
    expect(await phone.resolve('sink.test', 'A', '9.9.9.9')).toMatchObject({ rcode: null });
  });

  it('keeps its session over a short absence, not with another address nor over a lost link', async () => {
    const phone = await joined();
    gateway.online = true;
    await phone.probe();

    await phone.leave();
    await phone.join();
    expect((await phone.sessions()).at(-1)?.endedAt).toBeNull();
    await phone.join();
    expect((await phone.sessions()).at(-1)?.endedAt).not.toBeNull();

    await phone.probe();
    phone.linkLost();
    expect((await phone.sessions()).at(-1)?.endedAt).not.toBeNull();
  });

  it('says which form it misses', async () => {
    const phone = await joined();
    gateway.online = true;

    await expect(phone.submit({ voucher: 'good' })).rejects.toMatchObject({
      code: 'PHONE_FORM_MISSING',
    });
    await expect(phone.logout()).rejects.toMatchObject({ code: 'PHONE_NO_PORTAL' });
  });
});
