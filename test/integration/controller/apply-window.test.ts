/**
 * Never an open window: whatever was done to a router's firewall, in every state between the first and the
 * last write of a plan a packet is decided as before the plan or as after it. The twin's own firewall judges.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandOf } from '../../../controller/apply.ts';
import { batchesOf } from '../../../controller/apply-batches.ts';
import { desired } from '../../../controller/desired/desired.ts';
import type { DesiredConfiguration } from '../../../controller/desired/types.ts';
import { type Change, plan } from '../../../controller/plan.ts';
import { FACTS, input, SETTINGS } from '../../../controller/test-input.ts';
import { compileFirewall, type FlowPacket } from '../../../simulator/hotspot/firewall.ts';
import { factoryTree } from '../../../simulator/menu/factory.ts';
import type { WritableTree } from '../../../simulator/menu/tree-state.ts';
import { campaign } from '../../fixtures/campaign.ts';
import { observedOf } from './apply-stand.ts';

const FILTER = '/ip/firewall/filter';
const CONFIGURATION = desired(input({ facts: { ...FACTS, board: 'hAP ax^2' } }));
/** The server at other addresses. */
const BEFORE = desired(
  input({
    facts: { ...FACTS, board: 'hAP ax^2' },
    settings: { ...SETTINGS, portalAddress: '10.254.0.9', tunnelSubnet: '10.254.0.0/16' },
  }),
);
const PATHS = CONFIGURATION.menus.map((menu) => menu.path);

/** As over a satellite, where the most travel together. */
const IN_FLIGHT = 30;

const LAN = { source: '172.16.4.20', from: 'br-hotspot', to: 'ether1', state: 'new' } as const;
const PACKETS: readonly (FlowPacket & { readonly chain: 'input' | 'forward' })[] = [
  ...[22, 23, 80, 443, 853, 8291, 8728, 64_872].flatMap((port) =>
    [LAN, { ...LAN, source: '198.51.100.7', from: 'ether1' }].map((from) => ({
      ...from,
      chain: 'input' as const,
      protocol: 'tcp' as const,
      destination: '172.16.4.1',
      to: '',
      port,
    })),
  ),
  // The API, as we come.
  {
    chain: 'input',
    protocol: 'tcp',
    source: SETTINGS.controllerAddress,
    destination: '10.255.1.7',
    port: 8728,
    from: 'ether1',
    to: '',
    state: 'new',
  },
  ...['8.8.8.8', '10.255.0.1', '10.254.0.9', '10.255.7.7', '10.254.3.3', '192.0.2.4'].flatMap(
    (destination) =>
      [53, 80, 443, 853, 8080].flatMap((port) =>
        (['tcp', 'udp'] as const).map((protocol) => ({
          ...LAN,
          chain: 'forward' as const,
          destination,
          port,
          protocol,
          to: destination.startsWith('10.') ? 'wg-mgmt' : 'ether1',
        })),
      ),
  ),
  {
    ...LAN,
    chain: 'forward',
    protocol: 'tcp',
    destination: '172.16.4.9',
    port: 80,
    from: 'ether1',
    to: 'br-hotspot',
  },
];

/** What becomes of each packet. */
function verdicts(tree: WritableTree): string[] {
  const firewall = compileFirewall(tree);
  return PACKETS.map((packet) =>
    firewall.filter(packet.chain, packet).kind === 'accept' ? 'accept' : 'drop',
  );
}

function perform(tree: WritableTree, change: Change, added: Map<string, string>): void {
  const { command, attributes } = commandOf(change, added);
  const {
    '.id': id = '',
    numbers = '',
    destination,
    'place-before': placeBefore,
    ...values
  } = attributes;
  const { path } = change;
  const entries = new Map(Object.entries(values));
  if (change.kind === 'add') {
    const place = placeBefore === undefined ? {} : { placeBefore };
    added.set(`${path} ${change.key}`, tree.add(path, entries, place));
  } else if (command.endsWith('/move')) tree.move(path, [numbers], destination);
  else if (command.endsWith('/remove')) tree.remove(path, [id]);
  else if (id === '') tree.setSingle(path, entries);
  else tree.set(path, [id], entries);
}

function settle(tree: WritableTree, configuration: DesiredConfiguration): void {
  const added = new Map<string, string>();
  for (const change of changesFor(tree, configuration)) perform(tree, change, added);
}

function changesFor(tree: WritableTree, configuration: DesiredConfiguration): Change[] {
  const changes = plan(configuration, observedOf(tree, PATHS));
  return changes.filter((change) => change.kind !== 'file');
}

