import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../lib/clock.ts';
import { type Assistant, createAssistant } from './assistant.ts';
import { randomMac } from './habits.ts';
import { GATEWAY, type Gateway, MAC, startGateway } from './hotspot.fixture.ts';
import { createPhone } from './phone.ts';
import { PHONE_KINDS, type PhoneKind } from './probes.ts';

let gateway: Gateway;
let attached: string[];

beforeEach(async () => {
  gateway = await startGateway();
  attached = [];
});
afterEach(() => gateway[Symbol.asyncDispose]());

function assistantOf(kind: PhoneKind): Assistant {
  const phone = createPhone({
    mac: MAC,
    kind,
    twin: {
      attach: ({ mac }) => {
        attached.push(mac);
        return { ip: '127.77.0.2', gateway: GATEWAY, dns: GATEWAY, leaseSeconds: 600 };
      },
      detach: (mac) => {
        attached.splice(attached.indexOf(mac), 1);
      },
    },
    httpPort: gateway.httpPort,
    dnsPort: gateway.dnsPort,
    clock: realClock,
  });
  return createAssistant(phone, kind);
}

describe.each([...PHONE_KINDS])('the assistant of %s', (kind) => {
  it('opens a window where a portal is, and none where the internet is', async () => {
    const captive = assistantOf(kind);
    const found = await captive.join();
    gateway.online = true;
    const free = assistantOf(kind);

    expect([found, await free.join()]).toEqual(['portal', 'internet']);
    expect([captive.counts().windows, free.counts().windows]).toEqual([1, 0]);
    expect(free.page()).toBeNull();
  });

  it('looks again after a whole page, and not before', async () => {
    const assistant = assistantOf(kind);
    await assistant.join();
    gateway.online = true;

    const before = [assistant.online(), assistant.counts().probes];
    await assistant.follow(assistant.page()!.url);

    expect(before).toEqual([false, 1]);
    expect([assistant.online(), assistant.counts().probes]).toEqual([true, 2]);
  });
});

it('closes the window of Android once online, and leaves that of iOS open', async () => {
  const pages = [];
  for (const kind of ['android', 'ios'] as const) {
    const assistant = assistantOf(kind);
    gateway.online = false;
    await assistant.join();
    gateway.online = true;
    await assistant.follow(assistant.page()!.url);
    pages.push(assistant.page());
  }

  expect(pages[0]).toBeNull();
  expect(pages[1]).not.toBeNull();
});

it('leaves the network when a citizen looks at WhatsApp before being online, but not on a laptop', async () => {
  const phone = assistantOf('xiaomi');
  await phone.join();
  await phone.switchApplication();
  const left = attached.length;
  const laptop = assistantOf('windows');
  await laptop.join();

  await laptop.switchApplication();

  expect([left, attached.length]).toEqual([0, 1]);
  expect([phone.page(), laptop.page() === null]).toEqual([null, false]);
});

it('makes up addresses that are locally administered and of one phone', () => {
  const macs = Array.from({ length: 500 }, () => randomMac(Math.random));

  expect(macs.every((mac) => /^[0-9a-f][26ae](?::[0-9a-f]{2}){5}$/.test(mac))).toBe(true);
  expect(new Set(macs).size).toBe(500);
});
