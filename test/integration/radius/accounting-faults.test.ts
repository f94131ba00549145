/**
 * A database that is locked, full or gone: the NAS hears nothing, the log has one line, and the same packet
 * is taken once the database is back, without a restart.
 */
import { execFile } from 'node:child_process';
import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AttributeValue } from '../../../radius/codec.ts';
import { accountingRequest, decodeReply, MAC } from '../../../radius/radius.fixture.ts';
import { installed } from '../../fixtures/installed.ts';
import {
  counted,
  HOST,
  type NasSocket,
  radiusStand,
  type Served,
  type Stand,
} from '../../fixtures/radius-stand.ts';

const run = promisify(execFile);
const hasPrlimit = await installed('prlimit of util-linux', 'prlimit', ['--version']);

let stand: Stand;
let served: Served;
let nas: NasSocket;
let lines: string[];
let replies: Buffer[];
let file: string;

beforeEach(async () => {
  stand = await radiusStand();
  lines = [];
  replies = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  served = await stand.serve({ log });
  nas = await stand.nas();
  nas.socket.on('message', (reply: Buffer) => void replies.push(reply));
  file = join(stand.folder, 'test.db');
});
afterEach(() => stand[Symbol.asyncDispose]());

function report(session: string, identifier: number, octets = 700): Buffer {
  const attributes: AttributeValue[] = [
    ['Acct-Status-Type', 3],
    ['Acct-Session-Id', session],
    ['User-Name', 'x'],
    ['Calling-Station-Id', MAC],
    ['Acct-Input-Octets', octets],
  ];
  return accountingRequest(attributes, undefined, identifier);
}

function send(packet: Buffer): void {
  nas.socket.send(packet, served.acctPort, HOST);
}

async function dropped(count: number): Promise<void> {
  await expect
    .poll(
      () => counted(served.metrics, 'smartwifi_radius_dropped_total', { reason: 'store_error' }),
      {
        timeout: 20_000,
      },
    )
    .toBe(count);
}

/** Two packets go unanswered with one line in the log; then the database is back, and one is sent again. */
async function outage(back: () => Promise<void>) {
  const packet = report('81', 1);
  send(packet);
  await dropped(1);
  send(report('82', 2));
  await dropped(2);
  const complaints = lines.map((line) => JSON.parse(line) as { reason: string; detail: string });
  const silent = replies.length;
  await back();
  const reply = await nas.ask(packet, served.acctPort);

  return {
    repliesMeanwhile: silent,
    complaints,
    replyAfter: decodeReply(reply).code,
    sessions: await stand.store.listSessions({ limit: 10 }),
  };
}

const SURVIVED = {
  repliesMeanwhile: 0,
  complaints: [{ reason: 'store_error', detail: expect.stringContaining('STORE_FAILED') }],
  replyAfter: 5,
  sessions: [{ acctSessionId: '81', inputOctets: 700 }],
};

it('survives a database that another process has locked', { timeout: 60_000 }, async () => {
  const other = new Database(file);
  other.exec('BEGIN EXCLUSIVE');

  const outcome = await outage(async () => {
    other.exec('ROLLBACK');
    other.close();
  });

  expect(outcome).toMatchObject(SURVIVED);
});

it('survives a database whose file was taken away', async () => {
  await rename(file, `${file}.away`);

  const outcome = await outage(() => rename(`${file}.away`, file));

  expect(outcome).toMatchObject(SURVIVED);
});

it.skipIf(!hasPrlimit)('survives a disk that is full', async () => {
  const soft = (bytes: string) =>
    run('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);
  const { size } = await stat(`${file}-wal`);
  await soft(String(size));
  let outcome: Awaited<ReturnType<typeof outage>>;
  try {
    outcome = await outage(async () => {
      await soft('unlimited');
    });
  } finally {
    await soft('unlimited');
  }

  expect(outcome).toMatchObject(SURVIVED);
});
