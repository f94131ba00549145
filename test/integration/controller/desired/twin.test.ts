/** Configurations by link, board and outage on a strict twin: applied, read back, switched by their own scripts. */
import { afterEach, describe, expect, it } from 'vitest';
import { planRouter, provisionRouter } from '../../../../controller/provision.ts';
import { renderPlan } from '../../../../controller/render-plan.ts';
import { realClock } from '../../../../lib/clock.ts';
import { createLogger } from '../../../../lib/log.ts';
import { isSettingName, SETTINGS } from '../../../../settings/known.ts';
import { createSystem } from '../../../../simulator/system/system.ts';
import { AT, village } from '../../../fixtures/rows.ts';
import { type TwinBench, twinBench } from '../twin-bench.ts';

const NETWATCH = { name: '*sys', group: '', rights: new Set(['read', 'write', 'test', 'reboot']) };
/** What scripts of an outage may touch. */
const SWITCHED = ['/ip/dns', '/ip/dns/static', '/ip/hotspot/profile'] as const;

const VSAT = {
  'link.down-kbps': '2000',
  'link.up-kbps': '512',
  'link.rtt-ms': '600',
  'link.metered-gb': '50',
};
const PPPOE = {
  'wan.kind': 'pppoe',
  'wan.vlan': '100',
  'wan.pppoe-user': 'desa@isp',
  'wan.pppoe-password': 'rahasia sekali',
};
const FAILOVER = {
  'wan.kind': 'static',
  'wan.address': '203.0.113.6/30',
  'wan.gateway': '203.0.113.5',
  'wan2.kind': 'dhcp',
  'wan2.interface': 'ether3',
  'time.ntp-servers': 'id.pool.ntp.org',
};
const PASS = { 'outage.new-phones': 'pass', 'outage.floor': 'judi.example,dewasa.example' };

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function bench(
  factory: { version: string; board: string },
  settings: Readonly<Record<string, string>>,
): Promise<TwinBench> {
  const made = await twinBench(factory);
  open.push(made);
  for (const [name, value] of Object.entries(settings)) {
    const secret = isSettingName(name) && SETTINGS[name].secret;
    await made.store.setSetting({
      level: 'village',
      code: village.code,
      name,
      value,
      secret,
      at: AT,
    });
  }
  return made;
}

const planned = async (made: TwinBench): Promise<string[]> =>
  (await planRouter(await made.task())).changes.map(
    (change) => `${change.kind} ${change.path} ${change.key}`,
  );

async function runScript({ twin }: TwinBench, watch: string, script: string): Promise<unknown> {
  const { jobs } = createSystem({
    tree: twin.tree,
    // Nobody waits here for further probes.
    clock: { ...realClock, sleep: async () => undefined },
    log: createLogger('twin', 'silent'),
    onPower: () => undefined,
  });
  const row = twin.tree.rows('/tool/netwatch').find(({ values }) => values.name === watch)!;
  return jobs.run({ source: row.values[script] ?? '', user: NETWATCH });
}

const state = ({ twin }: TwinBench) =>
  SWITCHED.map((path) => twin.tree.rows(path).map((row) => twin.tree.printed(path, row)));

describe('a twin takes, to the last property,', () => {
  it.each([
    ['a satellite', '7.20.8', 'hap-ax2', VSAT],
    ['a satellite with an old version', '7.16.2', 'hap-ac2', VSAT],
    ['a satellite on the smallest board', '7.18.2', 'hap-lite', VSAT],
    ['PPPoE on a VLAN', '7.18.2', 'hap-ax2', PPPOE],
    ['two ways out', '7.24', 'hap-ax2', FAILOVER],
    ['two ways out on a small board', '7.16.2', 'hap-lite', FAILOVER],
    ['a small pass', '7.20.8', 'hap-lite', PASS],
  ] as const)('%s: RouterOS %s on %s', async (_what, version, board, settings) => {
    const made = await bench({ version, board }, settings);

    const result = await provisionRouter(await made.task());

    expect(result).toMatchObject({ outcome: 'applied', empty: true });
    expect(await planned(made)).toEqual([]);
  });
});

