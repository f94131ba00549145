/** What only the router can tell: version, ports, radios, whether its device-mode allows a hotspot. */
import { TAG } from './desired/menu.ts';
import { TUNNEL } from './desired/network.ts';
import type { RouterFacts } from './desired/types.ts';
import type { RouterOsConnection } from './routeros/client.ts';
import { type RouterOsError, RouterTrap } from './routeros/errors.ts';
import type { Attributes } from './routeros/reply.ts';

const MB = 2 ** 20;

export async function readFacts(
  connection: RouterOsConnection,
  signal?: AbortSignal,
): Promise<RouterFacts> {
  const read = (path: string, proplist: readonly string[], queries: readonly string[] = []) =>
    printIfThere(connection, path, { proplist, queries, ...(signal ? { signal } : {}) });
  const [resource, board, mode, interfaces, ports, wifi, wireless, flash] = await Promise.all([
    read('/system/resource', ['version', 'board-name', 'total-memory']),
    read('/system/routerboard', ['serial-number']),
    read('/system/device-mode', ['mode', 'hotspot']),
    read('/interface', ['name', 'type']),
    read('/interface/bridge/port', ['interface', 'comment', 'dynamic']),
    read('/interface/wifi', ['name', 'default-name', 'master-interface', 'dynamic']),
    read('/interface/wireless', ['name', 'master-interface', 'dynamic']),
    read('/file', ['name', 'type'], ['name=flash']),
  ]);
  const foreign = new Set(ports.filter(isForeign).map((port) => port.interface));
  const hotspot = mode[0]?.hotspot;
  const memory = Number(resource[0]?.['total-memory'] ?? '');
  return {
    version: (resource[0]?.version ?? '').split(' ')[0] ?? '',
    board: resource[0]?.['board-name'] ?? '',
    serial: board[0]?.['serial-number'] ?? null,
    ethernet: interfaces
      .filter((one) => one.type === 'ether' && !foreign.has(one.name))
      .flatMap((one) => one.name ?? []),
    wifi: radios(wifi, wireless),
    hasTunnel: interfaces.some((one) => one.name === TUNNEL),
    hasFlashFolder: flash.length > 0,
    memoryMb: memory > 0 ? Math.round(memory / MB) : null,
    hotspotAllowed: hotspot === undefined ? null : hotspot === 'true' || hotspot === 'yes',
  };
}

/** A print that gives no rows where the menu does not exist (package or version). */
export async function printIfThere(
  connection: RouterOsConnection,
  path: string,
  options: {
    readonly proplist: readonly string[];
    readonly queries?: readonly string[];
    readonly signal?: AbortSignal;
  },
): Promise<Attributes[]> {
  try {
    return await connection.run(`${path}/print`, {}, options);
  } catch (error) {
    if (isMissingMenu(error)) return [];
    throw error;
  }
}

function isMissingMenu(error: unknown): error is RouterOsError {
  return error instanceof RouterTrap && error.missing;
}

/** Somebody else's decision: neither MikroTik's default, nor ours, nor made by a running service. */
function isForeign(port: Attributes): boolean {
  const comment = port.comment ?? '';
  const ownComment = comment.startsWith('defconf') || comment.startsWith(TAG);
  return !ownComment && port.dynamic !== 'true';
}

/** The physical radios; virtual ones have a master. */
function radios(wifi: readonly Attributes[], wireless: readonly Attributes[]): RouterFacts['wifi'] {
  const names = (rows: readonly Attributes[]): string[] =>
    rows
      .filter((row) => (row['master-interface'] ?? '') === '' && row.dynamic !== 'true')
      .flatMap((row) => row.name ?? []);
  if (wifi.length > 0) return { kind: 'wifi', radios: names(wifi) };
  return wireless.length > 0 ? { kind: 'wireless', radios: names(wireless) } : null;
}
