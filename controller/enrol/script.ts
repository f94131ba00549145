/**
 * The one-time script of a router: a WireGuard tunnel whose private key is born on the router, a way in for the
 * controller, and nothing else. It fetches nothing, so it runs under device-mode `home`. Valid RouterOS from 7.16 on.
 *
 * The script is one block: a paste that was cut short does not run at all. Run again, it replaces what it made
 * before. Its last line prints what `smartwifi router enrol` takes: {@link parseEnrolLine}.
 */
import { SmartWifiError } from '../../lib/errors.ts';
import { parseCidr, parseIpv4 } from '../../lib/net.ts';

export interface ScriptInput {
  readonly name: string;
  readonly token: string;
  /** This router in the tunnel. */
  readonly address: string;
  /** `10.255.0.0/16`. */
  readonly tunnelSubnet: string;
  /** Where API connections come from. */
  readonly controllerAddress: string;
  /** Where the server is found without the tunnel. */
  readonly endpoint: { readonly host: string; readonly port: number };
  /** The server's WireGuard key, base64. */
  readonly serverKey: string;
  readonly presharedKey: string;
  readonly apiUser: string;
  readonly apiPassword: string;
}

/**
 * `paste`: into the terminal of a router with MikroTik's default configuration. `netinstall`: as default
 * configuration (`netinstall-cli -s`), which stands alone: it also asks for an address on ether1 and closes it.
 */
export type ScriptForm = 'paste' | 'netinstall';

/** What the script makes is known by this; not our tag, since the plan knows nothing of these rows. */
export const TUNNEL_COMMENT = 'Smart WiFi tunnel';
/** Tagged as ours and in no configuration: the first apply takes it away, when its own rows stand. */
const DOOR = 'sw:enrol';
const POLICY = 'read,write,policy,test,reboot,api,ftp,sensitive';

export interface EnrolLine {
  readonly name: string;
  readonly token: string;
  readonly publicKey: string;
}

export function enrolScript(input: ScriptInput, form: ScriptForm = 'paste'): string {
  refuseUnsafe(input);
  const { name, token } = input;
  const say = `"SW1 ${name} ${token} $swKey"`;
  return [
    `# Smart WiFi: ${name}. Sekali pakai, berlaku 30 menit. Tempel seluruhnya di Terminal.`,
    '{',
    ...(form === 'netinstall' ? [':delay 10s', ...uplink()] : []),
    ...tunnel(input),
    ...user(input),
    ...door(),
    ':local swKey [/interface/wireguard/get [find name=wg-mgmt] public-key]',
    ...(form === 'netinstall' ? [`/system/note/set show-at-login=yes note=${say}`] : []),
    `:log info ${say}`,
    ':put "Kirim baris berikut ke operator:"',
    `:put ${say}`,
    '}',
    '',
  ].join('\n');
}

/** What a technician sends, copied or read off a screen; null when it is not such a line. */
export function parseEnrolLine(text: string): EnrolLine | null {
  const match = /(?:^|\s)SW1\s+(\S{1,63})\s+([0-9A-Za-z]{10})\s+([0-9A-Za-z+/]{43}=)(?:\s|$)/.exec(
    text,
  );
  if (match === null || !isWireguardKey(match[3]!)) return null;
  return { name: match[1]!, token: match[2]!.toUpperCase(), publicKey: match[3]! };
}

/** 32 octets in their only base64 form (RFC 4648 §4), and not the key that is none. */
export function isWireguardKey(text: string): boolean {
  if (!/^[0-9A-Za-z+/]{43}=$/.test(text)) return false;
  const octets = Buffer.from(text, 'base64');
  return octets.toString('base64') === text && octets.some((octet) => octet !== 0);
}

function tunnel(input: ScriptInput): string[] {
  const { address, tunnelSubnet, endpoint, serverKey, presharedKey } = input;
  const comment = `comment=${quoted(TUNNEL_COMMENT)}`;
  return [
    `/ip/route/remove [find ${comment}]`,
    `/ip/address/remove [find ${comment}]`,
    '/interface/wireguard/peers/remove [find interface=wg-mgmt]',
    // A new key each time: what was printed before may have been seen.
    '/interface/wireguard/remove [find name=wg-mgmt]',
    `/interface/wireguard/add name=wg-mgmt mtu=1420 ${comment}`,
    `/interface/wireguard/peers/add interface=wg-mgmt public-key=${quoted(serverKey)} preshared-key=${quoted(presharedKey)} endpoint-address=${quoted(endpoint.host)} endpoint-port=${endpoint.port} allowed-address=${tunnelSubnet} persistent-keepalive=25s ${comment}`,
    `/ip/address/add address=${address}/32 interface=wg-mgmt ${comment}`,
    `/ip/route/add dst-address=${tunnelSubnet} gateway=wg-mgmt ${comment}`,
  ];
}

/** Tagged as the desired configuration has it, so that the first plan finds its own user. */
function user({ apiUser, apiPassword, controllerAddress }: ScriptInput): string[] {
  return [
    `/user/remove [find name=${quoted(apiUser)}]`,
    `/user/group/remove [find name=sw-ctl]`,
    `/user/group/add name=sw-ctl policy=${POLICY} comment="sw:grp"`,
    `/user/add name=${quoted(apiUser)} group=sw-ctl address=${controllerAddress} password=${quoted(apiPassword)} comment="sw:usr"`,
  ];
}

/** MikroTik's default firewall drops what does not come from the LAN. */
function door(): string[] {
  const rule = `chain=input action=accept in-interface=wg-mgmt comment="${DOOR}"`;
  return [
    `/ip/firewall/filter/remove [find comment="${DOOR}"]`,
    ':local swPlaced false',
    ':foreach swRule in=[/ip/firewall/filter/find where chain=input !dynamic] do={',
    `:if (!$swPlaced) do={/ip/firewall/filter/add ${rule} place-before=$swRule`,
    ':set swPlaced true}',
    '}',
    `:if (!$swPlaced) do={/ip/firewall/filter/add ${rule}}`,
  ];
}

function uplink(): string[] {
  return [
    '/ip/dhcp-client/add interface=ether1 comment="defconf"',
    '/ip/firewall/filter/add chain=input action=accept connection-state=established,related,untracked comment="defconf: accept established,related,untracked"',
    '/ip/firewall/filter/add chain=input action=drop in-interface=ether1 comment="defconf: drop all from WAN"',
  ];
}

/** A string of a script: `$`, quotes, backslashes and brackets mean nothing in it. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\$]/g, (sign) => `\\${sign}`)}"`;
}

/** What goes into the script bare must not be able to end a word; nothing may hold a line end. */
function refuseUnsafe(input: ScriptInput): void {
  const { name, token, address, controllerAddress, tunnelSubnet, endpoint } = input;
  const sound =
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(name) &&
    /^[0-9A-Z]{10}$/.test(token) &&
    [address, controllerAddress].every((one) => parseIpv4(one) !== null) &&
    parseCidr(tunnelSubnet) !== null &&
    /^[a-z0-9.-]{1,253}$/i.test(endpoint.host) &&
    Number.isInteger(endpoint.port) &&
    [input.serverKey, input.presharedKey].every(isWireguardKey) &&
    [input.apiUser, input.apiPassword].every((one) => /^[\x21-\x7e]{1,128}$/.test(one));
  if (!sound) throw new SmartWifiError('ROUTER_SETTINGS', `no script can be made for ${name}`);
}
