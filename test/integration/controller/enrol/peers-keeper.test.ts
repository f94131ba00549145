/** The peers file beside a store in which routers come and go. */
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepPeersFile } from '../../../../controller/enrol/peers-keeper.ts';
import { createLogger } from '../../../../lib/log.ts';
import type { Store } from '../../../../store/contract.ts';
import { openStore } from '../../../../store/open.ts';
import { eventually } from '../../../fixtures/eventually.ts';
import { AT, newRouter, village } from '../../../fixtures/rows.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');

let directory = '';
let path = '';
let store: Store;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-keeper-'));
  path = join(directory, 'wireguard', 'peers.conf');
  const place = `sqlite:${join(directory, 's.db')}`;
  ({ store } = await openStore({ store: place, keyFile: join(directory, 'k') }));
  await store.importVillages({ villages: [village], at: AT });
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const keep = () => keepPeersFile({ store, path, log: createLogger('controller', 'silent') });
const text = () => readFile(path, 'utf8').catch(() => '');

async function enrol(): Promise<string> {
  const { id, name } = await store.addRouter({ ...newRouter, address: '10.255.1.7' });
  const offer = await store.offerEnrolment({ routerId: id, at: AT, ttlMs: 1000 });
  const { token, apiSeed } = offer!;
  const user = { apiUser: 'sw-ctl', apiPassword: 'x' };
  await store.enrolRouter({ name, token, publicKey: KEY, apiSeed, ...user, at: AT });
  return id;
}

it('is written at the start, and follows what comes and goes', async () => {
  const before = await enrol();
  await using _kept = await keep();
  expect(await text()).toContain(KEY);

  await store.retireRouter({ routerId: before, life: 'lost', reason: '', by: 'ani', at: AT });

  expect(await eventually(text, (found) => !found.includes(KEY), 5000)).toContain('# end 0');
});

it('is tried again with the next change when it could not be written', async () => {
  // A folder in its place: nothing can be renamed over it.
  await mkdir(path, { recursive: true });
  await using _kept = await keep();
  await rm(path, { recursive: true });
  await chmod(join(directory, 'wireguard'), 0o700);

  await enrol();

  expect(await eventually(text, (found) => found.includes(KEY), 5000)).toContain(KEY);
});
