/** A plain API client on the twin's own codec, for the tests of this folder. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeSentence, sentenceParser } from './codec.ts';

export interface Answer {
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly ret: string | undefined;
  /** Texts of the traps, in order. */
  readonly traps: readonly string[];
  readonly category: string | undefined;
  readonly empty: boolean;
}

export interface TestClient extends AsyncDisposable {
  readonly socket: Socket;
  /** Sends words as they are. */
  send(...words: readonly string[]): void;
  /** Sentences that have come and were not taken yet. */
  readonly unread: number;
  /** The next sentence; null when the connection is closed. */
  next(): Promise<readonly string[] | null>;
  /** Sends a command and gathers what comes up to its `!done`. */
  run(...words: readonly string[]): Promise<Answer>;
}

export async function connectClient(
  port: number,
  credentials?: { name: string; password: string },
  localAddress = '127.0.0.1',
  host = '127.0.0.1',
): Promise<TestClient> {
  const socket = connect({ port, host, localAddress });
  const parser = sentenceParser();
  const arrived: string[][] = [];
  let closed = false;
  let wake: (() => void) | null = null;
  const ring = (): void => {
    wake?.();
    wake = null;
  };
  socket.on('data', (chunk) => {
    arrived.push(...parser.push(chunk));
    ring();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    closed = true;
    ring();
  });
  await once(socket, 'connect');

  const next = async (): Promise<readonly string[] | null> => {
    while (arrived.length === 0 && !closed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return arrived.shift() ?? null;
  };
  const send = (...words: readonly string[]): void => void socket.write(encodeSentence(words));
  const run = async (...words: readonly string[]): Promise<Answer> => {
    send(...words);
    return gather(next);
  };
  if (credentials !== undefined) {
    const { name, password } = credentials;
    const { traps } = await run('/login', `=name=${name}`, `=password=${password}`);
    if (traps.length > 0) throw new Error(traps[0]);
  }
  return {
    socket,
    get unread() {
      return arrived.length;
    },
    send,
    next,
    run,
    async [Symbol.asyncDispose]() {
      if (closed) return;
      socket.destroy();
      await once(socket, 'close');
    },
  };
}

async function gather(next: TestClient['next']): Promise<Answer> {
  const rows: Record<string, string>[] = [];
  const traps: string[] = [];
  let category: string | undefined;
  let empty = false;
  for (;;) {
    const sentence = await next();
    if (sentence === null) throw new Error('connection closed');
    const [sign, ...words] = sentence;
    const values = attributesOf(words);
    if (sign === '!re') rows.push(values);
    else if (sign === '!empty') empty = true;
    else if (sign === '!trap') {
      traps.push(values.message ?? '');
      category = values.category;
    } else if (sign === '!done') return { rows, ret: values.ret, traps, category, empty };
    else throw new Error(`${sign} ${words.join(' ')}`);
  }
}

export function attributesOf(words: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const word of words) {
    const split = word.indexOf('=', 1);
    if (word.startsWith('=')) values[word.slice(1, split)] = word.slice(split + 1);
    if (word.startsWith('.tag=')) values['.tag'] = word.slice('.tag='.length);
  }
  return values;
}
