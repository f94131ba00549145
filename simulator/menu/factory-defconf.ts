/** The default configuration itself: what a home access point brings up when nobody has configured it. */
import type { Board } from './boards.ts';
import type { WritableTree } from './tree-state.ts';

type Rows = readonly (readonly [path: string, row: Readonly<Record<string, string>>])[];

export function addDefaultConfiguration(
  tree: WritableTree,
  board: Board,
  mac: (index: number) => string,
): void {
  const add = (path: string, row: Readonly<Record<string, string>>): string =>
    tree.add(path, new Map(Object.entries(row)));
  const ports = addPorts(tree, board, mac);
  tree.resets.set('no-defaults', tree.snapshot());
  for (const [index, band] of board.radios.entries()) {
    setRadio(tree, board, { index, band, mac: mac(board.ethernetPorts + index) });
  }
  add('/interface/bridge', { name: 'bridge', 'admin-mac': mac(1), 'auto-mac': 'no', ...DEFCONF });
  tree.assign('/interface/bridge', tree.find('/interface/bridge', 'bridge')!.id, {
    'mac-address': mac(1),
  });
  for (const [path, row] of LISTS) add(path, row);
  for (const port of ports.slice(1)) {
    add('/interface/bridge/port', { bridge: 'bridge', interface: port, ...DEFCONF });
  }
  for (const [path, row] of [...ADDRESSING, ...FIREWALL]) add(path, row);
  const lan = new Map([['allowed-interface-list', 'LAN']]);
  tree.setSingle('/tool/mac-server', lan);
  tree.setSingle('/tool/mac-server/mac-winbox', lan);
  tree.setSingle('/ip/dns', new Map([['allow-remote-requests', 'yes']]));
  tree.setSingle('/ip/neighbor/discovery-settings', new Map([['discover-interface-list', 'LAN']]));
  tree.resets.set('defaults', tree.snapshot());
}

/** Loopback, ethernet ports and radios; returns their names, the uplink first. */
function addPorts(tree: WritableTree, board: Board, mac: (index: number) => string): string[] {
  const names: string[] = [];
  for (let port = 1; port <= board.ethernetPorts; port += 1) {
    const name = `ether${port}`;
    const address = mac(port - 1);
    const id = tree.add(
      '/interface/ethernet',
      new Map([
        ['name', name],
        ['mac-address', address],
        ['orig-mac-address', address],
      ]),
    );
    tree.assign('/interface/ethernet', id, { 'default-name': name, running: String(port === 1) });
    names.push(name);
  }
  const loopback = tree.add('/interface', new Map([['name', 'lo']]));
  tree.assign('/interface', loopback, {
    mtu: '65536',
    'mac-address': '00:00:00:00:00:00',
    running: 'true',
  });
  for (const index of board.radios.keys()) {
    names.push(addRadio(tree, board, index + 1, mac(board.ethernetPorts + index)));
  }
  return names;
}

/** A radio as it is found, silent until it is configured. */
function addRadio(tree: WritableTree, board: Board, number: number, mac: string): string {
  const wireless = board.radioPackage === 'wireless';
  const path = wireless ? '/interface/wireless' : '/interface/wifi';
  const name = `${wireless ? 'wlan' : 'wifi'}${number}`;
  const found = {
    name,
    'mac-address': mac,
    ...(wireless ? { ssid: 'MikroTik' } : { 'radio-mac': mac }),
  };
  const id = tree.add(path, new Map(Object.entries(found)));
  tree.assign(path, id, { 'default-name': name, running: 'true' });
  return name;
}

function setRadio(
  tree: WritableTree,
  board: Board,
  { index, band, mac }: { index: number; band: '2ghz' | '5ghz'; mac: string },
): void {
  const wireless = board.radioPackage === 'wireless';
  const path = wireless ? '/interface/wireless' : '/interface/wifi';
  const ssid = `MikroTik-${mac.slice(9).replaceAll(':', '')}`;
  const settings = wireless
    ? wirelessSettings(ssid, band)
    : wifiSettings({ ssid, band, mac, ac: board.radioPackage === 'wifi-qcom-ac' });
  const { id } = tree.find(path, `${wireless ? 'wlan' : 'wifi'}${index + 1}`)!;
  tree.set(path, [id], new Map(Object.entries(settings)));
}

interface FoundRadio {
  readonly ssid: string;
  readonly band: string;
  readonly mac: string;
  /** Of the generation before ax. */
  readonly ac: boolean;
}

