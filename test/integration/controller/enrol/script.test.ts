/** The one-time script, run by a router that reads it as RouterOS does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  enrolScript,
  isWireguardKey,
  parseEnrolLine,
  type ScriptInput,
} from '../../../../controller/enrol/script.ts';
import { exportText } from '../../../../simulator/api/export.ts';
import { addressAllowed } from '../../../../simulator/api/login.ts';
import type { WritableTree } from '../../../../simulator/menu/tree-state.ts';
import { add, column, livingRouter } from '../../../../simulator/system/test-system.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const INPUT: ScriptInput = {
  name: 'sekayu-1',
  token: '0123456789',
  address: '10.255.1.7',
  tunnelSubnet: '10.255.0.0/16',
  controllerAddress: '10.255.0.1',
  endpoint: { host: 'wifi.example.go.id', port: 51820 },
  serverKey: KEY,
  presharedKey: Buffer.alloc(32, 9).toString('base64'),
  apiUser: 'sw-ctl',
  apiPassword: 'pa$$"word\\]}',
};
/** What only a configured router may get: everything else must be as it was. */
const MADE = [
  '/interface/wireguard',
  '/interface/wireguard/peers',
  '/ip/address',
  '/ip/route',
  '/user',
  '/user/group',
  '/ip/firewall/filter',
];

/** The sections of an export, by menu. */
function exportedBy(tree: WritableTree): Map<string, string> {
  const text = exportText(tree, '', { sensitive: true, verbose: false, terse: false });
  const sections = text.split(/^(?=\/)/m).filter((section) => section.startsWith('/'));
  return new Map(
    sections.map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end).replaceAll(' ', '/'), section.slice(end)];
    }),
  );
}

function lineOf(router: ReturnType<typeof livingRouter>): string {
  return router.logged('script,info').at(-1) ?? '';
}

