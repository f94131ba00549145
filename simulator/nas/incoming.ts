/**
 * Disconnect-Request and CoA-Request (RFC 5176) as RouterOS takes them with `/radius/incoming`:
 * only from an address that is a `/radius` server, only with a valid authenticator, and for a session
 * that every given identification matches. A repeated packet gets its answer again.
 */
import type { Socket } from 'node:dgram';
import { plainAddress } from '../../lib/net.ts';
import {
  ATTR,
  type Attribute,
  addressOf,
  integerAttribute,
  MIKROTIK,
  MIKROTIK_ATTR,
  textOf,
  vendorAttributes,
} from './attributes.ts';
import type { RadiusServer } from './config.ts';
import { type Grant, readGrant } from './grant.ts';
import {
  CODE,
  checkMessageAuthenticator,
  decodePacket,
  type Packet,
  signResponse,
  verifyRequest,
} from './packet.ts';
import { createUdp } from './udp.ts';

export interface SessionKeys {
  readonly username: string | null;
  readonly acctSessionId: string | null;
  readonly framedIp: string | null;
}

export interface IncomingOptions {
  readonly address: string;
  readonly servers: () => readonly RadiusServer[];
  /** Whether the router's firewall lets the packet in. */
  readonly admits: (source: string, port: number) => boolean;
  /** Ends the session; false when there is none. */
  readonly disconnect: (keys: SessionKeys) => boolean;
  readonly change: (keys: SessionKeys, grant: Grant) => boolean;
}

export interface Incoming {
  /** Listens on this port, or not at all. */
  listen(port: number | null): void;
  readonly counters: { dropped: number; acknowledged: number; refused: number };
}

const ERROR_CAUSE = {
  unsupportedAttribute: 401,
  missingAttribute: 402,
  contextNotFound: 503,
} as const;

/** What names a session and a NAS, dates, signs or routes a request (RFC 5176 §3). */
const NAMING: ReadonlySet<number> = new Set([
  ...[ATTR.userName, ATTR.nasIpAddress, ATTR.nasPort, ATTR.framedIpAddress, ATTR.class],
  ...[ATTR.calledStationId, ATTR.callingStationId, ATTR.nasIdentifier, ATTR.proxyState],
  ...[ATTR.acctSessionId, ATTR.eventTimestamp, ATTR.nasPortType, ATTR.messageAuthenticator],
  ...[ATTR.nasPortId, ATTR.nasIpv6Address],
]);
const CHANGING: ReadonlySet<number> = new Set([
  ...[ATTR.sessionTimeout, ATTR.idleTimeout, ATTR.acctInterimInterval],
]);
/** The vendor's attributes that a hotspot session has. No manual says that a list can be changed on the way. */
const CHANGING_MIKROTIK: ReadonlySet<number> = new Set(
  Object.values(MIKROTIK_ATTR).filter((type) => type !== MIKROTIK_ATTR.addressList),
);
const REMEMBERED_REPLIES = 64;

export function createIncoming(options: IncomingOptions): Incoming {
  const counters = { dropped: 0, acknowledged: 0, refused: 0 };
  const replies = new Map<string, Buffer>();
  let socket: Socket | null = null;
  let listeningOn: number | null = null;

  const receive = (datagram: Buffer, source: string, port: number): Buffer | null => {
    const request = decodePacket(datagram);
    const server = options.servers().find(({ address }) => address === source);
    if (request === null || server === undefined || !accepts(request, server)) return null;
    if (!options.admits(source, listeningOn ?? 0)) return null;
    const key = `${source}:${port} ${request.bytes.toString('latin1', 0, 20)}`;
    const known = replies.get(key);
    if (known !== undefined) return known;
    const reply = answer(options, counters, request, server);
    replies.set(key, reply);
    const oldest = replies.size > REMEMBERED_REPLIES ? replies.keys().next().value : undefined;
    if (oldest !== undefined) replies.delete(oldest);
    return reply;
  };

  const open = (port: number): Socket => {
    const opened = createUdp();
    opened.on('message', (datagram, peer) => {
      const reply = receive(datagram, plainAddress(peer.address), peer.port);
      if (reply === null) counters.dropped += 1;
      else opened.send(reply, peer.port, peer.address);
    });
    opened.on('error', () => {
      // A taken port means that nobody answers here, which the sender sees as silence.
      if (socket === opened) {
        socket = null;
        listeningOn = null;
      }
      opened.close();
    });
    opened.bind({ port, address: options.address });
    return opened;
  };

  return {
    counters,
    listen: (port) => {
      if (port === listeningOn) return;
      socket?.close();
      replies.clear();
      socket = port === null ? null : open(port);
      listeningOn = port;
    },
  };
}

function answer(
  options: IncomingOptions,
  counters: Incoming['counters'],
  request: Packet,
  server: RadiusServer,
): Buffer {
  const disconnecting = request.code === CODE.disconnectRequest;
  const keys = sessionKeys(request.attributes);
  let error: number | null = null;
  if (keys.username === null && keys.acctSessionId === null && keys.framedIp === null) {
    error = ERROR_CAUSE.missingAttribute;
  } else if (!request.attributes.every((attribute) => understands(attribute, disconnecting))) {
    error = ERROR_CAUSE.unsupportedAttribute;
  } else {
    const done = disconnecting
      ? options.disconnect(keys)
      : options.change(keys, readGrant(request.attributes));
    if (!done) error = ERROR_CAUSE.contextNotFound;
  }
  counters[error === null ? 'acknowledged' : 'refused'] += 1;
  const [ack, nak] = disconnecting
    ? [CODE.disconnectAck, CODE.disconnectNak]
    : [CODE.coaAck, CODE.coaNak];
  const attributes = request.attributes.filter(({ type }) => type === ATTR.proxyState);
  if (error !== null) attributes.push(integerAttribute(ATTR.errorCause, error));
  return signResponse(error === null ? ack : nak, request, attributes, server.secret);
}

/** A Disconnect-Request only names; a CoA-Request may change what a hotspot session has. */
function understands(attribute: Attribute, disconnecting: boolean): boolean {
  const { type } = attribute;
  if (NAMING.has(type)) return true;
  if (disconnecting) return false;
  if (type !== ATTR.vendorSpecific) return CHANGING.has(type);
  const inner = vendorAttributes([attribute], MIKROTIK);
  return inner.length > 0 && inner.every((own) => CHANGING_MIKROTIK.has(own.type));
}

function accepts(request: Packet, server: RadiusServer): boolean {
  if (request.code !== CODE.disconnectRequest && request.code !== CODE.coaRequest) return false;
  if (!verifyRequest(request, server.secret)) return false;
  // RFC 5176 §2.3: the Message-Authenticator was computed while the authenticator was zero.
  return checkMessageAuthenticator(request, server.secret) !== 'invalid';
}

function sessionKeys(attributes: readonly Attribute[]): SessionKeys {
  return {
    username: textOf(attributes, ATTR.userName),
    acctSessionId: textOf(attributes, ATTR.acctSessionId),
    framedIp: addressOf(attributes, ATTR.framedIpAddress),
  };
}
