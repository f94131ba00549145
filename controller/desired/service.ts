/**
 * The way in for a technician when the tunnel is dead: one Ethernet port that is not the hotspot's, where Winbox finds
 * the router by its MAC address, and one account of this router alone, which can neither read secrets nor make users.
 */
import { SmartWifiError } from '../../lib/errors.ts';
import { SERVICE_USER } from '../enrol/service-account.ts';
import { row, tagged } from './menu.ts';
import type { DesiredMenu, VillageInput } from './types.ts';

const POLICY = 'read,write,test,reboot,winbox,ssh,local';
/** With fewer, nothing would be left for the village. */
const FEWEST_PORTS = 3;

/** Null where no port is set aside. Throws `ROUTER_SETTINGS` for a port that the board has not. */
export function servicePort({ facts, local }: VillageInput): string | null {
  const wanted = local.get('service.port') ?? 'none';
  if (wanted === 'none') return null;
  if (wanted === 'last') {
    return facts.ethernet.length < FEWEST_PORTS ? null : (facts.ethernet.at(-1) ?? null);
  }
  if (facts.ethernet.includes(wanted)) return wanted;
  throw new SmartWifiError(
    'ROUTER_SETTINGS',
    `service.port: ${facts.board} has no ${wanted} that is free`,
  );
}

/** `list` is the interface list of those who may manage the router. */
export function service(input: VillageInput, list: string): DesiredMenu[] {
  const port = servicePort(input);
  const { servicePassword: password } = input;
  if (port === null || password === undefined) return [];
  const user = { name: SERVICE_USER, group: SERVICE_USER, address: '' };
  return [
    tagged('/user/group', [row('grp-svc', { name: SERVICE_USER, policy: POLICY })]),
    tagged('/user', [row('usr-svc', user, { secrets: { password } })]),
    tagged('/interface/list/member', [row('m-service', { list, interface: port })]),
  ];
}
