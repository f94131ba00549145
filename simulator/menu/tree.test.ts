import { describe, expect, it } from 'vitest';
import { deviceModeValues } from './device-mode.ts';
import { factoryTree } from './factory.ts';
import { add, attributes, base64, trapOf, values } from './test-tree.ts';
import type { WritableTree } from './tree-state.ts';

describe('what a router works out', () => {
  it('gives the network of an address, and keeps the far end of a tunnel', () => {
    const tree = factoryTree();
    add(tree, '/interface/wireguard', { name: 'wg0' });

    const lan = add(tree, '/ip/address', { address: '10.20.0.1/22', interface: 'bridge' });
    const far = { address: '10.255.1.7/32', network: '10.255.0.0', interface: 'wg0' };
    const tunnel = add(tree, '/ip/address', far);

    expect(values(tree, '/ip/address', lan).network).toBe('10.20.0.0');
    expect(values(tree, '/ip/address', tunnel).network).toBe('10.255.0.0');
  });

  it('makes a WireGuard key pair, and the public key of a given private one', () => {
    const tree = factoryTree();
    // RFC 7748 §6.1, Bob's keys.
    const bob = base64('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');

    add(tree, '/interface/wireguard', { name: 'born' });
    add(tree, '/interface/wireguard', { name: 'given', 'private-key': bob });

    const born = values(tree, '/interface/wireguard', 'born');
    expect(born['private-key']).toMatch(/^.{43}=$/);
    expect(born['public-key']).not.toBe(born['private-key']);
    expect(values(tree, '/interface/wireguard', 'given')).toMatchObject({
      'private-key': bob,
      'public-key': base64('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'),
    });
  });

  it('leaves a hotspot inactive where the device mode forbids it', () => {
    const home = factoryTree({ deviceMode: 'home' });
    const id = add(home, '/ip/hotspot', { interface: 'bridge' });

    expect(values(home, '/ip/hotspot', id)).toMatchObject({
      name: 'hotspot1',
      invalid: 'true',
      about: 'inactivated, not allowed by device-mode',
    });
    expect(home.active('/ip/hotspot')).toEqual([]);
    expect(home.rows('/ip/hotspot')).toHaveLength(1);
  });

  it('brings a hotspot into force when the mode or its interface allows it', () => {
    const tree = factoryTree({ deviceMode: 'home' });
    const id = add(tree, '/ip/hotspot', { interface: 'ether5' });
    const port = tree
      .rows('/interface/bridge/port')
      .find(({ values: v }) => v.interface === 'ether5')!;
    const invalid = (): string | undefined => values(tree, '/ip/hotspot', id).invalid;

    const states = [invalid()];
    tree.assign('/system/device-mode', '', deviceModeValues('advanced'));
    states.push(invalid());
    tree.remove('/interface/bridge/port', [port.id]);
    states.push(invalid());

    expect(states).toEqual(['true', 'true', 'false']);
    expect(values(tree, '/ip/hotspot', id)).not.toHaveProperty('about');
  });

  it('says rates of a queue as numbers, in pairs', () => {
    const tree = factoryTree();
    const queue = { target: '10.0.0.5', 'max-limit': '2M/5M', priority: '5' };

    const id = add(tree, '/queue/simple', queue);

    expect(values(tree, '/queue/simple', id)).toMatchObject({
      name: 'queue1',
      target: '10.0.0.5/32',
      'max-limit': '2000000/5000000',
      priority: '5/5',
    });
  });

  it('lets references follow a new name, and shows the id of what was removed', () => {
    const tree = factoryTree();
    const pool = add(tree, '/ip/pool', { name: 'p', ranges: '10.0.0.1-10.0.0.9' });
    add(tree, '/interface/bridge', { name: 'br' });
    const server = { name: 'd', interface: 'br', 'address-pool': 'p' };
    const id = add(tree, '/ip/dhcp-server', server);

    tree.set('/ip/pool', [pool], attributes({ name: 'q' }));
    const renamed = values(tree, '/ip/dhcp-server', id)['address-pool'];
    tree.remove('/interface/bridge', [tree.find('/interface/bridge', 'br')!.id]);

    expect(renamed).toBe('q');
    expect(values(tree, '/ip/dhcp-server', id).interface).toMatch(/^\*/);
    expect(values(tree, '/ip/dhcp-server', id).invalid).toBe('true');
  });

  it('writes through /interface to the menu that owns the row', () => {
    const tree = factoryTree();
    const id = tree.find('/interface', 'ether3')!.id;

    tree.set('/interface', [id], attributes({ disabled: 'yes', comment: 'tamu' }));

    expect(values(tree, '/interface/ethernet', 'ether3')).toMatchObject({
      disabled: 'true',
      comment: 'tamu',
    });
    expect(values(tree, '/interface', 'ether3')).toMatchObject({ running: 'false', slave: 'true' });
  });
});

