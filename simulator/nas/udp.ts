/** UDP sockets for literal IPv4 addresses: no resolver is asked, which Node does on every send else. */
import { createSocket, type Socket } from 'node:dgram';

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
