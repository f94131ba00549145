import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FACTS, input, local } from '../test-input.ts';
import { limitsOf } from './board.ts';
import { desired } from './desired.ts';
import type { Values } from './types.ts';

const VSAT = { 'link.down-kbps': '2000', 'link.up-kbps': '512', 'link.rtt-ms': '600' };
const rows = (values: Record<string, string>, path: string): Values[] =>
  desired(input({ local: local(values) }))
    .menus.filter((menu) => menu.path === path)
    .flatMap((menu) => menu.rows.map((row) => row.values));
const byName = (values: Record<string, string>): Map<string | undefined, Values> =>
  new Map(rows(values, '/queue/tree').map((row) => [row.name, row]));

describe('queues', () => {
  it('are not there while nobody knows the rate of the link', () => {
    for (const path of ['/queue/tree', '/queue/type', '/ip/firewall/mangle']) {
      expect(rows({ 'link.rtt-ms': '600' }, path)).toEqual([]);
    }
  });

  it('stand below the rate of the link, on the way out and on the bridge', () => {
    const tree = byName(VSAT);

    expect(tree.get('sw-down')).toMatchObject({ parent: 'br-hotspot', 'max-limit': '1900000' });
    expect(tree.get('sw-up-wan')).toMatchObject({ parent: 'ether1', 'max-limit': '486000' });
  });

  it('put management, DNS and the portal first, and the rest by phone', () => {
    const tree = byName(VSAT);

    expect(tree.get('sw-down-first')).toMatchObject({
      parent: 'sw-down',
      priority: '1',
      'packet-mark': 'sw-first',
      'limit-at': '400000',
    });
    expect(tree.get('sw-down-rest')).toMatchObject({
      priority: '8',
      'packet-mark': 'no-mark',
      queue: 'sw-fair-down',
      'max-limit': '1700000',
    });
    expect(tree.get('sw-up-wan-rest')?.['max-limit']).toBe('486000');
    expect(rows(VSAT, '/queue/type')).toMatchObject([
      {
        name: 'sw-fair-up',
        'cake-flowmode': 'dual-srchost',
        'cake-nat': 'yes',
        'cake-rtt': '600ms',
      },
      { name: 'sw-fair-down', 'cake-flowmode': 'dual-dsthost', 'cake-nat': 'no' },
    ]);
  });

  it('mark the tunnel, the server, the portal, DNS and time, and nothing of the phones', () => {
    const marks = rows(VSAT, '/ip/firewall/mangle');

    expect(marks.every((mark) => mark['new-packet-mark'] === 'sw-first')).toBe(true);
    const narrow = marks.filter(
      (mark) =>
        mark.chain === 'output' ||
        mark['dst-address-list'] === 'sw-services' ||
        mark['src-address-list'] === 'sw-services' ||
        mark['dst-address'] === '10.255.0.0/16',
    );
    expect(narrow).toEqual(marks);
    expect(marks).toContainEqual(expect.objectContaining({ 'dst-port': '51820', protocol: 'udp' }));
  });

  it('do with less on a board that has no memory for CAKE', () => {
    const facts = { ...FACTS, memoryMb: 32 };
    const types = desired(input({ facts, local: local(VSAT) }))
      .menus.filter((menu) => menu.path === '/queue/type')
      .flatMap((menu) => menu.rows.map((row) => [row.key, row.values.kind]));

    expect(types).toEqual([
      ['sw-fair-up', 'sfq'],
      ['sw-fair-down', 'pcq'],
    ]);
  });

  it('shape each of two ways out', () => {
    const tree = byName({ ...VSAT, 'wan2.kind': 'lte' });

    expect(tree.get('sw-up-wan2')?.parent).toBe('lte1');
  });

  it('never promise more than there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 10_000_000 }), (kbps) => {
        const tree = byName({ 'link.down-kbps': String(kbps) });
        const bits = (name: string, property: string) => Number(tree.get(name)?.[property]);
        const kept = bits('sw-down-first', 'limit-at') + bits('sw-down-rest', 'limit-at');

        expect(kept).toBeLessThanOrEqual(bits('sw-down', 'max-limit'));
        expect(bits('sw-down', 'max-limit')).toBeLessThan(kbps * 1000);
      }),
    );
  });
});

describe('limits of a board', () => {
  it('grow with its memory, and a board that does not say is taken for an ordinary one', () => {
    const classes = [32, 64, 128, 256, 1024].map(limitsOf);
    for (const key of ['cacheKib', 'concurrentQueries', 'clients', 'floorNames'] as const) {
      const values = classes.map((limits) => limits[key]);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
    expect(limitsOf(null).clients).toBe(60);
  });

  it('hold for cache, list and radio, unless an operator says otherwise', () => {
    const small = { ...FACTS, memoryMb: 64 };
    const url = 'http://203.0.113.9/list.txt';
    const of = (values: Record<string, string>, path: string) =>
      desired(input({ facts: small, local: local(values) }))
        .menus.filter((menu) => menu.path === path)
        .flatMap((menu) => menu.rows.map((row) => row.values));

    expect(of({}, '/ip/dns')).toMatchObject([{ 'cache-size': '2048' }]);
    expect(of({}, '/interface/wifi/configuration')).toMatchObject([{ 'max-clients': '30' }]);
    expect(of({ 'dns.adlist': url }, '/ip/dns/adlist')).toEqual([]);
    expect(of({ 'dns.cache-kib': '512' }, '/ip/dns')).toMatchObject([{ 'cache-size': '512' }]);
    expect(of({ 'wifi.clients': '10' }, '/interface/wifi/configuration')).toMatchObject([
      { 'max-clients': '10' },
    ]);
    expect(rows({ 'dns.adlist': url }, '/ip/dns/adlist')).toMatchObject([{ url }]);
  });
});
