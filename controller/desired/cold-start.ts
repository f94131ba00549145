/**
 * After a power cut nothing that the tunnel needs may need the tunnel: its endpoint, the time (WireGuard
 * refuses handshakes older than the last one it saw) and the resolver that finds either by name.
 * Addresses need no look-up; names are forwarded past the tunnel by static rows of their own.
 *
 * `circles` proves it over the whole configuration, whatever parts made it; a configuration with one is
 * refused, since no router would ever come back from it.
 */
import { SmartWifiError } from '../../lib/errors.ts';
import { cidrContains, parseCidr, parseIpv4 } from '../../lib/net.ts';
import { row } from './menu.ts';
import { TUNNEL } from './network.ts';
import { outageResolvers, timeServers } from './outage.ts';
import type { DesiredMenu, DesiredRow, Values, VillageInput } from './types.ts';

/** Servers that must be reached without the tunnel, and the addresses that lie behind it. */
export interface ColdStart {
  readonly endpoint: string | null;
  readonly tunnelSubnet: string;
  /** The server's addresses, in the tunnel even where their subnet is another. */
  readonly behind: readonly string[];
}

/** Static forwards of the names that the tunnel needs, to a resolver on the way out. */
export function pastTunnel(input: VillageInput): DesiredRow[] {
  const { tunnelEndpoint } = input.settings;
  const needs = [
    ...(tunnelEndpoint === undefined ? [] : [tunnelEndpoint.host]),
    ...timeServers(input),
  ];
  const names = new Set(needs.filter((host) => parseIpv4(host) === null));
  const [resolver] = outageResolvers(input);
  if (resolver === undefined) return [];
  return [...names].map((name) =>
    row(`past-${name}`, { name, type: 'FWD', 'forward-to': resolver }),
  );
}

/** Throws `ROUTER_SETTINGS` that names the circle. */
export function refuseCircles(menus: readonly DesiredMenu[], { settings }: VillageInput): void {
  const found = circles(menus, {
    endpoint: settings.tunnelEndpoint?.host ?? null,
    tunnelSubnet: settings.tunnelSubnet,
    behind: [settings.resolverAddress, settings.portalAddress, settings.radiusAddress],
  });
  if (found.length > 0) throw new SmartWifiError('ROUTER_SETTINGS', found.join('; '));
}

/** What the tunnel needs and reaches only through the tunnel, in words; empty when it can come up. */
export function circles(menus: readonly DesiredMenu[], start: ColdStart): string[] {
  const rows = (path: string): Values[] =>
    menus
      .filter((menu) => menu.path === path)
      .flatMap((menu) => menu.rows.map((one) => one.values));
  const isBehind = tunnelled(rows('/ip/route'), start);
  const statics = rows('/ip/dns/static');
  const servers = [
    ...menus
      .filter((menu) => menu.path === '/ip/dns')
      .flatMap((menu) => menu.rows)
      .flatMap((one) => [one.values.servers ?? '', one.during?.values.servers ?? '']),
  ].flatMap((list) => list.split(',').filter((server) => server !== ''));

  const judge = (what: string, host: string): string[] => {
    if (parseIpv4(host) !== null) {
      return isBehind(host) ? [`${what} ${host} is reached through the tunnel`] : [];
    }
    const answers = statics.filter((one) => speaksOf(one, host));
    // Which of several rows answers is the router's affair: none of them may lead into the tunnel.
    if (answers.length > 0) return answers.flatMap((one) => judgeStatic(what, host, one));
    return servers
      .filter(isBehind)
      .map((server) => `${what} ${host} is looked up at ${server}, through the tunnel`);
  };
  const judgeStatic = (what: string, host: string, answer: Values): string[] => {
    const { type = 'A', address = '', 'forward-to': resolver = '' } = answer;
    const to = type === 'A' ? address : type === 'FWD' ? resolver : '';
    if (parseIpv4(to) === null) return [`${what} ${host} does not resolve here`];
    return judge(`${what} ${host} by`, to);
  };
  const peers = rows('/interface/wireguard/peers').flatMap(
    (peer) => peer['endpoint-address'] ?? [],
  );
  const endpoints = new Set([...(start.endpoint === null ? [] : [start.endpoint]), ...peers]);
  return [
    ...[...endpoints].flatMap((host) => judge('the endpoint', host)),
    ...rows('/system/ntp/client/servers').flatMap(({ address = '' }) =>
      judge('the time server', address),
    ),
  ];
}

/** Rows that are off count too: a script may switch them on. A regexp may match anything. */
function speaksOf(answer: Values, host: string): boolean {
  if (answer.regexp !== undefined) return true;
  const name = (answer.name ?? '').toLowerCase();
  const asked = host.toLowerCase();
  return asked === name || (answer['match-subdomain'] === 'yes' && asked.endsWith(`.${name}`));
}

function tunnelled(routes: readonly Values[], start: ColdStart): (address: string) => boolean {
  const behind = new Set(start.behind);
  const networks = [
    start.tunnelSubnet,
    ...routes
      .filter((route) => route.gateway === TUNNEL)
      .map((route) => route['dst-address'] ?? ''),
  ].flatMap((text) => parseCidr(text) ?? []);
  return (address) => {
    const value = parseIpv4(address);
    const inside = value !== null && networks.some((network) => cidrContains(network, value));
    return inside || behind.has(address);
  };
}
