/** Phones at a real twin: configured over its API, with a RADIUS server and a portal of the test's own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn } from '../../../../simulator/fleet/api.fixture.ts';
import { phoneMac } from '../../../../simulator/fleet/mac.ts';
import { startSimulator } from '../../../../simulator/fleet/simulator.ts';
import type { Simulator } from '../../../../simulator/fleet/types.ts';
import {
  configure,
  GATEWAY,
  type ServerSide,
  startServerSide,
} from '../../../../simulator/fleet/village.fixture.ts';
import type { Phone } from '../../../../simulator/phones/contract.ts';

const ROUTER = { name: 'sekayu', address: '127.20.66.1', adminPassword: 'x' };
const INTERNET = '127.20.66.80';
const API_PORT = 18_728;

let server: ServerSide;
let simulator: Simulator;
let phones = 0;

beforeAll(async () => {
  server = await startServerSide('127.20.66.53');
  simulator = await startSimulator({
    routers: [ROUTER],
    apiPort: API_PORT,
    httpPort: 18_080,
    dnsPort: 18_053,
    tunnel: [],
    portMap: { [`${server.address}:80`]: `${server.address}:${server.portalPort}` },
    internet: { address: INTERNET, httpPort: 0, dnsPort: 0 },
    version: '7.20.8',
    board: 'hap-ax2',
  });
  using api = await logIn({ host: ROUTER.address, port: API_PORT }, ROUTER.adminPassword);
  await configure(api, server, INTERNET);
});
afterAll(async () => {
  await simulator[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function joined(): Promise<Phone> {
  phones += 1;
  const phone = simulator.phone('sekayu', phoneMac(0, phones), 'android');
  await phone.join();
  return phone;
}

/** What the twin counted of this phone's last session. */
async function twinSide(phone: Phone) {
  const { mac } = (await phone.sessions()).at(-1)!;
  return (await simulator.sessions('sekayu')).findLast((session) => session.mac === mac)!;
}

describe('a phone at a router twin', () => {
  it('is led to the portal by the page that was written to the router', async () => {
    const phone = await joined();

    const probe = await phone.probe();
    const page = await phone.openPortal();

    expect(probe.result).toBe('portal');
    expect(page.url).toMatch(`http://${server.address}/?link-login-only=`);
    expect(await phone.https('bank.test')).toBe('reset');
  });

  it('logs in by voucher, uses the network, logs out, with equal octets on all sides', async () => {
    const phone = await joined();

    expect(await phone.submit({ voucher: 'GOOD' })).toMatchObject({
      outcome: 'online',
      code: null,
    });
    expect(await phone.probe()).toEqual({ result: 'internet' });
    const fetched = await phone.fetch('http://site.test/bytes/30000', { minOctets: 100_000 });
    expect(fetched).toMatchObject({ status: 200, blocked: false, captive: false });
    expect(await phone.https('bank.test')).toBe('connected');
    await phone.status();
    await phone.logout();

    const counts = await phone.counts();
    expect(counts.outputOctets).toBeGreaterThan(100_000);
    const twin = await twinSide(phone);
    expect(twin).toMatchObject({ ...counts, username: 'GOOD', cause: 'User-Request' });
    await expect.poll(() => server.stops).toContainEqual({ username: 'GOOD', ...counts });
    expect((await phone.probe()).result).toBe('portal');
  });

  it.each([
    ['the portal', 'UNKNOWN', 'SW-BADCRED'],
    ['the router', 'SPENT', 'SW-TOKEN'],
  ])('is refused by %s with its code', async (_who, voucher, code) => {
    const phone = await joined();

    expect(await phone.submit({ voucher })).toMatchObject({ outcome: 'refused', code });
    expect(await phone.sessions()).toEqual([]);
  });

  it('is cut off at the end of its data, with every octet that arrived counted', async () => {
    const phone = await joined();
    await phone.submit({ voucher: 'SMALL' });

    const fetched = await phone.fetch('http://site.test/bytes/900000');

    expect(fetched).toMatchObject({ status: 200, failure: 'closed' });
    const counts = await phone.counts();
    expect(counts.inputOctets + counts.outputOctets).toBe(200_000);
    expect(await twinSide(phone)).toMatchObject(counts);
    expect((await phone.probe()).result).toBe('portal');
  });

  it('asks the router’s resolver, which asks upstream once', async () => {
    const phone = await joined();

    const first = await phone.resolve('berita.test');
    const second = await phone.resolve('BERITA.test');

    expect(first).toMatchObject({ rcode: 0, addresses: [INTERNET] });
    expect(second.addresses).toEqual([INTERNET]);
    expect(await simulator.dnsQueries('berita.test')).toBe(1);
    expect(await simulator.dnsQueries('other.test')).toBe(0);
  });

  it('loses its session with the power, and nobody is told', async () => {
    const phone = await joined();
    await phone.submit({ voucher: 'GOOD' });
    const stops = server.stops.length;

    await simulator.powerCut('sekayu');
    await expect(phone.probe()).rejects.toMatchObject({ code: 'PHONE_NOT_JOINED' });
    expect(await phone.join()).toBeNull();
    await simulator.powerOn('sekayu');

    expect(await phone.join()).toMatchObject({ ip: expect.stringContaining('127.66.0.') });
    expect((await phone.probe()).result).toBe('portal');
    expect((await phone.sessions()).at(-1)?.endedAt).not.toBeNull();
    expect(server.stops).toHaveLength(stops);
  });

  it('gets no lease from a pool that is used up', async () => {
    const leases = [];
    for (let i = 0; i < 100; i += 1) {
      leases.push(await simulator.phone('sekayu', phoneMac(9, i), 'ios').join());
    }

    expect(leases.filter((lease) => lease === null).length).toBeGreaterThan(0);
    expect(leases[0]).toMatchObject({ ip: expect.not.stringContaining(`${GATEWAY} `) });
  });
});
