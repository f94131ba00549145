import { describe, expect, it } from 'vitest';
import { factoryTree } from '../menu/factory.ts';
import { compileFirewall, type FlowPacket } from './firewall.ts';
import { add, clear, configure, nextPlace } from './test-village.ts';
import { compileWalledGarden, type GardenRequest } from './walled-garden.ts';

type Rows = Record<string, string>[];

function firewall(filter: Rows, nat: Rows = []) {
  const tree = factoryTree();
  clear(tree, '/ip/firewall/filter');
  clear(tree, '/ip/firewall/nat');
  add(tree, '/ip/firewall/address-list', { list: 'sw-doh', address: '8.8.8.0/24' });
  for (const row of filter) add(tree, '/ip/firewall/filter', row);
  for (const row of nat) add(tree, '/ip/firewall/nat', row);
  return compileFirewall(tree);
}

const OUT: FlowPacket = {
  protocol: 'tcp',
  source: '192.168.88.10',
  destination: '8.8.8.8',
  port: 443,
  from: 'bridge',
  to: 'ether1',
  state: 'new',
};

describe('a filter row', () => {
  it.each([
    ['without conditions', {}, true],
    ['protocol', { protocol: 'tcp' }, true],
    ['another protocol', { protocol: 'udp' }, false],
    ['a list of ports', { protocol: 'tcp', 'dst-port': '80,440-450' }, true],
    ['another port', { protocol: 'tcp', 'dst-port': '80' }, false],
    ['a negated port', { protocol: 'tcp', 'dst-port': '!80' }, true],
    ['in-interface', { 'in-interface': 'bridge' }, true],
    ['in-interface-list', { 'in-interface-list': 'LAN' }, true],
    ['a negated list', { 'in-interface-list': '!LAN' }, false],
    ['out-interface-list', { 'out-interface-list': 'WAN' }, true],
    ['the list of all', { 'out-interface-list': 'all' }, true],
    ['src-address', { 'src-address': '192.168.88.0/24' }, true],
    ['another dst-address', { 'dst-address': '9.9.9.9' }, false],
    ['an address list', { 'dst-address-list': 'sw-doh' }, true],
    ['an unknown address list', { 'dst-address-list': 'nowhere' }, false],
    ['a state', { 'connection-state': 'invalid,new' }, true],
    ['another state', { 'connection-state': 'established,related,untracked' }, false],
    ['a condition that is not played', { 'connection-mark': 'x' }, false],
  ])('selects by %s: %s', (_name, condition, matches) => {
    const verdict = firewall([{ chain: 'forward', action: 'drop', ...condition }]).filter(
      'forward',
      OUT,
    );

    expect(verdict.kind).toBe(matches ? 'drop' : 'accept');
  });

  it('before another decides, and a chain can be jumped to and returned from', () => {
    const rows: Rows = [
      { chain: 'forward', action: 'jump', 'jump-target': 'guests' },
      { chain: 'forward', action: 'reject', 'reject-with': 'tcp-reset', protocol: 'tcp' },
      { chain: 'guests', action: 'return', protocol: 'tcp' },
      { chain: 'guests', action: 'drop' },
    ];
    const compiled = firewall(rows);

    expect(compiled.filter('forward', OUT)).toEqual({ kind: 'reject', tcpReset: true });
    expect(compiled.filter('forward', { ...OUT, protocol: 'udp' })).toEqual({ kind: 'drop' });
    expect(compiled.filter('input', OUT).kind).toBe('accept');
  });

  it('of fasttrack marks what is established, as MikroTik’s default configuration does', () => {
    const compiled = compileFirewall(factoryTree());

    expect(compiled.filter('forward', OUT)).toEqual({ kind: 'accept', fasttrack: false });
    expect(compiled.filter('forward', { ...OUT, state: 'established' })).toEqual({
      kind: 'accept',
      fasttrack: true,
    });
    expect(compiled.masqueradedAs(OUT, '127.20.0.1')).toBe('127.20.0.1');
    expect(compiled.filter('input', { ...OUT, from: 'wg' }).kind).toBe('drop');
  });
});

