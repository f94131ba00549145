/** The captive portal on the router: RADIUS, hotspot, walled garden, and the pages it serves. */
import { parseIpv4 } from '../../lib/net.ts';
import { linkOf, timeoutsFor } from '../settings/link.ts';
import { milliseconds, named, row, single, tagged } from './menu.ts';
import { BRIDGE } from './network.ts';
import {
  givesPass,
  htmlFolder,
  loginMethods,
  OUTAGE_FOLDER,
  PASS_PROFILE,
  pageWatch,
} from './outage.ts';
import type { DesiredFile, DesiredMenu, DesiredRow, Values, VillageInput } from './types.ts';

export const HOTSPOT = 'sw-hs1';
const PROFILE = 'sw-prof';
/** A way out of the walled garden narrowed by one more of these is closed to some. */
const GARDEN_MATCHERS = ['src-address', 'src-address-list', 'dst-address-list', 'dst-host'];
/** A phone asleep for less keeps its session. */
const KEEPALIVE = '15m';

export function radius(input: VillageInput): DesiredMenu[] {
  const { router, settings } = input;
  const server = (key: string, address: string) =>
    row(
      key,
      {
        service: 'hotspot',
        address,
        'authentication-port': String(settings.authPort),
        'accounting-port': String(settings.acctPort),
        timeout: milliseconds(timeoutsFor(linkOf(input.local)).radiusMs),
        'src-address': router.address,
        'require-message-auth': 'yes-for-request-resp',
      },
      { secrets: { secret: input.nasSecret } },
    );
  const standby = settings.radiusStandbyAddress;
  return [
    tagged(
      '/radius',
      [
        server('rad1', settings.radiusAddress),
        ...(standby === undefined ? [] : [server('rad2', standby)]),
      ],
      { ordered: true },
    ),
    single('/radius/incoming', { accept: 'yes', port: String(router.coaPort) }),
  ];
}

export function hotspot(input: VillageInput): DesiredMenu[] {
  return [
    named('/ip/hotspot/user/profile', userProfiles(input)),
    { ...named('/ip/hotspot/profile', []), rows: [serverProfile(input)] },
    named('/ip/hotspot', [
      {
        name: HOTSPOT,
        interface: BRIDGE,
        profile: PROFILE,
        // No universal client: the phone keeps its DHCP address, which leads to its session.
        'address-pool': 'none',
        'addresses-per-mac': '2',
        'idle-timeout': '5m',
        'keepalive-timeout': 'none',
        'login-timeout': '5m',
        disabled: 'no',
      },
    ]),
  ];
}

function serverProfile(input: VillageInput): DesiredRow {
  const { router, local } = input;
  const methods = loginMethods(input);
  const values = {
    name: PROFILE,
    'hotspot-address': router.hotspotAddress,
    'dns-name': router.loginHost,
    'html-directory': htmlFolder(input),
    // The portal hands out single-use passwords; a router's cookie would replay them.
    'login-by': methods.normal,
    'mac-auth-mode': 'mac-as-username',
    'trial-uptime-limit': `${local.get('outage.pass-minutes') ?? 30}m`,
    'trial-uptime-reset': '1d',
    'trial-user-profile': givesPass(input) ? PASS_PROFILE : 'default',
    'use-radius': 'yes',
    'radius-accounting': 'yes',
    'radius-interim-update': 'received',
    'nas-port-type': 'wireless-802.11',
    'radius-mac-format': 'XX:XX:XX:XX:XX:XX',
    'radius-location-id': router.villageCode,
    'radius-location-name': router.villageName,
    'split-user-domain': 'no',
    'install-hotspot-queue': 'no',
  };
  const away = {
    'html-directory': `${htmlFolder(input)}/${OUTAGE_FOLDER}`,
    'login-by': methods.during,
  };
  return row(PROFILE, values, { during: { watch: pageWatch(input), values: away } });
}

/** RADIUS users get the profile `default`, so that is the one to edit; a small pass has its own. */
function userProfiles(input: VillageInput): Values[] {
  const common = {
    'shared-users': 'unlimited',
    'add-mac-cookie': 'no',
    'keepalive-timeout': KEEPALIVE,
    'idle-timeout': 'none',
    'status-autorefresh': '1m',
    'transparent-proxy': 'no',
  };
  const kbps = input.local.get('outage.pass-kbps') ?? 256;
  const pass = { name: PASS_PROFILE, ...common, 'rate-limit': `${kbps}k/${kbps}k` };
  return [{ name: 'default', ...common }, ...(givesPass(input) ? [pass] : [])];
}

/** What a phone reaches before it has logged in: portal and block page, no probe host. */
export function walledGarden(input: VillageInput): DesiredMenu[] {
  const { settings } = input;
  const host = new URL(settings.portalUrl).hostname;
  const open = (key: string, address: string, port: number) =>
    row(key, {
      action: 'accept',
      server: HOTSPOT,
      'dst-address': address,
      protocol: 'tcp',
      'dst-port': String(port),
    });
  const ports = [...new Set([443, 80, settings.portalPort])];
  const block = settings.blockAddress === settings.portalAddress ? [] : [443, 80];
  return [
    tagged(
      '/ip/hotspot/walled-garden/ip',
      [
        ...ports.map((port) => open(`wg-portal${port}`, settings.portalAddress, port)),
        ...block.map((port) => open(`wg-block${port}`, settings.blockAddress, port)),
        ...signInHosts(input).map((name) =>
          row(`wg-sign-${name}`, {
            ...{ action: 'accept', server: HOTSPOT, 'dst-host': name },
            ...{ protocol: 'tcp', 'dst-port': '443' },
          }),
        ),
      ],
      { ordered: true, matchers: GARDEN_MATCHERS },
    ),
    tagged(
      '/ip/hotspot/walled-garden',
      parseIpv4(host) === null
        ? [row('wg-host', { action: 'allow', server: HOTSPOT, 'dst-host': host })]
        : [],
      { ordered: true },
    ),
  ];
}

/** HTTPS is let through by name in this list alone; the list of web requests sees plain HTTP only. */
function signInHosts({ settings, local }: VillageInput): readonly string[] {
  const offered = local.get('portal.ways')?.includes('oidc') === true;
  return offered ? (settings.signInHosts ?? []) : [];
}

/** The pages with the portal's address filled in. */
export function pageFiles(input: VillageInput): DesiredFile[] {
  const portal = input.settings.portalUrl.replace(/\/+$/, '');
  return input.pages.map((page) => ({
    name: `${htmlFolder(input)}/${page.name}`,
    contents: page.contents.replaceAll('{{portal}}', portal),
  }));
}
