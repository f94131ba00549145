/** The resolver towards its upstreams: forged answers, silence, refusal, overload. */
import { describe, expect, it } from 'vitest';
import { address, encodeQuery, encodeReply } from '../../../filter/testing/dns-text.ts';
import {
  askUdp,
  type Script,
  startFakeUpstream,
  tellUdp,
} from '../../../filter/testing/fake-dns.ts';
import { bench, world } from '../../../filter/testing/resolver-bench.ts';

const A = 1;

describe('against forgers and the curious', () => {
  it('spreads questions over source ports and ids, and tells upstream nothing of the asker', async () => {
    await using b = await bench();
    const names = Array.from({ length: 60 }, (_, i) => `n${i}.test`);
    const clientSubnet = Buffer.from([0, 8, 0, 7, 0, 1, 24, 0, 10, 1, 2]);
    await Promise.all(
      names.map((name) => {
        const query = Buffer.concat([encodeQuery({ name, type: A, edns: true }), clientSubnet]);
        query.writeUInt16BE(clientSubnet.length, query.length - clientSubnet.length - 2);
        return askUdp(b.resolver.port, query);
      }),
    );

    const { seen } = b.upstream;
    expect(seen).toHaveLength(60);
    expect(new Set(seen.map(({ fromPort }) => fromPort)).size).toBeGreaterThan(3);
    expect(
      new Set(seen.map(({ bytes }) => Buffer.from(bytes).readUInt16BE(0))).size,
    ).toBeGreaterThan(50);
    expect(seen.every(({ bytes }) => !Buffer.from(bytes).includes(clientSubnet))).toBe(true);
  });

  it('with 0x20 spells names at random, and takes only answers that spell them the same', async () => {
    const name = 'nama-yang-cukup-panjang.test';
    await using same = await bench(world, { randomCase: true });
    await using lower = await bench(
      (seen) => {
        const bytes = Buffer.from(seen.bytes);
        bytes.write(seen.name.toLowerCase().slice(0, 23), 13, 'latin1');
        return encodeReply(bytes, { answers: [address(name, 60, '198.51.100.7')] });
      },
      { randomCase: true, upstreamTimeoutMs: 20 },
    );

    expect((await askUdp(same.resolver.port, { name, type: A })).question).toBe(name);
    expect(same.upstream.seen[0]?.name).not.toBe(name);
    expect((await askUdp(lower.resolver.port, { name, type: A })).rcode).toBe(2);
  });
});

describe('when upstreams fail', () => {
  it('answers SERVFAIL with EDE 23 when none answers', async () => {
    await using b = await bench(() => null, { upstreamTimeoutMs: 20 });

    const answer = await askUdp(b.resolver.port, { name: 'baik.test', type: A, edns: true });

    expect([answer.rcode, answer.ede?.code]).toEqual([2, 23]);
    expect(b.upstream.seen).toHaveLength(3);
  });

  it('goes to the next one when the first is silent, refuses or fails', async () => {
    for (const first of [
      () => null,
      ({ bytes }) => encodeReply(bytes, { rcode: 5 }),
      ({ bytes }) => encodeReply(bytes, { rcode: 2 }),
    ] satisfies Script[]) {
      await using broken = await startFakeUpstream(first);
      await using good = await startFakeUpstream(world);
      await using b = await bench(world, { upstreams: [broken, good], upstreamTimeoutMs: 200 });

      const answer = await askUdp(b.resolver.port, { name: 'baik.test', type: A });

      expect(answer.answers).toHaveLength(1);
      expect([broken.seen.length, good.seen.length]).toEqual([1, 1]);
    }
  });

  it('asks a silent upstream last for a while', async () => {
    await using silent = await startFakeUpstream(() => null);
    await using good = await startFakeUpstream(world);
    await using b = await bench(world, { upstreams: [silent, good], upstreamTimeoutMs: 200 });

    await askUdp(b.resolver.port, { name: 'satu.test', type: A });
    await askUdp(b.resolver.port, { name: 'dua.test', type: A });

    expect(silent.seen).toHaveLength(1);
    expect(good.seen).toHaveLength(2);
  });

  it('takes no answer with another id or question for the right one', async () => {
    await using b = await bench(({ bytes, name }) => {
      const right = encodeReply(bytes, { answers: [address(name, 60, '198.51.100.7')] });
      const wrongId = Buffer.from(
        encodeReply(bytes, { answers: [address(name, 60, '203.0.113.1')] }),
      );
      wrongId.writeUInt16BE(wrongId.readUInt16BE(0) ^ 1, 0);
      const wrongName = Buffer.from(
        encodeReply(bytes, { answers: [address(name, 60, '203.0.113.2')] }),
      );
      wrongName[13]! ^= 1;
      return [wrongId, wrongName, Buffer.from('nonsense'), right];
    });

    const answer = await askUdp(b.resolver.port, { name: 'baik.test', type: A });

    expect(answer.answers[0]?.data.join('.')).toBe('198.51.100.7');
    expect(await b.count('smartwifi_dns_dropped_total', { reason: 'upstream_stray' })).toBe(3);
  });

  it('turns away what one router asks beyond its share, counts it, and serves the others', async () => {
    const gate = Promise.withResolvers<void>();
    await using b = await bench(
      async (seen) => {
        await gate.promise;
        return world(seen) as Uint8Array;
      },
      { maxWaiting: 4 },
    );

    const first = askUdp(b.resolver.port, { name: 'satu.test', type: A });
    await expect.poll(() => b.upstream.seen.length).toBe(1);
    const second = await askUdp(b.resolver.port, { name: 'dua.test', type: A });
    const elsewhere = askUdp(b.resolver.port, { name: 'tiga.test', type: A }, '127.0.0.2');
    await expect.poll(() => b.upstream.seen.length).toBe(2);
    gate.resolve();

    expect(second.rcode).toBe(2);
    expect([(await first).rcode, (await elsewhere).rcode]).toEqual([0, 0]);
    expect(await b.count('smartwifi_dns_dropped_total', { reason: 'overload' })).toBe(1);
    expect((await askUdp(b.resolver.port, { name: 'dua.test', type: A })).rcode).toBe(0);
  });

  it('can be closed while questions wait', async () => {
    const b = await bench(() => null);
    await tellUdp(b.resolver.port, { name: 'baik.test', type: A });
    await expect.poll(() => b.upstream.seen.length).toBe(1);

    await b[Symbol.asyncDispose]();

    await expect
      .poll(() => b.count('smartwifi_dns_queries_total', { decision: 'servfail' }))
      .toBe(1);
  });
});
