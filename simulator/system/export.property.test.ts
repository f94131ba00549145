import fc from 'fast-check';
import { expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import { exportText } from '../api/export.ts';
import { MENUS } from '../menu/schema.ts';
import { Trap } from '../menu/trap.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { livingRouter } from './test-system.ts';

const EVERYTHING = { sensitive: true, verbose: false, terse: false };
const NOT_EXPORTED = ['/file', '/log', '/user', '/user/group', '/interface', '/safe-mode'];

/** What can be written of each menu, without ids. */
function configuration(tree: WritableTree): Record<string, unknown> {
  const menus = [...MENUS.values()].filter(
    ({ kind, path }) => kind !== 'view' && !NOT_EXPORTED.includes(path) && tree.menu(path),
  );
  return Object.fromEntries(
    menus.map((menu) => [
      menu.path,
      tree
        .rows(menu.path)
        .filter(({ dynamic }) => !dynamic)
        .map(({ values }) =>
          Object.fromEntries(
            Object.entries(values).filter(
              ([name]) => menu.properties.get(name)?.readOnly === false,
            ),
          ),
        ),
    ]),
  );
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const comment = fc.oneof(
  text,
  fc.constantFrom('true', 'no', '0', '', '$x [y] {z} "w" \\ ?', 'a\nb'),
);
const octet = fc.integer({ min: 1, max: 250 });
const disabled = fc.constantFrom('yes', 'no');

const step = fc.oneof(
  row('/ip/firewall/address-list', {
    list: word(),
    address: octet.map((n) => `10.0.${n}.1`),
    comment,
  }),
  row('/ip/firewall/filter', {
    chain: fc.constantFrom('input', 'forward'),
    action: fc.constantFrom('accept', 'drop'),
    'in-interface-list': fc.constantFrom('LAN', '!WAN'),
    protocol: fc.constantFrom('tcp', '!udp'),
    comment,
    disabled,
  }),
  row('/ip/pool', { name: word(), ranges: octet.map((n) => `10.1.${n}.1-10.1.${n}.9`), comment }),
  row('/interface/bridge', { name: word(), comment, 'protocol-mode': fc.constant('none') }),
  row('/interface/vlan', {
    name: word(),
    'vlan-id': octet.map(String),
    interface: fc.constantFrom('ether2', 'bridge'),
  }),
  row('/ip/address', {
    address: octet.map((n) => `10.2.${n}.1/24`),
    interface: fc.constantFrom('bridge', 'ether3'),
  }),
  row('/interface/wireguard', { name: word(), comment }),
  row('/queue/simple', {
    name: word(),
    target: octet.map((n) => `10.3.${n}.0/24`),
    'max-limit': fc.constant('2M/5M'),
  }),
  row('/system/script', { name: word(), source: text, comment }),
  row('/system/scheduler', {
    name: word(),
    'on-event': text,
    interval: fc.constant('1m30s'),
    comment,
  }),
  row('/radius', {
    service: fc.constant('hotspot'),
    address: octet.map((n) => `10.4.0.${n}`),
    secret: text,
  }),
  row('/ip/hotspot/profile', { name: word(), 'dns-name': fc.constant('a.test') }),
  change('/ip/hotspot/user/profile', {
    'shared-users': octet.map(String),
    'add-mac-cookie': disabled,
  }),
  change('/interface/ethernet', { name: word(), comment, disabled }),
  change('/interface/wifi', {
    name: word(),
    'configuration.ssid': fc.constantFrom('Desa Digital', 'x'),
    disabled,
  }),
  change('/ip/service', { disabled, address: fc.constantFrom('10.0.0.0/8', '') }),
  change('/system/logging', { topics: fc.constantFrom('dhcp', 'info,!debug'), disabled }),
  change('/ip/firewall/filter', { comment, action: fc.constantFrom('accept', 'drop') }),
  single('/system/identity', { name: fc.string({ minLength: 1, maxLength: 20 }) }),
  single('/system/note', { note: comment }),
  single('/ip/dns', { servers: fc.constantFrom('', '9.9.9.9'), 'allow-remote-requests': disabled }),
  single('/system/clock', { 'time-zone-name': fc.constantFrom('Asia/Jakarta', 'manual') }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function word(): fc.Arbitrary<string> {
  return fc.constantFrom('a', 'b', 'c d', 'é', 'yes', '12');
}

function row(path: string, values: Record<string, fc.Arbitrary<string>>) {
  return made('add', path, values);
}

function change(path: string, values: Record<string, fc.Arbitrary<string>>) {
  return made('set', path, values);
}

function single(path: string, values: Record<string, fc.Arbitrary<string>>) {
  return made('single', path, values);
}

function made(
  verb: 'add' | 'set' | 'single',
  path: string,
  values: Record<string, fc.Arbitrary<string>>,
) {
  return fc.record({
    verb: fc.constant(verb),
    path: fc.constant(path),
    at: fc.nat(9),
    values: fc.record(values, { requiredKeys: verb === 'add' ? Object.keys(values) : [] }),
  });
}

function perform(tree: WritableTree, { verb, path, at, values }: Step): void {
  const attributes = new Map(Object.entries(values as Record<string, string>));
  const rows = tree.rows(path).filter(({ dynamic }) => !dynamic);
  try {
    if (verb === 'add') tree.add(path, attributes);
    else if (verb === 'single') tree.setSingle(path, attributes);
    else tree.set(path, [rows[at % rows.length]!.id], attributes);
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
  }
}

it('what is exported and imported into an empty router is the same configuration', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const old = livingRouter({ serial: 'HEZ1' });
      for (const each of steps) perform(old.tree, each);
      const young = livingRouter({ serial: 'HEZ1' });
      young.tree.restore(young.tree.resets.get('no-defaults')!);

      const script = exportText(old.tree, '', EVERYTHING);
      const trap = await young.script(script);

      expect(trap?.message).toBeUndefined();
      expect(configuration(young.tree)).toEqual(configuration(old.tree));
      expect(exportText(young.tree, '', EVERYTHING)).toBe(script);
    }),
    campaign(1000),
  );
});
