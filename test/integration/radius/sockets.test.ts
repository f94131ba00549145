/** Several servers on one port, one socket per local address, and addresses that come and go. */
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import {
  accessRequest,
  accountingRequest,
  decodeReply,
  MAC,
  SILENT,
  seedRouters,
  seedVoucher,
} from '../../../radius/radius.fixture.ts';
import { type Family, type ListenOptions, listen } from '../../../radius/sockets.ts';
import { startService } from '../../../scripts/serve/serve.ts';
import {
  counted,
  HOST,
  PORTAL_SECRET,
  radiusStand,
  type Stand,
} from '../../fixtures/radius-stand.ts';

const DUPLICATES = 'smartwifi_radius_duplicates_total';
const RESPONSES = 'smartwifi_radius_responses_total';
const NAS_SOCKETS = 40;
const HAS_IPV6 = Object.values(networkInterfaces())
  .flat()
  .some((entry) => entry?.address === '::1');

let stand: Stand;

beforeAll(async () => {
  stand = await radiusStand();
});

afterAll(() => stand[Symbol.asyncDispose]());

describe('servers that share a port', () => {
  it('both answer, and repeat what they answered to the same socket', async () => {
    const voucher = await seedVoucher(stand.store, 'G');
    const one = await stand.serve({ sharePort: true });
    const port = one.authPort;
    const two = await stand.serve({ sharePort: true, auth: { host: HOST, port } });
    const sockets = await Promise.all(Array.from({ length: NAS_SOCKETS }, () => stand.nas()));

    const pairs = await Promise.all(
      sockets.map(async ({ ask }) => {
        const { bytes } = accessRequest({ username: voucher.code, password: voucher.code });
        return [await ask(bytes, port), await ask(bytes, port)] as const;
      }),
    );

    for (const [first, again] of pairs) expect(again).toEqual(first);
    const answered = [one, two].map(({ metrics }) => counted(metrics, RESPONSES));
    const repeated = [one, two].map(({ metrics }) => counted(metrics, DUPLICATES));
    expect(await Promise.all(answered)).not.toContain(0);
    expect(await Promise.all(repeated)).toEqual(await Promise.all(answered));
  });

  it('do so only when each of them wants to', async () => {
    const alone = await stand.serve();
    const shared = await stand.serve({ sharePort: true });

    const beside = [
      stand.serve({ auth: { host: HOST, port: alone.authPort }, sharePort: true }),
      stand.serve({ auth: { host: HOST, port: shared.authPort } }),
    ];

    for (const second of beside) {
      await expect(second).rejects.toMatchObject({ code: 'RADIUS_LISTEN' });
    }
  });

  it('are threads of one service, counted as one', async () => {
    const config = loadConfig({ cwd: stand.folder, env: {} });
    const { folder } = stand;
    await using service = await startService({
      config: {
        ...config,
        store: `sqlite:${join(folder, 'threads.db')}`,
        keyFile: join(folder, 'threads.key'),
        metrics: { listen: { host: HOST, port: 0 } },
        log: { level: 'silent' },
        radius: {
          ...config.radius,
          auth: { host: HOST, port: 0 },
          acct: { host: HOST, port: 0 },
          threads: 3,
          portalSecret: PORTAL_SECRET,
        },
      },
      roles: ['radius'],
    });
    // 127.0.0.1 is the portal's.
    const address = '127.0.0.2';
    await seedRouters(service.store, address);
    const port = service.ports.acct!;
    const sockets = await Promise.all(
      Array.from({ length: NAS_SOCKETS }, () => stand.nas(address)),
    );

    const replies = await Promise.all(
      sockets.map(({ ask }, i) =>
        ask(
          accountingRequest([
            ['Acct-Status-Type', 1],
            ['Acct-Session-Id', `8000${i}`],
            ['User-Name', 'x'],
            ['Calling-Station-Id', MAC],
          ]),
          port,
        ),
      ),
    );
    const page = await (await fetch(`http://${HOST}:${service.ports.metrics}/metrics`)).text();

    expect(new Set(replies.map((reply) => decodeReply(reply).code))).toEqual(new Set([5]));
    expect(page).toMatch(
      new RegExp(`smartwifi_radius_accounting_total{status="start"} ${NAS_SOCKETS}`),
    );
  });
});

describe('a wildcard', () => {
  const echo = (over: Partial<ListenOptions>): ListenOptions => ({
    at: { host: '0.0.0.0', port: 0 },
    handle: async (datagram) => datagram,
    log: SILENT,
    ...over,
  });

  it.skipIf(!HAS_IPV6)(
    'of IPv6 is every IPv6 address, and replies from the one asked',
    async () => {
      await using listener = await listen(echo({ at: { host: '::', port: 0 } }));
      const nas = await stand.nas('::1');

      const answered = once(nas.socket, 'message');
      nas.socket.send(Buffer.from('x'), listener.port, '::1');
      const [, from] = (await answered) as [Buffer, { address: string; port: number }];

      expect(from).toMatchObject({ address: '::1', port: listener.port });
      expect(listener.addresses().filter((address) => !address.includes(':'))).toEqual([]);
      expect(listener.addresses().filter((address) => address.startsWith('fe80'))).toEqual([]);
    },
  );

  it('follows addresses that come and go, on the same port', async () => {
    let present = ['127.0.0.1', '127.0.0.5'];
    const families: Family[] = [];
    const localAddresses = (family: Family): string[] => {
      families.push(family);
      return present;
    };
    await using listener = await listen(echo({ localAddresses }));
    const nas = await stand.nas();

    present = ['127.0.0.5', '127.0.0.7'];
    await Promise.all([listener.rescan(), listener.rescan()]);

    expect(listener.addresses()).toEqual(['127.0.0.5', '127.0.0.7']);
    for (const host of present) {
      expect(await nas.ask(Buffer.from('x'), listener.port, host)).toEqual(Buffer.from('x'));
    }
    expect(new Set(families)).toEqual(new Set(['IPv4']));
  });

  it('goes on without an address that cannot be bound, and takes it when it can', async () => {
    let present = ['127.0.0.1'];
    await using listener = await listen(echo({ localAddresses: () => present }));
    const taken = await listen(echo({ at: { host: '127.0.0.8', port: listener.port } }));

    present = ['127.0.0.1', '127.0.0.8'];
    await listener.rescan();
    const before = listener.addresses();
    await taken[Symbol.asyncDispose]();
    await listener.rescan();

    expect(before).toEqual(['127.0.0.1']);
    expect(listener.addresses()).toEqual(present);
  });

  it('needs a port when there is no address yet', async () => {
    await expect(listen(echo({ localAddresses: () => [] }))).rejects.toMatchObject({
      code: 'RADIUS_LISTEN',
    });
  });
});

describe('roles in different processes', () => {
  it.each(['radius', 'portal'] as const)('%s alone needs the shared secret', async (role) => {
    const config = loadConfig({ cwd: stand.folder, env: {} });

    await expect(startService({ config, roles: [role] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('radius.portalSecret: must be set'),
    });
  });
});
