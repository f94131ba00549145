import fc from 'fast-check';
import { expect, it } from 'vitest';
import { steppedClock } from '../../lib/clock.ts';
import { createLogger } from '../../lib/log.ts';
import { createMetrics } from '../../lib/metrics.ts';
import { campaign } from '../../test/fixtures/campaign.ts';
import { FilterError } from '../errors.ts';
import { createFilterMetrics } from '../metrics.ts';
import { takeSnapshot } from '../snapshot.ts';
import { decodeAnswer, encodeQuery } from '../testing/dns-text.ts';
import { HERE, policy, table } from '../testing/resolver-bench.ts';
import { createAnswerCache } from './cache.ts';
import { createResponder } from './respond.ts';

const handle = createResponder({
  snapshot: () => snapshot,
  blockAddress: Uint8Array.of(10, 255, 0, 80),
  upstreams: {
    ask: () => Promise.reject(new FilterError('FILTER_UPSTREAM_TIMEOUT', 'silent')),
    [Symbol.asyncDispose]: async () => {},
  },
  cache: createAnswerCache(10),
  maxTtlSeconds: 300,
  maxWaiting: 100_000,
  clock: steppedClock(),
  log: createLogger('resolver', 'silent'),
  metrics: createFilterMetrics(createMetrics()),
});
const snapshot = takeSnapshot({ networks: [HERE], policies: [policy] }, table, {
  portalHosts: [],
  allowPrivateAnswers: false,
});

const SEEDS = [
  encodeQuery({ name: 'judi.test', type: 1, edns: true }),
  encodeQuery({ name: 'a.b.jahat.test', type: 65 }),
  encodeQuery({ name: 'baik.test', type: 28, edns: true, dnssecOk: true }),
  encodeQuery({ name: 'mask.icloud.com', type: 1 }),
  encodeQuery({ name: '', type: 2 }),
];

/** A good question with a few octets changed, cut or added. */
const damaged = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 }),
    fc.nat(80),
    fc.uint8Array({ maxLength: 20 }),
  )
  .map(([seed, changes, length, tail]) => {
    const bytes = Buffer.concat([seed.subarray(0, Math.max(length, 8)), tail]);
    for (const [at, octet] of changes) if (at < bytes.length) bytes[at] = octet;
    return bytes;
  });

it('never throws on any packet, and every answer is a readable response with the same id', () => {
  fc.assert(
    fc.property(
      fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })),
      fc.constantFrom('127.0.0.1', '192.0.2.1', '::1', ''),
      (packet, from) => {
        const answers: Uint8Array[] = [];
        handle(packet, from, 'udp', (answer) => answers.push(answer));

        expect(answers.length).toBeLessThanOrEqual(1);
        for (const answer of answers) {
          expect(answer.subarray(0, 2)).toEqual(Buffer.from(packet.subarray(0, 2)));
          expect(answer[2]! & 0x80).toBe(0x80);
          expect(answer.length).toBeLessThanOrEqual(512);
          expect(answer.length === 12 || decodeAnswer(answer).id >= 0).toBe(true);
        }
      },
    ),
    campaign(20_000),
  );
});
