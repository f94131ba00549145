/** `/system/device-mode`: which features a router may run. hAP-class devices ship in `home` since 7.17. */

export type DeviceMode = 'home' | 'basic' | 'advanced' | 'rose';

const FEATURES = [
  'scheduler',
  'socks',
  'fetch',
  'pptp',
  'l2tp',
  'bandwidth-test',
  'traffic-gen',
  'sniffer',
  'ipsec',
  'romon',
  'proxy',
  'hotspot',
  'smb',
  'email',
  'zerotier',
  'container',
  'install-any-version',
  'partitions',
  'routerboard',
] as const;

const LOCKED = ['traffic-gen', 'container', 'install-any-version', 'partitions', 'routerboard'];

/** What each mode forbids, by MikroTik's manual. */
const FORBIDDEN: Readonly<Record<DeviceMode, readonly string[]>> = {
  home: [
    ...LOCKED,
    'scheduler',
    'socks',
    'fetch',
    'bandwidth-test',
    'sniffer',
    'romon',
    'proxy',
    'hotspot',
    'email',
    'zerotier',
  ],
  basic: [...LOCKED, 'socks', 'bandwidth-test', 'proxy', 'hotspot', 'zerotier'],
  advanced: LOCKED,
  rose: LOCKED.filter((feature) => feature !== 'container'),
};

export function isDeviceMode(mode: string): mode is DeviceMode {
  return mode in FORBIDDEN;
}

/** Features that an update may allow or forbid beside the mode. */
export function isFeature(name: string): boolean {
  return (FEATURES as readonly string[]).includes(name);
}

/** The row that `/system/device-mode/print` shows. */
export function deviceModeValues(mode: DeviceMode): Record<string, string> {
  const features = FEATURES.map((feature) => [feature, String(!FORBIDDEN[mode].includes(feature))]);
  return {
    mode,
    flagged: 'false',
    'flagging-enabled': 'true',
    'attempt-count': '0',
    ...(Object.fromEntries(features) as Record<string, string>),
  };
}
