/** One look at a router: three prints, pipelined. */
import { durationSeconds } from './normalise.ts';
import type { RouterOsConnection } from './routeros/client.ts';
import { RouterOsError } from './routeros/errors.ts';
import type { Attributes } from './routeros/reply.ts';

export interface InterfaceOctets {
  readonly name: string;
  readonly receive: number;
  readonly transmit: number;
}

export interface PollReading {
  readonly uptimeSeconds: number;
  readonly version: string;
  readonly board: string;
  /** 0 to 1; null when the router does not say. */
  readonly cpuLoad: number | null;
  readonly memoryFree: number | null;
  readonly memorySize: number | null;
  readonly activeSessions: number | null;
  readonly interfaces: readonly InterfaceOctets[];
}

export async function pollRouter(
  connection: RouterOsConnection,
  signal: AbortSignal,
): Promise<PollReading> {
  const [resource, active, interfaces] = await Promise.all([
    connection.run(
      '/system/resource/print',
      {},
      {
        proplist: ['uptime', 'version', 'board-name', 'cpu-load', 'free-memory', 'total-memory'],
        signal,
      },
    ),
    connection.runFor('/ip/hotspot/active/print', { 'count-only': '' }, { signal }),
    connection.run(
      '/interface/print',
      {},
      { proplist: ['name', 'type', 'dynamic', 'rx-byte', 'tx-byte'], signal },
    ),
  ]);
  const row = resource[0] ?? {};
  const uptimeSeconds = durationSeconds(row.uptime ?? '');
  if (uptimeSeconds === null) throw new RouterOsError('ROUTER_PROTOCOL', 'no uptime in the answer');
  const cpu = amount(row['cpu-load']);
  return {
    uptimeSeconds,
    version: row.version ?? '',
    board: row['board-name'] ?? '',
    cpuLoad: cpu === null ? null : cpu / 100,
    memoryFree: amount(row['free-memory']),
    memorySize: amount(row['total-memory']),
    activeSessions: amount(active.ret ?? undefined),
    interfaces: interfaces.flatMap(octets),
  };
}

/** Ports, radios and bridges; what comes and goes with sessions would make a new series each time. */
function octets(row: Attributes): InterfaceOctets[] {
  const receive = amount(row['rx-byte']);
  const transmit = amount(row['tx-byte']);
  const isLasting = row.dynamic !== 'true' && row.type !== 'loopback';
  if (receive === null || transmit === null || row.name === undefined || !isLasting) return [];
  return [{ name: row.name, receive, transmit }];
}

function amount(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
