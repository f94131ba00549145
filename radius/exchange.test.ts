/** What surrounds every request: who is answered, who is not, and what a retransmit gets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import { createMetrics } from '../lib/metrics.ts';
import type { LimitProxyState, Nas, RequireMessageAuthenticator } from '../store/types.ts';
import { campaign } from '../test/fixtures/campaign.ts';
import { Code } from './attributes.ts';
import { type AttributeValue, encodePacket, findAll, textOf } from './codec.ts';
import { type Answer, type Client, createExchange, type Peer } from './exchange.ts';
import { createRadiusMetrics } from './metrics.ts';
import { createProxies } from './proxy.ts';
import {
  accessRequest,
  accountingRequest,
  decodeReply,
  NAS_SECRET,
  PORTAL,
  SILENT,
} from './radius.fixture.ts';
import { radiusSecret } from './secret.ts';
import { signAccessRequest } from './sign.ts';

const NAS_PEER = { address: '10.99.0.1', port: 1024 };
const PROXY = { address: '10.99.0.200', secret: 'rahasia-freeradius-depan' };
const PROXY_PEER = { address: PROXY.address, port: 1814 };
const LOGIN = { username: 'siti', password: 'sandi' };
const ACCEPT: Answer = {
  kind: 'reply',
  type: 'access_request',
  code: 'access_accept',
  attributes: [['Session-Timeout', 60]],
  place: { router: 'r', village: 'v', district: 'd' },
};

interface Setup {
  readonly policy?: RequireMessageAuthenticator;
  readonly limit?: LimitProxyState;
  readonly answer?: () => Promise<Answer>;
  readonly code?: typeof Code.accessRequest | typeof Code.accountingRequest;
}

function exchange({
  policy = 'yes',
  limit = 'yes',
  answer = async () => ACCEPT,
  code,
}: Setup = {}) {
  const metrics = createMetrics();
  const clients: Client[] = [];
  const nas: Nas = {
    routerId: 'r1',
    router: 'r',
    village: 'v',
    district: 'd',
    address: NAS_PEER.address,
    coaPort: 3799,
    secret: NAS_SECRET,
    requireMessageAuthenticator: policy,
    limitProxyState: limit,
    openingHours: null,
    timeZone: null,
  };
  const store = {
    nasByAddress: async (address: string) => (address === nas.address ? nas : null),
    nasByName: async (name: string) => (name === nas.router ? nas : null),
  };
  const handle = createExchange(
    {
      store,
      proxies: createProxies([PROXY], { store, log: SILENT }),
      clock: steppedClock(),
      log: SILENT,
      metrics: createRadiusMetrics(metrics),
      portal: PORTAL,
    },
    {
      code: code ?? Code.accessRequest,
      answer: (_packet, client) => {
        clients.push(client);
        return answer();
      },
    },
  );
  const counted = async (name: string): Promise<Record<string, number>> => {
    const family = (await metrics.json()).find((one) => one.name === name);
    return Object.fromEntries(
      (family?.values ?? []).map((v) => [Object.values(v.labels).join(' '), v.value]),
    );
  };
  return {
    handle,
    asked: () => clients.length,
    clients,
    dropped: () => counted('smartwifi_radius_dropped_total'),
    duplicates: async () => (await counted('smartwifi_radius_duplicates_total'))[''],
  };
}

function statusServer(messageAuthenticator: boolean): Buffer {
  const bytes = encodePacket({
    code: Code.statusServer,
    identifier: 3,
    messageAuthenticator,
    attributes: messageAuthenticator ? [] : [['NAS-Identifier', 'r']],
  });
  return signAccessRequest(bytes, Buffer.alloc(16, 7), radiusSecret(NAS_SECRET));
}

describe('silence', () => {
  const good = accessRequest(LOGIN).bytes;
  const unsigned = accessRequest({ ...LOGIN, messageAuthenticator: false }).bytes;

  it.each([
    ['from an unknown address', good, 'unknown_nas', { address: '10.0.0.9', port: 1 }],
    ['with the wrong secret', accessRequest({ ...LOGIN, secret: 'x' }).bytes, 'bad_authenticator'],
    ['without a Message-Authenticator', unsigned, 'missing_message_authenticator'],
    ['unsigned, as the portal', unsigned, 'missing_message_authenticator', PORTAL_PEER()],
    ['of another code', accountingRequest([['Acct-Status-Type', 1]]), 'unexpected_code'],
    ['cut off', good.subarray(0, 30), 'malformed'],
    ['of one octet', Buffer.from([1]), 'malformed'],
    ['of zeros', Buffer.alloc(4096), 'malformed'],
    ['Status-Server unsigned', statusServer(false), 'missing_message_authenticator'],
  ])('for a packet %s', async (_name, bytes, reason, peer = NAS_PEER) => {
    const { handle, dropped, asked } = exchange();

    const reply = await handle(bytes, peer);

    expect(reply).toBeNull();
    expect(await dropped()).toEqual({ [reason]: 1 });
    expect(asked()).toBe(0);
  });

  it('for an accounting packet with a wrong authenticator', async () => {
    const { handle, dropped } = exchange({ code: Code.accountingRequest });
    const bytes = accountingRequest([['Acct-Status-Type', 1]], radiusSecret('wrong'));

    expect(await handle(bytes, NAS_PEER)).toBeNull();
    expect(await dropped()).toEqual({ bad_authenticator: 1 });
  });

  it('for EAP that is not signed, whatever the policy', async () => {
    const { handle, dropped } = exchange({ policy: 'no' });
    const more = [['EAP-Message', Uint8Array.of(2, 1, 0, 5, 1)]] as const;
    const { bytes } = accessRequest({ ...LOGIN, messageAuthenticator: false, more });

    expect(await handle(bytes, NAS_PEER)).toBeNull();
    expect(await dropped()).toEqual({ eap_unsigned: 1 });
  });

  it('for thousands of mutated packets: nothing is thrown, nothing is answered', async () => {
    const { handle, asked } = exchange();
    const mutation = fc.record({ at: fc.nat({ max: good.length - 1 }), bit: fc.nat({ max: 7 }) });
    const answers: number[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(mutation, {
          minLength: 1,
          maxLength: 6,
          selector: ({ at, bit }) => `${at}.${bit}`,
        }),
        async (mutations) => {
          const bytes = Buffer.from(good);
          for (const { at, bit } of mutations) bytes[at]! ^= 1 << bit;
          if ((await handle(bytes, NAS_PEER)) !== null) answers.push(1);
        },
      ),
      campaign(200_000),
    );

    expect(answers).toEqual([]);
    expect(asked()).toBe(0);
  }, 120_000);
});

function PORTAL_PEER() {
  return { address: PORTAL.address, port: 5 };
}

describe('Message-Authenticator policy', () => {
  const unsigned = (more?: readonly ['Proxy-State', Uint8Array][]) =>
    accessRequest({
      ...LOGIN,
      messageAuthenticator: false,
      ...(more === undefined ? {} : { more }),
    }).bytes;

  it.each(['auto', 'no'] as const)('%s bears an unsigned request', async (policy) => {
    const { handle } = exchange({ policy });

    expect(decodeReply(await handle(unsigned(), NAS_PEER)).code).toBe(Code.accessAccept);
  });

  const proxied = () => unsigned([['Proxy-State', Uint8Array.of(1)]]);

  it.each(['auto', 'no'] as const)('%s bears none that carries Proxy-State', async (policy) => {
    const { handle, dropped } = exchange({ policy });

    expect(await handle(proxied(), NAS_PEER)).toBeNull();
    expect(await dropped()).toEqual({ proxy_state: 1 });
  });

  it('bears Proxy-State where limit_proxy_state is "no"', async () => {
    const { handle } = exchange({ policy: 'no', limit: 'no' });

    expect(decodeReply(await handle(proxied(), NAS_PEER)).code).toBe(Code.accessAccept);
  });

  it('bears Proxy-State under "auto" until the NAS has signed', async () => {
    const { handle, dropped } = exchange({ policy: 'no', limit: 'auto' });

    const before = await handle(proxied(), NAS_PEER);
    await handle(accessRequest(LOGIN).bytes, NAS_PEER);
    const after = await handle(proxied(), NAS_PEER);

    expect(decodeReply(before).code).toBe(Code.accessAccept);
    expect(after).toBeNull();
    expect(await dropped()).toEqual({ proxy_state: 1 });
  });

  it('auto becomes yes once the NAS has signed', async () => {
    const { handle, dropped } = exchange({ policy: 'auto' });
    await handle(accessRequest(LOGIN).bytes, NAS_PEER);

    expect(await handle(unsigned(), NAS_PEER)).toBeNull();
    expect(await dropped()).toEqual({ missing_message_authenticator: 1 });
  });
});

describe('a proxy', () => {
  const login = (more: readonly AttributeValue[], secret = PROXY.secret): Buffer =>
    accessRequest({ ...LOGIN, secret, more }).bytes;

  it.each([
    ['NAS-Identifier', ['NAS-Identifier', 'r']],
    ['NAS-IP-Address', ['NAS-IP-Address', NAS_PEER.address]],
  ] as const)('speaks for the router that %s names', async (_name, attribute) => {
    const { handle, clients } = exchange();

    const reply = await handle(login([attribute, ['Proxy-State', '1']]), PROXY_PEER);

    expect(decodeReply(reply).code).toBe(Code.accessAccept);
    expect(findAll(decodeReply(reply), 'Proxy-State')).toHaveLength(1);
    expect(clients).toEqual([
      {
        kind: 'nas',
        nas: expect.objectContaining({ routerId: 'r1' }),
        secret: radiusSecret(PROXY.secret),
      },
    ]);
  });

  it('accounts for it too', async () => {
    const { handle, clients } = exchange({
      code: Code.accountingRequest,
      answer: async () => ({ ...ACCEPT, type: 'accounting', code: 'accounting_response' }),
    });
    const bytes = accountingRequest(
      [
        ['NAS-Identifier', 'r'],
        ['Acct-Status-Type', 1],
      ],
      radiusSecret(PROXY.secret),
    );

    expect(decodeReply(await handle(bytes, PROXY_PEER)).code).toBe(Code.accountingResponse);
    expect(clients).toHaveLength(1);
  });

  it('is refused for a router that is not ours; accounting waits until it is', async () => {
    const access = exchange();
    const accounting = exchange({ code: Code.accountingRequest });
    const start = accountingRequest([['NAS-Identifier', 'x']], radiusSecret(PROXY.secret));

    const refusal = decodeReply(await access.handle(login([['NAS-Identifier', 'x']]), PROXY_PEER));

    expect(refusal.code).toBe(Code.accessReject);
    expect(textOf(refusal, 'Reply-Message')).toMatch(/^SW-ERROR /);
    expect(await accounting.handle(start, PROXY_PEER)).toBeNull();
    expect(await accounting.dropped()).toEqual({ unknown_router: 1 });
    expect(access.asked() + accounting.asked()).toBe(0);
  });

  it('must sign, whatever the policy of the router', async () => {
    const { handle, dropped } = exchange({ policy: 'no', limit: 'no' });
    const more = [['NAS-Identifier', 'r']] as const;
    const secret = PROXY.secret;
    const { bytes } = accessRequest({ ...LOGIN, secret, messageAuthenticator: false, more });

    expect(await handle(bytes, PROXY_PEER)).toBeNull();
    expect(await handle(login(more, NAS_SECRET), PROXY_PEER)).toBeNull();
    expect(await dropped()).toEqual({ missing_message_authenticator: 1, bad_authenticator: 1 });
  });
});

describe('replies', () => {
  it('carry every Proxy-State of the request, in order', async () => {
    const { handle } = exchange();
    const more = [
      ['Proxy-State', Uint8Array.of(1, 2)],
      ['Proxy-State', Uint8Array.of(3)],
    ] as const;

    const reply = decodeReply(await handle(accessRequest({ ...LOGIN, more }).bytes, NAS_PEER));

    const echoed = findAll(reply, 'Proxy-State').map((a) => [
      ...reply.bytes.subarray(a.from, a.to),
    ]);
    expect(echoed).toEqual([[1, 2], [3]]);
  });

  it.each([
    [Code.accessRequest, Code.accessAccept],
    [Code.accountingRequest, Code.accountingResponse],
  ])('to Status-Server on the port of code %i: code %i', async (code, expected) => {
    const { handle, asked } = exchange({ code });

    expect(decodeReply(await handle(statusServer(true), NAS_PEER)).code).toBe(expected);
    expect(asked()).toBe(0);
  });
});

describe('retransmits (RFC 5080)', () => {
  it('get the same octets, and the question is asked once', async () => {
    const { handle, asked, duplicates } = exchange();
    const { bytes } = accessRequest(LOGIN);

    const replies = [
      await handle(bytes, NAS_PEER),
      await handle(Buffer.from(bytes), NAS_PEER),
      await handle(Buffer.from(bytes), NAS_PEER),
    ];

    expect(replies[1]).toEqual(replies[0]);
    expect(replies[2]).toEqual(replies[0]);
    expect(asked()).toBe(1);
    expect(await duplicates()).toBe(2);
  });

  it('are dropped while the reply is being made', async () => {
    const gate = Promise.withResolvers<Answer>();
    const { handle, asked } = exchange({ answer: () => gate.promise });
    const { bytes } = accessRequest(LOGIN);
    const first = handle(bytes, NAS_PEER);

    const second = await handle(bytes, NAS_PEER);
    gate.resolve(ACCEPT);

    expect(second).toBeNull();
    expect(decodeReply(await first).code).toBe(Code.accessAccept);
    expect(asked()).toBe(1);
  });

  it.each([
    ['another port', (bytes: Buffer) => [bytes, { ...NAS_PEER, port: 2048 }] as const],
    ['another local address', (bytes: Buffer) => [bytes, { ...NAS_PEER, local: 'b' }] as const],
    ['a new authenticator', () => [accessRequest(LOGIN).bytes, NAS_PEER] as const],
  ] as [string, (bytes: Buffer) => readonly [Buffer, Peer]][])(
    'are not requests with %s',
    async (_name, again) => {
      const { handle, asked } = exchange();
      const { bytes } = accessRequest(LOGIN);
      await handle(bytes, NAS_PEER);

      await handle(...again(bytes));

      expect(asked()).toBe(2);
    },
  );

  it('are tried again when the first could not be answered', async () => {
    let failures = 1;
    const { handle, dropped } = exchange({
      answer: async () => {
        if (failures-- > 0) throw new Error('disk full');
        return ACCEPT;
      },
    });
    const { bytes } = accessRequest(LOGIN);

    expect(await handle(bytes, NAS_PEER)).toBeNull();
    expect(decodeReply(await handle(bytes, NAS_PEER)).code).toBe(Code.accessAccept);
    expect(await dropped()).toEqual({ store_error: 1 });
  });
});
