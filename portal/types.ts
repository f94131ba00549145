/** What the portal is given: its slice of the store, the one who answers logins, and its settings. */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Store } from '../store/contract.ts';
import type { AccountKind } from '../store/types.ts';
import type { Exchange } from './gateways/exchange.ts';
import type { LoginLimits } from './login-limits.ts';
import type { OidcOptions } from './oidc/provider.ts';
import type { CodeSender } from './otp/code.ts';
import type { OtpOptions } from './otp/sender.ts';

export type PortalStore = Pick<
  Store,
  | 'routerByName'
  | 'village'
  | 'settingsAt'
  | 'announcementsAt'
  | 'listPolicies'
  | 'routerState'
  | 'lastSessionAt'
  | 'device'
  | 'openCase'
  | 'backlog'
  | 'recordAppeal'
  | 'credentialKey'
  | 'sessionByAddress'
  | 'account'
  | 'usage'
  | 'issueToken'
  | 'voucherForm'
  | 'listRouters'
  | 'clickCitizen'
  | 'ensureCitizen'
  | 'rememberDevice'
  | 'forgetDevice'
  | 'ticketOfPhone'
  | 'closeTicket'
  | 'openTicket'
  | 'ticketBySecret'
  | 'moveTicket'
  | 'chargeOtp'
  | 'giveBackOtp'
  | 'issueCode'
  | 'tryCode'
  | 'codeState'
  | 'codeOfLink'
  | 'spendLink'
  | 'expectMessage'
  | 'proveByMessage'
  | 'ensureGraceAccount'
  | 'graceOfPhone'
  | 'requestDisconnect'
  | 'hasConsented'
  | 'keepTexts'
  | 'withdrawalsSince'
  | 'markChild'
  | 'profile'
  | 'phonesOf'
  | 'releasePhone'
  | 'usageDays'
  | 'ownData'
  | 'setPassword'
  | 'replaceFirstPassword'
  | 'changePhone'
  | 'correctProfile'
  | 'registerByVoucher'
  | 'topUp'
  | 'requestErasure'
  | 'cancelErasure'
  | 'erasureOf'
  | 'withdrawConsent'
  | 'voucherByCode'
  | 'subscriberByUsername'
>;

/** A voucher is asked for with its code as user name and as password. */
export interface LoginQuestion {
  readonly username: string;
  readonly password: string;
  /** Name of the router, as in `/system/identity`. */
  readonly router: string;
  readonly mac: string;
  /** Where the request comes from, never what its query says: attempts count by it together with the MAC. */
  readonly framedIp: string;
}

export type LoginAnswer =
  | {
      readonly kind: 'accept';
      readonly account: {
        readonly kind: AccountKind;
        readonly id: string;
        readonly epoch?: number;
      };
    }
  | { readonly kind: 'reject'; readonly code: string; readonly text: string }
  | { readonly kind: 'unreachable' };

/** RADIUS with Service-Type Authenticate-Only: says whether, changes nothing. */
export interface Authenticator {
  authenticate(question: LoginQuestion): Promise<LoginAnswer>;
}

/** Category of a blocked name, as policies call it; null when no list has it. */
export type CategoryOf = (name: string) => string | null;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface PortalOptions {
  readonly listen: Address;
  /** Beside a TLS listener: plain HTTP for the block page and for addresses typed without https. */
  readonly plainListen?: Address;
  /** Origin that phones reach the portal at, as in the router's login page. Port 0: the one in use. */
  readonly publicUrl: string;
  /** Local addresses that blocked names resolve to. */
  readonly blockAddresses: readonly string[];
  readonly tls?: TlsFiles;
  readonly store: PortalStore;
  readonly radius: Authenticator;
  readonly categoryOf?: CategoryOf;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** IANA name; days and printed times are in it. */
  readonly timeZone: string;
  /** Days that who was online when, and usage by the day, are kept. */
  readonly retention: { readonly sessionDays: number; readonly dailyDays: number };
  /** Kemendagri code of the regency, whose looks pages have that no village is known for. */
  readonly regency?: string;
  /** Permit and ISP partner where access is sold: on every page. Absent: everything is free. */
  readonly selling?: { readonly permit: string; readonly partner: string };
  /** Life of the hand-back token, at most and by default 60,000. */

  readonly tokenTtlMs?: number;
  readonly loginLimits?: LoginLimits;
  /** Sends codes to phone numbers; absent where no gateway is configured. */
  readonly codes?: CodeSender;
  /** Gateways that carry codes, and what they may cost. */
  readonly otp?: OtpOptions;
  /** The way to gateways; HTTPS with the system's certificates by default. */
  readonly exchange?: Exchange;
  /** Who else says who somebody is; nobody by default. */
  readonly oidc?: OidcOptions;
}
