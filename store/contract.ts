/** The methods of the store, by what they are for. Same guarantees on every engine: store/types.ts. */
import type { CitizenStore } from './citizen-types.ts';
import type { ConsentStore } from './consent-types.ts';
import type { CounterStore } from './counter-types.ts';
import type { EnrolmentStore } from './enrolment-types.ts';
import type { GuessStore } from './guess-types.ts';
import type { JobStore } from './job-types.ts';
import type { OtpStore } from './otp-types.ts';
import type { PageStore } from './page-types.ts';
import type { RightsStore } from './rights-types.ts';
import type { BackupStore, SettingStore } from './setting-types.ts';
import type { TicketStore } from './ticket-types.ts';
import type {
  Account,
  AccountingEvent,
  AccountKind,
  AccountUsage,
  AuditEntry,
  BlockList,
  Device,
  ImportCount,
  InvalidationKind,
  IssuedToken,
  LimitProxyState,
  Nas,
  NewAudit,
  NewRouter,
  NewSubscriber,
  NewTariff,
  NewToken,
  OpeningHours,
  OpenLogin,
  OpenLoginResult,
  PendingEnforcement,
  Policy,
  Purgeable,
  RequireMessageAuthenticator,
  Rollup,
  RollupKind,
  Router,
  RouterCredentials,
  RouterState,
  RouterTotals,
  Session,
  SessionLimits,
  StateInterval,
  Subscriber,
  Tariff,
  TokenFacts,
  Village,
  VillageImport,
  Voucher,
  WaitingEnforcement,
} from './types.ts';
import type { WayStore } from './way-types.ts';

export interface VillageStore {
  /** All or nothing. Idempotent. */
  importVillages(args: VillageImport): Promise<ImportCount>;
  listVillages(): Promise<Village[]>;
  village(code: string): Promise<Village | null>;
  /** Null takes the level's own hours away, so that the next level decides. */
  setOpeningHours(args: Omit<OpeningHours, 'hours'> & { hours: string | null }): Promise<void>;
  listOpeningHours(): Promise<OpeningHours[]>;
}

export interface RouterStore {
  /** `STORE_CONFLICT` when name or address is taken, `STORE_NOT_FOUND` for an unknown village, `STORE_LAN_FULL`. */
  addRouter(args: NewRouter): Promise<Router>;
  /** Closes its open sessions too. False when there is none of that id. */
  removeRouter(args: { routerId: string; at: number }): Promise<boolean>;
  listRouters(): Promise<Router[]>;
  /** Cached. */
  routerByName(name: string): Promise<Router | null>;
  routerCredentials(routerId: string): Promise<RouterCredentials | null>;
  /** After enrolment the controller uses its own API user. */
  setApiUser(args: { routerId: string; apiUser: string; apiPassword: string }): Promise<void>;
  recordProvisioning(args: {
    routerId: string;
    provisioning: Router['provisioning'];
    digest: string | null;
    detail: string | null;
    at: number;
    /** Whose service password stands on it now, which ends what waited for that. */
    serviceSeed?: string;
  }): Promise<void>;
  /** False when there is no router of that name. */
  setNasPolicy(args: {
    name: string;
    requireMessageAuthenticator?: RequireMessageAuthenticator;
    limitProxyState?: LimitProxyState;
  }): Promise<boolean>;
  /** Cached; what a proxy in front of us names by NAS-Identifier. */
  nasByName(name: string): Promise<Nas | null>;
  /** Cached; by the source address of a RADIUS packet. */
  nasByAddress(address: string): Promise<Nas | null>;
}

