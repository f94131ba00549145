/** What a phone can be asked, and what it needs of the router around it. Arguments and results are JSON values. */
import type { Clock } from '../../lib/clock.ts';
import type { VisitFailure } from './browser.ts';
import type { DnsType } from './dns.ts';
import type { PhoneKind, ProbeResult } from './probes.ts';
import type { SessionCount, SessionRecord } from './tally.ts';

export interface Lease {
  readonly ip: string;
  readonly gateway: string;
  readonly dns: string;
  readonly leaseSeconds: number;
}

/** The radio and the cable of a router, as far as a phone reaches them. */
export interface AccessPoint {
  attach(phone: { readonly mac: string }): Lease | null | Promise<Lease | null>;
  detach(mac: string): void | Promise<void>;
  /** A DNS message of the phone at `ip` to a server beyond the router; null: no answer. */
  askDns?(ip: string, server: string, query: Buffer): Promise<Buffer | null>;
}

export type Credential =
  | { readonly voucher: string }
  | { readonly username: string; readonly password: string };

export interface OpenedPage {
  readonly url: string;
  /** Null when the last step of the way gave no answer; `failure` says why. */
  readonly status: number | null;
  readonly html: string;
  /** Octets of the page's body on the wire. */
  readonly bytes: number;
  readonly failure: PageFailure | null;
}

/** `policy`: the page's form-action forbids the redirect that answered its form; browsers stop there. */
export type PageFailure = VisitFailure | 'policy';

export interface Submission {
  readonly outcome: 'online' | 'refused';
  /** The page's `data-code`, `SW-…`; null when the refusal carried none. */
  readonly code: string | null;
  readonly url: string;
  readonly html: string;
}

export interface Fetched {
  /** Of the last answer; null when none came. */
  readonly status: number | null;
  /** Octets that this phone sent, and got, in all requests of the call. */
  readonly octetsIn: number;
  readonly octetsOut: number;
  /** The filter stands in the way: the block page came, or the name leads nowhere. */
  readonly blocked: boolean;
  /** The router's login page stands in the way. */
  readonly captive: boolean;
  readonly failure: VisitFailure | null;
}

export interface Resolved {
  /** Null when no answer came. */
  readonly rcode: number | null;
  readonly addresses: readonly string[];
  readonly ttl: number;
}

export interface Phone {
  /** Null when the router gives no lease: switched off, no DHCP, no address left. */
  join(): Promise<{ ip: string } | null>;
  leave(): Promise<void>;
  /** The maker's connectivity check; `location` is where it was sent instead. */
  probe(): Promise<{ result: ProbeResult; location?: string }>;
  /** What the mini-browser shows: the page at the end of the probe's redirects. */
  openPortal(): Promise<OpenedPage>;
  /** Fills in the form for this credential on the page at hand (opens the portal when there is none). */
  submit(credential: Credential): Promise<Submission>;
  /**
   * Presses the form that has these fields (and whose action has this path) on the page at hand, filled in so;
   * required boxes are ticked. Resolves to the page at the end of the way.
   */
  fill(fields: Readonly<Record<string, string>>, path?: string): Promise<OpenedPage>;
  /** Follows a link of the page at hand, or an address, to the page at the end of the way. */
  follow(url: string): Promise<OpenedPage>;
  /** GETs `url`, again and again until at least `minOctets` (both directions) went over the wire. */
  fetch(url: string, options?: { readonly minOctets?: number }): Promise<Fetched>;
  /** Asks the resolver of its lease, or `server`. */
  resolve(name: string, type?: DnsType, server?: string): Promise<Resolved>;
  /** Whether a connection to port 443 of `host` comes about. */
  https(host: string): Promise<'connected' | 'reset' | 'refused'>;
  /** The portal's status page. */
  status(): Promise<OpenedPage>;
  /** Presses log-out on the status page and follows it to the router's own log-out. */
  logout(): Promise<OpenedPage>;
  /** Forwarded octets of the session at hand, or of the last one. */
  counts(): Promise<SessionCount>;
  sessions(): Promise<SessionRecord[]>;
  /** The latest requests over HTTP, oldest first, the connectivity checks among them. */
  exchanges(): Promise<ExchangeRecord[]>;
}

export interface ExchangeRecord {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly status: number | null;
  /** Both ways, headers included. */
  readonly octets: number;
}

export interface PhoneOptions {
  readonly mac: string;
  readonly kind: PhoneKind;
  readonly twin: AccessPoint;
  /** The router's ports that stand for 80 and 53. */
  readonly httpPort: number;
  readonly dnsPort: number;
  readonly clock: Clock;
  /** Accept-Language; Indonesian when absent. */
  readonly locale?: string;
  readonly random?: () => number;
  /** For one exchange, machine time; 10 s when absent. */
  readonly timeoutMs?: number;
}
