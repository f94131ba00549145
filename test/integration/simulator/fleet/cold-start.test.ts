/** Every router of a fleet loses its power at once, and its clock with it: who returns, and how. */
import { describe, expect, it } from 'vitest';
import { scaledClock } from '../../../../lib/clock.ts';
import { type ApiTalk, logIn } from '../../../../simulator/fleet/api.fixture.ts';
import { spawnSimulator } from '../../../../simulator/fleet/spawn.ts';
import type { Simulator } from '../../../../simulator/fleet/types.ts';

const SERVER_KEY = 'bmXOC+F1FxEMF9dyiK2H5/1SUtzH0JuVo51h2wPfgyo=';
const API_PORT = 18_731;
const FACTOR = 60;
/** Simulated; the promise for the whole fleet. */
const RETURN_MS = 180_000;
const ROUTERS = Number(process.env.ROUTERS ?? (process.env.SOAK === '1' ? 242 : 24));

const routers = Array.from({ length: ROUTERS }, (_, index) => ({
  name: `desa-${index}`,
  address: `127.21.${index >> 7}.${(index & 127) + 1}`,
  adminPassword: 'rahasia',
}));

async function fleet(timeServer: boolean): Promise<{ simulator: Simulator; now: () => number }> {
  const realOriginMs = Date.now();
  const scale = { realOriginMs, originMs: realOriginMs, factor: FACTOR };
  const simulator = await spawnSimulator({
    routers,
    apiPort: API_PORT,
    httpPort: 18_080,
    dnsPort: 18_053,
    tunnel: ['10.255.0.1'],
    portMap: {},
    clockScale: scale,
    version: '7.20.8',
    board: 'hap-ax2',
    outside: {
      timeServer,
      wireguard: { endpoint: '198.51.100.1:51820', publicKey: SERVER_KEY },
    },
  });
  return { simulator, now: scaledClock(scale).now };
}

const enter = (host: string): Promise<ApiTalk> => logIn({ host, port: API_PORT }, 'rahasia');

/** Tunnel, and a time server of the WAN. */
async function configure(host: string): Promise<void> {
  using api = await enter(host);
  await api.run('/system/ntp/client/servers/add', '=address=203.0.113.5');
  await api.run('/system/ntp/client/set', '=enabled=yes');
  await api.run('/interface/wireguard/add', '=name=wg-mgmt');
  await api.run(
    '/interface/wireguard/peers/add',
    '=interface=wg-mgmt',
    `=public-key=${SERVER_KEY}`,
    '=endpoint-address=198.51.100.1',
    '=endpoint-port=51820',
    '=allowed-address=10.255.0.0/24',
    '=persistent-keepalive=25s',
  );
}

/** How many of them let the server in before `deadline`, each asked again until it does. */
async function returned(now: () => number, deadline: number): Promise<number> {
  const waiting = new Set(routers.map(({ address }) => address));
  while (waiting.size > 0 && now() < deadline) {
    for (const address of waiting) {
      const api = await enter(address).catch(() => null);
      api?.[Symbol.dispose]();
      if (api !== null) waiting.delete(address);
    }
  }
  return ROUTERS - waiting.size;
}

describe('a fleet whose power comes back', () => {
  it(`returns within three minutes where the time comes from the WAN (${ROUTERS} routers)`, async () => {
    const { simulator, now } = await fleet(true);
    await using _ = simulator;

    for (const { address } of routers) await configure(address);
    const before = await returned(now, now() + RETURN_MS);
    for (const { name } of routers) await simulator.powerCut(name);
    const { replayed: none } = await simulator.handshakes();
    const from = now();
    await Promise.all(routers.map(({ name }) => simulator.powerOn(name)));
    const after = await returned(now, from + RETURN_MS);
    const { replayed } = await simulator.handshakes();
    console.log(`${after} of ${ROUTERS} were back after ${Math.round((now() - from) / 1000)} s`);

    expect([before, after]).toEqual([ROUTERS, ROUTERS]);
    expect(none).toBe(0);
    // Each was refused first: its clock stood a day back.
    expect(replayed).toBeGreaterThanOrEqual(ROUTERS);
  });

  it('stays away as a whole where nobody tells it the time', async () => {
    const { simulator, now } = await fleet(false);
    await using _ = simulator;
    for (const { address } of routers) await configure(address);
    await returned(now, now() + RETURN_MS);

    for (const { name } of routers) await simulator.powerCut(name);
    await Promise.all(routers.map(({ name }) => simulator.powerOn(name)));

    expect(await returned(now, now() + 60_000)).toBe(0);
  });
});
