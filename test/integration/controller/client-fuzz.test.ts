/**
 * Bytes that no router sends, into live connections: whatever comes, each command settles with a value or
 * an error of ours, the connection ends or serves on, and nothing is thrown in a socket handler.
 */
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRouter, type RouterOsConnection } from '../../../controller/routeros/client.ts';
import { RouterOsError } from '../../../controller/routeros/errors.ts';
import {
  frame,
  type PeerCommand,
  type TestPeer,
  testPeer,
} from '../../../controller/routeros/test-peer.ts';
import { campaign } from '../../fixtures/campaign.ts';

/** As many connections at a time as a case has attacks. */
const SIDE_BY_SIDE = 20;

let peer: TestPeer;
/** By the name that logs in: an attack each. */
let attacks: readonly Attack[] = [];
let phase: 'login' | 'commands' = 'commands';
const attackOn = new WeakMap<Socket, Attack>();
const uncaught: unknown[] = [];
const onUncaught = (error: unknown): void => void uncaught.push(error);

beforeAll(async () => {
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
  peer = await testPeer(
    (command) => {
      const attack = attackOn.get(command.socket);
      if (attack === undefined) command.reply('!done', '=ret=well');
      else if (command.words[0] !== '/cancel') perform(attack, command);
    },
    {
      onLogin: (command) => {
        const name = command.words.find((word) => word.startsWith('=name=')) ?? '';
        const attack = attacks[Number(name.slice('=name='.length))];
        if (attack !== undefined) attackOn.set(command.socket, attack);
        if (attack !== undefined && phase === 'login') perform(attack, command);
        else command.reply('!done');
      },
    },
  );
});

afterAll(async () => {
  process.off('uncaughtException', onUncaught);
  process.off('unhandledRejection', onUncaught);
  await peer[Symbol.asyncDispose]();
});

function connect(user: string): Promise<RouterOsConnection> {
  const to = { host: '127.0.0.1', port: peer.port, user, password: 'pw' };
  const login = phase === 'login' ? { loginTimeoutMs: 30 } : {};
  return connectRouter({ ...to, connectTimeoutMs: 20_000, ...login, commandTimeoutMs: 30 });
}

/** The reasons of those that reject. */
async function reasons(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(promises);
  return settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
}

/** Words as a confused or hostile router might say them; `TAG` is the tag of the command. */
const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('!re', '!done', '!trap', '!fatal', '!empty', '!') },
  { weight: 6, arbitrary: fc.constantFrom('.tag=TAG', '.tag=', '.tag=1', '.tag=3', '.tag=999') },
  {
    weight: 4,
    arbitrary: fc.constantFrom('=ret=*1', '=message=no', '=category=x', '=category=2', '=', '=='),
  },
  { weight: 2, arbitrary: fc.constantFrom('=__proto__=x', '=.dead=yes', '=.id=*1', '/login') },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);
const sentence = fc.array(word, { minLength: 1, maxLength: 5 });
const noise = fc.uint8Array({ maxLength: 200 });
/** Sentences, noise, or both in turn; then where to cut, and how the connection ends. */
const attack = fc.record({
  parts: fc.array(fc.oneof({ weight: 3, arbitrary: sentence }, { weight: 1, arbitrary: noise }), {
    maxLength: 6,
  }),
  keep: fc.oneof(
    { weight: 3, arbitrary: fc.constant(1) },
    fc.double({ min: 0, max: 1, noNaN: true }),
  ),
  segment: fc.constantFrom(1, 3, 10_000),
  end: fc.constantFrom('stay', 'stay', 'fin', 'rst'),
});
type Attack = typeof attack extends fc.Arbitrary<infer T> ? T : never;

function perform({ parts, keep, segment, end }: Attack, { socket, tag }: PeerCommand): void {
  const bytes = Buffer.concat(
    parts.map((part) =>
      Array.isArray(part)
        ? frame(part.map((text) => text.replaceAll('TAG', tag)))
        : Buffer.from(part),
    ),
  ).subarray(0, Math.ceil(keep * 2000));
  for (let at = 0; at < bytes.length && !socket.destroyed; at += segment) {
    socket.write(bytes.subarray(at, at + segment));
  }
  if (end === 'fin') socket.end();
  else if (end === 'rst') socket.resetAndDestroy();
}

const sideBySide = fc.array(attack, { minLength: SIDE_BY_SIDE, maxLength: SIDE_BY_SIDE });

/** Every error that a connection under attack gives, and why it was lost. */
async function suffer(user: string): Promise<unknown[]> {
  await using connection = await connect(user);
  const listening = { signal: AbortSignal.timeout(30), onRow: () => undefined };
  const errors = await reasons([
    connection.run('/a/print'),
    connection.runFor('/b/add', { name: 'x' }),
    connection.listen('/c/listen', {}, listening),
  ]);
  return connection.open ? errors : [...errors, await connection.lost];
}

// Whole campaigns wait for many time-outs.
describe('hostile bytes', { timeout: 600_000 }, () => {
  it('as answers to commands settle every command with a value or our own error', async () => {
    phase = 'commands';
    const property = fc.asyncProperty(sideBySide, async (many) => {
      attacks = many;
      const errors = await Promise.all(many.keys().map((index) => suffer(String(index))));

      expect(errors.flat().filter((error) => !(error instanceof RouterOsError))).toEqual([]);
    });

    await fc.assert(property, campaign(2000));

    expect(uncaught).toEqual([]);
  });

  it('as answers to the login end in a connection or our own error', async () => {
    phase = 'login';
    const property = fc.asyncProperty(sideBySide, async (many) => {
      attacks = many;
      const dialled = [...many.keys()].map(async (index) => {
        await using connection = await connect(String(index));
        return connection.open;
      });
      const errors = await reasons(dialled);

      expect(errors.filter((error) => !(error instanceof RouterOsError))).toEqual([]);
    });

    await fc.assert(property, campaign(1000));

    expect(uncaught).toEqual([]);
  });

  it('do no harm to another connection', async () => {
    phase = 'commands';
    attacks = [{ parts: [Uint8Array.of(0xf8)], keep: 1, segment: 1, end: 'stay' }];
    await using good = await connect('nobody');
    await using bad = await connect('0');

    await expect(bad.run('/a')).rejects.toMatchObject({ code: 'ROUTER_PROTOCOL' });
    await expect(good.runFor('/b')).resolves.toEqual({ rows: [], ret: 'well' });
  });
});