function wifiSettings({ ssid, band, mac, ac }: FoundRadio): Record<string, string> {
  const older = band === '5ghz' ? 'ac' : 'n';
  const generation = ac ? older : 'ax';
  return {
    disabled: 'no',
    'channel.band': `${band}-${generation}`,
    'channel.skip-dfs-channels': '10min-cac',
    'channel.width': band === '5ghz' ? '20/40/80mhz' : '20/40mhz',
    'configuration.mode': 'ap',
    'configuration.ssid': ssid,
    'security.authentication-types': 'wpa2-psk,wpa3-psk',
    'security.ft': 'yes',
    'security.ft-over-ds': 'yes',
    // Printed on the device's label, one for each device.
    'security.passphrase': `${mac.slice(9).replaceAll(':', '')}HEZ0`,
  };
}

function wirelessSettings(ssid: string, band: string): Record<string, string> {
  return {
    disabled: 'no',
    mode: 'ap-bridge',
    ssid,
    band: band === '5ghz' ? '5ghz-a/n/ac' : '2ghz-b/g/n',
    'channel-width': '20/40mhz-XX',
    frequency: 'auto',
    distance: 'indoors',
    installation: 'indoor',
    'wireless-protocol': '802.11',
  };
}

const DEFCONF = { comment: 'defconf' };

const LISTS: Rows = [
  ['/interface/list', { name: 'WAN', ...DEFCONF }],
  ['/interface/list', { name: 'LAN', ...DEFCONF }],
  ['/interface/list/member', { list: 'LAN', interface: 'bridge', ...DEFCONF }],
  ['/interface/list/member', { list: 'WAN', interface: 'ether1', ...DEFCONF }],
];

const ADDRESSING: Rows = [
  ['/ip/pool', { name: 'default-dhcp', ranges: '192.168.88.10-192.168.88.254' }],
  ['/ip/dhcp-server', { name: 'defconf', interface: 'bridge', 'address-pool': 'default-dhcp' }],
  ['/ip/address', { address: '192.168.88.1/24', interface: 'bridge', ...DEFCONF }],
  ['/ip/dhcp-client', { interface: 'ether1', ...DEFCONF }],
  [
    '/ip/dhcp-server/network',
    {
      address: '192.168.88.0/24',
      gateway: '192.168.88.1',
      'dns-server': '192.168.88.1',
      ...DEFCONF,
    },
  ],
  ['/ip/dns/static', { name: 'router.lan', address: '192.168.88.1', type: 'A', ...DEFCONF }],
];

const ESTABLISHED = 'established,related,untracked';

const FIREWALL: Rows = [
  ...rules([
    [
      'input',
      'accept',
      'accept established,related,untracked',
      { 'connection-state': ESTABLISHED },
    ],
    ['input', 'drop', 'drop invalid', { 'connection-state': 'invalid' }],
    ['input', 'accept', 'accept ICMP', { protocol: 'icmp' }],
    ['input', 'accept', 'accept to local loopback (for CAPsMAN)', { 'dst-address': '127.0.0.1' }],
    ['input', 'drop', 'drop all not coming from LAN', { 'in-interface-list': '!LAN' }],
    ['forward', 'accept', 'accept in ipsec policy', { 'ipsec-policy': 'in,ipsec' }],
    ['forward', 'accept', 'accept out ipsec policy', { 'ipsec-policy': 'out,ipsec' }],
    ['forward', 'fasttrack-connection', 'fasttrack', { 'connection-state': 'established,related' }],
    [
      'forward',
      'accept',
      'accept established,related, untracked',
      { 'connection-state': ESTABLISHED },
    ],
    ['forward', 'drop', 'drop invalid', { 'connection-state': 'invalid' }],
    [
      'forward',
      'drop',
      'drop all from WAN not DSTNATed',
      {
        'connection-state': 'new',
        'connection-nat-state': '!dstnat',
        'in-interface-list': 'WAN',
      },
    ],
  ]),
  [
    '/ip/firewall/nat',
    {
      chain: 'srcnat',
      action: 'masquerade',
      'out-interface-list': 'WAN',
      'ipsec-policy': 'out,none',
      comment: 'defconf: masquerade',
    },
  ],
];

function rules(
  table: readonly (readonly [
    chain: string,
    action: string,
    comment: string,
    matchers: Readonly<Record<string, string>>,
  ])[],
): Rows {
  return table.map(([chain, action, comment, matchers]) => [
    '/ip/firewall/filter',
    { chain, action, ...matchers, comment: `defconf: ${comment}` },
  ]);
}
