/** One look at a router: whether it lives, by one short question, or its vitals by four, pipelined. */
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
  /** The router's own time, epoch ms; null when it cannot be read. */
  readonly clockAt: number | null;
  readonly interfaces: readonly InterfaceOctets[];
}

/** Seconds since the router started. */
export async function askUptime(
  connection: RouterOsConnection,
  signal: AbortSignal,
): Promise<number> {
  const rows = await connection.run('/system/resource/print', {}, { proplist: ['uptime'], signal });
  return uptimeIn(rows[0] ?? {});
}

export async function pollRouter(
  connection: RouterOsConnection,
  signal: AbortSignal,
): Promise<PollReading> {
  const [resource, active, clock, interfaces] = await Promise.all([
    connection.run(
      '/system/resource/print',
      {},
      {
        proplist: ['uptime', 'version', 'board-name', 'cpu-load', 'free-memory', 'total-memory'],
        signal,
      },
    ),
    connection.runFor('/ip/hotspot/active/print', { 'count-only': '' }, { signal }),
    connection.run('/system/clock/print', {}, { proplist: ['date', 'time', 'gmt-offset'], signal }),
    connection.run(
      '/interface/print',
      {},
      { proplist: ['name', 'type', 'dynamic', 'rx-byte', 'tx-byte'], signal },
    ),
  ]);
  const row = resource[0] ?? {};
  const uptimeSeconds = uptimeIn(row);
  const cpu = amount(row['cpu-load']);
  return {
    uptimeSeconds,
    version: row.version ?? '',
    board: row['board-name'] ?? '',
    cpuLoad: cpu === null ? null : cpu / 100,
    memoryFree: amount(row['free-memory']),
    memorySize: amount(row['total-memory']),
    activeSessions: amount(active.ret ?? undefined),
    clockAt: clockAt(clock[0] ?? {}),
    interfaces: interfaces.flatMap(octets),
  };
}

function uptimeIn(row: Attributes): number {
  const seconds = durationSeconds(row.uptime ?? '');
  if (seconds === null) throw new RouterOsError('ROUTER_PROTOCOL', 'no uptime in the answer');
  return seconds;
}

/** Dates are ISO since RouterOS 7.10. */
function clockAt(row: Attributes): number | null {
  const at = Date.parse(`${row.date}T${row.time}${row['gmt-offset']}`);
  return Number.isNaN(at) ? null : at;
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
