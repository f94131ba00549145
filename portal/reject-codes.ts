/**
 * Why a login failed, as a closed set. RADIUS says it first in Reply-Message (`SW-QUOTA kuota habis`),
 * the router hands it to the portal in `error`, and operators know it by these words.
 */

export const REJECT_CODES = [
  'SW-BADCRED',
  'SW-EXPIRED',
  'SW-QUOTA',
  'SW-TIME',
  'SW-DEVICES',
  'SW-DISABLED',
  'SW-VILLAGE',
  'SW-HOURS',
  'SW-TOKEN',
  'SW-LIMIT',
  'SW-WAY',
  'SW-FULL',
  'SW-ERROR',
] as const;

export type RejectCode = (typeof REJECT_CODES)[number];

/** Status of a page that refuses a login. Wrong input is 422, a refusal by rule 403, a fault of ours 503. */
export const REJECT_STATUS: Readonly<Record<RejectCode, number>> = {
  'SW-BADCRED': 422,
  'SW-EXPIRED': 403,
  'SW-QUOTA': 403,
  'SW-TIME': 403,
  'SW-DEVICES': 403,
  'SW-DISABLED': 403,
  'SW-VILLAGE': 403,
  'SW-HOURS': 403,
  'SW-TOKEN': 403,
  'SW-LIMIT': 429,
  'SW-WAY': 403,
  'SW-FULL': 403,
  'SW-ERROR': 503,
};

/** Texts of RouterOS `errors.txt` where RADIUS gave no reason of ours; the user name inside varies. */
const ROUTER_TEXTS: readonly (readonly [RegExp, RejectCode])[] = [
  // The only password that reaches a router is our token.
  [/^invalid username or password/i, 'SW-TOKEN'],
  [/OTP token is already used/i, 'SW-TOKEN'],
  [/has reached uptime limit/i, 'SW-TIME'],
  [/has reached traffic limit|^traffic limit|traffic limit$/i, 'SW-QUOTA'],
  [/no more sessions are allowed/i, 'SW-DEVICES'],
  [/already authorizing/i, 'SW-LIMIT'],
];

/** The code of a text that begins with one; `SW-ERROR` for a code that this version does not know. */
export function rejectCode(text: string): RejectCode {
  const word = /^SW-[A-Z]+(?![A-Za-z0-9-])/.exec(text.trimStart())?.[0];
  return REJECT_CODES.find((code) => code === word) ?? 'SW-ERROR';
}

/** What the router's `error` parameter means; null when it reports none. */
export function codeFromRouter(error: string): RejectCode | null {
  const text = error.trim();
  if (text === '' || /^you are not logged in/i.test(text)) return null;
  if (text.startsWith('SW-')) return rejectCode(text);
  return ROUTER_TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? 'SW-ERROR';
}
