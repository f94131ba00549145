/** One question to a RADIUS server: is this person's password right? Authenticate-Only, signed both ways. */
import { randomBytes } from 'node:crypto';
import { type HostPort, parseIpv4 } from '../lib/net.ts';
import { AUTHENTICATE_ONLY, Code } from './attributes.ts';
import { type AttributeValue, authenticatorOf, encodePacket, type Packet } from './codec.ts';
import { parseIpv6 } from './ipv6.ts';
import { anyAddress, literalAddress } from './literal-address.ts';
import { hidePassword } from './pap.ts';
import { type RadiusSecret, radiusSecret } from './secret.ts';
import { responseHolds, signAccessRequest } from './sign.ts';
import { createTransmitter } from './transmitter.ts';

export interface QuestionerOptions {
  readonly server: HostPort;
  readonly secret: string;
  /** Machine time to wait for a reply to each transmission; 3000 by default. */
  readonly timeoutMs?: number;
  /** Transmissions in all; 3 by default. */
  readonly tries?: number;
  /** Local address to send from, by which the server knows us; the system's choice by default. */
  readonly sourceAddress?: string;
}

export interface AuthenticateRequest {
  readonly username: string;
  readonly password: string;
  /** Router name, by which the server finds the village. */
  readonly router: string;
  /** As the phone says. */
  readonly mac: string;
  /** Where the portal sees the phone, IPv4 or IPv6. */
  readonly framedIp: string;
}

export interface Questioner extends AsyncDisposable {
  /**
   * Null when there is no reply in time; one without a valid Message-Authenticator is none
   * (CVE-2024-3596). The request must {@link fits fit}.
   */
  ask(request: AuthenticateRequest): Promise<Packet | null>;
}

const MAX_TEXT_BYTES = 253;
const MAX_PASSWORD_BYTES = 128;

export function createQuestioner(options: QuestionerOptions): Questioner {
  const { server } = options;
  const secret = radiusSecret(options.secret);
  const transmitter = createTransmitter({
    sourceAddress: options.sourceAddress ?? anyAddress(server.host),
    timeoutMs: options.timeoutMs ?? 3000,
    tries: options.tries ?? 3,
  });
  return {
    ask: async (request) => {
      const host = await literalAddress(server.host);
      if (host === null) return null;
      return transmitter.request({
        to: { host, port: server.port },
        packet: (identifier) => accessRequest(identifier, request, secret),
        verify: (packet, sent) =>
          packet.messageAuthenticatorAt !== -1 &&
          responseHolds(packet, authenticatorOf(sent), secret),
      });
    },
    [Symbol.asyncDispose]: () => transmitter[Symbol.asyncDispose](),
  };
}

/** What no packet can carry is no account either. */
export function fits({ username, password, router, mac }: AuthenticateRequest): boolean {
  const short = [username, router, mac].every((text) => Buffer.byteLength(text) <= MAX_TEXT_BYTES);
  if (!short || username === '' || password === '' || router === '') return false;
  return Buffer.byteLength(password) <= MAX_PASSWORD_BYTES;
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
  if (parseIpv4(request.framedIp) !== null) {
    attributes.push(['Framed-IP-Address', request.framedIp]);
  } else if (parseIpv6(request.framedIp) !== null) {
    attributes.push(['Framed-IPv6-Address', request.framedIp]);
  }
  const bytes = encodePacket({
    code: Code.accessRequest,
    identifier,
    messageAuthenticator: true,
    attributes,
  });
  return signAccessRequest(bytes, authenticator, secret);
}
