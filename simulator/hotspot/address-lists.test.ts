import { expect, it } from 'vitest';
import { factoryTree } from '../menu/factory.ts';
import { createAddressLists } from './address-lists.ts';
import { compileFirewall, type FlowPacket } from './firewall.ts';
import type { Session, Sessions } from './sessions.ts';
import { add, clear } from './test-village.ts';

const PACKET: FlowPacket = {
  protocol: 'tcp',
  source: '10.20.0.10',
  destination: '203.0.113.7',
  port: 443,
  from: 'bridge',
  to: 'ether1',
  state: 'new',
};
const onList = (addressList: string | null): Session =>
  ({ addressList, host: { ip: PACKET.source } }) as unknown as Session;

it('a phone stands on the list of its session, names are resolved, and both end with it', async () => {
  const tree = factoryTree();
  clear(tree, '/ip/firewall/filter');
  add(tree, '/ip/firewall/address-list', { list: 'sw-messenger', address: 'wa.example' });
  add(tree, '/ip/firewall/filter', {
    chain: 'forward',
    action: 'reject',
    'src-address-list': 'sw-grace',
    'dst-address-list': '!sw-messenger',
  });
  let running: Session[] = [];
  const asked: string[] = [];
  const lists = createAddressLists({
    tree,
    sessions: { running: () => running } as unknown as Sessions,
    lookup: async (name) => {
      asked.push(name);
      return '203.0.113.7';
    },
  });
  const verdict = (destination: string): string =>
    compileFirewall(tree).filter('forward', { ...PACKET, destination }).kind;

  running = [onList(null)];
  lists.follow();
  expect([verdict('203.0.113.7'), verdict('203.0.113.8'), asked]).toEqual(['accept', 'accept', []]);

  running = [onList('sw-grace')];
  lists.follow();
  expect(verdict('203.0.113.7')).toBe('reject');
  await lists.ready();
  expect([verdict('203.0.113.7'), verdict('203.0.113.8')]).toEqual(['accept', 'reject']);
  expect(asked).toEqual(['wa.example']);

  running = [];
  lists.follow();
  expect(verdict('203.0.113.8')).toBe('accept');
});
