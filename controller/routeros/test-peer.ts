/** Test helper: a scripted API peer on a free loopback port, with framing of its own. */
import { createServer, type Server, type Socket } from 'node:net';

export interface PeerCommand {
  readonly words: readonly string[];
  readonly tag: string;
  readonly socket: Socket;
  /** Sends one reply sentence with the command's tag right after the reply word. */
  reply(word: string, ...rest: string[]): void;
}

export interface TestPeer extends AsyncDisposable {
  readonly port: number;
  readonly sockets: Set<Socket>;
  /** Every command received, login included, without its tag. */
  readonly received: string[][];
  /** Answers of everything but `/login` (which says yes unless `onLogin` is given). */
  script: (command: PeerCommand) => void;
}

export interface PeerOptions {
  readonly onConnect?: (socket: Socket) => void;
  readonly onLogin?: (command: PeerCommand) => void;
  readonly server?: (onSocket: (socket: Socket) => void) => Server;
}

export async function testPeer(
  script: (command: PeerCommand) => void = (command) => command.reply('!done'),
  options: PeerOptions = {},
): Promise<TestPeer> {
  const sockets = new Set<Socket>();
  const received: string[][] = [];
  const peer = { script };
  const onSocket = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    options.onConnect?.(socket);
    readSentences(socket, (words) => {
      const tag = words.find((word) => word.startsWith('.tag='))?.slice(5) ?? '';
      const plain = words.filter((word) => !word.startsWith('.tag='));
      received.push(plain);
      const command: PeerCommand = {
        words: plain,
        tag,
        socket,
        reply: (word, ...rest) => {
          if (!socket.destroyed) socket.write(frame([word, `.tag=${tag}`, ...rest]));
        },
      };
      if (plain[0] === '/login') (options.onLogin ?? ((c) => c.reply('!done')))(command);
      else peer.script(command);
    });
  };
  const server = options.server?.(onSocket) ?? createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(peer, {
    port: address.port,
    sockets,
    received,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

/** The bytes of a sentence; words up to 16 KiB. */
export function frame(words: readonly string[]): Buffer {
  const parts = words.map((word) => {
    const bytes = Buffer.from(word, 'utf8');
    const length =
      bytes.length < 128 ? [bytes.length] : [0x80 + (bytes.length >> 8), bytes.length & 255];
    return Buffer.concat([Buffer.from(length), bytes]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function readSentences(socket: Socket, onSentence: (words: string[]) => void): void {
  let held = Buffer.alloc(0);
  let words: string[] = [];
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length > 0) {
      const first = held[0]!;
      const head = first < 0x80 ? 1 : 2;
      if (held.length < head) return;
      const length = first < 0x80 ? first : (first & 0x3f) * 256 + held[1]!;
      if (held.length < head + length) return;
      const word = held.toString('utf8', head, head + length);
      held = held.subarray(head + length);
      if (length > 0) words.push(word);
      else {
        if (words.length > 0) onSentence(words);
        words = [];
      }
    }
  });
}
