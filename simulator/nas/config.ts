/** The RADIUS part of the router's configuration: rows of `/radius` and `/radius/incoming`. */

import { durationMs, isYes, listOf, portOf } from '../hotspot/values.ts';
import type { MenuTree, Row } from '../menu/contract.ts';

export interface RadiusServer {
  readonly address: string;
  readonly secret: string;
  readonly authPort: number;
  readonly acctPort: number;
  /** How long one try waits; the router tries three times. */
  readonly timeoutMs: number;
  /** Null: the router's own address. */
  readonly sourceAddress: string | null;
  readonly requireMessageAuth: boolean;
}

/** Servers for the hotspot in the order in which they are asked; RadSec rows are not served. */
export function radiusServers(tree: MenuTree): RadiusServer[] {
  return tree.active('/radius').flatMap((row) => {
    const { values } = row;
    const serves = listOf(values.service).includes('hotspot');
    if (!serves || (values.protocol ?? 'udp') !== 'udp') return [];
    return [serverOf(row)];
  });
}

function serverOf({ values }: Row): RadiusServer {
  const source = values['src-address'] ?? '';
  return {
    address: values.address ?? '',
    secret: values.secret ?? '',
    authPort: portOf(values['authentication-port'], 1812),
    acctPort: portOf(values['accounting-port'], 1813),
    timeoutMs: durationMs(values.timeout) ?? 300,
    sourceAddress: source === '' || source === '0.0.0.0' || source === '::' ? null : source,
    requireMessageAuth: values['require-message-auth'] !== 'no',
  };
}

/** The port for Disconnect and CoA; null when the router does not accept them. */
export function incomingPort(tree: MenuTree): number | null {
  const incoming = tree.single('/radius/incoming');
  return isYes(incoming.accept) ? portOf(incoming.port, 3799) : null;
}
