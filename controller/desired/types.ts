/** What a router should be: menus with rows in the order of application, and files. */
import type { HostPort } from '../../lib/net.ts';
import type { Settings } from '../../settings/resolve.ts';
import type { Policy } from '../../store/types.ts';
import type { OperatorPart } from '../settings/parts.ts';

export type Values = Readonly<Record<string, string>>;

export interface DesiredRow {
  /** Unique in its menu and stable: the `<key>` of `comment=sw:<key>`, or the name that says it is ours. */
  readonly key: string;
  readonly values: Values;
  /** Write-only properties: never read back, so a plan compares them by the digest of the whole. */
  readonly secrets?: Values;
  /** A row of MikroTik's default configuration with exactly these values becomes this one. */
  readonly adopt?: Values;
  /** What a script of ours makes of it while the server is away, and the netwatch row that runs it. */
  readonly during?: { readonly watch: string; readonly values: Values };
}

/**
 * `single`: one row without an id. `rows`: ours are told by `ownedBy`; others are not touched.
 * `fixed`: the router's own rows (services, radios), told by `ownedBy`; set only, never made or removed.
 */
export interface DesiredMenu {
  readonly path: string;
  readonly kind: 'single' | 'rows' | 'fixed';
  readonly ownedBy: 'comment' | 'name';
  /** Whether the order of our rows among themselves matters. */
  readonly ordered: boolean;
  /** Properties that make a row of ours mean something else when somebody adds them: it is made anew. */
  readonly matchers?: readonly string[];
  /** Read-only properties that a plan needs to know. */
  readonly reads?: readonly string[];
  readonly rows: readonly DesiredRow[];
}

export interface DesiredFile {
  /** As `/file/print` shows it: `flash/sw/login.html`. */
  readonly name: string;
  readonly contents: string;
}

/** Rows of MikroTik's default configuration that go; all `match` values must hold, `x*` is a prefix. */
export interface FactoryRule {
  readonly path: string;
  readonly match: Values;
}

export interface DesiredConfiguration {
  readonly menus: readonly DesiredMenu[];
  readonly files: readonly DesiredFile[];
  /** Folders that the files lie in, outermost first. */
  readonly folders: readonly string[];
  readonly factory: readonly FactoryRule[];
  /** SHA-256 (hex) of all of it; secrets enter as their hash. */
  readonly digest: string;
}

/** What the configuration depends on and only the router can tell. */
export interface RouterFacts {
  /** `7.20.8`, without the channel. */
  readonly version: string;
  readonly board: string;
  readonly serial: string | null;
  /** Ethernet ports in board order, those that an operator has bridged elsewhere left out. */
  readonly ethernet: readonly string[];
  readonly wifi: { readonly kind: 'wifi' | 'wireless'; readonly radios: readonly string[] } | null;
  /** Whether the WireGuard interface `wg-mgmt` of the enrolment exists. */
  readonly hasTunnel: boolean;
  /** Boards with 16 MB keep files over a reboot only below `flash/`. */
  readonly hasFlashFolder: boolean;
  /** device-mode (RouterOS 7.17) lets a hotspot run; null when the router does not say. */
  readonly hotspotAllowed: boolean | null;
  /** Memory in MB (2^20 octets); null when the router does not say. */
  readonly memoryMb?: number | null;
}

export interface VillageRouter {
  readonly name: string;
  /** Tunnel address, the source of its RADIUS packets. */
  readonly address: string;
  readonly coaPort: number;
  readonly lanSubnet: string;
  readonly hotspotAddress: string;
  readonly loginHost: string;
  readonly villageCode: string;
  readonly villageName: string;
}

/** The same for every village. */
export interface FleetSettings {
  /** Where API connections come from. */
  readonly controllerAddress: string;
  readonly radiusAddress: string;
  readonly radiusStandbyAddress?: string;
  readonly authPort: number;
  readonly acctPort: number;
  /** `https://wifi.example.go.id`, without a path. */
  readonly portalUrl: string;
  /** The server's tunnel addresses, reached un-NATed. */
  readonly portalAddress: string;
  readonly portalPort: number;
  readonly blockAddress: string;
  readonly resolverAddress: string;
  /** Our end of the tunnel as routers find it from the Internet: address or name, and port; absent where there is none. */
  readonly tunnelEndpoint?: HostPort;
  readonly tunnelSubnet: string;
  readonly ntpServers: readonly string[];
  /** Our user on the routers; its name begins with `sw-`. */
  readonly apiUser: string;
  /** The longest session there is; a DHCP lease lasts at least as long. */
  readonly sessionLeaseSeconds: number;
  /** What citizens reach before they are online, in villages that offer an identity provider. */
  readonly signInHosts?: readonly string[];
  readonly ssid: string;
  readonly timeZone: string;
}

export interface Page {
  /** `login.html`. */
  readonly name: string;
  readonly contents: string;
}

export interface VillageInput {
  readonly router: VillageRouter;
  readonly nasSecret: string;
  readonly apiPassword: string;
  /** Of the account on the service port; absent: there is none. */
  readonly servicePassword?: string;
  readonly facts: RouterFacts;
  readonly settings: FleetSettings;
  readonly pages: readonly Page[];
  /** Settings of this router, as its levels have them. */
  readonly local: Settings;
  /** What the village's policy allows and denies by name. */
  readonly policy: Pick<Policy, 'allow' | 'deny'>;
  /** What operators add, checked. */
  readonly parts: readonly OperatorPart[];
}