describe('a NAT row', () => {
  const nat: Rows = [
    { chain: 'dstnat', action: 'redirect', protocol: 'udp', 'dst-port': '53', 'to-ports': '53' },
    {
      chain: 'dstnat',
      action: 'dst-nat',
      protocol: 'tcp',
      'dst-port': '25',
      'to-addresses': '10.0.0.9',
    },
    { chain: 'srcnat', action: 'src-nat', 'out-interface': 'ether1', 'to-addresses': '10.9.9.9' },
  ];

  it('leads elsewhere, or to the router', () => {
    const compiled = firewall([], nat);

    expect(compiled.destination({ ...OUT, protocol: 'udp', port: 53 })).toEqual({
      kind: 'router',
      port: 53,
    });
    expect(compiled.destination({ ...OUT, port: 25 })).toEqual({
      kind: 'other',
      address: '10.0.0.9',
      port: 25,
    });
    expect(compiled.destination(OUT)).toEqual({ kind: 'unchanged' });
    expect(compiled.masqueradedAs(OUT, '127.20.0.1')).toBe('10.9.9.9');
    expect(compiled.masqueradedAs({ ...OUT, to: 'wg' }, '127.20.0.1')).toBeNull();
  });
});

describe('the walled garden', () => {
  const REQUEST: GardenRequest = {
    source: '10.20.0.10',
    address: '10.255.0.1',
    port: 80,
    host: 'portal.desa.example',
    http: { method: 'GET', path: '/masuk?x=1' },
  };
  const allows = (ip: Rows, host: Rows, request: Partial<GardenRequest> = {}): boolean => {
    const tree = factoryTree();
    configure(tree, nextPlace());
    clear(tree, '/ip/hotspot/walled-garden/ip');
    for (const row of ip) add(tree, '/ip/hotspot/walled-garden/ip', row);
    for (const row of host) add(tree, '/ip/hotspot/walled-garden', row);
    return compileWalledGarden(tree, 'sw-hs1').allows({ ...REQUEST, ...request });
  };

  it('without rows lets nothing through', () => {
    expect(allows([], [])).toBe(false);
  });

  it.each([
    ['address', { 'dst-address': '10.255.0.1' }, true],
    ['network', { 'dst-address': '10.255.0.0/24' }, true],
    ['another address', { 'dst-address': '10.255.0.2' }, false],
    ['port', { protocol: 'tcp', 'dst-port': '80,443' }, true],
    ['another port', { protocol: 'tcp', 'dst-port': '443' }, false],
    ['another protocol', { protocol: 'udp' }, false],
    ['name', { 'dst-host': 'portal.desa.example' }, true],
    ['our server', { server: 'sw-hs1' }, true],
  ])('opens by %s: %s', (_name, row, open) => {
    expect(allows([{ action: 'accept', ...row }], [])).toBe(open);
  });

  it.each([
    ['exact host', { 'dst-host': 'portal.desa.example' }, true],
    ['wildcard host', { 'dst-host': '*.desa.example' }, true],
    ['part of a host', { 'dst-host': 'desa.example' }, false],
    ['expression', { 'dst-host': ':^portal\\.' }, true],
    ['path', { path: '/masuk*' }, true],
    ['another path', { path: '/keluar' }, false],
    ['method', { method: 'POST' }, false],
  ])('opens plain HTTP by %s: %s', (_name, row, open) => {
    expect(allows([], [{ action: 'allow', ...row }])).toBe(open);
  });

  it('has no HTTP rule for HTTPS, and the first row that matches decides', () => {
    const allow = [{ action: 'allow', 'dst-host': 'portal.desa.example' }];

    expect(allows([], allow, { http: null, port: 443 })).toBe(false);
    expect(allows([{ action: 'drop', 'dst-address': '10.255.0.1' }], allow)).toBe(false);
  });
});
