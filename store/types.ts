/**
 * The store's contract: rows as roles see them. Roles import only types from here; the object that
 * implements {@link Store} is opened by `scripts/commands/serve.ts` and passed in.
 *
 * Every write is a named, atomic intent. It resolves only after COMMIT at `synchronous=FULL`: what
 * was acknowledged is durable. Instants are epoch milliseconds, octets and seconds are integers
 * below 2^53, ids are UUIDv7 texts unless said otherwise. Reads marked "cached" cost no SQL when
 * warm, and are dropped when a commit invalidates them.
 */

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
  readonly nasSecret: string;
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

export interface Tariff {
  readonly id: string;
  readonly name: string;
  readonly downKbps: number | null;
  readonly upKbps: number | null;
  /** Longest single session. */
  readonly sessionSeconds: number | null;
  readonly dailySeconds: number | null;
  /** Both directions together, per calendar day in the regency's time zone. */
  readonly dailyOctets: number | null;
  /** Counted from the first login. */
  readonly validitySeconds: number | null;
  /** Phones online at once. */
  readonly devices: number;
}

export type NewTariff = Omit<Tariff, 'id'> & { readonly at: number };

export type AccountKind = 'voucher' | 'subscriber';

/** Who may log in: a printed voucher or a subscriber, with the tariff that limits it. */
export interface Account {
  readonly kind: AccountKind;
  readonly id: string;
  readonly tariff: Tariff;
  /** Only here, when set. */
  readonly villageCode: string | null;
  readonly disabled: boolean;
  readonly firstLoginAt: number | null;
  /** Null until the first login, or when the tariff has no validity. */
  readonly validUntil: number | null;
}

export interface Subscriber extends Account {
  readonly kind: 'subscriber';
  readonly username: string;
  /** `argon2id$<salt>$<hash>` over {@link Store.credentialKey}, or `k$<hex>` until a job hardens it. */
  readonly passwordHash: string;
}

export interface NewSubscriber {
  readonly username: string;
  readonly password: string;
  readonly tariff: string;
  readonly villageCode: string | null;
}

export interface Voucher extends Account {
  readonly kind: 'voucher';
  readonly batch: string;
  readonly createdAt: number;
}

/** One open session as limits see it. */
export interface OpenSession {
  readonly id: string;
  readonly mac: string;
  readonly routerId: string;
  readonly startedAt: number;
}

/** What an account has used of its day, and what of it is open now. Never cached. */
export interface AccountUsage {
  readonly dayOctets: number;
  readonly daySeconds: number;
  readonly open: readonly OpenSession[];
}

export interface NewToken {
  readonly accountKind: AccountKind;
  readonly accountId: string;
  readonly mac: string;
  readonly routerId: string;
  readonly at: number;
  readonly ttlMs: number;
}

export interface IssuedToken {
  /** Opaque, no personal data. */
  readonly username: string;
  /** Single use; the password of the hand-back. */
  readonly token: string;
}

export interface TokenFacts {
  readonly username: string;
  readonly mac: string;
  readonly routerId: string;
  readonly expiresAt: number;
  readonly account: Account;
}

/** `authorize` has said yes; these limits go to the NAS and are reserved with the login. */
export interface LoginGrant {
  readonly sessionTimeoutSeconds: number | null;
  readonly totalLimitOctets: number | null;
  readonly validUntil: number | null;
}

export interface OpenLogin extends LoginGrant {
  readonly username: string;
  readonly token: string;
  readonly mac: string;
  readonly routerId: string;
  readonly devices: number;
  readonly at: number;
}

/**
 * `opened` carries the grant as it was first given: a retransmit of the same login (same token, MAC
 * and router, before Accounting Start) gets the same answer. `class` binds accounting to this login.
 */
export type OpenLoginResult =
  | { readonly outcome: 'opened'; readonly sessionId: string; readonly grant: LoginGrant }
  | { readonly outcome: 'token' | 'devices' | 'disabled' };

/** One Accounting-Request after decoding. Totals are running totals of the session, never increments. */
export interface AccountingEvent {
  readonly routerId: string;
  readonly status: 'start' | 'interim' | 'stop';
  readonly acctSessionId: string;
  readonly username: string;
  /** The Class of the Access-Accept, that is, the session id; null when the NAS did not echo one. */
  readonly sessionId: string | null;
  readonly mac: string;
  readonly framedIp: string | null;
  /** From the phone. */
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly seconds: number;
  /** When it happened: arrival minus Acct-Delay-Time. */
  readonly eventAt: number;
  /** Calendar day that the increment counts to. */
  readonly day: string;
  /** Acct-Terminate-Cause by name, on stop. */
  readonly cause: string | null;
}

export type SessionState = 'opening' | 'open' | 'closed';

export interface Session {
  readonly id: string;
  readonly routerId: string;
  readonly router: string;
  readonly villageCode: string;
  readonly accountKind: AccountKind | null;
  readonly accountId: string | null;
  readonly username: string;
  readonly mac: string;
  readonly framedIp: string | null;
  readonly acctSessionId: string | null;
  readonly state: SessionState;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly stoppedAt: number | null;
  /**
   * Acct-Terminate-Cause by name (RFC 2866 §5.10); `Data-Limit` where a NAS reports the end of its
   * octets as Session-Timeout; `Stale` for a session that fell silent (reversible).
   */
  readonly stopCause: string | null;
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly seconds: number;
  readonly sessionTimeoutSeconds: number | null;
  readonly totalLimitOctets: number | null;
}

/** A session that must end, with all a Disconnect-Request needs. */
export interface PendingDisconnect {
  readonly session: Session;
  readonly nas: Nas;
  readonly requestedAt: number;
  readonly reason: string;
  readonly attempts: number;
}

export type PolicyLevel = 'regency' | 'district' | 'village';

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
  | 'list';
