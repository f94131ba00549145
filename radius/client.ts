/**
 * The portal's side of RADIUS: may this person go online here? Authenticate-Only, signed both ways; a
 * reply without a valid Message-Authenticator is no reply (CVE-2024-3596).
 */
import { randomBytes } from 'node:crypto';
import { type HostPort, parseIpv4 } from '../lib/net.ts';
import type { AccountKind } from '../store/types.ts';
import { AUTHENTICATE_ONLY, Code } from './attributes.ts';
import {
  type AttributeValue,
  authenticatorOf,
  encodePacket,
  findAll,
  type Packet,
  textOf,
} from './codec.ts';
import { anyAddress, literalAddress } from './literal-address.ts';
import { hidePassword } from './pap.ts';
import { parseRejectMessage, type RejectCode, rejectMessage } from './reject.ts';
import { type RadiusSecret, radiusSecret } from './secret.ts';
import { responseHolds, signAccessRequest } from './sign.ts';
import { createTransmitter } from './transmitter.ts';

export type { RejectCode } from './reject.ts';

export interface RadiusClientOptions {
  readonly server: HostPort;
  readonly secret: string;
  /** Machine time to wait for a reply to each transmission; 3000 by default. */
  readonly timeoutMs?: number;
  /** Transmissions in all; 3 by default. */
  readonly tries?: number;
  /** Local address to send from, by which the server knows the portal; the system's choice by default. */
  readonly sourceAddress?: string;
}

export interface AuthenticateRequest {
  readonly username: string;
  readonly password: string;
  /** Router name, by which the server finds the village. */
  readonly router: string;
  readonly mac: string;
  readonly framedIp: string;
}

export type AuthenticateResult =
  | {
      readonly kind: 'accept';
      readonly account: { readonly kind: AccountKind; readonly id: string };
    }
  | { readonly kind: 'reject'; readonly code: RejectCode; readonly text: string }
  | { readonly kind: 'unreachable' };

export interface RadiusClient extends AsyncDisposable {
  authenticate(request: AuthenticateRequest): Promise<AuthenticateResult>;
}

const MAX_TEXT_BYTES = 253;
const MAX_PASSWORD_BYTES = 128;

export function createRadiusClient(options: RadiusClientOptions): RadiusClient {
  const { server } = options;
  const secret = radiusSecret(options.secret);
  const transmitter = createTransmitter({
    sourceAddress: options.sourceAddress ?? anyAddress(server.host),
    timeoutMs: options.timeoutMs ?? 3000,
    tries: options.tries ?? 3,
  });
  return {
    authenticate: async (request) => {
      if (!fits(request)) return refused('SW-BADCRED');
      const host = await literalAddress(server.host);
      if (host === null) return { kind: 'unreachable' };
      const reply = await transmitter.request({
        to: { host, port: server.port },
        packet: (identifier) => accessRequest(identifier, request, secret),
        verify: (packet, sent) =>
          packet.messageAuthenticatorAt !== -1 &&
          responseHolds(packet, authenticatorOf(sent), secret),
      });
      return reply === null ? { kind: 'unreachable' } : readReply(reply);
    },
    [Symbol.asyncDispose]: () => transmitter[Symbol.asyncDispose](),
  };
}

function accessRequest(
  identifier: number,
  request: AuthenticateRequest,
  secret: RadiusSecret,
): Buffer {
  const authenticator = randomBytes(16);
  const password = hidePassword(Buffer.from(request.password, 'utf8'), authenticator, secret);
  const attributes: AttributeValue[] = [
    ['User-Name', request.username],
    ['User-Password', password],
    ['Service-Type', AUTHENTICATE_ONLY],
    ['NAS-Identifier', request.router],
  ];
  if (request.mac !== '') attributes.push(['Calling-Station-Id', request.mac]);
  if (parseIpv4(request.framedIp) !== null)
    attributes.push(['Framed-IP-Address', request.framedIp]);
  const bytes = encodePacket({
    code: Code.accessRequest,
    identifier,
    messageAuthenticator: true,
    attributes,
  });
  return signAccessRequest(bytes, authenticator, secret);
}

/** What no packet can carry is no account either. */
function fits({ username, password, router, mac }: AuthenticateRequest): boolean {
  const short = [username, router, mac].every((text) => Buffer.byteLength(text) <= MAX_TEXT_BYTES);
  if (!short || username === '' || password === '' || router === '') return false;
  return Buffer.byteLength(password) <= MAX_PASSWORD_BYTES;
}

function readReply(packet: Packet): AuthenticateResult {
  if (packet.code === Code.accessReject) {
    return { kind: 'reject', ...parseRejectMessage(textOf(packet, 'Reply-Message') ?? '') };
  }
  const account = packet.code === Code.accessAccept ? readAccount(packet) : null;
  return account === null ? refused('SW-ERROR') : { kind: 'accept', account };
}

function readAccount(packet: Packet): { kind: AccountKind; id: string } | null {
  for (const { from, to } of findAll(packet, 'Class')) {
    const match = /^account:(voucher|subscriber):(.+)$/.exec(
      packet.bytes.toString('utf8', from, to),
    );
    if (match !== null) return { kind: match[1] as AccountKind, id: match[2]! };
  }
  return null;
}

function refused(code: RejectCode): AuthenticateResult {
  return { kind: 'reject', ...parseRejectMessage(rejectMessage(code)) };
}
