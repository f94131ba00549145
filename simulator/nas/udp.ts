/** UDP sockets for literal IPv4 addresses: no resolver is asked, which Node does on every send else. */
import { createSocket, type Socket } from 'node:dgram';
import { plainAddress } from '../../lib/net.ts';

type Done = (error: null, address: string, family: number) => void;

export function createUdp(): Socket {
  return createSocket({
    type: 'udp4',
    // dgram calls this with and without options. Answering later keeps `bind` errors events.
    lookup: (host: string, options: unknown, done?: Done) => {
      process.nextTick(done ?? (options as Done), null, host, 4);
    },
  });
}

/** Datagrams from one address; what cannot be sent is lost. */
export interface Datagrams {
  send(bytes: Buffer, port: number, host: string): void;
  close(): void;
}

export interface Listener {
  readonly heard: (datagram: Buffer, host: string, port: number) => void;
  /** It is closed by now. */
  readonly failed: () => void;
}

export type OpenDatagrams = (source: string, listener: Listener) => Datagrams;

/** Time-outs of sockets, and what waits with them: machine time, unless a model has a time of its own. */
export interface Waits {
  now(): number;
  /** Calls `act` after `ms`; gives how to take it back. */
  later(ms: number, act: () => void): () => void;
}

export const openUdp: OpenDatagrams = (source, { heard, failed }) => {
  const socket = createUdp();
  socket.on('message', (datagram, peer) => heard(datagram, plainAddress(peer.address), peer.port));
  socket.on('error', () => {
    failed();
    socket.close();
  });
  socket.bind({ port: 0, address: source });
  return {
    send: (bytes, port, host) => {
      socket.send(bytes, port, host, () => {
        // A send that fails is a packet lost: the next try or the time-out follows.
      });
    },
    close: () => socket.close(),
  };
};

export const machineTime: Waits = {
  now: () => performance.now(),
  later: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
