/**
 * EAP (RFC 3579) is another server's business: without one it is refused cleanly, with one the whole
 * conversation is forwarded there and back.
 *
 * A forwarded request is a new one: own identifier, authenticator, Proxy-State and secret. The reply is
 * believed only with a right Message-Authenticator; keys that it hides for us are hidden anew for the
 * NAS. What the other server grants is its own decision: no tariff of ours is applied, and accounting
 * of such a session knows its person by User-Name alone.
 */
import { randomBytes } from 'node:crypto';
import type { HostPort } from '../lib/net.ts';
import { ATTRIBUTES, Code, VENDOR_SPECIFIC } from './attributes.ts';
import { authenticatorOf, concatOf, type Packet } from './codec.ts';
import { RadiusError } from './errors.ts';
import type { Answer, EapAnswer } from './exchange.ts';
import { anyAddress, literalAddress } from './literal-address.ts';
import type { Place, ResponseCode } from './metrics.ts';
import { encodeRelayed, type RawAttribute, rawAttributes, rewriteVendor } from './relay.ts';
import { hideSalted, revealSalted } from './salted.ts';
import { type RadiusSecret, radiusSecret } from './secret.ts';
import { responseHolds, signAccessRequest } from './sign.ts';
import { createTransmitter } from './transmitter.ts';

export interface EapServer {
  readonly server: HostPort;
  readonly secret: string;
  /** Machine time to wait for a reply to each transmission; 3000 by default. */
  readonly timeoutMs?: number;
  /** Transmissions in all; 2 by default. */
  readonly tries?: number;
}

export interface EapForwarder extends AsyncDisposable {
  readonly answer: EapAnswer;
}

const EAP_FAILURE = 4;
/** Code, identifier, length. */
const EAP_HEADER_BYTES = 4;
const OWN_STATE_BYTES = 8;
const SALTED_KEYS: ReadonlySet<number> = new Set([
  ATTRIBUTES['MS-MPPE-Send-Key'].type,
  ATTRIBUTES['MS-MPPE-Recv-Key'].type,
]);
const CODES = new Map<number, ResponseCode>([
  [Code.accessAccept, 'access_accept'],
  [Code.accessReject, 'access_reject'],
  [Code.accessChallenge, 'access_challenge'],
]);
/** Not for the next server: ours to make anew, or never beside EAP (RFC 3579 §3.3). */
const NOT_FORWARDED: ReadonlySet<number> = new Set([
  ATTRIBUTES['Message-Authenticator'].type,
  ATTRIBUTES['Proxy-State'].type,
  ATTRIBUTES['User-Password'].type,
  ATTRIBUTES['CHAP-Password'].type,
]);
const NOT_RETURNED: ReadonlySet<number> = new Set([
  ATTRIBUTES['Message-Authenticator'].type,
  ATTRIBUTES['Proxy-State'].type,
]);

/**
 * The end of a conversation that nobody here can lead. No Reply-Message: beside EAP it is forbidden
 * (RFC 3579 §2.6.5), some NAS would show it to the phone as an EAP-Request.
 */
export const refuseEap: EapAnswer = async (packet, { nas }) => {
  const eap = concatOf(packet, 'EAP-Message');
  if (eap === undefined || eap.length < EAP_HEADER_BYTES) return malformed();
  const failure = Uint8Array.of(EAP_FAILURE, eap[1]!, 0, EAP_HEADER_BYTES);
  return {
    kind: 'reply',
    type: 'access_request',
    code: 'access_reject',
    attributes: [['EAP-Message', failure]],
    place: { router: nas.router, village: nas.village, district: nas.district },
  };
};

/** Up to 2,048 requests wait for the server at once; more, and those it does not answer, are dropped. */
export function createEapForwarder(options: EapServer): EapForwarder {
  const { server } = options;
  const secret = radiusSecret(options.secret);
  const transmitter = createTransmitter({
    sourceAddress: anyAddress(server.host),
    timeoutMs: options.timeoutMs ?? 3000,
    tries: options.tries ?? 2,
  });
  return {
    answer: async (packet, client) => {
      const host = await literalAddress(server.host);
      if (host === null) return { kind: 'drop', reason: 'eap_unanswered' };
      const authenticator = randomBytes(16);
      const reply = await transmitter.request({
        to: { host, port: server.port },
        packet: (identifier) => forwarded(packet, identifier, authenticator, secret),
        verify: (candidate) =>
          CODES.has(candidate.code) &&
          candidate.messageAuthenticatorAt !== -1 &&
          responseHolds(candidate, authenticator, secret),
      });
      if (reply === null) return { kind: 'drop', reason: 'eap_unanswered' };
      const { router, village, district } = client.nas;
      const hidden = { from: { authenticator, secret }, to: hiding(packet, client.secret) };
      return returned(reply, hidden, { router, village, district });
    },
    [Symbol.asyncDispose]: () => transmitter[Symbol.asyncDispose](),
  };
}

function forwarded(
  packet: Packet,
  identifier: number,
  authenticator: Uint8Array,
  secret: RadiusSecret,
): Buffer {
  const kept = rawAttributes(packet).filter((raw) => !NOT_FORWARDED.has(raw[0]!));
  const state = Uint8Array.of(ATTRIBUTES['Proxy-State'].type, 2 + OWN_STATE_BYTES);
  const bytes = encodeRelayed({
    code: Code.accessRequest,
    identifier,
    attributes: Buffer.concat([...kept, state, authenticator.subarray(0, OWN_STATE_BYTES)]),
  });
  return signAccessRequest(bytes, authenticator, secret);
}

/** Under what a value is hidden: the authenticator of the request, and the secret of its sender. */
interface Hiding {
  readonly authenticator: Uint8Array;
  readonly secret: RadiusSecret;
}

function hiding(packet: Packet, secret: RadiusSecret): Hiding {
  return { authenticator: authenticatorOf(packet), secret };
}

function returned(reply: Packet, hidden: { from: Hiding; to: Hiding }, place: Place): Answer {
  const attributes = rawAttributes(reply)
    .filter((raw) => !NOT_RETURNED.has(raw[0]!))
    .flatMap((raw) => hiddenAnew(raw, hidden.from, hidden.to) ?? []);
  const code = CODES.get(reply.code)!;
  return {
    kind: 'reply',
    type: 'access_request',
    code,
    attributes: Buffer.concat(attributes),
    place,
  };
}

/** Tunnel-Password has its tag before the salt (RFC 2868 §3.5), the MPPE keys have none (RFC 2548). */
function hiddenAnew(raw: RawAttribute, from: Hiding, to: Hiding): RawAttribute | null {
  const again = (value: Uint8Array): Buffer => {
    const clear = revealSalted(value, from.authenticator, from.secret);
    const salt = (value[0]! << 8) | value[1]!;
    return hideSalted(clear, salt, to.authenticator, to.secret);
  };
  if (raw[0] === ATTRIBUTES['Tunnel-Password'].type) {
    return Buffer.concat([raw.subarray(0, 3), again(raw.subarray(3))]);
  }
  if (raw[0] !== VENDOR_SPECIFIC) return raw;
  const { vendor, type: ntKeys } = ATTRIBUTES['MS-CHAP-MPPE-Keys'];
  return rewriteVendor(raw, vendor, (type, value) => {
    if (SALTED_KEYS.has(type)) return again(value);
    // Hidden in a way of its own, and of no use to a NAS that speaks EAP.
    return type === ntKeys ? null : value;
  });
}

function malformed(): never {
  throw new RadiusError('RADIUS_ATTRIBUTE', 'an EAP-Message that is no EAP packet');
}
