/** NTP packets as a simple client needs them (RFC 5905 §7.3, RFC 4330): 48 octets, instants in seconds since 1900. */

const LENGTH = 48;
const EPOCH_1900_MS = 2_208_988_800_000;
const VERSION = 4;
const CLIENT = 3;
const SERVER = 4;

/** A question that carries the client's time as its transmit time stamp. */
export function encodeNtpQuestion(nowMs: number): Buffer {
  const packet = Buffer.alloc(LENGTH);
  packet[0] = (VERSION << 3) | CLIENT;
  writeTime(packet, 40, nowMs);
  return packet;
}

/** Null when the packet is no question. */
export function encodeNtpAnswer(question: Buffer, nowMs: number): Buffer | null {
  if (question.length < LENGTH || (question[0]! & 7) !== CLIENT) return null;
  const packet = Buffer.alloc(LENGTH);
  packet[0] = (VERSION << 3) | SERVER;
  packet[1] = 2;
  question.copy(packet, 24, 40, 48);
  writeTime(packet, 32, nowMs);
  writeTime(packet, 40, nowMs);
  return packet;
}

export interface NtpAnswer {
  readonly stratum: number;
  /** What to add to the client's clock, ms. */
  readonly offsetMs: number;
}

/** Null for anything but an answer of a synchronised server to this very question. */
export function readNtpAnswer(
  packet: Buffer,
  question: Buffer,
  receivedMs: number,
): NtpAnswer | null {
  if (packet.length < LENGTH || (packet[0]! & 7) !== SERVER || packet[0]! >> 6 === 3) return null;
  const stratum = packet[1]!;
  if (stratum === 0 || stratum > 15) return null;
  if (!packet.subarray(24, 32).equals(question.subarray(40, 48))) return null;
  const sent = readTime(question, 40);
  const offsetMs = (readTime(packet, 32) - sent + (readTime(packet, 40) - receivedMs)) / 2;
  return { stratum, offsetMs: Math.round(offsetMs) };
}

function writeTime(packet: Buffer, at: number, epochMs: number): void {
  const ms = epochMs + EPOCH_1900_MS;
  const seconds = Math.floor(ms / 1000);
  packet.writeUInt32BE(seconds % 2 ** 32, at);
  packet.writeUInt32BE(Math.floor(((ms % 1000) / 1000) * 2 ** 32), at + 4);
}

/** Instants of the present era, which ends in 2036; those that would lie before 1968 belong to the next. */
function readTime(packet: Buffer, at: number): number {
  const seconds = packet.readUInt32BE(at);
  const era = seconds < 2 ** 31 ? 2 ** 32 : 0;
  return (seconds + era) * 1000 + (packet.readUInt32BE(at + 4) / 2 ** 32) * 1000 - EPOCH_1900_MS;
}
