import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DNS_TYPES, decodeAnswer, encodeQuery, queryDns } from './dns.ts';
import { httpExchange } from './http.ts';
import { type Internet, startInternet } from './internet.ts';
import { judgeProbe, type PhoneKind, PROBES } from './probes.ts';

let internet: Internet;
beforeAll(async () => {
  internet = await startInternet({ address: '127.99.0.1', httpPort: 0, dnsPort: 0 });
});
afterAll(() => internet[Symbol.asyncDispose]());

const get = (host: string, path: string, more: { method?: string; body?: string } = {}) =>
  httpExchange({
    host: internet.address,
    port: internet.httpPort,
    method: 'GET',
    target: path,
    headers: { Host: host },
    timeoutMs: 5000,
    ...more,
  });
const ask = (name: string, type: 'A' | 'AAAA' = 'A') =>
  queryDns({
    server: internet.address,
    port: internet.dnsPort,
    name,
    type,
    id: 5,
    timeoutMs: 5000,
  });

describe('the stand-in for the internet', () => {
  it.each(Object.keys(PROBES) as PhoneKind[])('satisfies the probe of %s', async (kind) => {
    const url = new URL(PROBES[kind].url);

    const { response } = await get(url.host, url.pathname);

    expect(judgeProbe(kind, response)).toBe('internet');
  });

  it.each([0, 1, 65_536, 3_000_001])('sends a body of exactly %i octets', async (octets) => {
    const { response, receivedOctets } = await get('any.test', `/bytes/${octets}`);

    expect(response?.headers.get('content-length')).toBe(String(octets));
    expect(receivedOctets).toBeGreaterThan(octets);
    expect(response?.body.length).toBe(Math.min(octets, 1024 * 1024));
  });

  it('answers any page of any host, and counts the host', async () => {
    const { response } = await get('Desa.Example', '/berita');

    expect(response?.status).toBe(200);
    expect(internet.httpRequests('desa.example')).toBe(1);
  });

  it('takes an upload', async () => {
    const { response, sentOctets } = await get('up.test', '/', {
      method: 'POST',
      body: 'x'.repeat(50_000),
    });

    expect(response?.status).toBe(200);
    expect(sentOctets).toBeGreaterThan(50_000);
  });

  it('accepts connections where HTTPS would be', async () => {
    const socket = connect({ host: internet.address, port: internet.tlsPort });
    await once(socket, 'connect');

    socket.end('hello');
    socket.resume();

    await expect(once(socket, 'close')).resolves.toEqual([false]);
  });

  it('gives every name its own address and counts the questions', async () => {
    const answer = await ask('News.Example');
    await ask('news.example', 'AAAA');

    expect(answer).toMatchObject({ rcode: 0, addresses: ['127.99.0.1'] });
    expect(internet.dnsQueries('news.example')).toBe(2);
    expect(internet.dnsQueries('never.asked')).toBe(0);
  });

  it('knows no name under .invalid, and no IPv6', async () => {
    const [invalid, six] = await Promise.all([ask('x.invalid'), ask('x.example', 'AAAA')]);

    expect(invalid).toMatchObject({ rcode: 3, addresses: [] });
    expect(six).toMatchObject({ rcode: 0, addresses: [] });
  });

  it('answers DNS over TCP as well, split anyhow', async () => {
    const query = encodeQuery(9, 'tcp.example', DNS_TYPES.A);
    const framed = Buffer.concat([Buffer.from([0, query.length]), query]);
    const socket = connect({ host: internet.address, port: internet.dnsPort });
    socket.setNoDelay(true);
    await once(socket, 'connect');
    for (const octet of framed) {
      await new Promise((sent) => socket.write(Buffer.from([octet]), sent));
    }

    const [answer] = (await once(socket, 'data')) as [Buffer];

    expect(decodeAnswer(answer.subarray(2)).addresses).toEqual(['127.99.0.1']);
    socket.destroy();
  });
});
