/**
 * A router given back: a plain gateway stays, whose LAN works on, and nothing of ours. Order: first it becomes a gateway
 * by a plan like any other (safe mode or dead-man, proved through the tunnel); then its rows lose our tag; then it is
 * exported for whoever gets it; last a schedule on the router itself takes away the tunnel and our user, since after
 * that nobody could.
 */
import { applyChanges } from '../apply.ts';
import { normaliseExport } from '../backup/normalise-export.ts';
import { readExport } from '../backup/read-export.ts';
import { TAG } from '../desired/menu.ts';
import { LAN, TUNNEL } from '../desired/network.ts';
import type { DesiredConfiguration, DesiredMenu, DesiredRow, Values } from '../desired/types.ts';
import { printIfThere } from '../facts.ts';
import { observe } from '../observe.ts';
import { plan } from '../plan.ts';
import { look, open, type RouterTask } from '../provision.ts';
import type { RouterOsConnection } from '../routeros/client.ts';
import { TUNNEL_COMMENT } from './script.ts';

export interface Release {
  /** What the router is from now on, as RouterOS exports it; secrets included, but no private key. */
  readonly text: string;
  readonly changes: number;
}

/** What our rows are called afterwards. */
const PLAIN = 'gateway ';
/** Menus whose rows make a LAN and its way out. */
const KEPT =
  /^\/(?:interface\/(?!wireguard)|ip\/(?:address|pool|dhcp-client|dhcp-server|dhcp-server\/network|route)$|user$|user\/group$|system\/ntp\/)/;
const KEPT_RULES: ReadonlySet<string> = new Set(
  ['nat-masq', 'raw-dns', 'in-10', 'in-20', 'in-30', 'in-31', 'in-40', 'in-60', 'in-99'].concat([
    'fw-10',
    'fw-20',
    'fw-90',
    'fw-99',
  ]),
);
/** Our way in, needed to the last; and the technician's, which goes with us. */
const SERVICE_ROWS: ReadonlySet<string> = new Set(['usr-svc', 'grp-svc', 'm-service']);
const RESOLVERS = ['9.9.9.9', '149.112.112.112'];

/** Throws `ROUTER_*`; then the router is what it was, or a gateway that we can still reach. */
export async function releaseRouter(task: RouterTask): Promise<Release> {
  const { signal } = task;
  await using link = await open(task);
  const { configuration, facts, armed } = await look(task, link);
  const gateway = asGateway(configuration);
  const changes = plan(gateway, await observe(link.connection, gateway, signal));
  await applyChanges(changes, {
    connection: link.connection,
    version: facts.version,
    armed,
    prove: link.prove,
    inFlight: link.inFlight,
    ...(signal === undefined ? {} : { signal }),
  });
  await untag(link.connection, gateway);
  const text = normaliseExport(await readExport(link.connection, signal));
  await cut(link.connection, task.settings.apiUser);
  return { text, changes: changes.length };
}

/** Pure: what a village's router is without us. */
export function asGateway(desired: DesiredConfiguration): DesiredConfiguration {
  return {
    ...desired,
    files: [],
    folders: [],
    menus: desired.menus.map((menu) => ({ ...menu, rows: rowsOf(menu) })),
  };
}

function rowsOf(menu: DesiredMenu): DesiredRow[] {
  if (menu.kind !== 'rows') return menu.rows.map((row) => settingOf(menu.path, row));
  if (menu.path.startsWith('/ip/firewall/')) {
    return menu.rows.filter((row) => KEPT_RULES.has(row.key)).map(ruleOf);
  }
  if (!KEPT.test(menu.path)) return [];
  return menu.rows.filter((row) => !SERVICE_ROWS.has(row.key)).map((row) => rowOf(menu.path, row));
}

/** Who is in the LAN may manage the router now. */
function ruleOf({ key, values }: DesiredRow): DesiredRow {
  const { comment = '' } = values;
  if (key !== 'in-60') return { key, values };
  return {
    key,
    values: { chain: 'input', action: 'accept', 'in-interface-list': LAN, comment },
  };
}

/** Rows that scripts of an outage switch are none of those that stay. */
function rowOf(path: string, row: DesiredRow): DesiredRow {
  const changed: Values =
    path === '/interface/bridge/port'
      ? { horizon: 'none' }
      : path === '/ip/dhcp-server' && row.values['dhcp-option-set'] !== undefined
        ? { 'dhcp-option-set': 'none' }
        : {};
  return { ...row, values: { ...row.values, ...changed } };
}

function settingOf(path: string, { during, ...row }: DesiredRow): DesiredRow {
  const changed: Values | undefined = (
    {
      '/ip/dns': { servers: during?.values.servers || RESOLVERS.join(',') },
      '/radius/incoming': { accept: 'no' },
      '/system/note': { note: '' },
      '/tool/mac-server/mac-winbox': { 'allowed-interface-list': LAN },
      '/ip/neighbor/discovery-settings': { 'discover-interface-list': LAN },
    } as Record<string, Values>
  )[path];
  // The API stays where it is: behind a tunnel that goes.
  const open = path === '/ip/service' && row.key !== 'api' && row.values.address !== undefined;
  return { ...row, values: { ...row.values, ...changed, ...(open ? { address: '' } : {}) } };
}

async function untag(connection: RouterOsConnection, gateway: DesiredConfiguration): Promise<void> {
  for (const menu of gateway.menus) {
    if (menu.kind !== 'rows' || menu.ownedBy !== 'comment' || menu.path.startsWith('/user')) {
      continue;
    }
    const rows = await printIfThere(connection, menu.path, { proplist: ['.id', 'comment'] });
    for (const { '.id': id = '', comment = '' } of rows) {
      if (!comment.startsWith(TAG)) continue;
      const plain = PLAIN + comment.slice(TAG.length);
      await connection.run(`${menu.path}/set`, { '.id': id, comment: plain });
    }
  }
}

/** Runs on the router after we are gone. Each step on its own: one that fails must not keep the others. */
export function cutScript(apiUser: string): string {
  const steps = [
    '/system/scheduler/remove [find name=sw-release]',
    `/ip/firewall/filter/remove [find comment~"^${PLAIN}in-3"]`,
    '/interface/list/member/remove [find list=sw-MGMT]',
    `/ip/route/remove [find comment="${TUNNEL_COMMENT}"]`,
    `/ip/address/remove [find comment="${TUNNEL_COMMENT}"]`,
    `/interface/wireguard/peers/remove [find interface=${TUNNEL}]`,
    `/interface/wireguard/remove [find name=${TUNNEL}]`,
    `/user/remove [find name=${apiUser}]`,
    '/user/group/remove [find name=sw-ctl]',
  ];
  return steps.map((step) => `:do {${step}} on-error={}`).join('\n');
}

async function cut(connection: RouterOsConnection, apiUser: string): Promise<void> {
  await connection.run('/system/scheduler/add', {
    name: 'sw-release',
    interval: '5s',
    policy: 'read,write,policy,test',
    'on-event': cutScript(apiUser),
  });
}
