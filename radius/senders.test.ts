/** What an operator is told of a NAS that is open to forgery, and how often. */
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { parseCidr } from '../lib/net.ts';
import type { Nas } from '../store/types.ts';
import { createProxies } from './proxy.ts';
import { NAS_SECRET, PORTAL } from './radius.fixture.ts';
import { senderFinder } from './senders.ts';

const tunnel = parseCidr('10.255.0.0/16')!;
const NAS: Nas = {
  routerId: 'r1',
  router: 'rt-teladan',
  village: 'v',
  district: 'd',
  address: '10.255.0.7',
  coaPort: 3799,
  secret: NAS_SECRET,
  requireMessageAuthenticator: 'yes',
  limitProxyState: 'auto',
  openingHours: null,
  timeZone: null,
};

function recorder() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line)) });
  return { lines, log };
}

async function warningsOf(over: Partial<Nas>): Promise<unknown[]> {
  const { lines, log } = recorder();
  // A store's cache gives the same row until it is dropped, then an equal one.
  const rows = [
    { ...NAS, ...over },
    { ...NAS, ...over },
  ];
  let asked = 0;
  const store = { nasByAddress: async () => rows[asked++ < 2 ? 0 : 1]! };
  const find = senderFinder({ store, log, portal: PORTAL, tunnel });
  for (let i = 0; i < 4; i += 1) await find({ address: over.address ?? NAS.address, port: 1 });
  return lines.map(({ router, because }) => [router, because]);
}

describe('a NAS that is open to forgery', () => {
  it.each([
    ['its secret is shorter than it should be', { secret: 'pendek' }],
    ['its requests need no Message-Authenticator', { requireMessageAuthenticator: 'no' }],
    ['its packets come in clear from outside the tunnel', { address: '203.0.113.9' }],
    ['its packets come in clear from outside the tunnel', { address: '2001:db8::9' }],
  ] as const)('is named once: %s', async (because, over) => {
    expect(await warningsOf(over)).toEqual([['rt-teladan', because]]);
  });

  it.each(['10.255.0.7', '127.0.0.1', '127.20.0.1', '::1'])(
    'is none of those that sign, behind a good secret, at %s',
    async (address) => {
      expect(await warningsOf({ address })).toEqual([]);
    },
  );
});

describe('a proxy', () => {
  it('is warned of at the start', () => {
    const { lines, log } = recorder();
    const store = { nasByName: async () => null, nasByAddress: async () => null };

    createProxies([{ address: '192.0.2.1', secret: 'pendek' }], { store, log, tunnel });

    expect(lines.map(({ msg }) => msg)).toEqual([
      'secret of a proxy is too short',
      'packets of a proxy come in clear from outside the tunnel',
    ]);
  });
});