describe('order', () => {
  const rule = (tree: WritableTree, comment: string, before?: string): string =>
    tree.add(
      '/ip/firewall/nat',
      attributes({ chain: 'srcnat', comment }),
      before === undefined ? {} : { placeBefore: before },
    );
  const comments = (tree: WritableTree): (string | undefined)[] =>
    tree.rows('/ip/firewall/nat').map((row) => row.values.comment);

  it('adds before a row, moves before a row and to the end', () => {
    const tree = factoryTree();
    const a = rule(tree, 'a');
    const b = rule(tree, 'b', a);
    const c = rule(tree, 'c');
    const first = comments(tree);

    tree.move('/ip/firewall/nat', [c], b);
    const second = comments(tree);
    tree.move('/ip/firewall/nat', [c, a]);

    expect(first).toEqual(['defconf: masquerade', 'b', 'a', 'c']);
    expect(second).toEqual(['defconf: masquerade', 'c', 'b', 'a']);
    expect(comments(tree)).toEqual(['defconf: masquerade', 'b', 'c', 'a']);
  });

  it('keeps dynamic rows first, and lets nothing stand before them', () => {
    const tree = factoryTree();
    const path = '/ip/firewall/filter';
    const [dummy, first] = tree.rows(path);

    expect(dummy).toMatchObject({ dynamic: true });
    expect(trapOf(() => tree.move(path, [first!.id], dummy!.id))?.message).toBe(
      'failure: can not move before dynamic item',
    );
    expect(trapOf(() => tree.set(path, [dummy!.id], attributes({ log: 'yes' })))?.message).toBe(
      'failure: can not change dynamic item',
    );
  });

  it('shows fasttrack counters only while a fasttrack rule is in force', () => {
    const tree = factoryTree();
    const path = '/ip/firewall/filter';
    const rules = tree.rows(path);
    const fasttrack = rules.find(({ values: v }) => v.action === 'fasttrack-connection')!;

    tree.set(path, [fasttrack.id], attributes({ disabled: 'yes' }));

    expect(tree.rows(path)).toHaveLength(rules.length - 1);
  });

  it('never gives an id twice', () => {
    const tree = factoryTree();
    const a = rule(tree, 'a');
    tree.remove('/ip/firewall/nat', [a]);

    expect(rule(tree, 'b')).not.toBe(a);
  });
});

describe('dynamic rows', () => {
  const session = (mac: string, octets: string): Record<string, string> => ({
    server: 'hs',
    'mac-address': mac,
    'bytes-in': octets,
  });

  it('keep their ids while the session is the same, and are heard of', () => {
    const tree = factoryTree();
    const heard: [string | undefined, boolean][] = [];
    tree.setDynamic('/ip/hotspot/active', [session('A', '1'), session('B', '1')]);
    const [a, b] = tree.rows('/ip/hotspot/active');
    tree.onRow(({ row, dead }) => heard.push([row.values['mac-address'], dead]));

    tree.setDynamic('/ip/hotspot/active', [session('B', '2'), session('C', '1')]);

    const rows = tree.rows('/ip/hotspot/active');
    expect(rows[0]?.id).toBe(b?.id);
    expect(rows.map(({ id }) => id)).not.toContain(a?.id);
    expect(heard).toEqual([
      ['B', false],
      ['C', false],
      ['A', true],
    ]);
  });

  it('may be removed by a client, which ends the session', () => {
    const tree = factoryTree();
    const ended: (string | undefined)[] = [];
    tree.onRemoveDynamic('/ip/hotspot/active', (row) => ended.push(row.values['mac-address']));
    tree.setDynamic('/ip/hotspot/active', [session('A', '1')]);

    tree.remove('/ip/hotspot/active', [tree.rows('/ip/hotspot/active')[0]!.id]);

    expect(ended).toEqual(['A']);
    expect(tree.rows('/ip/hotspot/active')).toEqual([]);
  });

  it('may only hold properties that the menu has', () => {
    expect(() => factoryTree().setDynamic('/ip/hotspot/active', [{ mac: 'A' }])).toThrow(
      expect.objectContaining({ code: 'SIMULATOR_PROPERTY' }),
    );
  });
});

describe('snapshots', () => {
  it('bring the configuration back and leave files and sessions alone', () => {
    const tree = factoryTree();
    const before = tree.snapshot();
    add(tree, '/ip/pool', { name: 'p', ranges: '10.0.0.1' });
    tree.setSingle('/system/identity', attributes({ name: 'x' }));
    tree.writeFile('sw/login.html', Buffer.from('<p>'));
    tree.setDynamic('/ip/hotspot/active', [{ user: 'u' }]);
    const changed: string[] = [];
    tree.onChange((path) => changed.push(path));

    tree.restore(before);

    expect(tree.find('/ip/pool', 'p')).toBeUndefined();
    expect(tree.single('/system/identity').name).toBe('MikroTik');
    expect(tree.file('sw/login.html')).toBe('<p>');
    expect(tree.rows('/ip/hotspot/active')).toHaveLength(1);
    expect(changed.toSorted()).toEqual(['/ip/pool', '/system/identity']);
  });
});

describe('files', () => {
  it('bring their folders with them, and go with them', () => {
    const tree = factoryTree();
    add(tree, '/file', { name: 'flash/sw/login.html', contents: '<b>héllo</b>' });

    expect(tree.rows('/file').map(({ values: v }) => [v.name, v.type, v.size])).toEqual([
      ['flash', 'directory', undefined],
      ['flash/sw', 'directory', undefined],
      ['flash/sw/login.html', '.html file', '13'],
    ]);
    tree.remove('/file', [tree.find('/file', 'flash/sw')!.id]);
    expect(tree.rows('/file').map(({ values: v }) => v.name)).toEqual(['flash']);
  });

  it('are rewritten by set and refused twice', () => {
    const tree = factoryTree();
    const id = add(tree, '/file', { name: 'a.txt', contents: 'one' });

    tree.set('/file', [id], attributes({ contents: 'three' }));

    expect(tree.file('a.txt')).toBe('three');
    expect(values(tree, '/file', id).size).toBe('5');
    expect(trapOf(() => add(tree, '/file', { name: 'a.txt' }))?.message).toBe(
      'failure: already have file with such name',
    );
    expect(trapOf(() => add(tree, '/file', { name: '../a' }))?.message).toBe(
      'failure: bad file name',
    );
  });
});
