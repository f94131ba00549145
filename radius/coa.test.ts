/** RFC 5176 packets as a NAS must understand them; exchanges are in test/integration/radius. */
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../lib/metrics.ts';
import type { Nas, Session, SessionLimits } from '../store/types.ts';
import { type CoaRequest, coaPacket, limitAttributes, sendCoa } from './coa.ts';
import { addressOf, authenticatorOf, decodePacket, encodePacket, ipv6Of, textOf } from './codec.ts';
import { mustHold } from './enforce.ts';
import { createEnforceMetrics } from './metrics.ts';
import { NAS_SECRET, START_MS } from './radius.fixture.ts';
import { radiusSecret } from './secret.ts';
import { signResponse } from './sign.ts';
import type { OutgoingRequest } from './transmitter.ts';

const GIB4 = 2 ** 32;
const none: SessionLimits = { rate: null, sessionTimeoutSeconds: null, totalLimitOctets: null };
const secret = radiusSecret(NAS_SECRET);

const session = {
  ...{ id: 's', username: 'sw-abc', acctSessionId: null, framedIp: null },
  ...none,
} as Session;
const nas = { address: '10.99.0.1', coaPort: 3799, secret: NAS_SECRET, routerId: 'r' } as Nas;
const request: CoaRequest = { session, nas, action: 'change', limits: none };

describe('limits of a CoA-Request', () => {
  it.each<[string, Partial<SessionLimits>, Partial<SessionLimits>, unknown[]]>([
    ['nothing was limited and nothing is', {}, {}, []],
    ['a rate', { rate: '1M/2M' }, {}, [['Mikrotik-Rate-Limit', '1M/2M']]],
    ['a rate taken away', {}, { rate: '1M/2M' }, [['Mikrotik-Rate-Limit', '0/0']]],
    ['a time taken away', {}, { sessionTimeoutSeconds: 60 }, [['Session-Timeout', 2 ** 31 - 1]]],
    ['no time left', { sessionTimeoutSeconds: 0 }, {}, [['Session-Timeout', 1]]],
    [
      'octets below a Gigaword, which there may have been before',
      { totalLimitOctets: 1000 },
      { totalLimitOctets: 2 * GIB4 },
      [
        ['Mikrotik-Total-Limit', 1000],
        ['Mikrotik-Total-Limit-Gigawords', 0],
      ],
    ],
    [
      'octets whose low word would be 0',
      { totalLimitOctets: 2 * GIB4 },
      {},
      [
        ['Mikrotik-Total-Limit', GIB4 - 1],
        ['Mikrotik-Total-Limit-Gigawords', 1],
      ],
    ],
    [
      'octets taken away',
      {},
      { totalLimitOctets: 1000 },
      [
        ['Mikrotik-Total-Limit', GIB4 - 1],
        ['Mikrotik-Total-Limit-Gigawords', 2 ** 20 - 1],
      ],
    ],
  ])('%s', (_what, limits, before, attributes) => {
    expect(limitAttributes({ ...none, ...limits }, { ...none, ...before })).toEqual(attributes);
  });

  it.each<[boolean, Partial<SessionLimits>, Partial<SessionLimits>]>([
    [true, {}, { totalLimitOctets: 5 }],
    [true, { totalLimitOctets: 6 }, { totalLimitOctets: 5 }],
    [true, { sessionTimeoutSeconds: 6 }, { sessionTimeoutSeconds: 5 }],
    [false, { totalLimitOctets: 5 }, { totalLimitOctets: 5 }],
    [false, { totalLimitOctets: 5, sessionTimeoutSeconds: 1 }, {}],
    [false, { rate: '9M/9M' }, { rate: '1k/1k' }],
  ])('must hold: %s', (must, before, limits) => {
    expect(mustHold({ ...none, ...before }, { ...none, ...limits })).toBe(must);
  });
});

describe('a request to a NAS', () => {
  it('says only what is known of the session', () => {
    const packet = decodePacket(coaPacket(7, request, START_MS, secret));

    expect([packet.code, packet.identifier]).toEqual([43, 7]);
    expect(textOf(packet, 'User-Name')).toBe('sw-abc');
    expect(textOf(packet, 'Acct-Session-Id')).toBeUndefined();
    expect(addressOf(packet, 'Framed-IP-Address')).toBeUndefined();
  });

  it('names a NAS by its IPv6 address', () => {
    const far = { ...request, nas: { ...nas, address: 'fd00::9' } };

    const packet = decodePacket(coaPacket(1, far, START_MS, secret));

    expect(ipv6Of(packet, 'NAS-IPv6-Address')).toBe('fd00::9');
  });

  it('carries no limits when it is an end', () => {
    const end: CoaRequest = {
      ...request,
      action: 'disconnect',
      limits: { ...none, rate: '1k/1k' },
    };

    const packet = decodePacket(coaPacket(1, end, START_MS, secret));

    expect(packet.code).toBe(40);
    expect(textOf(packet, 'Mikrotik-Rate-Limit')).toBeUndefined();
  });
});

describe('the answer of a NAS', () => {
  /** A transmitter whose NAS answers with this code and Error-Cause. */
  async function answered(action: CoaRequest['action'], code: number, cause?: number) {
    const metrics = createMetrics();
    const transmitter = {
      request: async ({ packet, verify }: OutgoingRequest) => {
        const sent = decodePacket(packet(9));
        const attributes = cause === undefined ? [] : ([['Error-Cause', cause]] as const);
        const bytes = encodePacket({
          ...{ code, identifier: 9, messageAuthenticator: true, attributes },
        });
        const reply = decodePacket(signResponse(bytes, authenticatorOf(sent), secret));
        return verify(reply, sent) ? reply : null;
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
    const deps = { transmitter, metrics: createEnforceMetrics(metrics) };
    const answer = await sendCoa(deps, { ...request, action }, START_MS);
    const family = (await metrics.json()).find((m) => m.name.endsWith('error_causes_total'));
    return { answer, causes: family?.values.map(({ labels }) => labels.cause) };
  }

  it.each([
    ['disconnect', 41, undefined, { outcome: 'acked' }, []],
    ['change', 44, undefined, { outcome: 'acked' }, []],
    ['change', 45, 503, { outcome: 'gone' }, ['Session-Context-Not-Found']],
    [
      'change',
      45,
      401,
      { outcome: 'refused', cause: 'Unsupported-Attribute' },
      ['Unsupported-Attribute'],
    ],
    [
      'disconnect',
      42,
      506,
      { outcome: 'refused', cause: 'Resources-Unavailable' },
      ['Resources-Unavailable'],
    ],
    ['disconnect', 42, undefined, { outcome: 'refused', cause: 'None' }, ['None']],
    ['disconnect', 42, 4711, { outcome: 'refused', cause: '4711' }, ['Other']],
    ['change', 41, undefined, { outcome: 'unanswered' }, []],
    ['disconnect', 44, undefined, { outcome: 'unanswered' }, []],
  ] as const)(
    'to a %s, code %i with Error-Cause %s',
    async (action, code, cause, answer, causes) => {
      const seen = await answered(action, code, cause);

      expect(seen.answer).toEqual(answer);
      expect(seen.causes).toEqual(causes);
    },
  );
});
