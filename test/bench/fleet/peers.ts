/**
 * A thousand API peers in one process, for `poll.ts`: one listening socket that every 127.x address reaches,
 * one router an address. Answers are what a small router says, framed by the simulator's own codec. Addresses
 * that hang accept, log in and never answer again. Told `report`, it says how the questions came.
 */
import { createServer, type Socket } from 'node:net';
import { encodeSentence, sentenceParser } from '../../../simulator/api/codec.ts';

export interface PeersReport {
  readonly questions: number;
  readonly connections: number;
  /** Milliseconds between two questions whether one router lives, of routers that answer; sorted. */
  readonly gapsMs: readonly number[];
}

const hanging = new Set<string>(JSON.parse(process.argv[2] ?? '[]') as string[]);
const startedAt = Date.now();
const lastAt = new Map<string, number>();
let gapsMs: number[] = [];
let questions = 0;
let connections = 0;

const server = createServer((socket) => {
  connections += 1;
  socket.setNoDelay(true);
  const parser = sentenceParser();
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    for (const words of parser.push(chunk)) answer(socket, words);
  });
});

server.listen(0, '0.0.0.0', 8192, () => {
  const address = server.address();
  process.send!({ port: typeof address === 'object' ? address?.port : null });
});
process.on('message', (message) => {
  if (message === 'reset') {
    gapsMs = [];
    questions = 0;
    return;
  }
  const report: PeersReport = {
    questions,
    connections,
    gapsMs: gapsMs.toSorted((a, b) => a - b),
  };
  process.send!(report);
});
process.on('disconnect', () => process.exit());

function answer(socket: Socket, words: readonly string[]): void {
  const [command = ''] = words;
  const tags = words.filter((word) => word.startsWith('.tag='));
  const host = socket.localAddress ?? '';
  if (command !== '/login' && hanging.has(host)) return;
  questions += command === '/login' ? 0 : 1;
  if (command === '/system/resource/print') beat(host);
  const rows = rowsOf(command);
  for (const row of rows) socket.write(encodeSentence(['!re', ...tags, ...row]));
  const ret = words.includes('=count-only=') ? ['=ret=7'] : [];
  if (rows.length === 0 && ret.length === 0 && command.endsWith('/print')) {
    socket.write(encodeSentence(['!empty', ...tags]));
  }
  socket.write(encodeSentence(['!done', ...tags, ...ret]));
}

function beat(host: string): void {
  const now = Date.now();
  const last = lastAt.get(host);
  if (last !== undefined) gapsMs.push(now - last);
  lastAt.set(host, now);
}

function rowsOf(command: string): string[][] {
  const uptime = Math.floor((Date.now() - startedAt) / 1000) + 86_400;
  switch (command) {
    case '/system/resource/print':
      return [
        [
          `=uptime=${uptime}s`,
          '=version=7.20.8 (stable)',
          '=board-name=hAP ax^2',
          '=cpu-load=7',
          '=free-memory=802816000',
          '=total-memory=1073741824',
        ],
      ];
    case '/system/clock/print':
      return [['=date=2026-11-24', '=time=10:00:00', '=gmt-offset=+07:00']];
    case '/interface/print':
      return Array.from({ length: 9 }, (_, n) => [
        `=name=ether${n + 1}`,
        '=type=ether',
        `=rx-byte=${uptime * 1000 + n}`,
        `=tx-byte=${uptime * 2000 + n}`,
      ]);
    default:
      return [];
  }
}
