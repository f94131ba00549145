/** The serving process is killed in a load of accounting: what it acknowledged is there, once. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { AcctStatus } from '../../radius/attributes.ts';
import { accountingRequest } from '../../radius/radius.fixture.ts';
import { radiusSecret } from '../../radius/secret.ts';
import { openStore } from '../../store/open.ts';
import { newRouter, village } from '../fixtures/rows.ts';
import { serveProcess } from '../fixtures/serve-process.ts';

const HOST = '127.0.0.1';
const NAS = '127.0.0.77';
const SESSIONS = 250;
const OCTETS = 1000;
const KILL_AFTER = 100;

let directory: string;
let nas: Socket;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-killed-'));
  nas = createSocket('udp4').bind(0, NAS);
  await once(nas, 'listening');
});
afterEach(async () => {
  nas.close();
  await rm(directory, { recursive: true });
});

function storeOptions() {
  return { store: `sqlite:${join(directory, 'store.db')}`, keyFile: join(directory, 'store.key') };
}

/** One packet a session, each with octets, so that a session counted twice would show in the totals. */
const PACKETS: readonly Buffer[] = Array.from({ length: SESSIONS }, (_, i) =>
  accountingRequest(
    [
      ['Acct-Status-Type', AcctStatus.interim],
      ['Acct-Session-Id', acctSessionId(i)],
      ['User-Name', `sw-${i}`],
      ['Calling-Station-Id', '02:00:00:00:00:01'],
      ['Acct-Input-Octets', OCTETS],
      ['Acct-Output-Octets', OCTETS],
    ],
    radiusSecret(newRouter.nasSecret),
    i,
  ),
);

function acctSessionId(i: number): string {
  return (0x80000000 + i).toString(16);
}

/** Sends every packet and resolves with the identifiers that were acknowledged before `enough`. */
function send(acctPort: number, enough: (acknowledged: number) => boolean): Promise<Set<number>> {
  const acknowledged = new Set<number>();
  return new Promise((done) => {
    nas.removeAllListeners('message');
    nas.on('message', (reply) => {
      acknowledged.add(reply[1]!);
      if (enough(acknowledged.size)) done(acknowledged);
    });
    for (const packet of PACKETS) nas.send(packet, acctPort, HOST);
  });
}

it('keeps what it acknowledged, and counts nothing twice when the NAS sends it again', async () => {
  const { store: seeding } = await openStore(storeOptions());
  await seeding.importVillages({ villages: [village], at: Date.now() });
  await seeding.addRouter({ ...newRouter, address: NAS, at: Date.now() });
  await seeding[Symbol.asyncDispose]();
  await writeFile(
    join(directory, 'smartwifi.yaml'),
    stringify({
      store: 'sqlite:./store.db',
      keyFile: './store.key',
      radius: {
        auth: `${HOST}:0`,
        acct: `${HOST}:0`,
        portalSecret: 'shared-with-a-portal-elsewhere',
      },
      metrics: { listen: `${HOST}:0` },
      log: { level: 'silent' },
    }),
  );

  const first = await serveProcess(['radius'], { cwd: directory, file: 'smartwifi.yaml' });
  const ended = once(first.child, 'exit');
  const acknowledged = await send(first.ports.acct, (count) => {
    if (count === KILL_AFTER) first.child.kill('SIGKILL');
    return count >= KILL_AFTER;
  });
  await ended;
  const { store: after } = await openStore(storeOptions());
  const kept = new Set((await after.listSessions({ limit: 1000 })).map((s) => s.acctSessionId));
  await after[Symbol.asyncDispose]();
  const second = await serveProcess(['radius'], { cwd: directory, file: 'smartwifi.yaml' });
  await send(second.ports.acct, (count) => count === SESSIONS);
  second.child.kill();
  await once(second.child, 'exit');
  const { store } = await openStore(storeOptions());
  const sessions = await store.listSessions({ limit: 1000 });
  const [totals] = await store.routerTotals();
  await store[Symbol.asyncDispose]();

  expect([...acknowledged].filter((i) => !kept.has(acctSessionId(i)))).toEqual([]);
  expect(sessions).toHaveLength(SESSIONS);
  expect(totals).toMatchObject({
    inputOctets: SESSIONS * OCTETS,
    outputOctets: SESSIONS * OCTETS,
  });
});
