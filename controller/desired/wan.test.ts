import { describe, expect, it } from 'vitest';
import { FACTS, input, local } from '../test-input.ts';
import { desired } from './desired.ts';
import type { DesiredConfiguration, DesiredRow } from './types.ts';

const of = (values: Record<string, string>, version = FACTS.version) =>
  desired(input({ local: local(values), facts: { ...FACTS, version } }));
const rows = (configuration: DesiredConfiguration, path: string): readonly DesiredRow[] =>
  configuration.menus.filter((menu) => menu.path === path).flatMap((menu) => menu.rows);
const valuesOf = (configuration: DesiredConfiguration, path: string, key: string) =>
  rows(configuration, path).find((row) => row.key === key)?.values;
const STATIC = {
  'wan.kind': 'static',
  'wan.address': '203.0.113.6/30',
  'wan.gateway': '203.0.113.5',
};
const PPPOE = {
  'wan.kind': 'pppoe',
  'wan.pppoe-user': 'desa@isp',
  'wan.pppoe-password': 'rahasia',
  'wan.vlan': '100',
};

describe('a way out', () => {
  it('is a DHCP client on the first port where nothing is set', () => {
    expect(rows(of({}), '/ip/dhcp-client')).toMatchObject([
      {
        key: 'wan-dhcp',
        values: { interface: 'ether1', 'default-route-distance': '1', 'use-peer-dns': 'no' },
        adopt: { interface: 'ether1', comment: 'defconf' },
      },
    ]);
  });

  it('may be a PPPoE session on a VLAN, whose password is a secret', () => {
    const made = of(PPPOE);

    expect(valuesOf(made, '/interface/vlan', 'vlan-wan')).toMatchObject({
      name: 'sw-wan-vlan',
      'vlan-id': '100',
      interface: 'ether1',
    });
    expect(rows(made, '/interface/pppoe-client')).toMatchObject([
      {
        values: { name: 'sw-wan-pppoe', interface: 'sw-wan-vlan', user: 'desa@isp' },
        secrets: { password: 'rahasia' },
      },
    ]);
    expect(
      JSON.stringify(made.menus.map((menu) => menu.rows.map((row) => row.values))),
    ).not.toContain('rahasia');
    expect(valuesOf(made, '/interface/list/member', 'm-wan')?.interface).toBe('sw-wan-pppoe');
    expect(rows(made, '/ip/dhcp-client')).toEqual([]);
  });

  it('is made before the lists that name it', () => {
    const paths = of(PPPOE).menus.map((menu) => menu.path);

    expect(paths.indexOf('/interface/vlan')).toBeLessThan(paths.indexOf('/interface/pppoe-client'));
    expect(paths.indexOf('/interface/pppoe-client')).toBeLessThan(
      paths.indexOf('/interface/list/member'),
    );
  });

  it('may be a static address, and the default DHCP client goes', () => {
    const made = of(STATIC);

    expect(valuesOf(made, '/ip/address', 'wan-ip')).toMatchObject({
      address: '203.0.113.6/30',
      interface: 'ether1',
    });
    expect(valuesOf(made, '/ip/route', 'wan-route')).toMatchObject({
      gateway: '203.0.113.5',
      distance: '1',
      'check-gateway': 'none',
    });
    expect(made.factory).toContainEqual({
      path: '/ip/dhcp-client',
      match: { interface: 'ether1', comment: 'defconf' },
    });
    expect(of({}).factory.map((rule) => rule.path)).not.toContain('/ip/dhcp-client');
  });

  it('may be a modem', () => {
    const made = of({ 'wan.kind': 'lte', 'wan.apn': 'internet' });

    expect(valuesOf(made, '/interface/lte/apn', 'apn-wan')).toMatchObject({
      apn: 'internet',
      'use-network-apn': 'no',
      'add-default-route': 'yes',
    });
    expect(valuesOf(made, '/interface/lte', 'lte1')?.['apn-profiles']).toBe('sw-wan-apn');
    expect(valuesOf(made, '/interface/bridge/port', 'bp-ether1')).toBeDefined();
  });

  it('keeps its port from the phones', () => {
    const made = of({ ...STATIC, 'wan.interface': 'ether5' });

    expect(valuesOf(made, '/interface/bridge/port', 'bp-ether5')).toBeUndefined();
    expect(valuesOf(made, '/interface/bridge/port', 'bp-ether1')).toBeDefined();
  });

  it.each([
    [{ 'wan.kind': 'pppoe', 'wan.pppoe-user': 'a' }, 'wan.pppoe-password'],
    [{ 'wan.kind': 'pppoe', 'wan.pppoe-password': 'a' }, 'wan.pppoe-user'],
    [{ 'wan.kind': 'static', 'wan.address': '203.0.113.6/30' }, 'wan.gateway'],
    [{ 'wan.kind': 'static', 'wan.gateway': '203.0.113.5' }, 'wan.address'],
    [{ 'wan.interface': 'ether9' }, 'ether9'],
    [{ 'wan2.kind': 'dhcp', 'wan2.interface': 'ether1' }, 'wan2.interface'],
  ])('is refused as %j', (values, name) => {
    expect(() => of(values)).toThrow(
      expect.objectContaining({ code: 'ROUTER_SETTINGS', message: expect.stringContaining(name) }),
    );
  });
});

describe('a second way out', () => {
  const FAILOVER = { ...STATIC, 'wan2.kind': 'lte' };

  it('has the larger distance, and the first is asked whether it lives', () => {
    const made = of(FAILOVER);

    expect(valuesOf(made, '/ip/route', 'wan-route')).toMatchObject({
      distance: '1',
      'check-gateway': 'ping',
    });
    expect(valuesOf(made, '/interface/lte/apn', 'apn-wan2')).toMatchObject({
      'default-route-distance': '2',
    });
  });

  it('is masqueraded and closed like the first', () => {
    const members = rows(of(FAILOVER), '/interface/list/member').filter(
      (row) => row.values.list === 'sw-WAN',
    );

    expect(members.map((row) => row.values.interface)).toEqual(['ether1', 'lte1']);
  });

  it.each([
    ['7.16.2', undefined],
    ['7.18.2', undefined],
    ['7.20.8', 'ping'],
  ])('under RouterOS %s a DHCP gateway is checked by %s', (version, check) => {
    const made = of({ 'wan2.kind': 'dhcp' }, version);

    expect(valuesOf(made, '/ip/dhcp-client', 'wan-dhcp')?.['check-gateway']).toBe(check);
    expect(valuesOf(made, '/ip/dhcp-client', 'wan2-dhcp')).toMatchObject({
      interface: 'ether2',
      'default-route-distance': '2',
    });
  });
});
