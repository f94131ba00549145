/**
 * A router's end of its tunnels: each peer with an endpoint is asked for a session, again every five seconds until it
 * answers, and anew every two minutes. The time stamps are the router's own clock. Only the router begins: behind
 * carrier NAT the server does not find it after a power cut.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Row } from '../menu/contract.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { formatDuration } from '../menu/values.ts';
import { createRowTasks, type RowTasks } from './row-tasks.ts';
import { tai64n } from './tai64n.ts';
import type { WireguardServer } from './wireguard-server.ts';

export interface WireguardOptions {
  readonly tree: WritableTree;
  readonly clock: Clock;
  /** The server that listens at `ip:port` of the WAN; undefined: nobody answers. */
  readonly serverAt: (endpoint: string) => WireguardServer | undefined;
  /** Address of a name as the router's own resolver gives it, an address as it is; null: none. */
  readonly lookup: (host: string) => Promise<string | null>;
  readonly failed: (error: unknown) => void;
}

export interface Wireguard extends RowTasks {
  /** Some peer has a session that data may still use. */
  isUp(): boolean;
}

const MENU = '/interface/wireguard/peers';
const SETTINGS = [
  'interface',
  'public-key',
  'preshared-key',
  'endpoint-address',
  'endpoint-port',
  'disabled',
];
/** WireGuard white paper, §6.1. */
const REKEY_TIMEOUT_MS = 5000;
const REKEY_AFTER_MS = 120_000;
const REJECT_AFTER_MS = 180_000;

interface Session {
  readonly since: number;
  readonly endpoint: string;
}

export function createWireguard(options: WireguardOptions): Wireguard {
  const { tree, clock, failed } = options;
  const sessions = new Map<string, Session>();

  const keep = async (row: Row, signal: AbortSignal): Promise<void> => {
    sessions.delete(row.id);
    const address = row.values['endpoint-address'] ?? '';
    if (address === '') return;
    for (;;) {
      const endpoint = await endpointOf(options, row);
      signal.throwIfAborted();
      const answered = endpoint !== null && handshake(options, row, endpoint);
      if (answered) sessions.set(row.id, { since: clock.now(), endpoint });
      await clock.sleep(answered ? REKEY_AFTER_MS : REKEY_TIMEOUT_MS, signal);
    }
  };
  tree.setLive(MENU, ({ id }): Record<string, string> => {
    const session = sessions.get(id);
    if (session === undefined) return {};
    const [address = '', port = ''] = session.endpoint.split(':');
    return {
      'current-endpoint-address': address,
      'current-endpoint-port': port,
      'last-handshake': formatDuration(clock.now() - session.since),
    };
  });
  const tasks = createRowTasks({ tree, menu: MENU, settings: SETTINGS, run: keep, failed });
  return {
    start: tasks.start,
    cut: () => {
      tasks.cut();
      sessions.clear();
    },
    isUp: () => {
      const rows = tree.active(MENU);
      return rows.some(({ id }) => {
        const session = sessions.get(id);
        return session !== undefined && clock.now() - session.since < REJECT_AFTER_MS;
      });
    },
  };
}

async function endpointOf({ lookup }: WireguardOptions, { values }: Row): Promise<string | null> {
  const address = await lookup(values['endpoint-address'] ?? '');
  return address === null ? null : `${address}:${values['endpoint-port'] ?? '0'}`;
}

/** One first message, stamped with the router's time; true when the server answers it. */
function handshake(
  { tree, serverAt }: WireguardOptions,
  { values }: Row,
  endpoint: string,
): boolean {
  const own = tree
    .active('/interface/wireguard')
    .find((row) => row.values.name === values.interface);
  if (own === undefined) return false;
  const end = serverAt(endpoint)?.handshake({
    to: values['public-key'] ?? '',
    from: own.values['public-key'] ?? '',
    presharedKey: values['preshared-key'] ?? '',
    timestamp: tai64n(tree.now()),
  });
  return end === 'answered';
}
