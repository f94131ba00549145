import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { logIn, valuesOf } from './api.fixture.ts';
import { NO_FAULTS } from './faults.ts';
import { routerSpecs, simulateRouters } from './routers.ts';
import { connectSimulator } from './share.ts';

describe('routerSpecs', () => {
  it('gives each router its own address and all the same port, across octets', () => {
    const specs = routerSpecs({ count: 3, apiPort: 8728, addressBase: '127.20.0.254' });

    expect(specs.map(({ address, apiPort }) => `${address}:${apiPort}`)).toEqual([
      '127.20.0.254:8728',
      '127.20.0.255:8728',
      '127.20.1.0:8728',
    ]);
  });

  it('counts ports up without an address base', () => {
    const specs = routerSpecs({ count: 2, apiPort: 9000, password: 'p', user: 'ops' });

    expect(specs).toEqual([
      { name: 'router-1', address: '127.0.0.1', apiPort: 9000, user: 'ops', adminPassword: 'p' },
      { name: 'router-2', address: '127.0.0.1', apiPort: 9001, user: 'ops', adminPassword: 'p' },
    ]);
  });

  it.each([
    { count: 0, apiPort: 9000 },
    { count: 1.5, apiPort: 9000 },
    { count: 1, apiPort: 0 },
    { count: 2, apiPort: 65_535 },
    { count: 1, apiPort: 9000, addressBase: '10.0.0.1' },
    { count: 3, apiPort: 9000, addressBase: '127.255.255.254' },
    { count: 1, apiPort: 9000, addressBase: 'localhost' },
  ])('refuses %o', (options) => {
    expect(() => routerSpecs(options)).toThrow(
      expect.objectContaining({ code: 'SIMULATOR_START' }),
    );
  });
});

describe('simulateRouters', () => {
  it('runs routers with their user until the signal, and lets another process bring phones', async () => {
    const controller = new AbortController();
    const running = await simulateRouters(
      {
        count: 2,
        apiPort: 18_728,
        addressBase: '127.20.55.1',
        user: 'ops',
        password: 'rahasia',
        faults: { ...NO_FAULTS, twin: { accountingOff: true } },
        controlPort: 0,
      },
      controller.signal,
    );
    using api = await logIn({ host: '127.20.55.2', port: 18_728 }, 'rahasia', 'ops');
    expect(valuesOf(await api.run('/system/identity/print'), 'name')).toEqual(['router-2']);
    await using remote = await connectSimulator(running.controlPort!);
    expect(await remote.phone('router-1', '02:00:00:00:00:01', 'ios').join()).toMatchObject({
      ip: expect.stringMatching(/^192\.168\.88\./),
    });

    controller.abort();
    await running[Symbol.asyncDispose]();

    await expect(logIn({ host: '127.20.55.2', port: 18_728 }, 'rahasia', 'ops')).rejects.toThrow(
      'ECONNREFUSED',
    );
    await expect(remote.sessions()).rejects.toMatchObject({ code: 'SIMULATOR_GONE' });
  });

  it('speaks TLS without a certificate where asked to, and keeps the caller’s address', async () => {
    await using running = await simulateRouters({
      count: 1,
      apiPort: 18_729,
      addressBase: '127.20.56.1',
      tls: true,
    });
    const { address: host, apiPort: port } = running.routers[0]!;
    const socket = connectTls({
      socket: connect({ host, port, localAddress: '127.9.9.9' }),
      ciphers: 'ADH-AES256-GCM-SHA384:@SECLEVEL=0',
      maxVersion: 'TLSv1.2',
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');

    using api = await logIn({ host, port, socket }, '');

    const service = await api.run('/ip/service/print', '?connection=true');
    expect(valuesOf(service, 'remote')).toEqual([expect.stringMatching(/^127\.9\.9\.9:/)]);
    expect(valuesOf(await api.run('/system/identity/print'), 'name')).toEqual(['router-1']);
  });
});
