import { createServer, type Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import { steppedClock } from '../../lib/clock.ts';
import { factoryTree } from '../menu/factory.ts';
import { add, attributes } from '../menu/test-tree.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { createTwin, type Twin } from '../twin.ts';
import { type Adlists, createAdlists, parseAdlist } from './adlist.ts';
import { answerAddresses, encodeQuery, lifetime, rcodeOf, TYPE } from './wire.ts';

const URL_OF_LIST = 'http://198.51.100.9/daftar.txt';
const numbered = (count: number): string =>
  Array.from({ length: count }, (_, index) => `n${index}.judi.example\n`).join('');

describe('a list', () => {
  it('is a hosts file or one name a line', () => {
    const text = [
      '# slot',
      '0.0.0.0 ads.example.net # tail',
      '127.0.0.1  a.judi.example',
      '::1 localhost',
      'b.judi.example\r',
      'b.judi.example',
      'Upper.Example',
      '*.wild.example',
      '10.0.0.1',
    ].join('\n');

    expect(parseAdlist(text)).toEqual(['ads.example.net', 'a.judi.example', 'b.judi.example']);
  });
});

interface Stand {
  readonly tree: WritableTree;
  readonly adlists: Adlists;
  readonly clock: ReturnType<typeof steppedClock>;
  readonly crashes: () => number;
  /** What the address gives from now on; null: nothing. */
  serve(text: string | null): void;
}

function stand(board: string, text: string | null): Stand {
  const tree = factoryTree({ board });
  const clock = steppedClock();
  let served = text;
  let crashes = 0;
  const adlists = createAdlists({
    tree,
    clock,
    load: async () => {
      if (served === null) throw new Error('no way');
      return served;
    },
    outOfMemory: () => {
      crashes += 1;
    },
  });
  adlists.start();
  const serve = (next: string | null): void => {
    served = next;
  };
  return { tree, adlists, clock, crashes: () => crashes, serve };
}

const row = (tree: WritableTree): Record<string, string> =>
  tree.printed('/ip/dns/adlist', tree.rows('/ip/dns/adlist')[0]!);
const messages = (tree: WritableTree): (string | undefined)[] =>
  tree.rows('/log').map(({ values }) => values.message);

describe('an adlist', () => {
  it('counts its names and matches, and goes with its row', async () => {
    const { tree, adlists } = stand('hap-ax2', 'a.example\nb.example\n');
    const { memory, disk } = tree.free();
    const id = add(tree, '/ip/dns/adlist', { url: URL_OF_LIST });
    await adlists.settled();

    const answers = ['a.example', 'b.example', 'c.example', 'sub.a.example'].map(adlists.refuses);
    const shown = row(tree);
    const taken = tree.free();
    tree.remove('/ip/dns/adlist', [id]);

    expect(answers).toEqual([true, true, false, false]);
    expect(shown).toMatchObject({ 'name-count': '2', 'match-count': '2' });
    expect(taken).toEqual({ memory: memory - 150, disk: disk - 20 });
    expect(adlists.refuses('a.example')).toBe(false);
    expect(tree.free()).toEqual({ memory, disk });
  });

  it('ends where the cache does, and says so', async () => {
    const { tree, adlists } = stand('hap-ax2', numbered(30_000));

    add(tree, '/ip/dns/adlist', { url: URL_OF_LIST });
    await adlists.settled();

    expect(Number(row(tree)['name-count'])).toBe(Math.floor(((2048 - 44) * 1024) / 75));
    expect(messages(tree)).toContain('adlist read: max cache size reached');
    expect(adlists.refuses('n0.judi.example')).toBe(true);
    expect(adlists.refuses('n29999.judi.example')).toBe(false);
  });

  it('brings a small board down when its names are more than the memory', async () => {
    const small = stand('hap-lite', numbered(120_000));
    const large = stand('hap-ax2', numbered(120_000));

    for (const { tree, adlists } of [small, large]) {
      tree.setSingle('/ip/dns', attributes({ 'cache-size': '32768' }));
      add(tree, '/ip/dns/adlist', { url: URL_OF_LIST });
      await adlists.settled();
    }

    expect([small.crashes(), large.crashes()]).toEqual([1, 0]);
    expect(row(large.tree)['name-count']).toBe('120000');
  });

  it('is in force again after a power cut from the disk, where it fits there', async () => {
    const kept = await Promise.all(
      [3000, 120_000].map(async (count) => {
        const { tree, adlists, serve } = stand('hap-ac2', numbered(count));
        tree.setSingle('/ip/dns', attributes({ 'cache-size': '16384' }));
        add(tree, '/ip/dns/adlist', { url: URL_OF_LIST });
        await adlists.settled();
        serve(null);
        adlists.cut();
        const dark = adlists.refuses('n1.judi.example');
        adlists.start();
        await adlists.settled();
        return [dark, adlists.refuses('n1.judi.example')];
      }),
    );

    expect(kept).toEqual([
      [false, true],
      [false, false],
    ]);
  });

  it('is tried again after a failure, reloaded on command and silent while paused', async () => {
    const { tree, adlists, clock, serve } = stand('hap-ax2', null);
    add(tree, '/ip/dns/adlist', { url: URL_OF_LIST });
    await adlists.settled();
    const complaint = messages(tree).at(-1);

    serve('a.example');
    clock.advance(60_001);
    await Promise.resolve();
    await adlists.settled();
    const first = adlists.refuses('a.example');
    serve('b.example');
    tree.act('/ip/dns/adlist/reload');
    await adlists.settled();
    const second = adlists.refuses('b.example');
    tree.act('/ip/dns/adlist/pause', 1000);
    const paused = adlists.refuses('b.example');
    clock.advance(1000);

    expect(complaint).toBe(`adlist ${URL_OF_LIST}: no way`);
    expect([first, second, paused, adlists.refuses('b.example')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });
});

describe('a twin with an adlist', () => {
  it('refuses its names for two seconds, but not those that a FWD row exempts', async () => {
    await using web = await listServer('judi.example\nizin.example\nlarang.example\n');
    const tree = factoryTree();
    add(tree, '/ip/dns/static', { name: 'izin.example', type: 'FWD', 'forward-to': '9.9.9.9' });
    add(tree, '/ip/dns/static', { name: 'judi.example', address: '10.0.0.1' });
    add(tree, '/ip/dns/static', { name: 'larang.example', type: 'NXDOMAIN' });
    await using twin = await startTwin(tree, web.port);
    add(tree, '/ip/dns/adlist', { url: URL_OF_LIST });
    await expect.poll(() => row(tree)['name-count']).toBe('3');
    const phone = twin.attach({ mac: '02:00:00:00:00:01' })!;

    const ask = (name: string, type: number = TYPE.a): Promise<Buffer | null> =>
      twin.askDns(phone.ip, '192.168.88.1', encodeQuery(7, name, type));
    const refused = (await ask('judi.example'))!;

    expect(answerAddresses(refused)).toEqual(['0.0.0.0']);
    expect(lifetime(refused)).toBe(2);
    expect((await ask('judi.example', TYPE.aaaa))!.subarray(-16)).toEqual(Buffer.alloc(16));
    expect(rcodeOf((await ask('larang.example'))!)).toBe(3);
    // Nobody answers at 9.9.9.9, but it was asked.
    expect(rcodeOf((await ask('izin.example'))!)).toBe(2);
    expect(row(tree)['match-count']).toBe('2');
  });

  it('out of memory goes down, comes up and says why', async () => {
    await using web = await listServer(numbered(120_000));
    const tree = factoryTree({ board: 'hap-lite' });
    tree.setSingle('/ip/dns', attributes({ 'cache-size': '32768' }));
    await using twin = await startTwin(tree, web.port);
    const uptime = twin.apiPort;

    add(tree, '/ip/dns/adlist', { url: URL_OF_LIST });

    await expect
      .poll(() => messages(tree))
      .toEqual([
        'router was rebooted without proper shutdown, probably kernel failure',
        'out of memory condition was detected',
      ]);
    expect(twin.apiPort).toBe(uptime);
    expect(row(tree)['name-count']).toBe('0');
  });
});

function startTwin(tree: WritableTree, port: number): Promise<Twin> {
  return createTwin({
    address: '127.41.7.1',
    apiPort: 0,
    tree,
    httpPort: 8880,
    dnsPort: 8853,
    tunnel: [],
    portMap: { '198.51.100.9:80': `127.0.0.1:${port}` },
  });
}

async function listServer(text: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer((_request, response) => response.end(text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
