/** A router given back: what stays of it, and what does not. */
import { afterEach, describe, expect, it } from 'vitest';
import { cutScript, releaseRouter } from '../../../../controller/enrol/release.ts';
import { enrolScript } from '../../../../controller/enrol/script.ts';
import { provisionRouter } from '../../../../controller/provision.ts';
import { realClock } from '../../../../lib/clock.ts';
import { createLogger } from '../../../../lib/log.ts';
import { createSystem } from '../../../../simulator/system/system.ts';
import { type TwinBench, twinBench } from '../twin-bench.ts';

const USER = {
  name: 'admin',
  group: 'full',
  rights: new Set('ftp,reboot,read,write,policy,test,password,sensitive,api'.split(',')),
};
const KEY = Buffer.alloc(32, 7).toString('base64');
const SCRIPT = enrolScript({
  name: 'kayu-ara-1',
  token: '0123456789',
  address: '10.255.1.7',
  tunnelSubnet: '10.255.0.0/16',
  controllerAddress: '127.0.0.1',
  endpoint: { host: '192.0.2.1', port: 51820 },
  serverKey: KEY,
  presharedKey: KEY,
  apiUser: 'sw-ctl',
  apiPassword: 'before-it-is-ours',
});

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

async function run({ twin }: TwinBench, source: string): Promise<unknown> {
  const { jobs } = createSystem({
    tree: twin.tree,
    clock: realClock,
    log: createLogger('twin', 'silent'),
    onPower: () => undefined,
  });
  return jobs.run({ source, user: USER });
}

describe.each(['7.16.2', '7.20.8'])('a released router with RouterOS %s', (version) => {
  it('is a plain gateway: its LAN works, nothing of ours is left, foreign rows are as they were', async () => {
    const bench = await twinBench({ version });
    open.push(bench);
    const { tree } = bench.twin;
    expect(await run(bench, SCRIPT)).toBeNull();
    const foreign = { chain: 'input', action: 'accept', protocol: 'gre', comment: 'kantor desa' };
    tree.add('/ip/firewall/filter', new Map(Object.entries(foreign)));
    expect(await provisionRouter(await bench.task())).toMatchObject({ outcome: 'applied' });

    const release = await releaseRouter(await bench.task());
    const { 'on-event': event = '' } = tree.rows('/system/scheduler')[0]?.values ?? {};
    expect(event).toBe(cutScript('sw-ctl'));
    expect(await run(bench, event)).toBeNull();

    const values = (path: string) => tree.rows(path).map((row) => row.values);
    // The LAN: bridge, address, leases, a name server that is not ours, a way out.
    expect(values('/interface/bridge')).toMatchObject([{ name: 'br-hotspot' }]);
    expect(values('/ip/dhcp-server')).toMatchObject([{ name: 'sw-dhcp', interface: 'br-hotspot' }]);
    expect(values('/ip/dhcp-server')[0]!['dhcp-option-set'] ?? 'none').toBe('none');
    expect(values('/ip/firewall/nat')).toMatchObject([{ action: 'masquerade' }]);
    expect(values('/ip/dhcp-client')).toMatchObject([{ interface: 'ether1' }]);
    expect(tree.single('/ip/dns').servers).not.toContain('10.255');
    // Nothing of ours.
    for (const path of [
      '/ip/hotspot',
      '/radius',
      '/interface/wireguard',
      '/interface/wireguard/peers',
      '/system/scheduler',
      '/tool/netwatch',
    ]) {
      expect([path, values(path)]).toEqual([path, []]);
    }
    expect(values('/user').map(({ name }) => name)).toEqual(['admin']);
    const rules = values('/ip/firewall/filter');
    expect(
      rules.map(({ comment }) => comment ?? '').filter((text) => /^sw:|in-3/.test(text)),
    ).toEqual([]);
    // Whoever is in the LAN may manage it; from outside nobody.
    const input = rules.filter(({ chain }) => chain === 'input');
    expect(input).toContainEqual(expect.objectContaining(foreign));
    expect(input.at(-1)).toMatchObject({ action: 'drop' });
    expect(input.some((rule) => rule['in-interface-list'] === 'sw-LAN' && !rule.protocol)).toBe(
      true,
    );
    expect(release.text).toContain('br-hotspot');
    expect(release.text).not.toContain('sw:');
  });
});
