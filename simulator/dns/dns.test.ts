import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steppedClock } from '../../lib/clock.ts';
import { campaign } from '../../test/fixtures/campaign.ts';
import { add, set } from '../hotspot/test-village.ts';
import { factoryTree } from '../menu/factory.ts';
import type { DnsConfig } from './config.ts';
import { readDnsConfig } from './config.ts';
import { createResolver } from './resolver.ts';
import {
  aged,
  answerAddresses,
  encodeAnswer,
  encodeName,
  encodeQuery,
  isTruncated,
  lifetime,
  RCODE,
  rcodeOf,
  readQuestion,
  TYPE,
} from './wire.ts';

const A = Buffer.from([203, 0, 113, 7]);
const question = (name: string) => readQuestion(encodeQuery(5, name, TYPE.a))!;

describe('the wire', () => {
  it('reads the question it wrote, in lower case', () => {
    expect(readQuestion(encodeQuery(5, 'Desa.Example', TYPE.aaaa))).toMatchObject({
      id: 5,
      name: 'desa.example',
      type: TYPE.aaaa,
      recursionDesired: true,
    });
  });

  it('finds addresses behind a CNAME', () => {
    const message = encodeAnswer(question('www.test'), RCODE.noError, [
      { type: TYPE.cname, ttl: 300, data: encodeName('cdn.test') },
      { type: TYPE.a, ttl: 60, data: A },
    ]);

    expect(answerAddresses(message)).toEqual(['203.0.113.7']);
    expect(lifetime(message)).toBe(60);
  });

  it('counts kept answers down and renames them', () => {
    const records = [{ type: TYPE.a, ttl: 60, data: A }];
    const message = encodeAnswer(question('desa.test'), RCODE.noError, records);

    const later = aged(message, 9, 45);

    expect(later.readUInt16BE(0)).toBe(9);
    expect(lifetime(later)).toBe(15);
    expect(lifetime(aged(message, 9, 100))).toBe(0);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['no question', Buffer.alloc(12)],
    [
      'a name without end',
      Buffer.concat([encodeQuery(1, '', 1).subarray(0, 12), Buffer.from([5, 97])]),
    ],
    [
      'a name that points at itself',
      Buffer.concat([encodeQuery(1, '', 1).subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
    ],
  ])('refuses %s', (_name, bytes) => {
    expect(readQuestion(bytes)).toBeNull();
  });

  it('never throws, whatever comes', () => {
    const base = encodeAnswer(question('a.b.test'), 0, [{ type: TYPE.a, ttl: 1, data: A }]);
    const mutated = fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(mutated, fc.nat(base.length), (changes, cut) => {
        const bytes = Buffer.from(base);
        for (const [at, value] of changes) bytes[at] = value;
        const message = bytes.subarray(0, cut);
        readQuestion(message);
        answerAddresses(message);
        lifetime(message);
        isTruncated(message);
        const padded = Buffer.concat([message, Buffer.alloc(2)]);
        expect(aged(padded, 1, 1)).toHaveLength(padded.length);
      }),
      campaign(20_000),
    );
  });
});

describe('/ip/dns/static', () => {
  const config = (): DnsConfig => {
    const tree = factoryTree();
    set(tree, '/ip/dns', { servers: '10.0.0.1,10.0.0.2' });
    for (const row of [
      { name: 'mask.icloud.com', type: 'NXDOMAIN', 'match-subdomain': 'yes' },
      { name: 'use-application-dns.net', type: 'NXDOMAIN' },
      { regexp: String.raw`.*\.doh\.example`, type: 'NXDOMAIN' },
      { name: 'portal.desa', address: '10.1.1.1' },
      { name: 'mati.desa', address: '10.1.1.2', disabled: 'yes' },
    ] as Record<string, string>[]) {
      add(tree, '/ip/dns/static', row);
    }
    return readDnsConfig(tree, new Map([['login.desa', '10.20.0.1']]));
  };

  it.each([
    ['mask.icloud.com', RCODE.nameError],
    ['a.b.mask.icloud.com', RCODE.nameError],
    ['xmask.icloud.com', null],
    ['use-application-dns.net', RCODE.nameError],
    ['a.use-application-dns.net', null],
    ['x.doh.example', RCODE.nameError],
    ['portal.desa', RCODE.noError],
    ['login.desa', RCODE.noError],
    ['mati.desa', null],
  ])('%s → %s', (name, rcode) => {
    expect(config().lookup(name)?.[0]?.rcode ?? null).toBe(rcode);
  });

  it('stands beside the servers', () => {
    expect(config().servers).toEqual(['10.0.0.1', '10.0.0.2']);
  });
});

describe('the resolver', () => {
  const open: DnsConfig = {
    allowRemoteRequests: true,
    servers: ['first', 'second'],
    maxConcurrent: 1,
    maxTtlSeconds: 100,
    cached: true,
    cacheOctets: 1_048_576,
    lookup: () => null,
  };

  it('asks the next server when one is silent or answers something else', async () => {
    const asked: string[] = [];
    const resolver = createResolver({
      clock: steppedClock(),
      config: () => open,
      ask: async (server, query) => {
        asked.push(server);
        if (server === 'first') return encodeAnswer(question('lain.test'), RCODE.noError);
        return encodeAnswer(readQuestion(query)!, RCODE.noError, [
          { type: TYPE.a, ttl: 5, data: A },
        ]);
      },
    });

    const answer = await resolver.answer(encodeQuery(5, 'desa.test', TYPE.a));

    expect(asked).toEqual(['first', 'second']);
    expect(answerAddresses(answer!)).toEqual(['203.0.113.7']);
  });

  it('asks for a name of a FWD row the servers of that row, whatever the usual ones are, and only them', async () => {
    const tree = factoryTree();
    set(tree, '/ip/dns', { servers: '10.255.0.2', 'allow-remote-requests': 'yes' });
    const forward = { type: 'FWD', 'forward-to': '1.1.1.3,1.0.0.3' };
    add(tree, '/ip/dns/static', { name: 'vpn.test', ...forward });
    add(tree, '/ip/dns/static', { name: 'waktu.test', 'match-subdomain': 'yes', ...forward });
    const asked: string[] = [];
    const resolver = createResolver({
      clock: steppedClock(),
      config: () => readDnsConfig(tree, new Map()),
      ask: async (server, query) => {
        asked.push(`${readQuestion(query)!.name} ${server}`);
        return null;
      },
    });

    const ends: number[] = [];
    for (const name of ['vpn.test', 'a.vpn.test', 'id.waktu.test']) {
      ends.push(rcodeOf((await resolver.answer(encodeQuery(5, name, TYPE.a)))!));
    }

    expect(asked).toEqual([
      'vpn.test 1.1.1.3',
      'vpn.test 1.0.0.3',
      'a.vpn.test 10.255.0.2',
      'id.waktu.test 1.1.1.3',
      'id.waktu.test 1.0.0.3',
    ]);
    expect(ends).toEqual([RCODE.serverFailure, RCODE.serverFailure, RCODE.serverFailure]);
  });

  it('keeps an answer for its TTL, at most cache-max-ttl, and not after a change', async () => {
    const clock = steppedClock();
    let asked = 0;
    const resolver = createResolver({
      clock,
      config: () => open,
      ask: async (_server, query) => {
        asked += 1;
        return encodeAnswer(readQuestion(query)!, RCODE.noError, [
          { type: TYPE.a, ttl: 500, data: A },
        ]);
      },
    });
    const ask = () => resolver.answer(encodeQuery(6, 'desa.test', TYPE.a));

    await ask();
    clock.advance(99_000);
    const kept = await ask();
    const whileKept = asked;
    clock.advance(2000);
    await ask();
    resolver.cache.clear();
    await ask();

    expect(whileKept).toBe(1);
    expect(lifetime(kept!)).toBe(401);
    expect(asked).toBe(3);
  });

  it('drops what is beyond its concurrency, and counts it', async () => {
    const { promise, resolve } = Promise.withResolvers<Buffer | null>();
    const resolver = createResolver({
      clock: steppedClock(),
      config: () => open,
      ask: () => promise,
    });

    const first = resolver.answer(encodeQuery(1, 'a.test', TYPE.a));
    const second = await resolver.answer(encodeQuery(2, 'b.test', TYPE.a));
    resolve(null);

    expect(second).toBeNull();
    expect(rcodeOf((await first)!)).toBe(RCODE.serverFailure);
    expect(resolver.counters.dropped).toBe(1);
  });

  it('answers no answer and no nonsense', async () => {
    const resolver = createResolver({
      clock: steppedClock(),
      config: () => open,
      ask: async () => null,
    });

    expect(await resolver.answer(encodeAnswer(question('a.test'), 0))).toBeNull();
    expect(await resolver.answer(Buffer.from('nonsense'))).toBeNull();
  });
});
