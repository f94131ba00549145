import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4 } from '../lib/net.ts';
import { indexNetworks, networksOf, whoIsAsking } from './networks.ts';

const place = { router: 'r1', village: '16.06.01.1009', district: '16.06.01' };

describe('who is asking', () => {
  const index = indexNetworks(
    networksOf([
      {
        name: 'r1',
        villageCode: place.village,
        districtCode: place.district,
        address: '10.8.0.2',
        lanSubnet: '172.16.0.0/22',
      },
    ]),
  );
  const villageOf = (address: string): string | undefined =>
    index.networks[whoIsAsking(index, address)]?.village;

  it.each(['10.8.0.2', '172.16.0.0', '172.16.3.255', '::ffff:172.16.1.7'])(
    'knows %s',
    (address) => {
      expect(villageOf(address)).toBe(place.village);
    },
  );

  it.each([
    '10.8.0.1',
    '10.8.0.3',
    '172.15.255.255',
    '172.16.4.0',
    '255.255.255.255',
    '::1',
    '',
    'x',
  ])('does not know %s', (address) => {
    expect(villageOf(address)).toBeUndefined();
  });

  it('agrees with a plain search', () => {
    const blocks = fc.uniqueArray(fc.nat(255), { maxLength: 40 });
    fc.assert(
      fc.property(blocks, fc.nat(0xffff), (thirds, low) => {
        const networks = thirds.map((n) => ({ ...place, router: `r${n}`, cidr: `10.0.${n}.0/24` }));
        const some = indexNetworks(networks);
        const found = some.networks[whoIsAsking(some, formatIpv4(0x0a000000 + low))];

        expect(found?.router).toBe(thirds.includes(low >>> 8) ? `r${low >>> 8}` : undefined);
      }),
    );
  });

  it('refuses what is no network, and networks that overlap', () => {
    expect(() => indexNetworks([{ ...place, cidr: '10.0.0.1/24' }])).toThrow(
      expect.objectContaining({ code: 'FILTER_NETWORK_INVALID' }),
    );
    expect(() =>
      indexNetworks([
        { ...place, cidr: '10.0.0.0/16' },
        { ...place, cidr: '10.0.3.1' },
      ]),
    ).toThrow(expect.objectContaining({ code: 'FILTER_NETWORK_OVERLAP' }));
  });
});
