/**
 * Packets as a MikroTik hotspot and our portal send them, and the check of what comes back (RFC 2865,
 * RFC 2866, RFC 3579). They are built ahead of a round, so that a round costs the generator nothing but
 * sending. Signed with lib/md5; replies are verified with node:crypto, so that one checks the other.
 */
import { createHash, createHmac, randomFillSync, timingSafeEqual } from 'node:crypto';
import { hmacMd5, hmacMd5Key, md5 } from '../../../lib/md5.ts';
import { macOf, phoneAddress, routerAddress, routerName, SECRET } from './people.ts';

/** A finished datagram and the socket, by index, that it leaves from. */
export interface Packet {
  readonly bytes: Buffer;
  readonly socket: number;
}

export interface Login {
  readonly username: string;
  readonly password: string;
  /** Index of the router that asks, or that the portal asks for. */
  readonly router: number;
  /** Number of the phone: its MAC and address. */
  readonly phone: number;
}

export interface Report {
  readonly status: 'start' | 'interim' | 'stop';
  /** Number of the session; unique over a whole run. */
  readonly session: number;
  readonly username: string;
  readonly phone: number;
  readonly router: number;
  readonly class: Uint8Array;
  readonly seconds: number;
  readonly octets: number;
}

export const CODE = { request: 1, accept: 2, reject: 3, accounting: 4, recorded: 5 } as const;
const ACCT_STATUS = { start: 1, stop: 2, interim: 3 } as const;
const MIKROTIK = 14_988;
const MIKROTIK_HOST_IP = 10;
const SERVICE_LOGIN = 1;
const SERVICE_AUTHENTICATE_ONLY = 8;
const PORT_WIRELESS = 19;
const HEADER = 20;
const MA_TYPE = 80;
const MA_AT = HEADER + 2;
const CLASS_TYPE = 25;
const REPLY_MESSAGE_TYPE = 18;

const secret = Buffer.from(SECRET);
const secretKey = hmacMd5Key(secret);
const scratch = Buffer.alloc(1024);
let end = HEADER;

/** The portal's question, from its own address; nothing is opened. */
export function authenticateOnly(login: Login, socket: number, id: number): Packet {
  beginAccess(id);
  text(1, login.username);
  hidden(login.password);
  word(6, SERVICE_AUTHENTICATE_ONLY);
  text(32, routerName(login.router));
  text(31, macOf(login.phone));
  address(8, phoneAddress(login.router, login.phone));
  return { bytes: finishAccess(), socket };
}

/** What a hotspot sends when a phone posted its credentials. */
export function nasLogin(login: Login, socket: number, id: number): Packet {
  beginAccess(id);
  station(login.router, login.phone);
  text(1, login.username);
  text(44, acctSessionId(login.phone));
  address(8, phoneAddress(login.router, login.phone));
  hostIp(login.router, login.phone);
  hidden(login.password);
  word(6, SERVICE_LOGIN);
  return { bytes: finishAccess(), socket };
}

/** An Accounting-Request; `session` doubles as Acct-Session-Id in the router's own form. */
export function accountingRequest(report: Report, socket: number, id: number): Packet {
  begin(CODE.accounting, id);
  word(40, ACCT_STATUS[report.status]);
  station(report.router, report.phone);
  text(1, report.username);
  text(44, acctSessionId(report.session));
  octets(CLASS_TYPE, report.class);
  address(8, phoneAddress(report.router, report.phone));
  hostIp(report.router, report.phone);
  word(55, Math.floor(Date.now() / 1000));
  if (report.status !== 'start') {
    word(46, report.seconds);
    word(42, report.octets);
    word(43, report.octets * 4);
    word(52, 0);
    word(53, 0);
    word(47, report.octets >>> 9);
    word(48, report.octets >>> 8);
  }
  if (report.status === 'stop') word(49, SERVICE_LOGIN);
  word(41, 0);
  const bytes = taken();
  bytes.fill(0, 4, HEADER);
  bytes.set(md5(bytes, secret), 4);
  return { bytes, socket };
}

