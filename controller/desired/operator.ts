/**
 * Operators' parts among ours: tagged, and each row where it can do no harm. Which parts hold for a
 * router goes by name: the nearest level that has a part of that name decides, and one without rows
 * takes a wider one away.
 */
import type { OperatorPart, PartMenu, Reserved } from '../settings/parts.ts';
import { HOTSPOT } from './hotspot.ts';
import { row, tagged } from './menu.ts';
import type { DesiredMenu, DesiredRow, FleetSettings, VillageInput } from './types.ts';

/** All menus, even when empty: what is not wanted any more goes. */
const KINDS: readonly (readonly [
  menu: PartMenu,
  ordered: boolean,
  extra: Record<string, string>,
])[] = [
  ['/ip/dns/static', false, {}],
  ['/ip/firewall/address-list', false, {}],
  ['/ip/hotspot/ip-binding', false, { server: HOTSPOT }],
  ['/ip/hotspot/walled-garden/ip', true, { server: HOTSPOT }],
  ['/ip/dhcp-server/lease', false, { server: 'sw-dhcp' }],
];
const FILTER = '/ip/firewall/filter';
/** The rule that lets phones out; what narrows it stands before. */
const WAY_OUT = 'fw-90';

/** What parts may not speak of, the same for every village. */
export function reservedOf(
  settings: Pick<FleetSettings, 'portalUrl' | 'tunnelSubnet' | 'tunnelEndpoint'> & {
    readonly loginHost: string;
    readonly lanSubnet?: string;
  },
): Reserved {
  return {
    names: [
      new URL(settings.portalUrl).hostname,
      settings.loginHost,
      ...(settings.tunnelEndpoint === undefined ? [] : [settings.tunnelEndpoint.host]),
    ],
    networks: [
      settings.tunnelSubnet,
      ...(settings.lanSubnet === undefined ? [] : [settings.lanSubnet]),
    ],
  };
}

/** Rows of the parts in all menus but the firewall's filter. */
export function operatorRows({ parts }: VillageInput): DesiredMenu[] {
  return KINDS.map(([menu, ordered, extra]) =>
    tagged(menu, rowsOf(parts, menu, extra), { ordered }),
  );
}

/** The filter with the parts' rules before the way out. */
export function withOperatorRules(
  menus: readonly DesiredMenu[],
  { parts }: VillageInput,
): DesiredMenu[] {
  const rules = rowsOf(parts, FILTER, { chain: 'forward', 'in-interface-list': 'sw-LAN' });
  return menus.map((menu) => {
    if (menu.path !== FILTER) return menu;
    const at = menu.rows.findIndex((one) => one.key === WAY_OUT);
    const own = tagged(FILTER, rules).rows;
    return { ...menu, rows: [...menu.rows.slice(0, at), ...own, ...menu.rows.slice(at)] };
  });
}

function rowsOf(
  parts: readonly OperatorPart[],
  menu: PartMenu,
  extra: Record<string, string>,
): DesiredRow[] {
  return parts.flatMap((part) =>
    part.rows
      .filter((one) => one.menu === menu)
      .map((one) => row(`op-${part.name}-${one.key}`, { ...extra, ...one.values })),
  );
}
