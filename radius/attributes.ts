/**
 * The attributes that are read or written by name, and the numbers of the protocol's header fields.
 * The names are those that an RFC or a vendor gave; the definitions are in dictionary/.
 */
import type { AttributeKind } from './dictionary/kinds.ts';
import { STANDARD } from './dictionary/standard.ts';
import { VENDORS } from './dictionary/vendors.ts';

export const ATTRIBUTES = { ...STANDARD, ...VENDORS } as const;

export type AttributeName = keyof typeof ATTRIBUTES;

type NamesOf<K extends AttributeKind> = {
  [N in AttributeName]: (typeof ATTRIBUTES)[N]['kind'] extends K ? N : never;
}[AttributeName];

export type TextName = NamesOf<'text'>;
export type NumberName = NamesOf<'integer' | 'date'>;
export type AddressName = NamesOf<'ipaddr'>;
export type Ipv6Name = NamesOf<'ipv6addr'>;
export type PrefixName = NamesOf<'ipv6prefix'>;
export type InterfaceName = NamesOf<'ifid'>;
export type TaggedNumberName = NamesOf<'tagged-integer'>;
export type TaggedTextName = NamesOf<'tagged-text'>;

/**
 * Values that go on in the next attribute of the same name where one is too short (RFC 2865 §5.18,
 * RFC 2869 §5.13, RFC 4849 §2).
 */
export const CONTINUED: ReadonlySet<AttributeName> = new Set([
  'Reply-Message',
  'EAP-Message',
  'NAS-Filter-Rule',
] as const);

export const VENDOR_SPECIFIC = 26;

/** Whose sub-attributes are read one by one. */
export const KNOWN_VENDORS: ReadonlySet<number> = new Set(
  Object.values(VENDORS).map(({ vendor }) => vendor),
);

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
