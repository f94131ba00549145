/** The resolver as `dig` sees it: another reader of every kind of answer that we write. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { address, alias, encodeReply, soa } from '../../../filter/testing/dns-text.ts';
import type { Script } from '../../../filter/testing/fake-dns.ts';
import { type Bench, bench } from '../../../filter/testing/resolver-bench.ts';
import { installed } from '../../fixtures/installed.ts';

const run = promisify(execFile);

const hasDig = await installed('dig', 'dig', ['-v']);

const upstream: Script = ({ name, bytes, transport }) => {
  if (name === 'tidak.test')
    return encodeReply(bytes, { rcode: 3, authority: [soa('test', 60, 60)] });
  if (name !== 'besar.test') {
    const answers = [alias(name, 60, 'jauh.test'), address('jauh.test', 60, '198.51.100.1')];
    return encodeReply(bytes, { answers, opt: true });
  }
  const answers = Array.from({ length: 90 }, (_, i) => address(name, 60, `198.51.100.${i}`));
  return transport === 'udp'
    ? encodeReply(bytes, { flags: 0x8380 })
    : encodeReply(bytes, { answers });
};

async function dig(port: number, ...args: readonly string[]): Promise<string> {
  const common = ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=20'];
  return (await run('dig', [...common, ...args])).stdout;
}

describe.skipIf(!hasDig)('dig', () => {
  let b: Bench;
  beforeAll(async () => {
    b = await bench(upstream);
  });
  afterAll(() => b[Symbol.asyncDispose]());

  it.concurrent.each([
    [['judi.test', 'A'], /status: NOERROR[\s\S]*\sA\s+10\.255\.0\.80/],
    [['judi.test', 'A'], /EDE: 17 \(Filtered\): \(Diblokir: situs perjudian\)/],
    [['judi.test', 'AAAA'], /ANSWER: 0, AUTHORITY: 1[\s\S]*judi\.test\.\s+20\s+IN\s+SOA/],
    [['judi.test', 'A', '+noedns'], /ADDITIONAL: 0[\s\S]*10\.255\.0\.80/],
    [['jahat.test', 'A'], /status: NXDOMAIN[\s\S]*EDE: 15 \(Blocked\)/],
    [['use-application-dns.net', 'A'], /status: NXDOMAIN/],
    [['_dns.resolver.arpa', 'SVCB'], /status: NOERROR[\s\S]*ANSWER: 0, AUTHORITY: 1/],
    [['baik.test', 'A'], /flags: qr rd ra;[\s\S]*CNAME\s+jauh\.test\.[\s\S]*198\.51\.100\.1/],
    [['baik.test', 'A', '+dnssec'], /flags: do; udp: 1232[\s\S]*198\.51\.100\.1/],
    [['tidak.test', 'A'], /status: NXDOMAIN[\s\S]*SOA/],
    [['besar.test', 'A', '+ignore'], /flags: qr tc rd ra;/],
    [['besar.test', 'A'], /Truncated, retrying in TCP mode[\s\S]*ANSWER: 90/],
    [['baik.test', 'A', '+tcp'], /198\.51\.100\.1/],
    [['version.bind', 'TXT', 'CH'], /status: REFUSED/],
    [['baik.test', 'A', '+edns=5', '+noednsneg'], /status: BADVERS/],
  ])('reads the answer to %j', async (args, expected) => {
    const output = await dig(b.resolver.port, ...args);

    expect(output).toMatch(expected);
    expect(output).not.toMatch(/WARNING|malformed|extra bytes|bad packet/i);
  });
});
