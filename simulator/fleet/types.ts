/** A fleet of router twins with phones around them, in this process or in another: one interface. */
import type { ClockScale } from '../../lib/clock.ts';
import type { Phone } from '../phones/contract.ts';
import type { PhoneKind } from '../phones/probes.ts';
import type { HandshakeEnd } from '../system/wireguard-server.ts';
import type { TwinFaults, TwinSession } from '../twin.ts';
import type { FaultPlan } from './faults.ts';
import type { OutsideSpec } from './outside.ts';

export interface RouterSpec {
  readonly name: string;
  /** The router's own address, `127.20.x.y`: its API, and the source of its RADIUS packets. */
  readonly address: string;
  readonly adminPassword: string;
  /** Another user of group `full`, with the same password, beside `admin`. */
  readonly user?: string;
  /** When it differs from the fleet's. */
  readonly apiPort?: number;
}

export interface SimulatorOptions {
  readonly routers: readonly RouterSpec[];
  readonly apiPort: number;
  /** On the LAN address of each router they stand for 80 and 53. */
  readonly httpPort: number;
  readonly dnsPort: number;
  /** Server addresses that the routers reach through the tunnel: portal, resolver, RADIUS. */
  readonly tunnel: readonly string[];
  /** Where well-known ports really are: `ip:port` → `ip:port`; `*:port` for all outside the tunnel. */
  readonly portMap: Readonly<Record<string, string>>;
  /** Starts the stand-in for the internet beside the twins. */
  readonly internet?: {
    readonly address: string;
    readonly httpPort: number;
    readonly dnsPort: number;
    /** Addresses of names that are not where all others are. */
    readonly elsewhere?: Readonly<Record<string, string>>;
  };
  /** Time, tunnels and packages; without it tunnels are up by themselves and no server tells the time. */
  readonly outside?: OutsideSpec;
  readonly clockScale?: ClockScale;
  /** RouterOS version and board that the twins play. */
  readonly version: string;
  readonly board: string;
  /** Of every router, from its start. */
  readonly faults?: FaultPlan;
  /** The API port speaks TLS with anonymous Diffie-Hellman; the plain API has any free port. */
  readonly tls?: boolean;
}

export type RemotePhone = Phone;

/** Everything but `pid` and `phone` may fail with SIMULATOR_GONE or SIMULATOR_BUSY when it is remote. */
export interface Simulator extends AsyncDisposable {
  /** Process that the twins live in. */
  readonly pid: number;
  /** The phone of this MAC at this router; the same one each time. `kind` counts the first time. */
  phone(router: string, mac: string, kind: PhoneKind): RemotePhone;
  powerCut(router: string): Promise<void>;
  powerOn(router: string): Promise<void>;
  /** An orderly restart: sessions are reported as ended first. */
  reboot(router: string): Promise<void>;
  /** What the twins' NAS part knows of sessions, ended ones too. */
  sessions(router?: string): Promise<readonly TwinSession[]>;
  setFault(router: string, faults: Partial<TwinFaults>): Promise<void>;
  /** Questions for this name that came to the stand-in's DNS; 0 without a stand-in. */
  dnsQueries(name: string): Promise<number>;
  /** First messages of handshakes that came to the server's WireGuard port, by what became of them. */
  handshakes(): Promise<Readonly<Record<HandshakeEnd, number>>>;
  /** Peak resident memory of the process that the twins live in, MiB. */
  memoryMb(): Promise<number>;
}
