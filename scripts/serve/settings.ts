/** What the controller puts on every router, from the configuration file. */
import type { Config } from '../../config/schema.ts';
import type { FleetSettings } from '../../controller/desired/types.ts';
import { connectRouter, readFingerprint } from '../../controller/routeros/client.ts';
import { openAt, parseHours } from '../../settings/hours.ts';
import { localTimeIn } from '../../settings/local-time.ts';

export interface BoundPorts {
  readonly authPort: number;
  readonly acctPort: number;
  readonly portalPort: number;
}

/** Our own user on the routers. */
const API_USER = 'sw-ctl';
/** No session is longer: a phone keeps its address, and with it its session, for a day. */
const LEASE_SECONDS = 24 * 3600;

export function fleetSettings(config: Config, ports: BoundPorts): FleetSettings {
  const { network, portal, resolver } = config;
  return {
    controllerAddress: network.controllerAddress,
    radiusAddress: network.radiusAddress,
    ...(network.radiusStandbyAddress === undefined
      ? {}
      : { radiusStandbyAddress: network.radiusStandbyAddress }),
    authPort: ports.authPort,
    acctPort: ports.acctPort,
    portalUrl: portal.publicUrl,
    portalAddress: network.portalAddress,
    portalPort: ports.portalPort,
    blockAddress: resolver.blockAddress,
    resolverAddress: network.resolverAddress,
    tunnelSubnet: network.tunnelSubnet,
    ...(network.tunnelEndpoint === undefined ? {} : { tunnelEndpoint: network.tunnelEndpoint }),
    ntpServers: network.ntpServers,
    apiUser: API_USER,
    sessionLeaseSeconds: LEASE_SECONDS,
    ...(portal.oidc === undefined ? {} : { signInHosts: portal.oidc.hosts }),
    ssid: network.ssid,
    timeZone: config.timeZone,
  };
}

/** Opens API connections from the controller's own address, the only one that routers answer. */
export function dialFrom(config: Config): typeof connectRouter {
  return (options) => connectRouter({ ...options, localAddress: config.network.controllerAddress });
}

/** Reads certificates of routers from the same address. */
export function fingerprintFrom(config: Config): typeof readFingerprint {
  return (options) =>
    readFingerprint({ ...options, localAddress: config.network.controllerAddress });
}

/** Whether hours, written as opening hours are, hold at an instant. Throws `RADIUS_HOURS`. */
export function hoursIn(timeZone: string): (hours: string, at: number) => boolean {
  const local = localTimeIn(timeZone);
  return (hours, at) => openAt(parseHours(hours), local(at).minuteOfWeek).open;
}

/** The tunnel's end that routers find; null where routers are set up by hand. */
export function tunnelOf({ network, wireguard }: Config) {
  const { tunnelEndpoint: endpoint } = network;
  const { publicKey } = wireguard;
  return endpoint === undefined || publicKey === undefined ? null : { endpoint, publicKey };
}
