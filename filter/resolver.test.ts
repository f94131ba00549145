/** The whole forwarder on real sockets: a fake upstream behind it, phones at several loopback addresses. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import type { Policy } from '../store/types.ts';
import { compileLists } from './compile.ts';
import { address, encodeReply } from './testing/dns-text.ts';
import { askTcp, askUdp, askUdpRaw, type Script } from './testing/fake-dns.ts';
import {
  type Bench,
  bench,
  HERE,
  list,
  policy,
  THERE,
  table,
  world,
} from './testing/resolver-bench.ts';

const A = 1;
const AAAA = 28;
const MX = 15;

describe('names that the policy blocks', () => {
  it('answers gambling with the block page, and says why', async () => {
    await using b = await bench();

    const answer = await askUdp(b.resolver.port, { name: 'WWW.Judi.test', type: A, edns: true });

    expect(answer.question).toBe('WWW.Judi.test');
    expect(answer.answers.map((r) => [r.type, r.ttl, r.data.join('.')])).toEqual([
      [A, 20, '10.255.0.80'],
    ]);
    expect(answer.ede).toEqual({ code: 17, text: 'Diblokir: situs perjudian' });
    expect(b.upstream.seen).toEqual([]);
    expect(
      await b.count('smartwifi_dns_blocks_total', { router: 'sungai-medak', category: 'gambling' }),
    ).toBe(1);
  });

  it('answers AAAA and HTTPS of a sinkholed name with NODATA and an SOA', async () => {
    await using b = await bench();

    for (const type of [AAAA, 65, MX]) {
      const answer = await askUdp(b.resolver.port, { name: 'judi.test', type });

      expect([answer.rcode, answer.answers.length, answer.authority[0]?.type]).toEqual([0, 0, 6]);
      expect(answer.hasOpt).toBe(false);
    }
  });

  it('answers malware with NXDOMAIN, EDE 15, AA=0 and RA=1', async () => {
    await using b = await bench();

    const answer = await askUdp(b.resolver.port, { name: 'jahat.test', type: A, edns: true });

    expect([answer.rcode, answer.ede?.code, answer.authority[0]?.ttl]).toEqual([3, 15, 20]);
    expect(answer.flags & 0x0480).toBe(0x0080);
  });

  it('lets allow names pass, blocks deny names, and leaves other villages alone', async () => {
    await using b = await bench();
    const { port } = b.resolver;

    const allowed = await askUdp(port, { name: 'aman.judi.test', type: A });
    const denied = await askUdp(port, { name: 'www.tolak.test', type: A });
    const elsewhere = await askUdp(port, { name: 'judi.test', type: A }, '127.0.0.2');

    expect(allowed.answers[0]?.data.join('.')).toBe('198.51.100.7');
    expect(denied.rcode).toBe(3);
    expect(elsewhere.answers[0]?.data.join('.')).toBe('198.51.100.7');
  });

  it('blocks a name that leads to a blocked one by CNAME, for those whose policy blocks it', async () => {
    await using b = await bench();

    const here = await askUdp(b.resolver.port, { name: 'samar.test', type: A });
    const there = await askUdp(b.resolver.port, { name: 'samar.test', type: A }, '127.0.0.2');

    expect(here.answers.map((r) => r.data.join('.'))).toEqual(['10.255.0.80']);
    expect(there.answers).toHaveLength(2);
    expect(b.upstream.seen).toHaveLength(1);
  });

  it('always answers the canaries', async () => {
    await using b = await bench();
    const ask = (name: string) => askUdp(b.resolver.port, { name, type: A }, '127.0.0.2');

    expect((await ask('use-application-dns.net')).rcode).toBe(3);
    expect((await ask('mask.icloud.com')).rcode).toBe(3);
    const discovery = await ask('_dns.resolver.arpa');
    expect([discovery.rcode, discovery.answers.length]).toEqual([0, 0]);
    expect(b.upstream.seen).toEqual([]);
  });
});

describe('names that pass', () => {
  it('forwards with an id of its own and its own EDNS, caps the TTL, and restores id and spelling', async () => {
    await using b = await bench();

    const answer = await askUdp(b.resolver.port, { name: 'Baik.Test', type: A, id: 7, edns: true });

    expect([answer.id, answer.question, answer.rcode, answer.hasOpt]).toEqual([
      7,
      'Baik.Test',
      0,
      true,
    ]);
    expect(answer.answers[0]?.ttl).toBe(300);
    expect(await b.count('smartwifi_dns_queries_total', { decision: 'allowed' })).toBe(1);
  });

  it('answers from memory with an aged TTL until it runs out', async () => {
    const clock = steppedClock();
    await using b = await bench(world, { clock });
    const ask = () => askUdp(b.resolver.port, { name: 'baik.test', type: A });

    await ask();
    clock.advance(100_000);
    const aged = await ask();
    clock.advance(200_000);
    await ask();

    expect(aged.answers[0]?.ttl).toBe(200);
    expect(b.upstream.seen).toHaveLength(2);
    expect(await b.count('smartwifi_dns_queries_total', { decision: 'cached' })).toBe(1);
  });

  it('keeps a negative answer as long as its SOA says', async () => {
    const clock = steppedClock();
    await using b = await bench(world, { clock });
    const ask = () => askUdp(b.resolver.port, { name: 'kosong.test', type: A });

    await ask();
    clock.advance(59_000);
    await ask();
    clock.advance(2000);
    await ask();

    expect(b.upstream.seen).toHaveLength(2);
  });

  it('asks once for all who ask the same at the same time', async () => {
    const gate = Promise.withResolvers<void>();
    await using b = await bench(async (seen) => {
      await gate.promise;
      return world(seen) as Uint8Array;
    }, {});
    const asking = Array.from({ length: 20 }, (_, id) =>
      askUdp(b.resolver.port, { name: 'baik.test', type: A, id }),
    );
    await expect.poll(() => b.upstream.seen.length).toBe(1);
    gate.resolve();

    const answers = await Promise.all(asking);

    expect(answers.map((answer) => answer.id)).toEqual(Array.from({ length: 20 }, (_, id) => id));
    expect(b.upstream.seen).toHaveLength(1);
  });

  it('does not let a public name lead inside, unless told so', async () => {
    await using strict = await bench();
    await using named = await bench(world, { allowPrivateAnswers: ['dalam.test'] });
    await using open = await bench(world, { allowPrivateAnswers: true });
    const ask = (b: Bench) => askUdp(b.resolver.port, { name: 'dalam.test', type: A });

    expect((await ask(strict)).answers).toEqual([]);
    expect((await ask(named)).answers).toHaveLength(1);
    expect((await ask(open)).answers).toHaveLength(1);
    expect(await strict.count('smartwifi_dns_queries_total', { decision: 'rebind' })).toBe(1);
  });
});

describe('sizes and transports', () => {
  const big: Script = ({ name, bytes, transport }) => {
    const answers = Array.from({ length: 60 }, (_, i) => address(name, 60, `198.51.100.${i}`));
    return transport === 'udp'
      ? encodeReply(bytes, { flags: 0x8380 })
      : encodeReply(bytes, { answers });
  };

  it('fetches over TCP what was cut, and cuts it again for a UDP asker', async () => {
    await using b = await bench(big);

    const cut = await askUdp(b.resolver.port, { name: 'besar.test', type: A });
    const [whole] = await askTcp(b.resolver.port, [{ name: 'besar.test', type: A }]);

    expect([cut.truncated, cut.answers.length]).toEqual([true, 0]);
    expect([whole?.truncated, whole?.answers.length]).toEqual([false, 60]);
    expect(b.upstream.seen.map((seen) => seen.transport)).toEqual(['udp', 'tcp']);
  });

  it('answers many questions over one TCP connection', async () => {
    await using b = await bench();
    const names = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 'judi.test' : `n${i}.test`));

    const answers = await askTcp(
      b.resolver.port,
      names.map((name, id) => ({ name, type: A, id })),
    );

    expect(answers.map((answer) => answer.id).toSorted((x, y) => x - y)).toEqual(
      names.map((_, i) => i),
    );
  });
});

describe('TCP that asks too much', () => {
  it('is cut off, counted, and harms nobody else', async () => {
    await using b = await bench();
    const socket = connect(b.resolver.port, '127.0.0.1');
    socket.write(Buffer.from([0xff, 0xff, 0, 0]));
    await once(socket, 'close');

    const [answer] = await askTcp(b.resolver.port, [{ name: 'baik.test', type: A }]);

    expect(answer?.rcode).toBe(0);
    expect(await b.count('smartwifi_dns_dropped_total', { reason: 'tcp_oversize' })).toBe(1);
  });
});

describe('who and what is not served', () => {
  it('refuses a stranger with EDE 18 and names no place for it', async () => {
    await using b = await bench();

    const answer = await askUdp(
      b.resolver.port,
      { name: 'baik.test', type: A, edns: true },
      '127.0.0.9',
    );

    expect([answer.rcode, answer.ede?.code]).toEqual([5, 18]);
    expect(
      await b.count('smartwifi_dns_queries_total', { router: 'unknown', decision: 'refused' }),
    ).toBe(1);
  });

  it.each([
    ['a zone transfer', { name: 'a.test', type: 252 }, 5],
    ['another class', { name: 'version.bind', type: 16, qclass: 3 }, 5],
    ['another opcode', { name: 'a.test', type: A, flags: 0x2000 }, 4],
  ])('refuses %s', async (_, query, rcode) => {
    await using b = await bench();

    expect((await askUdp(b.resolver.port, query)).rcode).toBe(rcode);
    expect(b.upstream.seen).toEqual([]);
  });

  it('answers FORMERR to what it cannot read, and lives on', async () => {
    await using b = await bench();
    const broken = Buffer.from([0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]);

    const formerr = await askUdpRaw(b.resolver.port, broken);
    const fine = await askUdp(b.resolver.port, { name: 'baik.test', type: A });

    expect([formerr.length, formerr.readUInt16BE(0), formerr[3]! & 15]).toEqual([12, 9, 1]);
    expect(fine.rcode).toBe(0);
  });
});

describe('changes while serving', () => {
  it('puts new policies in force with reload, and keeps the old ones when the new ones are wrong', async () => {
    let rows: readonly Policy[] = [policy];
    await using b = await bench(world, { policies: async () => rows });
    const ask = () => askUdp(b.resolver.port, { name: 'iklan.test', type: A });

    expect((await ask()).rcode).toBe(0);
    rows = [{ ...policy, block: ['ads'] }];
    await b.resolver.reload();
    expect((await ask()).rcode).toBe(3);
    rows = [{ ...policy, block: ['adds'] }];
    await expect(b.resolver.reload()).rejects.toMatchObject({ code: 'FILTER_CATEGORY_UNKNOWN' });
    expect((await ask()).rcode).toBe(3);
  });

  it('meets the newest policy with an answer that had to wait', async () => {
    const gate = Promise.withResolvers<void>();
    let rows = [policy];
    let networks = [HERE, THERE];
    await using b = await bench(
      async (seen) => {
        await gate.promise;
        return world(seen) as Uint8Array;
      },
      { policies: async () => rows, networks: async () => networks },
    );
    const blocked = askUdp(b.resolver.port, { name: 'iklan.test', type: A });
    const stranger = askUdp(b.resolver.port, { name: 'iklan.test', type: A }, '127.0.0.2');
    await expect.poll(() => b.upstream.seen.length).toBe(1);

    rows = [{ ...policy, block: ['ads'] }];
    networks = [HERE];
    await b.resolver.reload();
    gate.resolve();

    expect((await blocked).rcode).toBe(3);
    expect((await stranger).rcode).toBe(5);
  });

  it('drops no question while table and policies are swapped', async () => {
    await using b = await bench();
    const other = compileLists([list('gambling', 'lain.test\n')]).table;
    const asking: Promise<{ rcode: number }>[] = [];

    for (let i = 0; i < 40; i += 1) {
      asking.push(askUdp(b.resolver.port, { name: `n${i % 7}.test`, type: A }));
      b.resolver.setTable(i % 2 === 0 ? other : table);
      if (i % 10 === 0) await b.resolver.reload();
    }
    const answers = await Promise.all(asking);
    b.resolver.setTable(other);
    const blocked = await askUdp(b.resolver.port, { name: 'lain.test', type: A });

    expect(answers.every((answer) => answer.rcode === 0)).toBe(true);
    expect(blocked.answers[0]?.data.join('.')).toBe('10.255.0.80');
    expect(await b.count('smartwifi_filter_table_entries', {})).toBe(1);
  });
});
