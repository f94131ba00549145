/** The store of a serving process: the writer thread, other threads' views, and the CLI beside it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectStore, openStore, type ServedStore, serveStore } from '../../../store/open.ts';
import { newTariff, seedStore } from '../../fixtures/rows.ts';

let directory: string;
let options: { store: string; keyFile: string };
let served: ServedStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-serving-'));
  options = {
    store: `sqlite:${join(directory, 'store.db')}`,
    keyFile: join(directory, 'store.key'),
  };
  served = await serveStore(options);
});
afterEach(async () => {
  await served[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

it('serves one file once', async () => {
  await expect(serveStore(options)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
});

it('answers errors of the writer with their code', async () => {
  await served.store.createTariff(newTariff);

  await expect(served.store.createTariff(newTariff)).rejects.toMatchObject({
    code: 'STORE_CONFLICT',
    message: 'there is already a tariff harian',
  });
});

it('drops the caches of every thread after a commit', async () => {
  await using other = connectStore(served.ticket());
  const { voucher } = await seedStore(served.store);
  await other.voucherByCode(voucher.code);
  const heard = Promise.withResolvers<void>();
  other.onInvalidate((kind) => {
    if (kind === 'voucher') heard.resolve();
  });
  await served.store.revokeVoucher({ id: voucher.id, at: newTariff.at });
  await heard.promise;

  expect((await other.voucherByCode(voucher.code))?.disabled).toBe(true);
});

it('notices what a command wrote beside it', async () => {
  const { voucher } = await seedStore(served.store);
  await served.store.voucherByCode(voucher.code);
  const { store: beside } = await openStore(options);
  const heard = Promise.withResolvers<void>();
  served.store.onInvalidate(() => heard.resolve());
  await beside.revokeVoucher({ id: voucher.id, at: newTariff.at });
  await heard.promise;
  await beside[Symbol.asyncDispose]();

  expect((await served.store.voucherByCode(voucher.code))?.disabled).toBe(true);
});