/** Whether the reply proves that its sender knows the secret and answers this very request. */
export function replyHolds(request: Buffer, reply: Buffer): boolean {
  if (reply.length < HEADER || reply.readUInt16BE(2) !== reply.length) return false;
  const asked = request.subarray(4, HEADER);
  const digest = createHash('md5')
    .update(reply.subarray(0, 4))
    .update(asked)
    .update(reply.subarray(HEADER))
    .update(secret)
    .digest();
  if (!timingSafeEqual(digest, reply.subarray(4, HEADER))) return false;
  if (reply[0] === CODE.recorded) return true;
  const at = attributeAt(reply, MA_TYPE);
  if (at === -1 || reply[at + 1] !== 18) return false;
  const signed = Buffer.from(reply);
  signed.set(asked, 4);
  signed.fill(0, at + 2, at + 18);
  const tag = createHmac('md5', secret).update(signed).digest();
  return timingSafeEqual(tag, reply.subarray(at + 2, at + 18));
}

/** The Class of an Access-Accept; empty when it has none. */
export function classOf(reply: Buffer): Buffer {
  return Buffer.from(attribute(reply, CLASS_TYPE));
}

/** Why a request was refused: the `SW-` code of its Reply-Message, else `reject`. */
export function refusalOf(reply: Buffer): string {
  const message = attribute(reply, REPLY_MESSAGE_TYPE).toString('utf8');
  return /SW-[A-Z]+/.exec(message)?.[0] ?? 'reject';
}

function attribute(packet: Buffer, type: number): Buffer {
  const at = attributeAt(packet, type);
  return at === -1 ? Buffer.alloc(0) : packet.subarray(at + 2, at + packet[at + 1]!);
}

function attributeAt(packet: Buffer, type: number): number {
  for (let at = HEADER; at + 2 <= packet.length; at += Math.max(2, packet[at + 1]!)) {
    if (packet[at] === type) return at;
  }
  return -1;
}

function acctSessionId(number: number): string {
  return (0x8000_0000 + number).toString(16);
}

function station(router: number, phone: number): void {
  word(61, PORT_WIRELESS);
  text(31, macOf(phone));
  text(30, 'hotspot1');
  text(87, 'bridge-lan');
  word(5, 0x8000_0000 + (phone & 0xffff));
  text(32, routerName(router));
  address(4, routerAddress(router));
}

function hostIp(router: number, phone: number): void {
  octets(
    26,
    Buffer.of(
      0,
      0,
      MIKROTIK >>> 8,
      MIKROTIK & 255,
      MIKROTIK_HOST_IP,
      6,
      ...ip(phoneAddress(router, phone)),
    ),
  );
}

function begin(code: number, id: number): void {
  scratch[0] = code;
  scratch[1] = id;
  end = HEADER;
}

function beginAccess(id: number): void {
  begin(CODE.request, id);
  randomFillSync(scratch, 4, HEADER - 4);
  octets(MA_TYPE, new Uint8Array(16));
}

function finishAccess(): Buffer {
  const bytes = taken();
  bytes.set(hmacMd5(secretKey, bytes), MA_AT);
  return bytes;
}

function taken(): Buffer {
  scratch.writeUInt16BE(end, 2);
  return Buffer.from(scratch.subarray(0, end));
}

function octets(type: number, value: Uint8Array): void {
  scratch[end] = type;
  scratch[end + 1] = value.length + 2;
  scratch.set(value, end + 2);
  end += value.length + 2;
}

function text(type: number, value: string): void {
  const length = scratch.write(value, end + 2, 'latin1');
  scratch[end] = type;
  scratch[end + 1] = length + 2;
  end += length + 2;
}

function word(type: number, value: number): void {
  scratch[end] = type;
  scratch[end + 1] = 6;
  scratch.writeUInt32BE(value >>> 0, end + 2);
  end += 6;
}

function address(type: number, value: string): void {
  octets(type, ip(value));
}

function ip(value: string): Uint8Array {
  return Uint8Array.from(value.split('.'), Number);
}

/** User-Password (RFC 2865 §5.2), of up to 128 octets. */
function hidden(value: string): void {
  const padded = Buffer.alloc(Math.max(16, Math.ceil(value.length / 16) * 16));
  padded.write(value, 'latin1');
  let previous: Uint8Array = scratch.subarray(4, HEADER);
  for (let at = 0; at < padded.length; at += 16) {
    const mask = md5(secret, previous);
    for (let i = 0; i < 16; i += 1) padded[at + i]! ^= mask[i]!;
    previous = padded.subarray(at, at + 16);
  }
  octets(2, padded);
}
