import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, valuesOf } from '../../../../simulator/fleet/api.fixture.ts';
import { spawnSimulator } from '../../../../simulator/fleet/spawn.ts';
import type { Simulator, SimulatorOptions } from '../../../../simulator/fleet/types.ts';

const options: SimulatorOptions = {
  routers: [
    { name: 'sekayu', address: '127.20.77.1', adminPassword: 'one' },
    { name: 'bayung', address: '127.20.77.2', adminPassword: 'two' },
  ],
  apiPort: 18_728,
  httpPort: 18_080,
  dnsPort: 18_053,
  tunnel: [],
  portMap: {},
  internet: { address: '127.20.77.80', httpPort: 0, dnsPort: 0 },
  version: '7.20.8',
  board: 'hap-ax2',
};

let simulator: Simulator;
beforeAll(async () => {
  simulator = await spawnSimulator(options);
}, 30_000);
afterAll(() => simulator[Symbol.asyncDispose]());

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the simulator in a process of its own', () => {
  it('has routers that open to their own password, each at its own address', async () => {
    for (const { name, address, adminPassword } of options.routers) {
      using api = await logIn({ host: address, port: options.apiPort }, adminPassword);

      expect(valuesOf(await api.run('/system/identity/print'), 'name')).toEqual([name]);
    }
    await expect(logIn({ host: '127.20.77.1', port: options.apiPort }, 'two')).rejects.toThrow(
      'invalid user name or password',
    );
  });

  it('lives apart and says how much memory it took', async () => {
    expect(simulator.pid).not.toBe(process.pid);
    expect(await simulator.memoryMb()).toBeGreaterThan(20);
  });

  it('brings errors over with code and message', async () => {
    await expect(simulator.powerCut('palembang')).rejects.toMatchObject({
      code: 'SIMULATOR_NO_ROUTER',
      message: 'no twin is called palembang',
    });
    const phone = simulator.phone('sekayu', '02:00:00:00:00:01', 'ios');
    await expect(phone.probe()).rejects.toMatchObject({ code: 'PHONE_NOT_JOINED' });
  });

  it('takes the power from one router and gives it back', async () => {
    await simulator.powerCut('bayung');
    const dark = logIn({ host: '127.20.77.2', port: options.apiPort }, 'two');
    await expect(dark).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await simulator.phone('bayung', '02:00:00:00:00:02', 'ios').join()).toBeNull();

    await simulator.powerOn('bayung');
    using api = await logIn({ host: '127.20.77.2', port: options.apiPort }, 'two');
    expect(valuesOf(await api.run('/system/identity/print'), 'name')).toEqual(['bayung']);
  });

  it('knows of no sessions yet, and no questions', async () => {
    expect(await simulator.sessions()).toEqual([]);
    expect(await simulator.dnsQueries('site.test')).toBe(0);
  });

  it('does not start on a port that is taken, and leaves no process behind', async () => {
    const taken = createServer().listen({ host: '127.20.77.9', port: 0 });
    await once(taken, 'listening');
    const address = taken.address();
    const apiPort = typeof address === 'object' && address !== null ? address.port : 0;
    const routers = [{ name: 'a', address: '127.20.77.9', adminPassword: '' }];

    await expect(spawnSimulator({ ...options, routers, apiPort })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    taken.close();
  }, 30_000);

  it('ends with its owner, and then refuses', async () => {
    expect(isAlive(simulator.pid)).toBe(true);

    await simulator[Symbol.asyncDispose]();

    expect(isAlive(simulator.pid)).toBe(false);
    await expect(simulator.memoryMb()).rejects.toMatchObject({ code: 'SIMULATOR_GONE' });
  });
});
