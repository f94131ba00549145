import { describe, expect, it } from 'vitest';
import { factoryTree } from './factory.ts';
import { add, attributes, trapOf } from './test-tree.ts';

describe('what a router refuses', () => {
  const tree = factoryTree();

  it.each<[string, Record<string, string>, string, number | null]>([
    ['/ip/pool', { name: 'p', range: '10.0.0.1' }, 'unknown parameter range', null],
    ['/ip/pool', { name: 'p' }, 'missing =ranges=', null],
    ['/ip/hotspot', { interface: 'br9' }, 'input does not match any value of interface', 1],
    [
      '/ip/hotspot',
      { interface: 'bridge', profile: 'x' },
      'input does not match any value of profile',
      1,
    ],
    [
      '/ip/hotspot',
      { interface: 'bridge', 'address-pool': 'x' },
      'input does not match any value of address-pool',
      1,
    ],
    [
      '/interface/bridge/port',
      { bridge: 'x', interface: 'ether1' },
      'input does not match any value of bridge',
      1,
    ],
    [
      '/interface/bridge/port',
      { bridge: 'bridge', interface: 'ether2' },
      'failure: device already added as bridge port',
      null,
    ],
    [
      '/interface/bridge',
      { name: 'ether1' },
      'failure: already have interface with such name',
      null,
    ],
    ['/interface/vlan', { name: 'v', interface: 'bridge' }, 'missing =vlan-id=', null],
    [
      '/ip/address',
      { address: '192.168.88.1/24', interface: 'ether1' },
      'failure: already have such address',
      null,
    ],
    [
      '/ip/dhcp-client',
      { interface: 'ether1' },
      'failure: dhcp-client on that interface already exists',
      null,
    ],
    [
      '/ip/hotspot/user',
      { name: 'default-trial' },
      'failure: already have user with this name for this server',
      null,
    ],
    [
      '/ip/firewall/filter',
      { chain: 'input', action: 'allow' },
      'input does not match any value of action',
      1,
    ],
    ['/ip/firewall/filter', { action: 'accept' }, 'missing =chain=', null],
    ['/ip/dns/static', { type: 'NXDOMAIN' }, 'missing =name=', null],
    ['/ip/dns/static', { name: 'a.example', type: 'CNAME' }, 'missing =cname=', null],
    [
      '/ip/dhcp-server/option',
      { name: 'o', code: '114', value: 'https://x' },
      'failure: Unknown data type!',
      null,
    ],
    [
      '/interface/wifi/configuration',
      { name: 'c', country: 'indonesia' },
      'input does not match any value of country',
      1,
    ],
    [
      '/interface/wireguard/peers',
      { interface: 'wg0', 'public-key': 'x' },
      'input does not match any value of interface',
      1,
    ],
    [
      '/ip/firewall/nat',
      { chain: 'dstnat', 'dst-port': '53' },
      'failure: ports can be specified if proto is tcp, udp, udp-lite, dccp or sctp',
      null,
    ],
    [
      '/ip/firewall/filter',
      { chain: 'input', 'out-interface': 'ether1' },
      'failure: outgoing interface matching not possible in input and prerouting chains',
      null,
    ],
    [
      '/ip/firewall/mangle',
      { chain: 'postrouting', 'in-interface': 'ether1' },
      'failure: incoming interface matching not possible in output and postrouting chains',
      null,
    ],
    ['/ip/route', { gateway: 'wg9' }, 'invalid value for argument gateway', 1],
    ['/queue/simple', { target: 'br9' }, 'invalid value for argument target', 1],
    [
      '/queue/simple',
      { target: '10.0.0.5', queue: 'cepat/cepat' },
      'input does not match any value of queue',
      1,
    ],
    [
      '/queue/simple',
      { target: '10.0.0.5', priority: '9' },
      'value of priority out of range (1..8)',
      1,
    ],
    ['/queue/tree', { parent: 'br9' }, 'input does not match any value of parent', 1],
    [
      '/ip/route',
      { gateway: '10.0.0.1', 'routing-table': 'lain' },
      'input does not match any value of routing-table',
      1,
    ],
    [
      '/interface/pppoe-client',
      { interface: 'ether9' },
      'input does not match any value of interface',
      1,
    ],
    [
      '/interface/pppoe-client',
      { interface: 'ether1', name: 'wifi1' },
      'failure: already have interface with such name',
      null,
    ],
    ['/interface/lte/apn', { name: 'a' }, 'missing =apn=', null],
    [
      '/system/scheduler',
      { 'start-date': '2026-02-30' },
      'invalid value for argument start-date',
      1,
    ],
    [
      '/ip/firewall/filter',
      { chain: 'input', limit: 'sering' },
      'invalid value for argument limit',
      1,
    ],
    ['/radius', { service: 'hotspot,web' }, 'input does not match any value of service', 1],
    ['/user', { name: 'x', group: 'root' }, 'input does not match any value of group', 1],
    ['/ip/hotspot/active', {}, 'no such command', 0],
  ])('%s %o: %s', (path, row, message, category) => {
    const refusal = trapOf(() =>
      tree.menu(path)?.kind === 'view' ? tree.remove('/nowhere', []) : add(tree, path, row),
    );

    expect(refusal).toEqual({ message, category });
  });

  it('keeps built-in rows, ports and radios', () => {
    const id = (path: string, name: string): string => tree.find(path, name)!.id;
    const refused = [
      ['/ip/hotspot/profile', 'default'],
      ['/ip/hotspot/user/profile', 'default'],
      ['/interface/list', 'all'],
      ['/interface/wifi', 'wifi1'],
      ['/queue/type', 'default'],
    ].map(([path, name]) => trapOf(() => tree.remove(path!, [id(path!, name!)]))?.message);

    expect(new Set(refused)).toEqual(new Set(['failure: not allowed to remove']));
  });

  it('keeps the last user who can administer it, and groups that have users', () => {
    const own = factoryTree();
    const admin = own.find('/user', 'admin')!.id;
    const disable = (): unknown => own.set('/user', [admin], attributes({ disabled: 'yes' }));
    const remaining = {
      message: 'failure: at least one user with full rights must remain',
      category: null,
    };
    add(own, '/user/group', { name: 'baca', policy: 'read,api' });
    add(own, '/user', { name: 'tamu', group: 'baca' });

    const refused = [trapOf(() => own.remove('/user', [admin])), trapOf(disable)];
    const group = trapOf(() => own.remove('/user/group', [own.find('/user/group', 'baca')!.id]));
    add(own, '/user', { name: 'sw-ctl', group: 'full' });

    expect(refused).toEqual([remaining, remaining]);
    expect(group?.message).toBe('failure: group is used by users');
    expect(trapOf(disable)).toBeNull();
  });

  it('knows properties only in the versions that have them', () => {
    const old = factoryTree({ version: '7.16.2' });

    expect(
      trapOf(() => add(old, '/interface/wifi/configuration', { name: 'c', 'max-clients': '60' })),
    ).toEqual({ message: 'unknown parameter max-clients', category: null });
    expect(old.menu('/safe-mode')).toBeUndefined();
  });
});
