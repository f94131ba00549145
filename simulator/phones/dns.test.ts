import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import {
  DNS_TYPES,
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuery,
  MalformedDns,
  queryDns,
} from './dns.ts';

const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const address = fc
  .tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((a) => a.join('.'));

describe('DNS codec', () => {
  it('reads its own questions and answers', () => {
    fc.assert(
      fc.property(
        name,
        fc.nat(0xffff),
        fc.array(address, { maxLength: 5 }),
        (host, id, addresses) => {
          const query = encodeQuery(id, host, DNS_TYPES.A);

          const answer = encodeAnswer(query, { rcode: 0, addresses, ttl: 60 });

          expect(decodeQuestion(answer)).toMatchObject({ id, name: host, type: 1 });
          expect(decodeAnswer(answer)).toEqual({
            rcode: 0,
            truncated: false,
            addresses,
            ttl: addresses.length > 0 ? 60 : 0,
          });
        },
      ),
    );
  });

  it('reads AAAA data and passes over the CNAME before it', () => {
    const query = encodeQuery(7, 'a.test', DNS_TYPES.AAAA);
    query[2] = 0x81;
    query.writeUInt16BE(2, 6);
    const cname = Buffer.from([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 14]);
    const aaaa = Buffer.from([0xc0, 12, 0, 28, 0, 1, 0, 0, 1, 44, 0, 16, 0x20, 1, 0xd, 0xb8]);

    const answer = decodeAnswer(
      Buffer.concat([query, cname, aaaa, Buffer.alloc(11), Buffer.from([1])]),
    );

    expect(answer).toMatchObject({ addresses: ['2001:db8:0:0:0:0:0:1'], ttl: 300 });
  });

  it('refuses a name that points forward or at itself', () => {
    const message = encodeQuery(1, 'a', DNS_TYPES.A);
    message.set([0xc0, 12], 12);

    expect(() => decodeQuestion(message)).toThrow(MalformedDns);
  });

  it('refuses a label that no name may have', () => {
    expect(() => encodeQuery(1, `${'x'.repeat(64)}.test`, DNS_TYPES.A)).toThrow(MalformedDns);
  });

  it('lets only its own error out, whatever arrives', () => {
    const query = encodeQuery(1, 'www.example.test', DNS_TYPES.A);
    const valid = encodeAnswer(query, { rcode: 0, addresses: ['1.2.3.4', '5.6.7.8'], ttl: 1 });
    const damage = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 });
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((noise) => Buffer.from(noise)),
      fc.tuple(damage, fc.nat(valid.length)).map(([hits, cut]) => {
        const damaged = Buffer.from(valid);
        for (const [at, value] of hits) damaged[at] = value;
        return damaged.subarray(0, cut);
      }),
    );
    fc.assert(
      fc.property(message, (bytes) => {
        expect(thrown(() => decodeAnswer(bytes)) ?? new MalformedDns()).toBeInstanceOf(
          MalformedDns,
        );
      }),
      campaign(20_000),
    );
  });
});

function thrown(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}

describe('queryDns', () => {
  it('asks from its own address and passes over answers to other questions', async () => {
    const server = createSocket('udp4');
    server.bind({ address: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const from: string[] = [];
    server.on('message', (query, peer) => {
      from.push(peer.address);
      const answer = encodeAnswer(query, { rcode: 0, addresses: ['192.0.2.1'], ttl: 5 });
      const forged = encodeAnswer(query, { rcode: 0, addresses: ['192.0.2.66'], ttl: 5 });
      forged.writeUInt16BE((query.readUInt16BE(0) + 1) & 0xffff, 0);
      server.send(forged, peer.port, peer.address);
      server.send(Buffer.from('noise'), peer.port, peer.address);
      server.send(answer, peer.port, peer.address);
    });

    const answer = await queryDns({
      server: '127.0.0.1',
      port: server.address().port,
      localAddress: '127.4.5.6',
      name: 'Desa.Test',
      type: 'A',
      id: 77,
      timeoutMs: 5000,
    });

    expect(answer?.addresses).toEqual(['192.0.2.1']);
    expect(from).toEqual(['127.4.5.6']);
    server.close();
  });

  it('has no answer where nobody listens', async () => {
    const taken = createSocket('udp4');
    taken.bind({ address: '127.0.0.1', port: 0 });
    await once(taken, 'listening');
    const { port } = taken.address();
    taken.close();
    await once(taken, 'close');

    const answer = await queryDns({
      server: '127.0.0.1',
      port,
      name: 'a',
      type: 'A',
      id: 1,
      timeoutMs: 5000,
    });

    expect(answer).toBeNull();
  });
});
