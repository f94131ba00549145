import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeSentence, sentenceParser } from '../api/codec.ts';
import { type Link, type LinkOptions, openLink } from './link.ts';
import { createLane } from './shape.ts';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

interface Ends {
  readonly link: Link;
  readonly client: Socket;
  /** First words of what the router got. */
  readonly got: string[];
  readonly answers: () => Buffer;
  readonly ended: Promise<string>;
}

/** A router that says `!done` to every sentence. */
async function ends(options: Partial<LinkOptions> = {}, arm?: (link: Link) => void): Promise<Ends> {
  const got: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const parser = sentenceParser();
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (octets) => {
      for (const [word = '', tag = ''] of parser.push(octets)) {
        got.push(word);
        socket.write(encodeSentence(['!done', tag]));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const link = await openLink({
    target: { host: '127.0.0.1', port },
    host: '127.0.0.1',
    ...options,
  });
  arm?.(link);
  const client = connect({ host: '127.0.0.1', port: link.port });
  const chunks: Buffer[] = [];
  client.on('data', (octets) => chunks.push(octets));
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  client.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  client.on('end', () => resolve('end'));
  open.push({
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await link[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  });
  await once(client, 'connect');
  return { link, client, got, answers: () => Buffer.concat(chunks), ended };
}

const add = (tag: number): Buffer => encodeSentence(['/ip/pool/add', `.tag=${tag}`, '=name=x']);
const print = (tag: number): Buffer => encodeSentence(['/ip/pool/print', `.tag=${tag}`]);
const SOON = { timeout: 10_000, interval: 2 };

describe('a link', () => {
  it('passes octets on as they are, both ways', async () => {
    const { client, got, answers } = await ends();

    client.write(Buffer.concat([print(1), add(2)]));

    const wanted = Buffer.concat([1, 2].map((tag) => encodeSentence(['!done', `.tag=${tag}`])));
    await expect.poll(answers, SOON).toEqual(wanted);
    expect(got).toEqual(['/ip/pool/print', '/ip/pool/add']);
  });

  it('counts commands, writes, and the round trips that one waited for another', async () => {
    const { client, answers, link } = await ends();

    client.write(Buffer.concat([print(1), print(2)]));
    await expect
      .poll(() => answers().length, SOON)
      .toBe(2 * encodeSentence(['!done', '.tag=1']).length);
    client.write(add(3));
    await expect.poll(() => link.counts.roundTrips, SOON).toBe(3);

    expect(link.counts).toMatchObject({ connections: 1, commands: 3, writes: 1 });
  });

  it.each([
    [false, ['/ip/pool/print', '/ip/pool/add']],
    [true, ['/ip/pool/print', '/ip/pool/add', '/ip/pool/add']],
  ])('resets at a write, delivered: %s', async (delivered, reached) => {
    const { client, ended, got, link } = await ends({}, (one) =>
      one.cut({ kind: 'reset', atWrite: 2, delivered }),
    );

    client.write(Buffer.concat([print(1), add(2)]));
    await expect.poll(() => got.length, SOON).toBe(2);
    client.write(Buffer.concat([add(3), add(4)]));

    await expect(ended).resolves.toBe('ECONNRESET');
    expect(got).toEqual(reached);
    expect(link.isCut).toBe(true);
  });

  it('ends in the middle of a sentence', async () => {
    const { client, ended, answers } = await ends({}, (one) =>
      one.cut({ kind: 'close', afterOctets: 5 }),
    );

    client.write(print(1));

    await expect(ended).resolves.toBe('end');
    expect(answers()).toEqual(encodeSentence(['!done', '.tag=1']).subarray(0, 5));
  });

  it('lets the router wait for a slow reader, and loses nothing', async () => {
    const { client, answers, link } = await ends();
    Object.assign(link.path, { kbps: 4000, slowReader: true });
    const tags = Array.from({ length: 2000 }, (_, tag) => tag);

    client.write(Buffer.concat(tags.map(print)));

    const wanted = Buffer.concat(tags.map((tag) => encodeSentence(['!done', `.tag=${tag}`])));
    await expect.poll(() => answers().equals(wanted), SOON).toBe(true);
  });

  it('falls silent and ends nothing, until it is restored', async () => {
    const cut = Promise.withResolvers<void>();
    const { client, ended, answers, link } = await ends({ onCut: cut.resolve }, (one) =>
      one.cut({ kind: 'silence', atWrite: 1 }),
    );

    client.write(add(1));
    await cut.promise;

    expect(client.destroyed).toBe(false);
    expect(answers()).toHaveLength(0);
    link.restore();
    await expect(ended).resolves.toBe('ECONNRESET');
  });
});

describe('a lane', () => {
  it('needs half a round trip, and the time that the octets take one after the other', () => {
    const lane = createLane({ rttMs: 600, kbps: 2000 }, () => 1);

    expect(lane.arrival(25_000, 0)).toBe(400);
    expect(lane.arrival(25_000, 0)).toBe(500);
    expect(lane.arrival(25_000, 10_000)).toBe(10_400);
  });

  it('sends what is lost again after a while', () => {
    const lane = createLane({ rttMs: 600, loss: 0.1 }, () => 0.05);

    expect(lane.arrival(100, 0)).toBe(1500);
  });

  it('gives no octet before its time, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(100_000), fc.nat(10_000)), { maxLength: 30 }),
        fc.integer({ min: 1, max: 100_000 }),
        (sent, kbps) => {
          const lane = createLane({ rttMs: 40, kbps }, () => 1);
          let now = 0;
          let last = 0;
          for (const [octets, pause] of sent) {
            now += pause;
            const at = lane.arrival(octets, now);
            expect(at).toBeGreaterThanOrEqual(Math.max(now + 20 + (octets * 8) / kbps, last));
            last = at;
          }
        },
      ),
      { seed: 5 },
    );
  });
});
