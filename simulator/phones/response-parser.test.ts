import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import { createResponseParser, type HttpResponse, MalformedResponse } from './response-parser.ts';

function parse(
  text: string | Buffer,
  options: { method?: string; keep?: number; cuts?: number[] } = {},
) {
  const bytes = Buffer.from(text);
  const parser = createResponseParser(options.method ?? 'GET', options.keep ?? 1e6);
  let complete = false;
  let at = 0;
  for (const cut of [...(options.cuts ?? []), bytes.length]) {
    complete = parser.push(bytes.subarray(at, cut));
    at = cut;
  }
  return { complete, response: parser.end(), status: parser.status() };
}

const body = (response: HttpResponse | null): string | undefined => response?.body.toString();

describe('response parser', () => {
  it('frames a body by Content-Length and ignores what follows', () => {
    const { complete, response } = parse('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloEXTRA');

    expect(complete).toBe(true);
    expect(response?.status).toBe(200);
    expect(body(response)).toBe('hello');
  });

  it('joins chunks, with extensions and trailers', () => {
    const text =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nWiki\r\n5\r\npedia\r\n0\r\nExpires: 0\r\n\r\n';

    const { complete, response } = parse(text);

    expect(complete).toBe(true);
    expect(body(response)).toBe('Wikipedia');
  });

  it('takes the end of the connection for the end of the body when nothing else frames it', () => {
    const { complete, response } = parse('HTTP/1.0 200 OK\r\n\r\nall of it');

    expect(complete).toBe(false);
    expect(body(response)).toBe('all of it');
  });

  it.each([
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'],
    ['CONNECT', 'HTTP/1.1 200 Connection established\r\n\r\n'],
  ])('%s answered by %j has no body', (method, text) => {
    const { complete, response } = parse(text, { method });

    expect(complete).toBe(true);
    expect(body(response)).toBe('');
  });

  it('passes over interim answers', () => {
    const { response } = parse(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 303 See Other\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n',
    );

    expect(response?.status).toBe(303);
    expect(response?.headers.get('location')).toBe('/x');
  });

  it('has no response when the connection ends early, but knows the status', () => {
    const { response, status } = parse('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel');

    expect(response).toBeNull();
    expect(status).toBe(200);
  });

  it('keeps only as much of a body as it was told', () => {
    const { complete, response } = parse('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', {
      keep: 3,
      cuts: [40, 42],
    });

    expect(complete).toBe(true);
    expect(body(response)).toBe('hel');
  });

  it.each([
    'SSH-2.0-OpenSSH_9\r\n\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 99 Low\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n',
    `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`,
  ])('refuses %.40j', (text) => {
    expect(() => parse(text)).toThrow(MalformedResponse);
  });

  it('gives the same response however the bytes are split', () => {
    const chunked = fc
      .array(fc.uint8Array({ minLength: 1, maxLength: 40 }))
      .map((chunks) =>
        Buffer.concat([
          Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
          ...chunks
            .flatMap((chunk) => [`${chunk.length.toString(16)}\r\n`, chunk, '\r\n'])
            .map((part) => Buffer.from(part)),
          Buffer.from('0\r\n\r\n'),
        ]),
      );
    fc.assert(
      fc.property(chunked, fc.array(fc.nat(600)), (bytes, cuts) => {
        const inside = cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b);

        const split = parse(bytes, { cuts: inside });

        expect(split).toEqual(parse(bytes));
        expect(split.complete).toBe(true);
      }),
    );
  });

  it('lets only its own error out, whatever arrives', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'HTTP/1.1 200 OK\r\n',
        '\r\n',
        'Content-Length: 3\r\n',
        '5\r\n',
        '0\r\n\r\n',
        ':',
      ),
      fc.constantFrom(
        'Transfer-Encoding: chunked\r\n',
        'HTTP/1.1 100 \r\n',
        'Location: x\r\n',
        'abc',
      ),
      fc.string({ maxLength: 8 }),
    );
    const feed = (pieces: readonly string[]): unknown => {
      const parser = createResponseParser('GET', 1000);
      try {
        for (const each of pieces) parser.push(Buffer.from(each));
        parser.end();
        return null;
      } catch (error) {
        return error;
      }
    };
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        expect(feed(pieces) ?? new MalformedResponse()).toBeInstanceOf(MalformedResponse);
      }),
      campaign(20_000),
    );
  });
});
