/** Several nodes on one database: what one changes, the others know; what two want at once, one gets. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { connectStore, openStore, type StoreOptions, serveStore } from '../../../store/open.ts';
import type { OpenLogin, OpenLoginResult } from '../../../store/types.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { type Cluster, postgresInstalled, startCluster } from '../../fixtures/postgres.ts';
import { AT, accounting, DAY, MAC, newTariff, seedStore } from '../../fixtures/rows.ts';

/** What the contract promises operators of a revocation. */
const SECOND = 1_000;
const ROUNDS = 20;

describe.skipIf(!(await postgresInstalled()))('nodes on one PostgreSQL', () => {
  let cluster: Cluster;
  let directory: string;
  let options: StoreOptions;
  let a: Store;
  let b: Store;

  const open = async (name: string): Promise<Store> => {
    const store = `${options.store}?application_name=${name}`;
    return (await openStore({ ...options, store })).store;
  };
  /** The process of the server that tells node b of changes. */
  const listenerOfB = async (): Promise<number> => {
    const [row] = await cluster.run<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'b' AND query LIKE '%pg_notify(%'`,
    );
    return row!.pid;
  };
  /** Once this resolves, what a node has asked for is kept until it hears otherwise: rows are the same object. */
  const trusting = async (store: Store): Promise<void> => {
    let before: unknown = null;
    await eventually(
      async () => {
        const [first, second] = [before, await store.routerByName('kayu-ara-1')];
        before = second;
        return second !== null && second === first;
      },
      Boolean,
      60_000,
    );
  };

  beforeAll(async () => {
    cluster = await startCluster();
    directory = await mkdtemp(join(tmpdir(), 'smartwifi-nodes-'));
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });
  beforeEach(async () => {
    options = { store: await cluster.database(), keyFile: join(directory, 'store.key') };
    a = await open('a');
    b = await open('b');
  });
  afterEach(async () => {
    await Promise.all([a, b].map((store) => store[Symbol.asyncDispose]()));
  });

  describe('a change at one', () => {
    it('ends a revoked voucher at the other within a second', async () => {
      const { voucher } = await seedStore(a);
      await trusting(b);
      const before = await b.voucherByCode(voucher.code);
      await a.revokeVoucher({ id: voucher.id, at: AT });
      const after = await eventually(
        () => b.voucherByCode(voucher.code),
        (found) => found?.disabled === true,
        SECOND,
      );

      expect([before?.disabled, after?.disabled]).toEqual([false, true]);
    });

    it('disables a subscriber at the other within a second', async () => {
      await seedStore(a);
      const siti = { username: 'siti', password: 'rahasia-1', tariff: 'harian', villageCode: null };
      await a.importSubscribers({ subscribers: [siti], at: AT });
      await trusting(b);
      await b.subscriberByUsername('siti');
      await a.changeSubscriber({ username: 'siti', disabled: true, at: AT });
      const after = await eventually(
        () => b.subscriberByUsername('siti'),
        (found) => found?.disabled === true,
        SECOND,
      );

      expect(after?.disabled).toBe(true);
    });

    it('adds what the other had asked for in vain, at once', async () => {
      await seedStore(a);
      await trusting(b);
      const before = await b.subscriberByUsername('siti');
      const siti = { username: 'siti', password: 'rahasia-1', tariff: 'harian', villageCode: null };
      await a.importSubscribers({ subscribers: [siti], at: AT });

      expect(before).toBeNull();
      expect((await b.subscriberByUsername('siti'))?.username).toBe('siti');
    });

    it('tells the listeners of the other, and its own once', async () => {
      const heard = { a: [] as string[], b: [] as string[] };
      a.onInvalidate((kind, id) => heard.a.push(`${kind}:${id}`));
      b.onInvalidate((kind, id) => heard.b.push(`${kind}:${id}`));
      for (const name of ['x', 'y']) await a.createTariff({ ...newTariff, name });
      const ids = (await a.listTariffs()).map(({ id }) => `tariff:${id}`);
      await eventually(
        async () => heard.b.length,
        (n) => n >= 2,
        SECOND,
      );

      expect(heard.b).toEqual(ids);
      expect(heard.a).toEqual(ids);
    });
  });

  describe('a node that does not hear', () => {
    it('reads past its caches once its own heartbeat has no echo', async () => {
      const { voucher } = await seedStore(a);
      await trusting(b);
      await b.voucherByCode(voucher.code);
      const listener = await listenerOfB();
      process.kill(listener, 'SIGSTOP');
      try {
        await a.revokeVoucher({ id: voucher.id, at: AT });
        // Long before it gives the silent connection up.
        const after = await eventually(
          () => b.voucherByCode(voucher.code),
          (found) => found?.disabled === true,
          3 * SECOND,
        );

        expect(after?.disabled).toBe(true);
      } finally {
        process.kill(listener, 'SIGCONT');
      }
    });

    it('drops everything when it hears again', async () => {
      const { voucher } = await seedStore(a);
      await trusting(b);
      await b.voucherByCode(voucher.code);
      const heard: string[] = [];
      b.onInvalidate((kind, id) => heard.push(`${kind}:${id}`));
      await cluster.run(`SELECT pg_terminate_backend(${await listenerOfB()})`);
      await a.revokeVoucher({ id: voucher.id, at: AT });
      const after = await eventually(
        () => b.voucherByCode(voucher.code),
        (found) => found?.disabled === true,
        SECOND,
      );
      await eventually(async () => heard.includes('voucher:*'), Boolean, 60_000);
      await trusting(b);

      expect(after?.disabled).toBe(true);
      expect(heard).toContain('voucher:*');
    });

    it('takes the word of a stranger for anything', async () => {
      const { voucher } = await seedStore(a);
      await trusting(b);
      await b.voucherByCode(voucher.code);
      await cluster.run(
        `UPDATE vouchers SET disabled = 1; NOTIFY smartwifi, 'by hand'`,
        options.store,
      );
      const after = await eventually(
        () => b.voucherByCode(voucher.code),
        (found) => found?.disabled === true,
        SECOND,
      );

      expect(after?.disabled).toBe(true);
    });
  });

  describe('at the same moment', () => {
    const login = (over: Partial<OpenLogin>): Omit<OpenLogin, 'proof' | 'mac' | 'routerId'> => ({
      devices: 1,
      whenFull: 'refuse',
      at: AT,
      rate: null,
      sessionTimeoutSeconds: 600,
      totalLimitOctets: null,
      validUntil: AT + 1000,
      ...over,
    });

    it('two phones take the last device slot once', async () => {
      const { router, tariff } = await seedStore(a);
      const vouchers = await a.createVouchers({
        tariff: tariff.name,
        count: ROUNDS,
        villageCode: null,
        batch: 'b',
        at: AT,
      });
      const opened: number[] = [];
      for (const { id } of vouchers) {
        const results = await Promise.all(
          [a, b].map((store, n) =>
            store.openLogin({
              ...login({}),
              proof: { kind: 'account', accountKind: 'voucher', accountId: id, username: id },
              mac: `02:00:00:00:00:0${n}`,
              routerId: router.id,
            }),
          ),
        );
        opened.push(results.filter(({ outcome }) => outcome === 'opened').length);
      }

      expect(opened).toEqual(Array.from({ length: ROUNDS }, () => 1));
    });

    it('one token opens one session, with the same answer from both', async () => {
      const { router, voucher } = await seedStore(a, { devices: ROUNDS });
      const sessions: string[][] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const issued = await a.issueToken({
          accountKind: 'voucher',
          accountId: voucher.id,
          mac: MAC,
          routerId: router.id,
          at: AT,
          ttlMs: 60_000,
        });
        const results = await Promise.all(
          [a, b].map((store) =>
            store.openLogin({
              ...login({ devices: ROUNDS }),
              proof: { kind: 'token', ...issued },
              mac: MAC,
              routerId: router.id,
            }),
          ),
        );
        sessions.push(results.map(sessionOf));
      }

      expect(sessions.filter(([first, second]) => first !== second)).toEqual([]);
      expect(new Set(sessions.flat()).size).toBe(ROUNDS);
    });

    it('reports of one session are counted once', async () => {
      const { router, voucher } = await seedStore(a);
      const opened = await a.openLogin({
        ...login({}),
        proof: { kind: 'account', accountKind: 'voucher', accountId: voucher.id, username: 'x' },
        mac: MAC,
        routerId: router.id,
      });
      const reports = Array.from({ length: ROUNDS }, (_, n) =>
        accounting(router.id, sessionOf(opened), { inputOctets: 1000 * n, seconds: 10 * n }),
      );
      await Promise.all(
        [...reports, ...reports.toReversed()].map((report, n) =>
          [a, b][n % 2]!.recordAccounting(report),
        ),
      );
      const most = 1000 * (ROUNDS - 1);

      expect((await a.session(sessionOf(opened)))?.inputOctets).toBe(most);
      expect((await b.routerTotals())[0]?.inputOctets).toBe(most);
      expect((await b.usage('voucher', voucher.id, DAY)).dayOctets).toBe(most);
    });

    it('validity starts once', async () => {
      const { router, voucher } = await seedStore(a, { devices: 4 });
      await Promise.all(
        [a, b, a, b].map((store, n) =>
          store.openLogin({
            ...login({ devices: 4, at: AT + n, validUntil: AT + 1000 + n }),
            proof: {
              kind: 'account',
              accountKind: 'voucher',
              accountId: voucher.id,
              username: voucher.code,
            },
            mac: `02:00:00:00:00:0${n}`,
            routerId: router.id,
          }),
        ),
      );
      const account = await a.account('voucher', voucher.id);

      expect(account!.validUntil! - account!.firstLoginAt!).toBe(1000);
    });

    it('an enforcement is claimed by one', async () => {
      const { router, voucher } = await seedStore(a, { devices: ROUNDS });
      for (let n = 10; n < 10 + ROUNDS; n += 1) {
        const opened = await a.openLogin({
          ...login({ devices: ROUNDS }),
          proof: {
            kind: 'account',
            accountKind: 'voucher',
            accountId: voucher.id,
            username: voucher.code,
          },
          mac: `02:00:00:00:00:${n}`,
          routerId: router.id,
        });
        await cluster.run(
          `UPDATE sessions SET state = 'open' WHERE id = '${sessionOf(opened)}'`,
          options.store,
        );
      }
      await a.revokeVoucher({ id: voucher.id, at: AT });
      const claims = await Promise.all(
        [a, b, a, b].map((store) =>
          store.claimEnforcement({ at: AT, leaseMs: 60_000, limit: ROUNDS / 2 }),
        ),
      );
      const ids = claims.flat().map(({ session }) => session.id);

      expect(ids).toHaveLength(ROUNDS);
      expect(new Set(ids).size).toBe(ROUNDS);
    });

    it('the audit trail stays one chain', async () => {
      const entry = { at: AT, actor: 'cli', action: 'x', subject: 'y', detail: '' };
      await Promise.all(
        Array.from({ length: ROUNDS }, (_, n) => [a, b][n % 2]!.appendAudit(entry)),
      );

      expect(await b.verifyAudit()).toBeNull();
      expect(await b.listAudit(100)).toHaveLength(ROUNDS);
    });
  });

  it('start at once: one of them migrates', async () => {
    const fresh = { store: await cluster.database(), keyFile: options.keyFile };
    const served = await Promise.all(Array.from({ length: 4 }, () => serveStore(fresh)));
    const migrated = served.map((each) => each.migrated.length);
    await Promise.all(served.map((each) => each[Symbol.asyncDispose]()));

    expect(migrated.filter((count) => count > 0)).toHaveLength(1);
  });

  it('are as many as there are threads with a ticket', async () => {
    await using served = await serveStore(options);
    await using thread = connectStore(structuredClone(served.ticket()));
    await thread.createTariff({ ...newTariff, name: 'of a thread' });

    expect((await served.store.listTariffs()).map(({ name }) => name)).toEqual(['of a thread']);
  });
});

function sessionOf(result: OpenLoginResult): string {
  return result.outcome === 'opened' ? result.sessionId : result.outcome;
}