export interface AccessStore {
  /** HMAC-SHA-256 of a secret under the store key, hex: what a secret is found and compared by. */
  credentialKey(secret: string): string;
  /** The characters that a voucher code is found by; null when its check character says it is mistyped. */
  voucherForm(text: string): string | null;
  /** What a QR carries beside the code, so that it is no guess: 10 letters and digits under the store key. */
  voucherSeal(code: string): string;
  createTariff(args: NewTariff): Promise<Tariff>;
  /** `STORE_NOT_FOUND` for an unknown name. Open sessions are changed by radius/, which hears of it. */
  changeTariff(args: NewTariff): Promise<Tariff>;
  listTariffs(): Promise<Tariff[]>;
  /** Returns the printable codes, which are shown this once; the store keeps `k` and a sealed copy. */
  createVouchers(args: {
    tariff: string;
    count: number;
    villageCode: string | null;
    batch: string;
    at: number;
    /** For children: nobody goes online with one before a parent or guardian agrees. */
    child?: boolean;
  }): Promise<{ id: string; code: string }[]>;
  listVouchers(args: { batch?: string; limit: number }): Promise<Voucher[]>;
  /** Cached; spaces, hyphens, case and look-alikes forgiven. */
  voucherByCode(code: string): Promise<Voucher | null>;
  /** The printable code again, for a reprint; null for an unknown id. */
  voucherCode(id: string): Promise<string | null>;
  /** Disables it and asks for the end of its open sessions, in one commit. */
  revokeVoucher(args: { id: string; at: number }): Promise<boolean>;
  /** Up to 5,000 a call; existing usernames are updated. `STORE_NOT_FOUND` names an unknown tariff. */
  importSubscribers(args: {
    subscribers: readonly NewSubscriber[];
    at: number;
  }): Promise<ImportCount>;
  /** Disabling asks for the end of open sessions in the same commit. `STORE_NOT_FOUND`. */
  changeSubscriber(args: {
    username: string;
    disabled?: boolean;
    tariff?: string;
    at: number;
  }): Promise<void>;
  /** Someone whom another RADIUS server vouches for: made at the first login, without a password here. */
  ensureSubscriber(args: { username: string; tariff: string; at: number }): Promise<Subscriber>;
  /** The sealed copy of a password, for CHAP; null when none is kept. */
  networkPassword(subscriberId: string): Promise<string | null>;
  /** Cached. By user name, else by phone number in E.164. */
  subscriberByUsername(username: string): Promise<Subscriber | null>;
  /** Subscribers whose password still waits to be hardened (`k$…`). */
  unhardenedSubscribers(limit: number): Promise<{ id: string; passwordHash: string }[]>;
  /** Only while the stored value is still `was`. */
  hardenPassword(args: { id: string; was: string; passwordHash: string }): Promise<void>;
  account(kind: AccountKind, id: string): Promise<Account | null>;
  /** Of the day, and of the week (from Monday) and month that hold it. */
  usage(kind: AccountKind, id: string, day: string): Promise<AccountUsage>;
  /** The user name begins with `sw-`. */
  issueToken(args: NewToken): Promise<IssuedToken>;
  /** By the user name that the portal handed out; expired and spent tokens included. */
  tokenFacts(username: string): Promise<TokenFacts | null>;
  /** The token itself, for CHAP; null for an unknown name. */
  tokenSecret(username: string): Promise<string | null>;
  openLogin(args: OpenLogin): Promise<OpenLoginResult>;
  /**
   * Adds or renews; `STORE_NOT_FOUND` for an unknown account. A consent (by default it is an operator's
   * machine) never takes the place of what an operator has set up, and of a session counts until its end is asked.
   */
  rememberDevice(
    args: Omit<Device, 'createdAt' | 'origin'> &
      Partial<Pick<Device, 'origin'> & { sessionId: string }> & { at: number },
  ): Promise<void>;
  /** Asks for the end of its sessions, too. With an account, only what that account consented to. */
  forgetDevice(args: {
    mac: string;
    accountId?: string;
    keepSessions?: boolean;
    at: number;
  }): Promise<boolean>;
  /** Cached; expired ones included. */
  device(mac: string): Promise<Device | null>;
  listDevices(limit: number): Promise<Device[]>;
}

