/** A time server for routers on loopback: a stand-in for those of the internet. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { encodeNtpAnswer } from './ntp-packet.ts';

export interface NtpServer extends AsyncDisposable {
  readonly port: number;
  /** Questions that were answered. */
  readonly answered: number;
}

/** `port` 0 takes any; `now` gives epoch ms. */
export async function startNtpServer(options: {
  readonly host: string;
  readonly port: number;
  readonly now: () => number;
}): Promise<NtpServer> {
  const socket = createSocket('udp4');
  let answered = 0;
  socket.on('message', (question, from) => {
    const answer = encodeNtpAnswer(question, options.now());
    if (answer === null) return;
    answered += 1;
    socket.send(answer, from.port, from.address);
  });
  socket.bind(options.port, options.host);
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    get answered() {
      return answered;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
