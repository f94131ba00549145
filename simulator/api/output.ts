/** The writing half of a session, with the faults of a bad link that tests turn on at run time. */
import type { Socket } from 'node:net';

export interface ApiFaults {
  /** Every answer comes this much later. */
  latencyMs?: number;
  /** The peer is gone without a word: nothing is answered, nothing is closed. */
  halfOpen?: boolean;
  /** The connection is reset after so many octets were sent on it. */
  resetAfterBytes?: number;
  /** Each octet travels in a segment of its own. */
  byteAtATime?: boolean;
}

export interface Output {
  write(octets: Buffer): void;
  /** Sends what is queued, then closes. */
  end(): void;
}

/** A client that does not read is not allowed to fill the twin's memory. */
const MAX_UNREAD_OCTETS = 64 * 1024 * 1024;

export function createOutput(socket: Socket, faults: Readonly<ApiFaults>): Output {
  let sent = 0;
  let busyUntil = 0;
  /** Octets that travel alone, one a turn, in their order. */
  let lone: Buffer = Buffer.alloc(0);
  let ended = false;

  const later = (act: () => void): void => {
    const now = performance.now();
    busyUntil = Math.max(busyUntil, now + (faults.latencyMs ?? 0));
    if (busyUntil <= now) act();
    else setTimeout(act, busyUntil - now);
  };

  const send = (octets: Buffer): void => {
    if (socket.destroyed || faults.halfOpen === true) return;
    const room = (faults.resetAfterBytes ?? Number.POSITIVE_INFINITY) - sent;
    sent += octets.length;
    if (octets.length > room) {
      socket.write(octets.subarray(0, Math.max(0, room)), () => socket.resetAndDestroy());
      return;
    }
    socket.write(octets);
    if (socket.writableLength > MAX_UNREAD_OCTETS) socket.destroy();
  };

  const sendOne = (): void => {
    send(lone.subarray(0, 1));
    lone = lone.subarray(1);
    if (lone.length > 0) setImmediate(sendOne);
    else if (ended) socket.end();
  };

  const trickle = (octets: Buffer): void => {
    if (lone.length === 0) setImmediate(sendOne);
    lone = Buffer.concat([lone, octets]);
  };

  return {
    write: (octets) => later(() => (faults.byteAtATime === true ? trickle(octets) : send(octets))),
    end: () =>
      later(() => {
        ended = true;
        if (lone.length === 0) socket.end();
      }),
  };
}