describe('a way out that changes its kind', () => {
  it('leaves nothing of the earlier one behind', async () => {
    const made = await bench({ version: '7.20.8', board: 'hap-ax2' }, PPPOE);
    const count = (path: string): number => made.twin.tree.rows(path).length;
    const provision = async (): Promise<void> => {
      expect(await provisionRouter(await made.task())).toMatchObject({
        outcome: 'applied',
        empty: true,
      });
    };
    await provision();
    expect([count('/interface/pppoe-client'), count('/interface/vlan')]).toEqual([1, 1]);
    expect(count('/ip/dhcp-client')).toBe(0);

    for (const name of ['wan.kind', 'wan.vlan']) {
      await made.store.unsetSetting({ level: 'village', code: village.code, name });
    }
    await provision();

    expect([count('/interface/pppoe-client'), count('/interface/vlan')]).toEqual([0, 0]);
    const clients = made.twin.tree.rows('/ip/dhcp-client');
    expect(clients.map(({ values }) => values.interface)).toEqual(['ether1']);
    const outside = made.twin.tree
      .rows('/interface/list/member')
      .filter(({ values }) => values.list === 'sw-WAN');
    expect(outside.map(({ values }) => values.interface)).toEqual(['ether1']);
  });

  it('writes a changed password, and shows it nowhere', async () => {
    const made = await bench({ version: '7.20.8', board: 'hap-ax2' }, PPPOE);
    await provisionRouter(await made.task());
    const password = 'kata sandi baru';
    await made.store.setSetting({
      level: 'village',
      code: village.code,
      name: 'wan.pppoe-password',
      value: password,
      secret: true,
      at: AT,
    });

    const said = await planRouter(await made.task());
    const result = await provisionRouter(await made.task());

    expect(renderPlan(said.changes)).not.toContain(password);
    expect(renderPlan(said.changes)).toContain('/interface/pppoe-client');
    expect(result).toMatchObject({ outcome: 'applied', empty: true, detail: null });
    expect(made.twin.tree.rows('/interface/pppoe-client')[0]?.values.password).toBe(password);
  });
});

describe('while the server is away, a twin', () => {
  it.each([
    ['of two watches', {}, ['sw-dns', 'sw-portal']],
    ['of one watch', VSAT, ['sw-dns']],
    ['that gives a small pass', PASS, ['sw-dns', 'sw-portal']],
  ] as const)(
    '%s switches by its scripts, is no drift, and switches back',
    async (_what, settings, watches) => {
      const made = await bench({ version: '7.20.8', board: 'hap-ax2' }, settings);
      await provisionRouter(await made.task());
      const before = state(made);

      for (const watch of watches) expect(await runScript(made, watch, 'down-script')).toBeNull();

      const dns = made.twin.tree.single('/ip/dns');
      const floor = made.twin.tree
        .rows('/ip/dns/static')
        .filter(({ values }) => values.comment?.startsWith('sw:floor-'));
      expect(dns.servers).toBe('1.1.1.3,1.0.0.3');
      expect(floor.length).toBeGreaterThan(1);
      expect(floor.map(({ values }) => values.disabled ?? 'false')).not.toContain('true');
      const profile = made.twin.tree
        .rows('/ip/hotspot/profile')
        .find(({ values }) => values.name === 'sw-prof')!.values;
      expect(profile['html-directory']).toBe('sw/down');
      expect(profile['login-by']?.includes('trial')).toBe(settings === PASS);
      expect(made.twin.tree.file('sw/down/login.html')).toContain('terganggu');
      expect(await planned(made)).toEqual([]);

      for (const watch of watches) expect(await runScript(made, watch, 'up-script')).toBeNull();

      expect(state(made)).toEqual(before);
      expect(await planned(made)).toEqual([]);
    },
  );
});

describe('operators', () => {
  it('add rows that are planned, kept and taken away like ours', async () => {
    const made = await bench({ version: '7.20.8', board: 'hap-ax2' }, {});
    const part = { level: 'regency', code: '16.06', name: 'kantor' } as const;
    const rows = [
      {
        menu: '/ip/hotspot/ip-binding',
        key: 'printer',
        values: { 'mac-address': 'AA:BB:CC:00:00:01', type: 'bypassed' },
      },
      {
        menu: '/ip/firewall/filter',
        key: 'smtp',
        values: { action: 'drop', protocol: 'tcp', 'dst-port': '25' },
      },
      {
        menu: '/ip/hotspot/walled-garden/ip',
        key: 'a',
        values: { action: 'accept', 'dst-host': 'kominfo.example' },
      },
      {
        menu: '/ip/dhcp-server/lease',
        key: 'printer',
        values: { address: '127.64.0.20', 'mac-address': 'AA:BB:CC:00:00:01' },
      },
    ];
    await made.store.setPart({ ...part, document: JSON.stringify({ rows }), at: AT });
    expect(await provisionRouter(await made.task())).toMatchObject({ empty: true });
    const commentsOf = (path: string) =>
      made.twin.tree.rows(path).map(({ values }) => values.comment);
    for (const { menu, key } of rows) expect(commentsOf(menu)).toContain(`sw:op-kantor-${key}`);

    await made.store.removePart(part);
    expect(await provisionRouter(await made.task())).toMatchObject({ outcome: 'applied' });
    for (const { menu, key } of rows) expect(commentsOf(menu)).not.toContain(`sw:op-kantor-${key}`);
  });
});