describe.each(['7.16.2', '7.18.2', '7.20.8', '7.24'])('the script on RouterOS %s', (version) => {
  it('makes tunnel, user and a way in under device-mode home, and nothing else', async () => {
    const router = livingRouter({ version, deviceMode: 'home' });
    const { tree } = router;
    const before = exportedBy(tree);

    expect(await router.script(enrolScript(INPUT))).toBeNull();

    const line = parseEnrolLine(lineOf(router));
    expect(line).toMatchObject({ name: 'sekayu-1', token: '0123456789' });
    expect(line!.publicKey).toBe(column(tree, '/interface/wireguard', 'public-key')[0]);
    expect(tree.rows('/interface/wireguard/peers')[0]!.values).toMatchObject({
      interface: 'wg-mgmt',
      'public-key': KEY,
      'endpoint-address': 'wifi.example.go.id',
      'endpoint-port': '51820',
      'allowed-address': '10.255.0.0/16',
      'persistent-keepalive': '25s',
    });
    expect(column(tree, '/ip/address', 'address')).toContain('10.255.1.7/32');
    const user = tree.rows('/user').find(({ values }) => values.name === 'sw-ctl')!;
    expect(tree.password('/user', user.id)).toBe(INPUT.apiPassword);
    expect(addressAllowed(user.values.address ?? '', '10.255.0.1')).toBe(true);
    expect(addressAllowed(user.values.address ?? '', '192.168.88.9')).toBe(false);
    // The way in stands before the rule that drops what is not of the LAN.
    const rules = tree.rows('/ip/firewall/filter').filter(({ values }) => values.chain === 'input');
    expect(rules[0]!.values).toMatchObject({ action: 'accept', 'in-interface': 'wg-mgmt' });
    const after = exportedBy(tree);
    const touched = [...after.keys()].filter((path) => after.get(path) !== before.get(path));
    // Users are in no export.
    expect(touched.toSorted()).toEqual(MADE.filter((path) => !path.startsWith('/user')).toSorted());
    expect(column(tree, '/user', 'name')).toEqual(['admin', 'sw-ctl']);
    expect([...before.keys()].filter((path) => !after.has(path))).toEqual([]);
  });

  it('can be run again, with a new key each time', async () => {
    const router = livingRouter({ version });
    const { tree } = router;
    await router.script(enrolScript(INPUT));
    const first = parseEnrolLine(lineOf(router))!.publicKey;
    const counts = MADE.map((path) => tree.rows(path).length);

    expect(await router.script(enrolScript({ ...INPUT, address: '10.255.1.8' }))).toBeNull();

    expect(parseEnrolLine(lineOf(router))!.publicKey).not.toBe(first);
    expect(MADE.map((path) => tree.rows(path).length)).toEqual(counts);
    expect(column(tree, '/ip/address', 'address')).not.toContain('10.255.1.7/32');
  });

  it('does nothing when the paste was cut short', async () => {
    const script = enrolScript(INPUT);
    const router = livingRouter({ version });

    expect(await router.script(script.slice(0, script.lastIndexOf('}')))).not.toBeNull();
    expect(router.tree.rows('/interface/wireguard')).toEqual([]);
  });

  it('runs on a router without any rule, and as a default configuration', async () => {
    const router = livingRouter({ version });
    const { tree } = router;
    for (const path of ['/ip/firewall/filter', '/ip/dhcp-client']) {
      const ids = tree.rows(path).flatMap((row) => (row.dynamic ? [] : [row.id]));
      tree.remove(path, ids);
    }

    const done = router.script(enrolScript(INPUT, 'netinstall'));
    await router.advance(10_000);

    expect(await done).toBeNull();
    expect(parseEnrolLine(tree.single('/system/note').note ?? '')).not.toBeNull();
    expect(column(tree, '/ip/dhcp-client', 'interface')).toEqual(['ether1']);
    const rules = tree.rows('/ip/firewall/filter').filter((row) => !row.dynamic);
    expect(rules[0]!.values['in-interface']).toBe('wg-mgmt');
    expect(rules.at(-1)!.values).toMatchObject({ action: 'drop', 'in-interface': 'ether1' });
    add(tree, '/ip/pool', { name: 'still-alive', ranges: '10.0.0.1' });
  });
});

describe('the line that comes back', () => {
  it('is found in what a messenger makes of it', () => {
    const text = ` Ini barisnya:\n SW1 sekayu-1  0123456789\n${KEY} \nterima kasih`;

    expect(parseEnrolLine(text)).toEqual({ name: 'sekayu-1', token: '0123456789', publicKey: KEY });
  });

  it.each([
    ['', 'nothing'],
    [`SW1 sekayu-1 0123456789 ${KEY.slice(1)}`, 'a letter lost'],
    [`SW1 sekayu-1 0123456789 ${KEY.slice(0, 42)}B=`, 'bits that no key has'],
    [`SW1 sekayu-1 0123456789 ${'A'.repeat(43)}=`, 'the key of nobody'],
    [`SW2 sekayu-1 0123456789 ${KEY}`, 'another version'],
  ])('refuses %j (%s)', (text) => {
    expect(parseEnrolLine(text)).toBeNull();
  });

  it('never throws, and what it finds is a key', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const line = parseEnrolLine(`SW1 ${a} 0123456789 ${b}`);

        expect(line === null || isWireguardKey(line.publicKey)).toBe(true);
      }),
    );
  });
});

it('makes no script of what could end a word of it', () => {
  const bad: Partial<ScriptInput>[] = [
    { name: 'a; /user/add' },
    { address: '10.0.0.1 x' },
    { endpoint: { host: 'a b', port: 1 } },
    { endpoint: { host: 'a', port: 1.5 } },
    { presharedKey: 'short' },
    { apiPassword: 'line\nend' },
    { token: '1}' },
  ];

  for (const change of bad) {
    expect(() => enrolScript({ ...INPUT, ...change })).toThrow(
      expect.objectContaining({ code: 'ROUTER_SETTINGS' }),
    );
  }
});
