/**
 * What a phone may reach before login: `/ip/hotspot/walled-garden/ip` decides by address, and
 * `/ip/hotspot/walled-garden` by host and path for plain HTTP. The first matching row decides; no row,
 * no way.
 */
import type { MenuTree } from '../menu/contract.ts';
import { type AddressRange, inRange, listOf, parseRange } from './values.ts';

export interface GardenRequest {
  readonly source: string;
  readonly address: string;
  readonly port: number;
  /** As the phone asked for it, lower case; the address when it asked for none. */
  readonly host: string;
  /** Null for everything but plain HTTP. */
  readonly http: { readonly method: string; readonly path: string } | null;
}

export interface WalledGarden {
  allows(request: GardenRequest): boolean;
}

type Rows = ReturnType<MenuTree['active']>;

export function compileWalledGarden(tree: MenuTree, server: string): WalledGarden {
  const here = (rows: Rows): Rows =>
    rows.filter(({ values }) => ['', 'all', server].includes(values.server ?? ''));
  const byAddress = here(tree.active('/ip/hotspot/walled-garden/ip')).map(({ values }) => ({
    allows: (values.action ?? 'accept') === 'accept',
    matches: (request: GardenRequest) =>
      sameOrAbsent(values.protocol, 'tcp') && commonMatch(values, request),
  }));
  const byHost = here(tree.active('/ip/hotspot/walled-garden')).map(({ values }) => ({
    allows: (values.action ?? 'allow') === 'allow',
    matches: (request: GardenRequest) =>
      request.http !== null &&
      sameOrAbsent(values.method, request.http.method) &&
      textMatches(values.path, request.http.path) &&
      commonMatch(values, request),
  }));
  return {
    allows: (request) => {
      const rule =
        byAddress.find(({ matches }) => matches(request)) ??
        byHost.find(({ matches }) => matches(request));
      return rule?.allows ?? false;
    },
  };
}

function commonMatch(
  values: Readonly<Record<string, string>>,
  { source, address, port, host }: GardenRequest,
): boolean {
  return (
    addressMatches(values['dst-address'], address) &&
    addressMatches(values['src-address'], source) &&
    portMatches(values['dst-port'], port) &&
    textMatches(values['dst-host'], host)
  );
}

function sameOrAbsent(value: string | undefined, actual: string): boolean {
  return value === undefined || value === '' || value.toLowerCase() === actual.toLowerCase();
}

function addressMatches(value: string | undefined, address: string): boolean {
  if (value === undefined || value === '') return true;
  const negated = value.startsWith('!');
  const range: AddressRange | null = parseRange(negated ? value.slice(1) : value);
  return range !== null && inRange(range, address) !== negated;
}

function portMatches(value: string | undefined, port: number): boolean {
  if (value === undefined || value === '') return true;
  return listOf(value).some((part) => {
    const [first, last = first] = part.split('-');
    return port >= Number(first) && port <= Number(last);
  });
}

/** `*` and `?` are wildcards; a leading colon makes the rest a regular expression. */
function textMatches(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined || pattern === '') return true;
  try {
    if (pattern.startsWith(':')) return new RegExp(pattern.slice(1), 'i').test(text);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  const source = escaped.replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(text);
}
