import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tai64n } from './tai64n.ts';
import { add, type LivingRouter, livingRouter } from './test-system.ts';
import { createWireguardServer, type WireguardServer } from './wireguard-server.ts';

const SERVER_KEY = 'bmXOC+F1FxEMF9dyiK2H5/1SUtzH0JuVo51h2wPfgyo=';
const PEERS = '/interface/wireguard/peers';
const DAY = 86_400_000;

function tunnelled(): LivingRouter & { server: WireguardServer; key: string; peer: string } {
  const server = createWireguardServer(SERVER_KEY);
  const router = livingRouter({}, { wireguard: new Map([['198.51.100.1:51820', server]]) });
  const id = add(router.tree, '/interface/wireguard', { name: 'wg-mgmt' });
  const peer = add(router.tree, PEERS, {
    interface: 'wg-mgmt',
    'public-key': SERVER_KEY,
    'endpoint-address': '198.51.100.1',
    'endpoint-port': '51820',
    'allowed-address': '10.255.0.0/24',
    'persistent-keepalive': '25s',
  });
  const key = router.tree.find('/interface/wireguard', id)!.values['public-key']!;
  return Object.assign(router, { server, key, peer });
}

describe('a tunnel', () => {
  it('comes up when the server knows the key, and stays', async () => {
    const { tree, server, system, key, peer, advance } = tunnelled();

    await advance(5000);
    const unknown = system.tunnelUp();
    server.allow({ publicKey: key });
    await advance(5000);
    const shown = tree.printed(PEERS, tree.find(PEERS, peer)!);
    await advance(120_000);
    await advance(120_000);

    expect(unknown).toBe(false);
    expect(shown).toMatchObject({
      'current-endpoint-address': '198.51.100.1',
      'current-endpoint-port': '51820',
      'last-handshake': '0s',
    });
    expect(system.tunnelUp()).toBe(true);
    expect(server.counters.answered).toBe(3);
  });

  it('needs the shared key that the server has for it', async () => {
    const { tree, server, system, key, peer, advance } = tunnelled();
    const presharedKey = 'SHJvdXRlci1zZWNyZXQtb2YtMzItb2N0ZXRzISEhISE=';
    server.allow({ publicKey: key, presharedKey });

    await advance(5000);
    const without = system.tunnelUp();
    tree.set(PEERS, [peer], new Map([['preshared-key', presharedKey]]));
    await advance(5000);

    expect(without).toBe(false);
    expect(system.tunnelUp()).toBe(true);
  });

  it('goes three minutes after the server has gone silent', async () => {
    const { server, system, key, advance } = tunnelled();
    server.allow({ publicKey: key });
    await advance(5000);

    server.listening = false;
    await advance(120_000);
    const holding = system.tunnelUp();
    await advance(60_000);

    expect(holding).toBe(true);
    expect(system.tunnelUp()).toBe(false);
  });

  it('is refused to a clock that stands hours back, until the time is right or the server forgets', async () => {
    const router = tunnelled();
    const { server, system, key, advance } = router;
    server.allow({ publicKey: key });
    await advance(5000);

    system.powerCut();
    router.misset(-DAY);
    system.powerOn();
    await advance(60_000);
    const back = system.tunnelUp();
    const { replayed } = server.counters;
    router.misset(0);
    await advance(5000);
    const right = system.tunnelUp();
    system.powerCut();
    router.misset(-DAY);
    system.powerOn();
    server.restart();
    await advance(5000);

    expect(back).toBe(false);
    expect(replayed).toBeGreaterThan(0);
    expect(right).toBe(true);
    expect(system.tunnelUp()).toBe(true);
  });
});

describe('TAI64N', () => {
  it('is the label of the page that defines it: 1970 began at 4000…00a', () => {
    expect(tai64n(0).toString('hex')).toBe('400000000000000a00000000');
  });

  it('labels compare as their instants do, on a grid of 17 ms', () => {
    const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const order = Buffer.compare(tai64n(a), tai64n(b));

        expect(order === 0 ? Math.abs(a - b) < 17 : order === Math.sign(a - b)).toBe(true);
      }),
    );
  });
});
