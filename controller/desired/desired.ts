/**
 * The configuration of one village's router, from what the store and the settings say. Pure: the same
 * input gives the same configuration and the same digest. The list of parts below is the order of
 * application; accepts stand before drops, so that applying never cuts the API connection.
 */
import { createHash } from 'node:crypto';
import { refuseCircles } from './cold-start.ts';
import { factoryRules } from './factory.ts';
import { dns, firewall } from './firewall.ts';
import { hardening, note, time } from './hardening.ts';
import { hotspot, pageFiles, radius, walledGarden } from './hotspot.ts';
import { mergeMenus } from './menu.ts';
import { identity, lan, MGMT, management, sides } from './network.ts';
import { operatorRows, withOperatorRules } from './operator.ts';
import { netwatch } from './outage.ts';
import { queues } from './queues.ts';
import { radio } from './radio.ts';
import { service } from './service.ts';
import type { DesiredConfiguration, VillageInput } from './types.ts';
import { wan, wanInterfaces } from './wan.ts';

/** Throws `ROUTER_SETTINGS` when the router's row or its settings cannot be a configuration. */
export function desired(input: VillageInput): DesiredConfiguration {
  const merged = mergeMenus([
    ...identity(input),
    ...time(input),
    ...management(input),
    ...wanInterfaces(input),
    ...sides(input),
    ...service(input, MGMT),
    ...wan(input),
    ...lan(input),
    ...radio(input),
    ...radius(input),
    ...hotspot(input),
    ...walledGarden(input),
    ...dns(input),
    ...firewall(input),
    ...queues(input),
    ...hardening(input),
    ...operatorRows(input),
    ...note(),
    // Last, so that a plan reads what netwatch says after what its scripts have changed.
    ...netwatch(input),
  ]);
  const menus = withOperatorRules(merged, input);
  refuseCircles(menus, input);
  const files = pageFiles(input);
  const parts = { menus, files, folders: foldersOf(files), factory: factoryRules(input) };
  return { ...parts, digest: digestOf(parts) };
}

function foldersOf(files: DesiredConfiguration['files']): string[] {
  const folders = new Set<string>();
  for (const { name } of files) {
    const steps = name.split('/').slice(0, -1);
    // The disk itself (`flash`) is not ours to make.
    for (let depth = 1; depth <= steps.length; depth++) {
      const folder = steps.slice(0, depth).join('/');
      if (folder !== 'flash') folders.add(folder);
    }
  }
  return [...folders];
}

function digestOf(parts: Omit<DesiredConfiguration, 'digest'>): string {
  return sha256(canonicalJson(parts));
}

/** Sorted keys, no spaces; whatever lies under `secrets` enters as its hash. */
function canonicalJson(value: unknown, secret = false): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([name, item]) =>
          `${JSON.stringify(name)}:${canonicalJson(item, secret || name === 'secrets')}`,
      );
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(secret ? sha256(String(value)) : value) ?? 'null';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
