import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { WritableTree } from '../../../simulator/menu/tree-state.ts';
import { startInternet } from '../../../simulator/phones/internet.ts';
import { startNtpServer } from '../../../simulator/system/ntp-server.ts';
import {
  createWireguardServer,
  type WireguardServer,
} from '../../../simulator/system/wireguard-server.ts';
import { type FastTwin, fastTwin } from './system-fixture.ts';

const SERVER_KEY = 'bmXOC+F1FxEMF9dyiK2H5/1SUtzH0JuVo51h2wPfgyo=';
const ENDPOINT = '198.51.100.1:51820';
const CONTROLLER = '10.255.0.1';
const DAY = 86_400_000;

function add(tree: WritableTree, path: string, values: Record<string, string>): string {
  return tree.add(path, new Map(Object.entries(values)));
}

/** The tunnel's rows; the server comes to know the key that was born on the router. */
function tunnel(tree: WritableTree, server: WireguardServer): void {
  const id = add(tree, '/interface/wireguard', { name: 'wg-mgmt' });
  add(tree, '/interface/wireguard/peers', {
    interface: 'wg-mgmt',
    'public-key': SERVER_KEY,
    'endpoint-address': '198.51.100.1',
    'endpoint-port': '51820',
    'allowed-address': '10.255.0.0/24',
    'persistent-keepalive': '25s',
  });
  server.allow({ publicKey: tree.find('/interface/wireguard', id)!.values['public-key']! });
}

async function reachable(fast: FastTwin): Promise<boolean> {
  const client = await fast.client().catch(() => null);
  await client?.[Symbol.asyncDispose]();
  return client !== null;
}

describe('a tunnel after a power cut', () => {
  it('needs the time from outside of it: with a time server of the WAN the router returns', async () => {
    const now = { ms: (): number => Date.now() };
    await using time = await startNtpServer({ host: '127.0.0.1', port: 0, now: () => now.ms() });
    const server = createWireguardServer(SERVER_KEY);
    await using fast = await fastTwin(
      {},
      {
        lostTimeMs: DAY,
        wireguard: new Map([[ENDPOINT, server]]),
        portMap: { '*:123': `127.0.0.1:${time.port}` },
      },
    );
    now.ms = fast.clock.now;
    tunnel(fast.tree, server);
    await fast.until(() => reachable(fast));

    await fast.twin.powerCut();
    await fast.twin.powerOn();
    const start = fast.clock.now();
    await fast.until(() => fast.clock.now() > start + 60_000);
    const without = await reachable(fast);
    add(fast.tree, '/system/ntp/client/servers', { address: '203.0.113.5' });
    fast.tree.setSingle('/system/ntp/client', new Map([['enabled', 'yes']]));
    await fast.until(() => reachable(fast));
    const client = await fast.client();
    const ntp = await client.run('/system/ntp/client/print');

    expect(without).toBe(false);
    expect(server.counters.replayed).toBeGreaterThan(0);
    expect(Math.abs(fast.twin.faults.clockOffsetMs)).toBeLessThan(DAY / 2);
    expect(ntp.rows[0]).toMatchObject({
      status: 'synchronized',
      'synced-server': '203.0.113.5',
      'synced-stratum': '2',
    });
  });

  it('stays down where time, or the first resolver, lies behind the tunnel itself', async () => {
    await using time = await startNtpServer({ host: '127.0.0.1', port: 0, now: Date.now });
    const server = createWireguardServer(SERVER_KEY);
    await using fast = await fastTwin(
      {},
      {
        lostTimeMs: DAY,
        tunnel: [CONTROLLER],
        wireguard: new Map([[ENDPOINT, server]]),
        portMap: { [`${CONTROLLER}:123`]: `127.0.0.1:${time.port}` },
      },
    );
    tunnel(fast.tree, server);
    await fast.until(() => reachable(fast));
    fast.tree.setSingle('/ip/dns', new Map([['servers', CONTROLLER]]));
    add(fast.tree, '/system/ntp/client/servers', { address: 'id.pool.ntp.org' });
    add(fast.tree, '/system/ntp/client/servers', { address: CONTROLLER });

    await fast.twin.powerCut();
    await fast.twin.powerOn();
    fast.tree.setSingle('/system/ntp/client', new Map([['enabled', 'yes']]));
    const start = fast.clock.now();
    await fast.until(() => fast.clock.now() > start + 600_000);

    expect(await reachable(fast)).toBe(false);
    expect(time.answered).toBe(0);
    expect(server.counters.replayed).toBeGreaterThan(20);
  });

  it('is dead to both sides while the fault lasts, open sessions too', async () => {
    await using fast = await fastTwin();
    const client = await fast.client();

    fast.twin.faults.tunnelDown = true;
    client.send('/system/identity/print', '.tag=1');
    const start = fast.clock.now();
    await fast.until(() => fast.clock.now() > start + 60_000);
    const silent = client.unread;
    const refused = await reachable(fast);
    fast.twin.faults.tunnelDown = false;

    expect(silent).toBe(0);
    expect(refused).toBe(false);
    expect(await reachable(fast)).toBe(true);
  });
});

describe('netwatch on a twin', () => {
  it('switches to a family resolver when the server’s port closes, and back', async () => {
    const listener = createServer((socket) => socket.destroy());
    const port = await listen(listener, 0);
    await using fast = await fastTwin(
      {},
      { tunnel: [CONTROLLER], liveness: { [CONTROLLER]: `127.0.0.1:${port}` } },
    );
    const client = await fast.client();
    const dns = (): string => fast.tree.single('/ip/dns').servers ?? '';
    await client.run(
      '/tool/netwatch/add',
      `=host=${CONTROLLER}`,
      '=type=icmp',
      '=interval=20s',
      '=timeout=2s',
      `=up-script=/ip dns set servers=${CONTROLLER}`,
      '=down-script=/ip dns set servers=1.1.1.3,1.0.0.3',
    );
    await fast.until(() => dns() === CONTROLLER);

    await new Promise((resolve) => listener.close(resolve));
    await fast.until(() => dns() === '1.1.1.3,1.0.0.3');
    const row = (await client.run('/tool/netwatch/print')).rows[0];
    const again = createServer((socket) => socket.destroy());
    await listen(again, port);
    await fast.until(() => dns() === CONTROLLER);
    await new Promise((resolve) => again.close(resolve));

    expect(row).toMatchObject({ status: 'down', host: CONTROLLER });
  });
});

describe('netwatch of type dns', () => {
  it('asks through the tunnel, and hears nothing while that is down', async () => {
    await using internet = await startInternet({ address: '127.0.0.1', httpPort: 0, dnsPort: 0 });
    await using fast = await fastTwin(
      {},
      {
        tunnel: [CONTROLLER],
        portMap: { [`${CONTROLLER}:53`]: `127.0.0.1:${internet.dnsPort}` },
      },
    );
    const client = await fast.client();
    await client.run(
      '/tool/netwatch/add',
      '=host=example.com',
      '=type=dns',
      '=record-type=A',
      `=dns-server=${CONTROLLER}`,
      '=interval=30s',
    );
    const row = fast.tree.rows('/tool/netwatch')[0]!;
    const status = (): string | undefined => fast.tree.printed('/tool/netwatch', row).status;
    await fast.until(() => status() === 'up');
    const asked = internet.dnsQueries('example.com');

    fast.twin.faults.tunnelDown = true;
    await fast.until(() => status() === 'down');
    fast.twin.faults.tunnelDown = false;
    await fast.until(() => status() === 'up');

    expect(asked).toBeGreaterThan(0);
  });
});

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
