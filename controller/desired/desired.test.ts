import { describe, expect, it } from 'vitest';
import { MAX_FILE_BYTES } from '../apply.ts';
import { loadPages } from '../pages.ts';
import { FACTS, input, local, ROUTER, SETTINGS } from '../test-input.ts';
import { desired } from './desired.ts';
import type { DesiredConfiguration, Values } from './types.ts';

function rowOf(configuration: DesiredConfiguration, path: string, key: string): Values {
  const menu = configuration.menus.find((one) => one.path === path);
  const row = menu?.rows.find((one) => one.key === key);
  if (row === undefined) throw new Error(`no ${path} ${key}`);
  return row.values;
}

describe('desired', () => {
  const configuration = desired(input());

  it('lets phones in by PAP and MAC and keeps no cookie', () => {
    expect(rowOf(configuration, '/ip/hotspot/profile', 'sw-prof')['login-by']).toBe('http-pap,mac');
    expect(rowOf(configuration, '/ip/hotspot/user/profile', 'default')).toMatchObject({
      'add-mac-cookie': 'no',
      'keepalive-timeout': '15m',
    });
  });

  it('gives a lease no shorter than the longest session', () => {
    const settings = { ...SETTINGS, sessionLeaseSeconds: 100_000 };
    const long = desired(input({ settings }));

    expect(rowOf(long, '/ip/dhcp-server', 'dhcp')['lease-time']).toBe('1d3h46m40s');
  });

  it('excepts the server from the closed tunnel, and nothing else', () => {
    const filter = configuration.menus.find((menu) => menu.path === '/ip/firewall/filter')!;
    const keys = filter.rows.map((row) => row.key);

    expect(rowOf(configuration, '/ip/firewall/filter', 'fw-25')['dst-port']).toBe('53,80,443,8080');
    expect(keys.indexOf('fw-25')).toBeLessThan(keys.indexOf('fw-30'));
    expect(rowOf(configuration, '/ip/firewall/filter', 'fw-31')['dst-address']).toBe(
      SETTINGS.tunnelSubnet,
    );
  });

  it('lets phones to the identity provider where the village offers it, and nowhere else', () => {
    const settings = { ...SETTINGS, signInHosts: ['id.example.go.id'] };
    const offers = local({ 'portal.ways': 'voucher,oidc' });
    const garden = '/ip/hotspot/walled-garden/ip';
    const key = 'wg-sign-id.example.go.id';

    expect(rowOf(desired(input({ settings, local: offers })), garden, key)).toMatchObject({
      'dst-host': 'id.example.go.id',
      'dst-port': '443',
    });
    expect(() => rowOf(desired(input({ settings })), garden, key)).toThrow('no ');
  });

  it('names the standby after the first RADIUS server, and hears it too', () => {
    const settings = { ...SETTINGS, radiusStandbyAddress: '10.255.0.12' };
    const { menus } = desired(input({ settings }));
    const addresses = (path: string, key: RegExp): (string | undefined)[] =>
      menus
        .filter((menu) => menu.path === path)
        .flatMap(({ rows }) => rows)
        .filter((row) => key.test(row.key))
        .map(({ values }) => values.address ?? values['src-address']);

    expect(addresses('/radius', /^rad/)).toEqual([SETTINGS.radiusAddress, '10.255.0.12']);
    expect(addresses('/ip/firewall/filter', /^in-3[23]$/)).toEqual([
      SETTINGS.radiusAddress,
      '10.255.0.12',
    ]);
    expect(() => rowOf(configuration, '/radius', 'rad2')).toThrow('no ');
  });

  it('hides nobody behind the router but towards the WAN', () => {
    expect(rowOf(configuration, '/ip/firewall/nat', 'nat-masq')).toMatchObject({
      action: 'masquerade',
      'out-interface-list': 'sw-WAN',
    });
  });

  it('has no fasttrack', () => {
    expect(JSON.stringify(configuration.menus)).not.toContain('fasttrack');
  });

  it('takes the tunnel interface instead of addresses once there is one', () => {
    const tunnelled = desired(input({ facts: { ...FACTS, hasTunnel: true } }));

    expect(rowOf(tunnelled, '/interface/list/member', 'm-mgmt').interface).toBe('wg-mgmt');
    expect(() => rowOf(tunnelled, '/ip/firewall/filter', 'in-31')).toThrow('no ');
  });

  it('names the captive portal API where phones can check its certificate', () => {
    expect(rowOf(configuration, '/ip/dhcp-server/option', 'o114').value).toBe(
      "'https://wifi.example.test/capport/kayuara-01'",
    );
    expect(rowOf(configuration, '/ip/dhcp-server', 'dhcp')['dhcp-option-set']).toBe('sw-opts');
  });

  it.each([
    ['over plain HTTP', { settings: { ...SETTINGS, portalUrl: 'http://wifi.example.test' } }],
    ['at an address', { settings: { ...SETTINGS, portalUrl: 'https://10.255.0.1:8443' } }],
    ['under a name of its own', { settings: { ...SETTINGS, portalUrl: 'https://wifi.home.arpa' } }],
    ['where an operator wants none', { local: local({ 'dhcp.option-114': 'never' }) }],
  ])('names no captive portal API %s', (_where, over) => {
    const without = desired(input(over));

    expect(() => rowOf(without, '/ip/dhcp-server/option', 'o114')).toThrow('no ');
    expect(rowOf(without, '/ip/dhcp-server', 'dhcp')).not.toHaveProperty('dhcp-option-set');
  });

  it('serves older radios by their own menu', () => {
    const wifi = { kind: 'wireless', radios: ['wlan1'] } as const;
    const old = desired(input({ facts: { ...FACTS, wifi } }));

    expect(rowOf(old, '/interface/wireless', 'wlan1')).toMatchObject({ mode: 'ap-bridge' });
    expect(rowOf(old, '/interface/bridge/port', 'bp-wlan1').horizon).toBe('1');
  });

  it('refuses a village without a LAN', () => {
    const router = { ...ROUTER, lanSubnet: '172.16.4.1/22' };

    expect(() => desired(input({ router }))).toThrow(
      expect.objectContaining({ code: 'ROUTER_SETTINGS' }),
    );
  });

  it('has one key a row', () => {
    const keys = configuration.menus.flatMap((menu) =>
      menu.rows.map((row) => `${menu.path} ${row.key}`),
    );

    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });
});

