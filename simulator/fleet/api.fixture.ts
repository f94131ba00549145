/** For tests: one connection to a twin's API, commands one after the other. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeSentence, sentenceParser } from '../api/codec.ts';

export interface ApiTalk extends Disposable {
  /** Sentences of the answer, the last one `!done`; a trap is an error with its text. */
  run(command: string, ...words: readonly string[]): Promise<string[][]>;
}

export async function logIn(
  to: { host: string; port: number; socket?: Socket },
  password: string,
  user = 'admin',
): Promise<ApiTalk> {
  const socket = to.socket ?? connect({ host: to.host, port: to.port });
  if (to.socket === undefined) await once(socket, 'connect');
  const talk = talkOver(socket);
  try {
    await talk.run('/login', `=name=${user}`, `=password=${password}`);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return talk;
}

function talkOver(socket: Socket): ApiTalk {
  const parser = sentenceParser();
  let sentences: string[][] = [];
  let done: PromiseWithResolvers<string[][]> | null = null;
  socket.on('data', (chunk: Buffer) => {
    for (const sentence of parser.push(chunk)) {
      sentences.push(sentence);
      if (sentence[0] !== '!done') continue;
      const trap = sentences.find(([reply]) => reply === '!trap');
      if (trap === undefined) done?.resolve(sentences);
      else done?.reject(new Error(trap.find((word) => word.startsWith('=message='))));
    }
  });
  socket.on('error', (error) => done?.reject(error));
  socket.once('close', () => done?.reject(new Error('closed')));
  return {
    run: (command, ...words) => {
      sentences = [];
      done = Promise.withResolvers();
      socket.write(encodeSentence([command, ...words]));
      return done.promise;
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}

/** `name` of each row of an answer. */
export function valuesOf(sentences: readonly string[][], name: string): string[] {
  const prefix = `=${name}=`;
  return sentences.flatMap((sentence) => {
    const word = sentence.find((each) => each.startsWith(prefix));
    return word === undefined ? [] : [word.slice(prefix.length)];
  });
}
