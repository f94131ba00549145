/** Test helper: one village's input, a factory router's rows, and rows of the store. */

import { placeOf, resolveSettings, type Settings } from '../settings/resolve.ts';
import type { Router } from '../store/types.ts';
import type { FleetSettings, RouterFacts, VillageInput } from './desired/types.ts';
import type { ModelRow } from './test-model.ts';

export const SETTINGS: FleetSettings = {
  controllerAddress: '127.0.0.1',
  radiusAddress: '10.255.0.1',
  authPort: 1812,
  acctPort: 1813,
  portalUrl: 'https://wifi.example.test',
  portalAddress: '10.255.0.1',
  portalPort: 8080,
  blockAddress: '10.255.0.1',
  resolverAddress: '10.255.0.2',
  tunnelSubnet: '10.255.0.0/16',
  ntpServers: ['203.0.113.1', '203.0.113.2'],
  apiUser: 'sw-ctl',
  sessionLeaseSeconds: 14_400,
  ssid: 'WiFi Desa',
  timeZone: 'Asia/Jakarta',
};

export const FACTS: RouterFacts = {
  version: '7.20.8',
  board: 'hAP ax2',
  serial: 'HF1',
  ethernet: ['ether1', 'ether2', 'ether3', 'ether4', 'ether5'],
  wifi: { kind: 'wifi', radios: ['wifi1', 'wifi2'] },
  hasTunnel: false,
  hasFlashFolder: false,
  hotspotAllowed: true,
};

export const ROUTER: Router = {
  id: 'r1',
  name: 'kayuara-01',
  villageCode: '16.06.01.1009',
  villageName: 'Kayuara',
  districtCode: '16.06.01',
  districtName: 'Sekayu',
  latitude: -2.9,
  longitude: 103.8,
  address: '10.255.1.7',
  apiPort: 8728,
  apiUser: 'admin',
  coaPort: 3799,
  lanSubnet: '172.16.4.0/22',
  hotspotAddress: '172.16.4.1',
  hotspotPort: 80,
  loginHost: 'login.wifi.test',
  requireMessageAuthenticator: 'yes',
  limitProxyState: 'yes',
  openingHours: null,
  timeZone: 'Asia/Jakarta',
  createdAt: 0,
  appliedDigest: null,
  appliedAt: null,
  provisioning: 'new',
  provisioningDetail: null,
  bootAt: null,
};

export function input(change: Partial<VillageInput> = {}): VillageInput {
  return {
    router: ROUTER,
    nasSecret: 'nas-secret-value',
    apiPassword: 'api-password-value',
    facts: FACTS,
    settings: SETTINGS,
    pages: [{ name: 'login.html', contents: '<a href="{{portal}}/">masuk</a>' }],
    local: local({}),
    policy: { allow: [], deny: [] },
    parts: [],
    ...change,
  };
}

/** Settings of {@link ROUTER} alone. */
export function local(values: Readonly<Record<string, string>>): Settings {
  const rows = Object.entries(values).map(([name, value]) => ({
    level: 'router' as const,
    code: ROUTER.id,
    name,
    value,
  }));
  return resolveSettings(rows, placeOf(ROUTER));
}

/** The rows of MikroTik's default configuration that matter here. */
export function factoryMenus(): Record<string, ModelRow[]> {
  const port = (name: string): ModelRow => ({
    bridge: 'bridge',
    interface: name,
    comment: 'defconf',
    horizon: 'none',
  });
  const filter = (chain: string, action: string, comment: string): ModelRow => ({
    chain,
    action,
    comment: `defconf: ${comment}`,
  });
  return {
    '/system/identity': [{ name: 'MikroTik' }],
    '/interface': [
      ...FACTS.ethernet.map((name) => ({ name, type: 'ether' })),
      { name: 'wifi1', type: 'wifi' },
      { name: 'wifi2', type: 'wifi' },
    ],
    '/interface/bridge': [{ name: 'bridge', comment: 'defconf', 'auto-mac': 'false' }],
    '/interface/bridge/port': ['ether2', 'ether3', 'ether4', 'ether5', 'wifi1', 'wifi2'].map(port),
    '/interface/list': [
      { name: 'WAN', comment: 'defconf' },
      { name: 'LAN', comment: 'defconf' },
    ],
    '/interface/list/member': [
      { list: 'LAN', interface: 'bridge', comment: 'defconf' },
      { list: 'WAN', interface: 'ether1', comment: 'defconf' },
    ],
    '/interface/wifi': [
      { name: 'wifi1', 'configuration.ssid': 'MikroTik', disabled: 'false' },
      { name: 'wifi2', 'configuration.ssid': 'MikroTik', disabled: 'false' },
    ],
    '/ip/address': [{ address: '192.168.88.1/24', interface: 'bridge', comment: 'defconf' }],
    '/ip/pool': [{ name: 'default-dhcp', ranges: '192.168.88.10-192.168.88.254' }],
    '/ip/dhcp-client': [{ interface: 'ether1', comment: 'defconf', disabled: 'false' }],
    '/ip/dhcp-server': [{ name: 'defconf', interface: 'bridge' }],
    '/ip/dhcp-server/network': [{ address: '192.168.88.0/24', comment: 'defconf' }],
    '/ip/dns/static': [{ name: 'router.lan', address: '192.168.88.1', comment: 'defconf' }],
    '/ip/hotspot/user/profile': [{ name: 'default', 'add-mac-cookie': 'true' }],
    '/ip/firewall/filter': [
      filter('input', 'accept', 'accept established,related,untracked'),
      filter('input', 'drop', 'drop all not coming from LAN'),
      filter('forward', 'fasttrack-connection', 'fasttrack'),
    ],
    '/ip/firewall/nat': [filter('srcnat', 'masquerade', 'masquerade')],
    '/ip/service': ['telnet', 'ftp', 'www', 'ssh', 'api', 'winbox'].map((name) => ({
      name,
      disabled: 'false',
    })),
    '/system/resource': [{ version: '7.20.8 (stable)', 'board-name': 'hAP ax2' }],
    '/system/device-mode': [{ mode: 'advanced', hotspot: 'true' }],
  };
}
