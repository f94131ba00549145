/**
 * The attributes we read or write, by the names their RFC or vendor gave them: RFC 2865, 2866, 2869,
 * 3162, 5176; MikroTik 14988 (FreeRADIUS dictionary.mikrotik); WISPr 14122 (Wi-Fi Alliance).
 *
 * `text` is UTF-8, `octets` opaque, `integer` 32 bits unsigned, `ipaddr` four octets, `date` seconds
 * since 1970.
 */
export type AttributeKind = 'text' | 'octets' | 'integer' | 'ipaddr' | 'date';

export interface AttributeDefinition {
  /** 0 = a standard attribute, else the private enterprise number. */
  readonly vendor: number;
  readonly type: number;
  readonly kind: AttributeKind;
}

export const VENDOR_MIKROTIK = 14_988;
export const VENDOR_WISPR = 14_122;
export const VENDOR_MICROSOFT = 311;

const standard = <K extends AttributeKind>(type: number, kind: K) => ({ vendor: 0, type, kind });
const mikrotik = <K extends AttributeKind>(type: number, kind: K) => ({
  vendor: VENDOR_MIKROTIK,
  type,
  kind,
});
const wispr = <K extends AttributeKind>(type: number, kind: K) => ({
  vendor: VENDOR_WISPR,
  type,
  kind,
});
const microsoft = <K extends AttributeKind>(type: number, kind: K) => ({
  vendor: VENDOR_MICROSOFT,
  type,
  kind,
});

export const ATTRIBUTES = {
  'User-Name': standard(1, 'text'),
  'User-Password': standard(2, 'octets'),
  'CHAP-Password': standard(3, 'octets'),
  'NAS-IP-Address': standard(4, 'ipaddr'),
  'NAS-Port': standard(5, 'integer'),
  'Service-Type': standard(6, 'integer'),
  'Framed-IP-Address': standard(8, 'ipaddr'),
  'Reply-Message': standard(18, 'text'),
  State: standard(24, 'octets'),
  Class: standard(25, 'octets'),
  'Session-Timeout': standard(27, 'integer'),
  'Idle-Timeout': standard(28, 'integer'),
  'Called-Station-Id': standard(30, 'text'),
  'Calling-Station-Id': standard(31, 'text'),
  'NAS-Identifier': standard(32, 'text'),
  'Proxy-State': standard(33, 'octets'),
  'Acct-Status-Type': standard(40, 'integer'),
  'Acct-Delay-Time': standard(41, 'integer'),
  'Acct-Input-Octets': standard(42, 'integer'),
  'Acct-Output-Octets': standard(43, 'integer'),
  'Acct-Session-Id': standard(44, 'text'),
  'Acct-Authentic': standard(45, 'integer'),
  'Acct-Session-Time': standard(46, 'integer'),
  'Acct-Input-Packets': standard(47, 'integer'),
  'Acct-Output-Packets': standard(48, 'integer'),
  'Acct-Terminate-Cause': standard(49, 'integer'),
  'Acct-Input-Gigawords': standard(52, 'integer'),
  'Acct-Output-Gigawords': standard(53, 'integer'),
  'Event-Timestamp': standard(55, 'date'),
  'CHAP-Challenge': standard(60, 'octets'),
  'NAS-Port-Type': standard(61, 'integer'),
  'EAP-Message': standard(79, 'octets'),
  'Message-Authenticator': standard(80, 'octets'),
  'Acct-Interim-Interval': standard(85, 'integer'),
  'NAS-Port-Id': standard(87, 'text'),
  'Error-Cause': standard(101, 'integer'),
  'Mikrotik-Recv-Limit': mikrotik(1, 'integer'),
  'Mikrotik-Xmit-Limit': mikrotik(2, 'integer'),
  'Mikrotik-Group': mikrotik(3, 'text'),
  'Mikrotik-Rate-Limit': mikrotik(8, 'text'),
  'Mikrotik-Realm': mikrotik(9, 'text'),
  'Mikrotik-Host-IP': mikrotik(10, 'ipaddr'),
  'Mikrotik-Mark-Id': mikrotik(11, 'text'),
  'Mikrotik-Recv-Limit-Gigawords': mikrotik(14, 'integer'),
  'Mikrotik-Xmit-Limit-Gigawords': mikrotik(15, 'integer'),
  'Mikrotik-Total-Limit': mikrotik(17, 'integer'),
  'Mikrotik-Total-Limit-Gigawords': mikrotik(18, 'integer'),
  'Mikrotik-Address-List': mikrotik(19, 'text'),
  'WISPr-Location-ID': wispr(1, 'text'),
  'WISPr-Location-Name': wispr(2, 'text'),
  'WISPr-Logoff-URL': wispr(3, 'text'),
  'WISPr-Redirection-URL': wispr(4, 'text'),
  'WISPr-Bandwidth-Min-Up': wispr(5, 'integer'),
  'WISPr-Bandwidth-Min-Down': wispr(6, 'integer'),
  'WISPr-Bandwidth-Max-Up': wispr(7, 'integer'),
  'WISPr-Bandwidth-Max-Down': wispr(8, 'integer'),
  'WISPr-Session-Terminate-Time': wispr(9, 'text'),
  'MS-CHAP-Response': microsoft(1, 'octets'),
  'MS-CHAP-Error': microsoft(2, 'octets'),
  'MS-MPPE-Encryption-Policy': microsoft(7, 'integer'),
  'MS-MPPE-Encryption-Types': microsoft(8, 'integer'),
  'MS-CHAP-Challenge': microsoft(11, 'octets'),
  'MS-MPPE-Send-Key': microsoft(16, 'octets'),
  'MS-MPPE-Recv-Key': microsoft(17, 'octets'),
  'MS-CHAP2-Response': microsoft(25, 'octets'),
  'MS-CHAP2-Success': microsoft(26, 'octets'),
} as const satisfies Record<string, AttributeDefinition>;

export type AttributeName = keyof typeof ATTRIBUTES;

type NamesOf<K extends AttributeKind> = {
  [N in AttributeName]: (typeof ATTRIBUTES)[N]['kind'] extends K ? N : never;
}[AttributeName];

export type TextName = NamesOf<'text'>;
export type NumberName = NamesOf<'integer' | 'date'>;
export type AddressName = NamesOf<'ipaddr'>;

export const VENDOR_SPECIFIC = 26;

export const Code = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  accessChallenge: 11,
  statusServer: 12,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
} as const;

/** Service-Type (RFC 2865 §5.6): only ask, open nothing. */
export const AUTHENTICATE_ONLY = 8;

/** Acct-Status-Type (RFC 2866 §5.1). */
export const AcctStatus = { start: 1, stop: 2, interim: 3, on: 7, off: 8 } as const;

/** Error-Cause (RFC 5176 §3.5): the NAS knows no such session. */
export const SESSION_CONTEXT_NOT_FOUND = 503;

export { errorCauseName, terminateCause, valueName } from './dictionary/values.ts';
