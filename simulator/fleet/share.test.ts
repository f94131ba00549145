import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SmartWifiError } from '../../lib/errors.ts';
import type { Phone } from '../phones/contract.ts';
import { connectSimulator, type SharedSimulator, shareSimulator } from './share.ts';
import type { Simulator } from './types.ts';

const calls: unknown[][] = [];
let shared: SharedSimulator;
let remote: Simulator;

/** Notes what it is asked, knows one router. */
const stub = {
  pid: 4711,
  phone: (router: string, mac: string, kind: string) =>
    ({
      join: async () => ({ ip: `${router} ${mac} ${kind}` }),
      fetch: async (...args: unknown[]) => void calls.push(['fetch', ...args]),
    }) as unknown as Phone,
  powerCut: async (router: string) => {
    throw new SmartWifiError('SIMULATOR_NO_ROUTER', `no twin is called ${router}`);
  },
  setFault: async (...args: unknown[]) => void calls.push(['setFault', ...args]),
  dnsQueries: async (name: string) => name.length,
} as unknown as Simulator;

beforeEach(async () => {
  calls.length = 0;
  shared = await shareSimulator(stub, 0);
  remote = await connectSimulator(shared.port);
});
afterEach(async () => {
  await remote[Symbol.asyncDispose]();
  await shared[Symbol.asyncDispose]();
});

describe('a simulator shared with another process', () => {
  it('has the same calls, phones included', async () => {
    expect(remote.pid).toBe(4711);
    expect(await remote.dnsQueries('désa.test')).toBe(9);
    expect(await remote.phone('r1', '02:00:00:00:00:01', 'ios').join()).toEqual({
      ip: 'r1 02:00:00:00:00:01 ios',
    });
  });

  it('leaves out arguments that were not given', async () => {
    await remote.phone('r1', 'm', 'ios').fetch('http://a.test/');
    await remote.setFault('r1', {});

    expect(calls).toEqual([
      ['fetch', 'http://a.test/'],
      ['setFault', 'r1', {}],
    ]);
  });

  it('brings errors over as they were', async () => {
    await expect(remote.powerCut('r9')).rejects.toMatchObject({
      code: 'SIMULATOR_NO_ROUTER',
      message: 'no twin is called r9',
    });
  });

  it.each([
    '{"id":1,"op":"constructor","args":[]}',
    '{"id":1,"op":"phone","args":["r","m","ios","toString",[]]}',
    '{"id":1,"op":"phone","args":["r","m","tricorder","join",[]]}',
    '{"id":1,"op":"phone","args":[1]}',
  ])('refuses %s', async (line) => {
    const socket = connect({ host: '127.0.0.1', port: shared.port });
    socket.write(`${line}\n`);

    const [answer] = (await once(socket, 'data')) as [Buffer];

    expect(JSON.parse(answer.toString())).toMatchObject({ error: { code: 'SIMULATOR_BAD_CALL' } });
    socket.destroy();
  });

  it('hangs up on what is not JSON', async () => {
    const socket = connect({ host: '127.0.0.1', port: shared.port });
    socket.write('GET / HTTP/1.1\r\n');
    socket.resume();

    await expect(once(socket, 'close')).resolves.toEqual([false]);
  });

  it('is gone when the other side is', async () => {
    await shared[Symbol.asyncDispose]();
    await expect(remote.dnsQueries('a')).rejects.toMatchObject({ code: 'SIMULATOR_GONE' });
    await expect(connectSimulator(shared.port)).rejects.toMatchObject({ code: 'SIMULATOR_GONE' });
    shared = await shareSimulator(stub, 0);
  });
});
