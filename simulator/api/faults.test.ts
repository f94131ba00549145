import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startTwin } from './test-twin.ts';

describe('faults of the link', () => {
  it('octets may come one by one', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();
    twin.api.faults.byteAtATime = true;

    const { rows } = await peer.run('/system/identity/print');

    expect(rows).toEqual([{ name: 'MikroTik' }]);
  });

  it('answers may come late and stay in order', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();
    twin.api.faults.latencyMs = 15;

    peer.send('/system/identity/print', '.tag=1');
    peer.send('/system/identity/print', '.tag=2');
    const tags = [await peer.next(), await peer.next(), await peer.next(), await peer.next()];

    expect(tags.map((words) => words?.[1])).toEqual(['.tag=1', '.tag=1', '.tag=2', '.tag=2']);
  });

  it('the connection may be reset in the middle of an answer', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();
    twin.api.faults.resetAfterBytes = 40;

    await expect(peer.run('/interface/print')).rejects.toThrow('connection closed');
  });

  it('a half-open peer neither answers nor closes', async () => {
    await using twin = await startTwin();
    await using healthy = await startTwin();
    const peer = await twin.client();
    const witness = await healthy.client();
    twin.api.faults.halfOpen = true;

    peer.send('/system/identity/print');
    peer.socket.end();
    // By the time others have been answered twice, so would this one have been.
    await witness.run('/interface/print');
    await witness.run('/interface/print');

    expect(peer.unread).toBe(0);
    expect(peer.socket.readableEnded).toBe(false);
    expect(twin.api.sessions).toBe(1);
  });
});

describe('hostile peers', () => {
  it('send what they like and the twin stays up', async () => {
    await using twin = await startTwin();
    const octets = fc.uint8Array({ minLength: 1, maxLength: 60 });

    await fc.assert(
      fc.asyncProperty(octets, async (junk) => {
        await using peer = await twin.stranger();
        peer.socket.end(Buffer.from(junk));
        while ((await peer.next()) !== null);
      }),
      { numRuns: 60, seed: 20_261_124 },
    );
    expect((await (await twin.client()).run('/system/identity/print')).rows).toHaveLength(1);
  });

  it('get an answer to every command, whatever its words', async () => {
    await using twin = await startTwin();
    const peer = await twin.client();
    const path = fc.constantFrom('/ip/pool', '/ip/hotspot', '/user', '/file', '/system/note', '/x');
    const verb = fc.constantFrom('print', 'add', 'set', 'remove', 'get', 'enable', 'unset', 'y');
    const word = fc.stringMatching(/^[=?][a-z.!#-]{0,8}=?[a-z0-9*,./]{0,8}$/);

    await fc.assert(
      fc.asyncProperty(path, verb, fc.array(word, { maxLength: 4 }), async (at, what, words) => {
        const wanted = words.filter((each) => !/follow|interval/.test(each));

        expect(await peer.run(`${at}/${what}`, ...wanted)).toHaveProperty('traps');
      }),
      { numRuns: 400, seed: 20_261_124 },
    );
  });
});
