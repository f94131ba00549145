import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FACTS, input, local, SETTINGS } from '../test-input.ts';
import { circles } from './cold-start.ts';
import { desired } from './desired.ts';
import { row, single, tagged } from './menu.ts';
import type { DesiredMenu } from './types.ts';

const START = {
  endpoint: 'vpn.example.go.id',
  tunnelSubnet: '10.255.0.0/16',
  behind: ['192.0.2.53'],
};
const dns = (servers: string): DesiredMenu => single('/ip/dns', { servers });
const statics = (...values: Record<string, string>[]): DesiredMenu =>
  tagged(
    '/ip/dns/static',
    values.map((one, i) => row(`s${i}`, one)),
  );
const FORWARD = { name: START.endpoint, type: 'FWD', 'forward-to': '1.1.1.3' };

describe('a cold start', () => {
  it('finds endpoint and time past the tunnel, by name or by address', () => {
    const settings = { ...SETTINGS, tunnelEndpoint: { host: START.endpoint, port: 51_820 } };
    const made = desired(
      input({ settings, local: local({ 'time.ntp-servers': 'id.pool.ntp.org,203.0.113.1' }) }),
    );
    const found = made.menus
      .filter((menu) => menu.path === '/ip/dns/static')
      .flatMap((menu) => menu.rows)
      .filter((one) => one.values.type === 'FWD')
      .map((one) => [one.values.name, one.values['forward-to']]);

    expect(found).toEqual([
      [START.endpoint, '1.1.1.3'],
      ['id.pool.ntp.org', '1.1.1.3'],
    ]);
    expect(circles(made.menus, { ...START, behind: [SETTINGS.resolverAddress] })).toEqual([]);
  });

  it('has no circle in any village, whatever is set', () => {
    const host = fc.constantFrom('id.pool.ntp.org', 'time.example.net', '203.0.113.9');
    fc.assert(
      fc.property(
        fc.record({
          endpoint: fc.option(fc.constantFrom('vpn.example.go.id', '198.51.100.1'), {
            nil: undefined,
          }),
          ntp: fc.uniqueArray(host, { minLength: 1, maxLength: 3 }),
          hasTunnel: fc.boolean(),
          version: fc.constantFrom('7.16.2', '7.20.8', '7.24'),
          kind: fc.constantFrom('dhcp', 'lte'),
          metered: fc.boolean(),
        }),
        ({ endpoint, ntp, hasTunnel, version, kind, metered }) => {
          const values = {
            'time.ntp-servers': ntp.join(','),
            'wan.kind': kind,
            ...(metered ? { 'link.metered-gb': '50' } : {}),
          };
          const { menus } = desired(
            input({
              facts: { ...FACTS, hasTunnel, version },
              settings: {
                ...SETTINGS,
                ...(endpoint === undefined
                  ? {}
                  : { tunnelEndpoint: { host: endpoint, port: 51_820 } }),
              },
              local: local(values),
            }),
          );
          const start = {
            ...START,
            endpoint: endpoint ?? null,
            behind: [SETTINGS.resolverAddress],
          };

          expect(circles(menus, start)).toEqual([]);
          // The proof can fail: without the static forwards every name is a circle.
          const without = menus.filter((menu) => menu.path !== '/ip/dns/static');
          const names = [...(endpoint === undefined ? [] : [endpoint]), ...ntp].filter((one) =>
            /[a-z]/.test(one),
          );
          expect(circles(without, start).length).toBe(names.length);
        },
      ),
    );
  });

  it.each([
    ['a name that the resolver in the tunnel must find', [dns('10.255.0.2')], 'looked up at'],
    ['a resolver behind the tunnel with another address', [dns('192.0.2.53')], 'looked up at'],
    ['a second server in the tunnel', [dns('1.1.1.3,10.255.0.2')], 'looked up at 10.255.0.2'],
    [
      'a forward into the tunnel',
      [dns('1.1.1.3'), statics({ ...FORWARD, 'forward-to': '10.255.0.2' })],
      'reached through the tunnel',
    ],
    [
      'a forward to a name',
      [dns('1.1.1.3'), statics({ ...FORWARD, 'forward-to': 'dns.example' })],
      'does not resolve',
    ],
    [
      'a row that denies all below a name',
      [statics(FORWARD, { name: 'go.id', type: 'NXDOMAIN', 'match-subdomain': 'yes' })],
      'does not resolve',
    ],
    ['an expression that may match it', [statics(FORWARD, { regexp: '.*', type: 'A' })], 'resolve'],
    [
      'a route of the time server into the tunnel',
      [
        statics(FORWARD),
        tagged('/ip/route', [row('r', { 'dst-address': '203.0.113.0/24', gateway: 'wg-mgmt' })]),
        tagged('/system/ntp/client/servers', [row('n', { address: '203.0.113.9' })]),
      ],
      'the time server 203.0.113.9',
    ],
    [
      'a peer of its own',
      [
        dns('10.255.0.2'),
        statics(FORWARD),
        tagged('/interface/wireguard/peers', [row('p', { 'endpoint-address': 'b.example' })]),
      ],
      'the endpoint b.example',
    ],
  ])('is proved wrong by %s', (_what, menus, message) => {
    expect(circles(menus, START).join('\n')).toContain(message);
  });

  it('is refused where settings would make a circle', () => {
    expect(() => desired(input({ local: local({ 'time.ntp-servers': '10.255.0.1' }) }))).toThrow(
      expect.objectContaining({ code: 'ROUTER_SETTINGS' }),
    );
  });
});
