import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../../../lib/clock.ts';
import { type PhoneCampaign, simulatePhones } from '../../../../simulator/fleet/campaign.ts';
import type { Simulator } from '../../../../simulator/fleet/types.ts';
import {
  GATEWAY,
  type Gateway,
  startGateway,
} from '../../../../simulator/phones/hotspot.fixture.ts';
import { createPhone } from '../../../../simulator/phones/phone.ts';

let gateway: Gateway;
let lease: string | null;
beforeEach(async () => {
  gateway = await startGateway();
  lease = '127.77.0.10';
});
afterEach(() => gateway[Symbol.asyncDispose]());

function campaign(more: Partial<PhoneCampaign> = {}): PhoneCampaign {
  const { httpPort, dnsPort } = gateway;
  const attach = () =>
    lease === null ? null : { ip: lease, gateway: GATEWAY, dns: GATEWAY, leaseSeconds: 600 };
  const twin = { attach, detach: () => undefined };
  const simulator = {
    phone: (_router: string, mac: string, kind: 'android') =>
      createPhone({ mac, kind, twin, httpPort, dnsPort, clock: realClock, timeoutMs: 5000 }),
  } as unknown as Simulator;
  return {
    simulator,
    routers: ['r1'],
    phones: 1,
    credentials: [{ voucher: 'good' }],
    visits: 1,
    urls: ['http://site.test/', 'http://gone.test/'],
    octetsPerUrl: 0,
    stayMs: 0,
    logoutShare: 1,
    atOnce: 1,
    clock: realClock,
    random: () => 0.5,
    ...more,
  };
}

describe('simulatePhones', () => {
  it('brings phones online, lets them use the network and log out', async () => {
    const counts = await simulatePhones(campaign({ phones: 2, visits: 2 }));

    expect(counts).toMatchObject({ visits: 4, online: 4, loggedOut: 4, pages: 8, blocked: 4 });
    expect(counts).toMatchObject({ refused: {}, failed: {}, noLease: 0, onlineByMac: 0 });
    expect(counts.inputOctets).toBe(gateway.forwarded.input);
    expect(counts.outputOctets).toBe(gateway.forwarded.output);
  });

  it('counts refusals by code', async () => {
    const credentials = [
      { voucher: 'bad' },
      { voucher: 'stale' },
      { username: 'a', password: 'b' },
    ];

    const counts = await simulatePhones(campaign({ phones: 3, credentials }));

    expect(counts).toMatchObject({ online: 0, refused: { 'SW-BADCRED': 2, 'SW-TOKEN': 1 } });
  });

  it('counts phones that the router knows', async () => {
    gateway.online = true;

    expect(await simulatePhones(campaign({ logoutShare: 0 }))).toMatchObject({
      online: 1,
      onlineByMac: 1,
      loggedOut: 0,
    });
  });

  it('counts what cannot work, and goes on', async () => {
    gateway.online = true;
    const withoutPortal = await simulatePhones(campaign({ visits: 2 }));
    lease = null;
    const withoutLease = await simulatePhones(campaign());

    expect(withoutPortal).toMatchObject({ visits: 2, failed: { PHONE_NO_PORTAL: 2 } });
    expect(withoutLease).toMatchObject({ visits: 1, noLease: 1, online: 0 });
  });

  it('stops when told to', async () => {
    const controller = new AbortController();
    controller.abort();

    expect(await simulatePhones(campaign({ signal: controller.signal }))).toMatchObject({
      visits: 0,
    });
  });
});
