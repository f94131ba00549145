/** Which board answers, and whether it may run a hotspot. */
import { printIfThere } from '../facts.ts';
import type { RouterOsConnection } from '../routeros/client.ts';

export interface Board {
  /** Null on what is no RouterBOARD. */
  readonly serial: string | null;
  /** `hAP ax^2`. */
  readonly board: string;
  /** `7.20.8`. */
  readonly version: string;
  /** Device-mode lets a hotspot run; null when the router does not say (before 7.17). */
  readonly hotspotAllowed: boolean | null;
}

export async function readBoard(
  connection: RouterOsConnection,
  signal?: AbortSignal,
): Promise<Board> {
  const read = async (path: string, proplist: readonly string[]) =>
    (await printIfThere(connection, path, { proplist, ...(signal ? { signal } : {}) }))[0] ?? {};
  const [routerboard, resource, mode] = await Promise.all([
    read('/system/routerboard', ['serial-number']),
    read('/system/resource', ['board-name', 'version']),
    read('/system/device-mode', ['hotspot']),
  ]);
  const { hotspot } = mode;
  return {
    serial: routerboard['serial-number'] ?? null,
    board: resource['board-name'] ?? '',
    version: (resource.version ?? '').split(' ')[0] ?? '',
    hotspotAllowed: hotspot === undefined ? null : hotspot === 'true' || hotspot === 'yes',
  };
}