export interface SessionStore {
  /** Monotonic, idempotent, order-free merge; resolves after COMMIT. */
  recordAccounting(event: AccountingEvent): Promise<{ sessionId: string }>;
  /** Ends what was open on a router and began before `before` (Accounting-On/Off, reboot seen by API). */
  closeRouterSessions(args: {
    routerId: string;
    before: number;
    cause: string;
    at: number;
  }): Promise<number>;
  /** Closes (reversibly, cause `Stale`) open sessions not heard of since `before`, and stale reservations. */
  closeStaleSessions(args: { before: number; openingBefore: number; at: number }): Promise<number>;
  /**
   * Closes (reversibly, cause `Stale`) open sessions of a router that it does not have any more: of phones that
   * are not in `present` (canonical MACs), unless they were heard of at `before` or later.
   */
  closeAbsentSessions(args: {
    routerId: string;
    present: readonly string[];
    before: number;
    at: number;
  }): Promise<number>;
  session(id: string): Promise<Session | null>;
  /** The open session of a phone, by its un-NATed source address. */
  sessionByAddress(framedIp: string): Promise<Session | null>;
  listSessions(args: {
    routerId?: string;
    tariffId?: string;
    openOnly?: boolean;
    limit: number;
  }): Promise<Session[]>;
  /** Asked for before, it is asked for once. False when the session is not open. */
  requestDisconnect(args: { sessionId: string; reason: string; at: number }): Promise<boolean>;
  /** The same limits again, or those in force, ask for nothing. False when the session is not open. */
  requestChange(args: {
    sessionId: string;
    limits: SessionLimits;
    reason: string;
    at: number;
  }): Promise<boolean>;
  /** Whether {@link claimEnforcement} would find something: a read, for the many times it would not. */
  enforcementWaits(at: number): Promise<boolean>;
  /** Oldest first; leased to the caller, so that no other node sends the same, until `at + leaseMs`. */
  claimEnforcement(args: {
    at: number;
    leaseMs: number;
    limit: number;
  }): Promise<PendingEnforcement[]>;
  /**
   * `acked`: a disconnect waits for the Stop, a change is now in force. `gone` (Error-Cause 503) closes the
   * session. `failed` counts an attempt, not to be claimed before `retryAt`; the tenth of a change is the
   * last. `limits` are those that a change sent; by default, those that are wanted now.
   */
  recordEnforcement(args: {
    sessionId: string;
    action: PendingEnforcement['action'];
    outcome: 'acked' | 'gone' | 'failed';
    at: number;
    retryAt?: number;
    limits?: SessionLimits;
    /** Why it failed, for {@link listEnforcement}. */
    error?: string;
  }): Promise<void>;
  /** Changes and ends that no NAS has acknowledged, oldest first; those that were given up included. */
  listEnforcement(limit: number): Promise<WaitingEnforcement[]>;
  /** Puts off what waits for a router that does not answer; counts no attempt. */
  deferEnforcement(args: { routerId: string; until: number }): Promise<void>;
  /** Buckets from `from` to before `to`, by bucket; days of an account are whole, hours since they are kept. */
  rollups(args: {
    kind: RollupKind;
    id?: string;
    period: 'hour' | 'day';
    from: string;
    to: string;
  }): Promise<Rollup[]>;
  /** Deletes at most `limit` of what is older; returns how many, so that the caller can go on. */
  purge(args: { what: Purgeable; before: number; limit: number }): Promise<number>;
}

export interface FilterStore {
  setPolicy(policy: Policy): Promise<void>;
  listPolicies(): Promise<Policy[]>;
  saveList(list: BlockList): Promise<void>;
  listLists(): Promise<BlockList[]>;
}

export interface FleetStore {
  /** Opens a new interval when the state differs from the open one; returns whether it did. */
  recordState(args: {
    routerId: string;
    state: RouterState;
    cause: string | null;
    at: number;
  }): Promise<boolean>;
  /** The router (re)started at `bootAt`: sessions older than that are closed with cause `NAS-Reboot`. */
  recordBoot(args: { routerId: string; bootAt: number; at: number }): Promise<{ closed: number }>;
  heartbeat(args: { at: number }): Promise<void>;
  /** Turns [last heartbeat, at) into `unknown` for every router: the controller was blind. */
  recordBlindness(args: { at: number }): Promise<void>;
  stateIntervals(routerId: string): Promise<StateInterval[]>;
  /** Seconds in each state up to `at`, for every router; counters, never going back. */
  stateSeconds(at: number): Promise<{ routerId: string; state: RouterState; seconds: number }[]>;
  currentStates(): Promise<{ routerId: string; state: RouterState; since: number }[]>;
  routerTotals(): Promise<RouterTotals[]>;
}

export interface AuditStore {
  appendAudit(entry: NewAudit): Promise<void>;
  listAudit(limit: number): Promise<AuditEntry[]>;
  /** Null when the chain holds, else the first entry that breaks it. */
  verifyAudit(): Promise<AuditEntry | null>;
}

export interface Store
  extends VillageStore,
    RouterStore,
    AccessStore,
    CitizenStore,
    ConsentStore,
    RightsStore,
    SessionStore,
    FilterStore,
    JobStore,
    FleetStore,
    SettingStore,
    EnrolmentStore,
    BackupStore,
    TicketStore,
    WayStore,
    OtpStore,
    GuessStore,
    PageStore,
    CounterStore,
    AuditStore,
    AsyncDisposable {
  /**
   * Whether every change of what an account has used is told by {@link onInvalidate}, as `usage` with the
   * account's id. Between nodes it is not: there are too many.
   */
  readonly usageTold: boolean;
  /** Called after a commit, in every thread. Returns the way to stop. */
  onInvalidate(listener: (kind: InvalidationKind, id: string) => void): () => void;
}
