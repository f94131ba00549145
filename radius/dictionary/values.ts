/**
 * The numbers that an operator reads by name: RFC 2865 §5.6, §5.41; RFC 2866 §5.1, §5.10;
 * RFC 2867 §3; RFC 2868 §3.1, §3.2; RFC 3580 §3.31; RFC 5176 §3.5; dictionary.mikrotik of FreeRADIUS.
 */
const SERVICE_TYPES = new Map([
  [1, 'Login'],
  [2, 'Framed'],
  [3, 'Callback-Login'],
  [4, 'Callback-Framed'],
  [5, 'Outbound'],
  [6, 'Administrative'],
  [7, 'NAS-Prompt'],
  [8, 'Authenticate-Only'],
  [9, 'Callback-NAS-Prompt'],
  [10, 'Call-Check'],
  [11, 'Callback-Administrative'],
  [17, 'Authorize-Only'],
  [18, 'Framed-Management'],
]);

const NAS_PORT_TYPES = new Map([
  ...numbered(0, ['Async', 'Sync', 'ISDN-Sync', 'ISDN-Async-V.120', 'ISDN-Async-V.110', 'Virtual']),
  ...numbered(6, ['PIAFS', 'HDLC-Clear-Channel', 'X.25', 'X.75', 'G.3-Fax', 'SDSL', 'ADSL-CAP']),
  ...numbered(13, ['ADSL-DMT', 'IDSL', 'Ethernet', 'xDSL', 'Cable', 'Wireless-Other']),
  ...numbered(19, ['Wireless-802.11', 'Token-Ring', 'FDDI']),
  ...numbered(30, ['PPPoA', 'PPPoEoA', 'PPPoEoE', 'PPPoEoVLAN', 'PPPoEoQinQ']),
]);

const STATUS_TYPES = new Map([
  ...numbered(1, ['Start', 'Stop', 'Interim-Update']),
  ...numbered(7, ['Accounting-On', 'Accounting-Off', 'Tunnel-Start', 'Tunnel-Stop']),
  ...numbered(11, ['Tunnel-Reject', 'Tunnel-Link-Start', 'Tunnel-Link-Stop', 'Tunnel-Link-Reject']),
  [15, 'Failed'],
]);

const TERMINATE_CAUSES = new Map([
  ...numbered(1, ['User-Request', 'Lost-Carrier', 'Lost-Service', 'Idle-Timeout']),
  ...numbered(5, ['Session-Timeout', 'Admin-Reset', 'Admin-Reboot', 'Port-Error', 'NAS-Error']),
  ...numbered(10, ['NAS-Request', 'NAS-Reboot', 'Port-Unneeded', 'Port-Preempted']),
  ...numbered(14, ['Port-Suspended', 'Service-Unavailable', 'Callback', 'User-Error']),
  ...numbered(18, ['Host-Request', 'Supplicant-Restart', 'Reauthentication-Failure']),
  ...numbered(21, ['Port-Reinit', 'Port-Disabled']),
]);

const TUNNEL_TYPES = new Map([
  ...numbered(1, ['PPTP', 'L2F', 'L2TP', 'ATMP', 'VTP', 'AH', 'IP', 'MIN-IP', 'ESP', 'GRE', 'DVS']),
  ...numbered(12, ['IP-in-IP', 'VLAN']),
]);

const TUNNEL_MEDIA = new Map(numbered(1, ['IPv4', 'IPv6', 'NSAP', 'HDLC', 'BBN-1822', 'IEEE-802']));

const WIRELESS_CIPHERS = new Map(
  numbered(0, ['No-encryption', '40-bit-WEP', '104-bit-WEP', 'AES-CCM', 'TKIP']),
);

const VLAN_TYPES = new Map(numbered(0, ['802.1q', '802.1ad']));

const ERROR_CAUSES = new Map([
  ...numbered(201, ['Residual-Session-Context-Removed', 'Invalid-EAP-Packet']),
  ...numbered(401, ['Unsupported-Attribute', 'Missing-Attribute', 'NAS-Identification-Mismatch']),
  ...numbered(404, ['Invalid-Request', 'Unsupported-Service', 'Unsupported-Extension']),
  ...numbered(407, ['Invalid-Attribute-Value']),
  ...numbered(501, ['Administratively-Prohibited', 'Request-Not-Routable']),
  ...numbered(503, ['Session-Context-Not-Found', 'Session-Context-Not-Removable']),
  ...numbered(505, ['Other-Proxy-Processing-Error', 'Resources-Unavailable', 'Request-Initiated']),
  ...numbered(508, ['Multiple-Session-Selection-Unsupported']),
]);

const NAMES = {
  'Service-Type': SERVICE_TYPES,
  'NAS-Port-Type': NAS_PORT_TYPES,
  'Acct-Status-Type': STATUS_TYPES,
  'Acct-Terminate-Cause': TERMINATE_CAUSES,
  'Tunnel-Type': TUNNEL_TYPES,
  'Tunnel-Medium-Type': TUNNEL_MEDIA,
  'Error-Cause': ERROR_CAUSES,
  'Mikrotik-Wireless-Enc-Algo': WIRELESS_CIPHERS,
  'Mikrotik-Wireless-VLANID-Type': VLAN_TYPES,
} as const satisfies Record<string, ReadonlyMap<number, string>>;

/** Attributes whose numbers have names. */
export type EnumName = keyof typeof NAMES;

/** What the RFC or vendor calls `value`; the number itself when it has no name. */
export function valueName(attribute: EnumName, value: number): string {
  return NAMES[attribute].get(value) ?? String(value);
}

/** Acct-Terminate-Cause by name; `Unknown` when there is none or it has no name. */
export function terminateCause(value: number | undefined): string {
  return TERMINATE_CAUSES.get(value ?? 0) ?? 'Unknown';
}

/** Error-Cause of a CoA-NAK or Disconnect-NAK by name; `None` when the NAS gave no cause. */
export function errorCauseName(value: number | undefined): string {
  return value === undefined ? 'None' : valueName('Error-Cause', value);
}

function numbered(first: number, names: readonly string[]): [number, string][] {
  return names.map((name, i) => [first + i, name]);
}