/** Any order in which the router may get them: batch after batch, each change after what it waits for. */
function shuffled(changes: readonly Change[], picks: readonly number[]): Change[] {
  const order: Change[] = [];
  for (const batch of batchesOf(changes, { size: 80, inFlight: IN_FLIGHT })) {
    const rest = new Set(batch.changes.keys());
    while (rest.size > 0) {
      const ready = [...rest]
        .filter((index) => batch.waits[index]!.every((at) => !rest.has(at)))
        .slice(0, IN_FLIGHT);
      const pick = ready[(picks[order.length % Math.max(1, picks.length)] ?? 0) % ready.length]!;
      rest.delete(pick);
      order.push(batch.changes[pick]!);
    }
  }
  return order;
}

/** The first packet and step that went another way than before and after. */
function windowIn(tree: WritableTree, changes: readonly Change[], picks: readonly number[]) {
  const before = verdicts(tree);
  const states: string[][] = [];
  const order = shuffled(changes, picks);
  const added = new Map<string, string>();
  for (const change of order) {
    perform(tree, change, added);
    states.push(verdicts(tree));
  }
  const after = verdicts(tree);
  for (const [step, state] of states.entries()) {
    for (const [index, verdict] of state.entries()) {
      if (verdict === before[index] || verdict === after[index]) continue;
      return { packet: PACKETS[index], was: before[index], is: verdict, after: order[step] };
    }
  }
  return null;
}

interface Harm {
  readonly at: number;
  readonly to: number;
  readonly what:
    | 'remove'
    | 'move'
    | 'disable'
    | 'action'
    | 'narrow'
    | 'foreign'
    | 'orphan'
    | 'list';
}

const harms: fc.Arbitrary<Harm[]> = fc.array(
  fc.record({
    at: fc.nat(60),
    to: fc.nat(60),
    what: fc.constantFrom(
      'remove',
      'move',
      'disable',
      'action',
      'narrow',
      'foreign',
      'orphan',
      'list',
    ),
  }),
  { maxLength: 10 },
);

function harm(tree: WritableTree, { at, to, what }: Harm): void {
  const rows = tree.rows(FILTER).filter((row) => !row.dynamic);
  const row = rows[at % Math.max(1, rows.length)];
  const other = rows[to % Math.max(1, rows.length)];
  const set = (values: Record<string, string>): void =>
    row && tree.set(FILTER, [row.id], new Map(Object.entries(values)));
  const chain = at % 2 === 0 ? 'input' : 'forward';
  const action = to % 2 === 0 ? 'accept' : 'drop';
  const place = other === undefined ? {} : { placeBefore: other.id };
  if (what === 'remove' && row) tree.remove(FILTER, [row.id]);
  if (what === 'move' && row) tree.move(FILTER, [row.id], other?.id);
  if (what === 'disable') set({ disabled: 'yes' });
  if (what === 'action') set({ action });
  if (what === 'narrow') set({ 'dst-port': '443', protocol: 'tcp' });
  if (what === 'foreign')
    tree.add(FILTER, new Map(Object.entries({ chain, action, comment: `operator ${at}` })), place);
  if (what === 'orphan')
    tree.add(FILTER, new Map(Object.entries({ chain, action, comment: `sw:old${at}` })), place);
  if (what === 'list') {
    const lists = tree.rows('/ip/firewall/address-list');
    const entry = lists[at % Math.max(1, lists.length)];
    if (entry) tree.remove('/ip/firewall/address-list', [entry.id]);
  }
}

describe('in every state between two writes', { timeout: 600_000 }, () => {
  it('the firewall decides as before or as after, however it was damaged', () => {
    fc.assert(
      fc.property(harms, fc.array(fc.nat(29), { maxLength: 40 }), (done, picks) => {
        const tree = factoryTree();
        settle(tree, CONFIGURATION);
        for (const one of done) harm(tree, one);

        const found = windowIn(tree, changesFor(tree, CONFIGURATION), picks);

        expect(found).toBeNull();
        expect(changesFor(tree, CONFIGURATION)).toEqual([]);
      }),
      campaign(1000),
    );
  });

  it('and so it does when an undamaged village gets other addresses', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(29), { maxLength: 40 }), (picks) => {
        const tree = factoryTree();
        settle(tree, BEFORE);

        expect(windowIn(tree, changesFor(tree, CONFIGURATION), picks)).toBeNull();
        expect(changesFor(tree, CONFIGURATION)).toEqual([]);
      }),
      campaign(400),
    );
  });

  it('the API is reached from the box to the end', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(29), { maxLength: 200 }), (picks) => {
        const tree = factoryTree();
        // The first contact comes through a port of the factory's LAN.
        const api = {
          ...PACKETS.find(
            ({ port, source }) => port === 8728 && source === SETTINGS.controllerAddress,
          )!,
          from: 'bridge',
        };
        const added = new Map<string, string>();
        for (const change of shuffled(changesFor(tree, CONFIGURATION), picks)) {
          perform(tree, change, added);
          expect(compileFirewall(tree).filter('input', api).kind).toBe('accept');
        }
      }),
      campaign(100),
    );
  });
});