describe('the digest', () => {
  const { digest } = desired(input());

  it('is the same for the same input', () => {
    expect(desired(input()).digest).toBe(digest);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['a secret', input({ nasSecret: 'other' })],
    ['a page', input({ pages: [] })],
    ['a setting', input({ settings: { ...SETTINGS, ssid: 'x' } })],
    ['the version', input({ facts: { ...FACTS, version: '7.16.2' } })],
  ])('changes with %s', (_name, changed) => {
    expect(desired(changed).digest).not.toBe(digest);
  });
});

describe('the pages', () => {
  const CONTRACT =
    'https://wifi.example.test/?router=$(identity)&mac=$(mac-esc)&ip=$(ip)' +
    '&link-login-only=$(link-login-only-esc)&link-orig=$(link-orig-esc)&error=$(error-esc)' +
    '&link-logout=$(link-logout-esc)&server-name=$(server-name)';

  it('redirect to the portal with the parameters of the contract', async () => {
    const { files } = desired(input({ pages: await loadPages() }));
    const login = files.find((file) => file.name === 'sw/login.html')!.contents;

    expect(login).toContain(`$(if http-header == "Location")${CONTRACT}$(endif)`);
    expect(login).toContain('$(if http-status == 302)');
    expect(login).toContain(`url=${CONTRACT.replaceAll('&', '&amp;')}"`);
  });

  it('are small, and print nothing that a phone wrote', async () => {
    for (const { contents } of await loadPages()) {
      expect(contents.length).toBeLessThan(MAX_FILE_BYTES);
      expect(contents).not.toMatch(/\$\((username|error|link-orig|dst)\)/);
    }
  });

  it('go below flash/ on boards that have it, without making that', () => {
    const { files, folders } = desired(input({ facts: { ...FACTS, hasFlashFolder: true } }));

    expect(files[0]!.name).toBe('flash/sw/login.html');
    expect(folders).toEqual(['flash/sw']);
  });
});
