/**
 * The radio: one open network. `/interface/wifi` (wifi-qcom packages) or `/interface/wireless` (older
 * boards), never both. Radios are the router's own rows: set, never made or removed.
 */
import { boardLimits } from './board.ts';
import { atLeast, fixed, row, tagged } from './menu.ts';
import type { DesiredMenu, VillageInput } from './types.ts';

const COUNTRY = 'Indonesia';

export function radio(input: VillageInput): DesiredMenu[] {
  const { wifi } = input.facts;
  if (wifi === null) return [];
  return wifi.kind === 'wifi' ? wifiMenus(input, wifi.radios) : wirelessMenus(input, wifi.radios);
}

function wifiMenus(input: VillageInput, radios: readonly string[]): DesiredMenu[] {
  const { facts } = input;
  const ssid = ssidOf(input);
  const configuration = {
    name: 'sw-cfg',
    ssid,
    country: COUNTRY,
    mode: 'ap',
    security: 'sw-open',
    datapath: 'sw-dp',
    'multicast-enhance': 'enabled',
    ...(atLeast(facts.version, 7, 18) ? { 'max-clients': String(boardLimits(input).clients) } : {}),
  };
  // Values given inline on the radio win over the profile, and the default configuration gives some.
  const own = {
    configuration: 'sw-cfg',
    'configuration.ssid': ssid,
    'configuration.mode': 'ap',
    'security.authentication-types': '',
    disabled: 'no',
  };
  return [
    tagged('/interface/wifi/datapath', [
      row('wf-dp', { name: 'sw-dp', 'client-isolation': 'yes' }),
    ]),
    tagged('/interface/wifi/security', [row('wf-sec', { name: 'sw-open', wps: 'disable' })]),
    tagged('/interface/wifi/configuration', [row('wf-cfg', configuration)]),
    fixed('/interface/wifi', Object.fromEntries(radios.map((name) => [name, own]))),
  ];
}

function wirelessMenus(input: VillageInput, radios: readonly string[]): DesiredMenu[] {
  const own = {
    mode: 'ap-bridge',
    ssid: ssidOf(input),
    country: COUNTRY.toLowerCase(),
    'security-profile': 'sw-open',
    'wireless-protocol': '802.11',
    'default-forwarding': 'no',
    'wps-mode': 'disabled',
    disabled: 'no',
  };
  return [
    tagged('/interface/wireless/security-profiles', [
      row('wl-sec', { name: 'sw-open', mode: 'none' }),
    ]),
    fixed('/interface/wireless', Object.fromEntries(radios.map((name) => [name, own]))),
  ];
}

function ssidOf({ local, settings }: VillageInput): string {
  return local.get('wifi.ssid') ?? settings.ssid;
}
