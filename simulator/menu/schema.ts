/**
 * Every menu that the twin knows, as one table that all twins share. Facts (paths, names, types, defaults, versions)
 * of RouterOS 7.16 to 7.24; `schema.test.ts` checks them against the published schema where that is at hand.
 */
import { FIREWALL_AND_QUEUE_MENUS } from './schema-firewall.ts';
import { HOTSPOT_MENUS } from './schema-hotspot.ts';
import { INTERFACE_MENUS } from './schema-interface.ts';
import { IP_MENUS } from './schema-ip.ts';
import type { Menu } from './schema-parse.ts';
import { SYSTEM_MENUS } from './schema-system.ts';
import { WAN_INTERFACE_MENUS, WAN_MENUS } from './schema-wan.ts';

/** In the order in which `/export` walks them. */
export const MENUS: ReadonlyMap<string, Menu> = new Map(
  [
    ...INTERFACE_MENUS,
    ...WAN_MENUS,
    ...WAN_INTERFACE_MENUS,
    ...IP_MENUS,
    ...HOTSPOT_MENUS,
    ...FIREWALL_AND_QUEUE_MENUS,
    ...SYSTEM_MENUS,
  ].map((menu) => [menu.path, menu]),
);

/** The menus whose rows are the rows of `/interface`, beside the loopback. */
export const INTERFACE_PATHS: readonly string[] = [...INTERFACE_MENUS, ...WAN_INTERFACE_MENUS]
  .filter((menu) => menu.interfaceType !== null)
  .map((menu) => menu.path);

/** Where the name of a row of `path` is used: the properties that refer to it. */
export function referencesTo(path: string): readonly { path: string; property: string }[] {
  return REFERENCES.get(path) ?? [];
}

const REFERENCES: ReadonlyMap<string, { path: string; property: string }[]> = Map.groupBy(
  [...MENUS.values()].flatMap((menu) =>
    [...menu.properties.values()]
      .filter((property) => property.type.base === 'ref')
      .map((property) => ({ path: menu.path, property: property.name, to: property.type.ref })),
  ),
  ({ to }) => to,
);
