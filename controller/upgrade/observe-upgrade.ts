/** What a router shows of itself before, during and after an upgrade: read at once, for `machine.ts`. */
import type { Clock } from '../../lib/clock.ts';
import { bootAtOf } from '../boot.ts';
import { printIfThere } from '../facts.ts';
import { durationSeconds } from '../normalise.ts';
import type { RouterOsConnection } from '../routeros/client.ts';
import { RouterOsError } from '../routeros/errors.ts';
import type { Attributes } from '../routeros/reply.ts';
import type { Seen } from './machine.ts';

/** Throws `ROUTER_*`; a router that does not say its version or uptime is none that we can upgrade. */
export async function seeRouter(
  connection: RouterOsConnection,
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal,
): Promise<Seen> {
  const read = (path: string, ...proplist: string[]): Promise<Attributes[]> =>
    printIfThere(connection, path, { proplist, signal });
  const sentAt = clock.now();
  const [resource] = await read(
    '/system/resource',
    ...['uptime', 'version', 'architecture-name', 'free-hdd-space', 'total-hdd-space'],
  );
  const receivedAt = clock.now();
  const [boards, packages, wifi, wireless, files] = await Promise.all([
    read('/system/routerboard', 'routerboard', 'current-firmware', 'upgrade-firmware'),
    read('/system/package', 'name', 'version', 'size', 'disabled', 'available'),
    read('/interface/wifi', 'name', 'master-interface', 'dynamic'),
    read('/interface/wireless', 'name', 'master-interface', 'interface-type'),
    read('/file', 'name', 'type'),
  ]);
  const uptimeSeconds = durationSeconds(resource?.uptime ?? '');
  const version = resource?.version?.split(' ')[0] ?? '';
  if (uptimeSeconds === null || version === '') {
    throw new RouterOsError('ROUTER_PROTOCOL', 'the router does not say its version or uptime');
  }
  const [board] = boards;
  const hasBoard = board !== undefined && board.routerboard !== 'false';
  const wifiRadios = physical(wifi);
  const wirelessRadios = physical(wireless);
  return {
    version,
    architecture: resource?.['architecture-name'] ?? '',
    bootEarliest: bootAtOf({ sentAt, receivedAt, uptimeSeconds }),
    bootLatest: receivedAt - uptimeSeconds * 1000,
    currentFirmware: hasBoard ? (board['current-firmware'] ?? null) : null,
    upgradeFirmware: hasBoard ? (board['upgrade-firmware'] ?? null) : null,
    freeBytes: bytes(resource?.['free-hdd-space']),
    totalBytes: bytes(resource?.['total-hdd-space']),
    packageBytes: packages
      .filter((row) => row.available !== 'true')
      .reduce((sum, row) => sum + bytes(row.size), 0),
    radios: wifiRadios + wirelessRadios,
    radioKind: wirelessRadios > 0 ? 'wireless' : wifiRadios > 0 ? 'wifi' : null,
    packageFiles: files.flatMap(({ name = '' }) => (name.endsWith('.npk') ? [name] : [])),
  };
}

function physical(rows: readonly Attributes[]): number {
  return rows.filter((row) => (row['master-interface'] ?? '') === '' && row.dynamic !== 'true')
    .length;
}

/** A number as the API prints it, or `14.2MiB` as some versions do; 0 for anything else. */
function bytes(text: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)\s*(KiB|MiB|GiB)?$/.exec(text ?? '');
  if (match === null) return 0;
  const unit = { KiB: 1024, MiB: 1_048_576, GiB: 1_073_741_824 }[match[2] ?? ''] ?? 1;
  return Number(match[1]) * unit;
}
