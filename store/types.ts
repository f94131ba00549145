/**
 * The store's contract: rows as roles see them. Roles import only types from here; the object that
 * implements {@link Store} is opened by `scripts/commands/serve.ts` and passed in.
 *
 * Every write is a named, atomic intent. It resolves only after COMMIT at `synchronous=FULL`: what
 * was acknowledged is durable. Instants are epoch milliseconds, octets and seconds are integers
 * below 2^53, ids are UUIDv7 texts unless said otherwise. Reads marked "cached" cost no SQL when
 * warm, and are dropped when a commit invalidates them.
 */
import type { AccountKind } from './account-types.ts';
import type { RouterPin } from './enrolment-types.ts';

export type VillageKind = 'desa' | 'kelurahan' | 'other';

/** A village as Kemendagri keys it: `16.06.01.1009`. */
export interface Village {
  readonly code: string;
  readonly name: string;
  readonly kind: VillageKind;
  readonly districtCode: string;
  readonly districtName: string;
  readonly regencyCode: string;
  readonly regencyName: string;
  readonly provinceName: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

export interface VillageImport {
  readonly villages: readonly Village[];
  readonly at: number;
}

export interface ImportCount {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
}

/** Message-Authenticator policy for Access-Requests of one NAS (`auto` latches to `yes` once seen). */
export type RequireMessageAuthenticator = 'yes' | 'auto' | 'no';

/**
 * Whether an unsigned Access-Request that carries Proxy-State is dropped (CVE-2024-3596): always, once the
 * NAS has been seen to sign, or never.
 */
export type LimitProxyState = 'yes' | 'auto' | 'no';

/** A managed router without its secrets. */
export interface Router {
  readonly id: string;
  /** `/system/identity`, unique; letters, digits and hyphens. */
  readonly name: string;
  readonly villageCode: string;
  readonly villageName: string;
  readonly districtCode: string;
  readonly districtName: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** Tunnel address: where the API is reached and what RADIUS packets come from. Unique. */
  readonly address: string;
  readonly apiPort: number;
  readonly apiUser: string;
  readonly coaPort: number;
  /** The village LAN behind it, `172.16.0.0/22`; allotted by the store, never overlapping another's. */
  readonly lanSubnet: string;
  /** First address of the LAN: gateway, hotspot servlet and DNS of the phones. */
  readonly hotspotAddress: string;
  /** 80 on a router; twins on loopback use another. */
  readonly hotspotPort: number;
  /** `dns-name` of the hotspot profile, the host of `link-login-only`. */
  readonly loginHost: string;
  readonly requireMessageAuthenticator: RequireMessageAuthenticator;
  readonly limitProxyState: LimitProxyState;
  /** Opening hours of the village, from the nearest level that has any; null = always open. */
  readonly openingHours: string | null;
  /** IANA time zone of the village; null = the configuration's. */
  readonly timeZone: string | null;
  readonly createdAt: number;
  /** Digest of the desired configuration that was last applied and read back; null before. */
  readonly appliedDigest: string | null;
  readonly appliedAt: number | null;
  readonly provisioning: 'new' | 'applied' | 'drifted' | 'failed';
  /** Why provisioning is `drifted` or `failed`, for an operator. */
  readonly provisioningDetail: string | null;
  /** When the router last started, as the poller worked it out from its uptime. */
  readonly bootAt: number | null;
}

export interface RouterCredentials {
  readonly apiUser: string;
  readonly apiPassword: string;
  /** The API is spoken to with TLS, and the certificate must be the pinned one. */
  readonly apiSsl?: true;
  readonly nasSecret: string;
  /** What our own password on it is derived from; absent: the router's id. */
  readonly apiSeed?: string;
  /** What the password of its service account is derived from; absent: the router's id. */
  readonly serviceSeed?: string;
  /** The only board that is this router; absent before it enrolled. */
  readonly pin?: RouterPin;
}

/** What RADIUS must know of a NAS to talk with it. */
export interface Nas {
  readonly routerId: string;
  readonly router: string;
  readonly village: string;
  readonly district: string;
  readonly address: string;
  readonly coaPort: number;
  readonly secret: string;
  readonly requireMessageAuthenticator: RequireMessageAuthenticator;
  readonly limitProxyState: LimitProxyState;
  readonly openingHours: string | null;
  readonly timeZone: string | null;
}

export interface NewRouter {
  readonly name: string;
  readonly villageCode: string;
  readonly address: string;
  readonly apiPort: number;
  readonly apiUser: string;
  readonly apiPassword: string;
  readonly nasSecret: string;
  readonly coaPort: number;
  readonly hotspotPort: number;
  readonly loginHost: string;
  /** The pool that village LANs are cut from, as /22: `172.16.0.0/12`. */
  readonly lanPool: string;
  readonly at: number;
}

/** What happens beyond so much of a period: slower, or no further. */
export interface FairUseStep {
  readonly period: UsagePeriod;
  /** Both directions together. */
  readonly afterOctets: number;
  readonly rate: { readonly downKbps: number; readonly upKbps: number } | 'block';
}

/** A calendar day, week (from Monday) or month in the village's time zone. */
export type UsagePeriod = 'day' | 'week' | 'month';

/** What a subscriber may use. Null = not limited; octets count both directions together. */
export interface Tariff {
  readonly id: string;
  readonly name: string;
  readonly downKbps: number | null;
  readonly upKbps: number | null;
  /** Rate of the first {@link burstSeconds}; needs the rate it exceeds. */
  readonly burstDownKbps: number | null;
  readonly burstUpKbps: number | null;
  readonly burstSeconds: number | null;
  /** Longest single session. */
  readonly sessionSeconds: number | null;
  readonly sessionOctets: number | null;
  readonly dailySeconds: number | null;
  readonly dailyOctets: number | null;
  readonly weeklySeconds: number | null;
  readonly weeklyOctets: number | null;
  readonly monthlySeconds: number | null;
  readonly monthlyOctets: number | null;
  /** Counted from the first login. */
  readonly validitySeconds: number | null;
  /** Phones online at once. */
  readonly devices: number;
  /** One phone more: refuse it, or end the oldest session for it. */
  readonly whenFull: 'refuse' | 'replace';
  /** The last step that is passed decides the rate. */
  readonly fairUse: readonly FairUseStep[];
  /** Of one voucher, in minor units of the currency (100 = 1 rupiah); null = free. */
  readonly priceMinor: number | null;
}

/** A new tariff, or what changes of one. What a new one does not say is not limited, on one device. */
export type NewTariff = Partial<Omit<Tariff, 'id' | 'name'>> & {
  readonly name: string;
  readonly at: number;
};

/** One open session as limits see it. */
export interface OpenSession {
  readonly id: string;
  readonly mac: string;
  readonly routerId: string;
  readonly startedAt: number;
}

/** A phone or machine that MAC authentication lets in: a key to a revocable, expiring consent. */
export interface Device {
  /** Canonical: `AA:BB:CC:DD:EE:FF`. */
  readonly mac: string;
  readonly accountKind: AccountKind;
  readonly accountId: string;
  /** For an operator: "printer of the school". */
  readonly label: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  /** An operator's machine, or a phone whose citizen wants it remembered. */
  readonly origin: 'operator' | 'consent';
  /** Which texts its citizen had agreed to: a remembered phone does not return under others. */
  readonly agreed?: string | null;
}

/**
 * What an account has used of its day, week and month beyond what was topped up in them, and what of it
 * is open now. Never cached.
 */
export interface AccountUsage {
  readonly dayOctets: number;
  readonly daySeconds: number;
  readonly weekOctets: number;
  readonly weekSeconds: number;
  readonly monthOctets: number;
  readonly monthSeconds: number;
  /** Topped up today, which is taken off the octets already. */
  readonly creditOctets?: number;
  readonly open: readonly OpenSession[];
}

/** What a NAS was told about a session, and what a CoA-Request can change. */
export interface SessionLimits {
  /** Mikrotik-Rate-Limit; null = not limited. */
  readonly rate: string | null;
  /** From the start of the session. */
  readonly sessionTimeoutSeconds: number | null;
  /** From the start of the session, both directions. */
  readonly totalLimitOctets: number | null;
}

/** `authorize` has said yes; these limits go to the NAS and are reserved with the login. */
export interface LoginGrant extends SessionLimits {
  readonly validUntil: number | null;
}

/** What makes a login good: the one-time token, or an account whose credentials or MAC were verified. */
export type LoginProof =
  | { readonly kind: 'token'; readonly username: string; readonly token: string }
  | {
      readonly kind: 'account';
      readonly accountKind: AccountKind;
      readonly accountId: string;
      /** Of the account that was verified. */
      readonly epoch?: number;
      /** User-Name as the NAS sent it, which its accounting will repeat. */
      readonly username: string;
    };

export interface OpenLogin extends LoginGrant {
  readonly proof: LoginProof;
  readonly mac: string;
  readonly routerId: string;
  readonly devices: number;
  readonly whenFull: Tariff['whenFull'];
  readonly at: number;
}

/**
 * `opened` carries the grant as it was first given: a retransmit of the same login (same proof, MAC
 * and router, before Accounting Start) gets the same answer on whatever node.
 */
export type OpenLoginResult =
  | { readonly outcome: 'opened'; readonly sessionId: string; readonly grant: LoginGrant }
  | { readonly outcome: 'token' | 'devices' | 'disabled' };

export type * from './account-types.ts';
export type * from './citizen-types.ts';
export type * from './consent-types.ts';
export type * from './counter-types.ts';
export type * from './enrolment-types.ts';
export type * from './job-types.ts';
export type * from './page-types.ts';
export type * from './rights-types.ts';
export type * from './session-types.ts';
export type * from './setting-types.ts';
export type * from './token-types.ts';
export type * from './way-types.ts';

export type PolicyLevel = 'regency' | 'district' | 'village';

/** When a village, district or regency lets people in; the nearest level decides. */
export interface OpeningHours {
  readonly level: PolicyLevel;
  readonly code: string;
  /** `mon-fri 06:00-22:00, sat-sun 07:00-23:00`; radius/hours.ts has the grammar. */
  readonly hours: string;
}

/** What a village may reach; the nearest level that has a policy decides (village, district, regency). */
export interface Policy {
  readonly level: PolicyLevel;
  /** Kemendagri code of that level. */
  readonly code: string;
  /** Categories that are blocked. */
  readonly block: readonly string[];
  /** Names (with everything below) that are reachable whatever the lists say. */
  readonly allow: readonly string[];
  /** Names (with everything below) that are blocked whatever the lists say. */
  readonly deny: readonly string[];
}

/** A block list that the operator subscribed to; its text lies in a file, not in the store. */
export interface BlockList {
  readonly name: string;
  readonly category: string;
  readonly format: 'hosts' | 'domains';
  /** Whether an entry covers what lies below it. */
  readonly match: 'exact' | 'suffix';
  /** `https://…` or a file path. */
  readonly source: string;
  readonly entries: number;
  /** SHA-256 of the last good text; null before the first update. */
  readonly sha256: string | null;
  readonly updatedAt: number | null;
  readonly error: string | null;
}

export type RouterState = 'up' | 'down' | 'maintenance' | 'unknown';

export interface StateInterval {
  readonly routerId: string;
  readonly state: RouterState;
  readonly cause: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** Totals of one router since it was added; they never go back. */
export interface RouterTotals {
  readonly routerId: string;
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly openSessions: number;
}

export interface AuditEntry {
  readonly seq: number;
  readonly at: number;
  /** Operator name, or `cli`, `controller`. */
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
  /** SHA-256 over the previous entry's hash and this entry. */
  readonly hash: string;
}

export type NewAudit = Pick<AuditEntry, 'at' | 'actor' | 'action' | 'subject' | 'detail'>;

/** What a commit made stale. `*` as id means all of that kind. */
export type InvalidationKind =
  | 'router'
  | 'village'
  | 'tariff'
  | 'voucher'
  | 'subscriber'
  | 'session'
  | 'policy'
  | 'list'
  | 'device'
  | 'usage';
export type * from './otp-types.ts';
