/** What every engine of the store must do: accounting, states, filter rows, audit. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { AccountingEvent } from '../../../store/types.ts';
import {
  AT,
  accounting,
  DAY,
  logIn,
  newRouter,
  newTariff,
  seedStore,
  village,
} from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

describe.each(ENGINES)('store on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  describe('accounting', () => {
    const packets = (routerId: string, sessionId: string): AccountingEvent[] => [
      accounting(routerId, sessionId, { status: 'start' }),
      accounting(routerId, sessionId, {
        inputOctets: 100,
        outputOctets: 1000,
        seconds: 60,
        eventAt: AT + 60_000,
      }),
      accounting(routerId, sessionId, {
        inputOctets: 300,
        outputOctets: 2000,
        seconds: 120,
        eventAt: AT + 120_000,
      }),
      accounting(routerId, sessionId, {
        status: 'stop',
        inputOctets: 310,
        outputOctets: 2500,
        seconds: 130,
        eventAt: AT + 130_000,
        cause: 'User-Request',
      }),
    ];

    it('tells of every change of what an account has used, before it answers', async () => {
      const seed = await seedStore(store);
      const told: string[] = [];
      store.onInvalidate((kind, id) => {
        if (kind === 'usage') told.push(id);
      });
      const steps: (() => Promise<unknown>)[] = [
        () => logIn(store, seed),
        () => store.recordAccounting(accounting(seed.router.id, null, { username: 'nobody' })),
        async () => {
          const { sessionId } = await logIn(store, seed);
          await store.recordAccounting(accounting(seed.router.id, sessionId, { status: 'start' }));
        },
        () => store.revokeVoucher({ id: seed.voucher.id, at: AT }),
        () =>
          store.closeRouterSessions({
            routerId: seed.router.id,
            before: AT + 1,
            cause: 'NAS-Reboot',
            at: AT,
          }),
      ];
      const heard: boolean[] = [];
      for (const step of steps) {
        told.length = 0;
        await step();
        heard.push(told.includes(seed.voucher.id));
      }

      expect(heard).toEqual([true, false, true, true, true]);
    });

    it('gives one answer whatever the order and repetition of packets', async () => {
      const seed = await seedStore(store);
      let logins = 0;
      let octets = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray([0, 1, 2, 3, 0, 1, 2, 3], { minLength: 8 }),
          async (order) => {
            const { sessionId } = await logIn(store, seed, { at: AT });
            const all = packets(seed.router.id, sessionId);
            for (const i of order) await store.recordAccounting(all[i]!);
            logins += 1;
            octets += 2810;

            expect(await store.session(sessionId)).toMatchObject({
              state: 'closed',
              stopCause: 'User-Request',
              stoppedAt: AT + 130_000,
              inputOctets: 310,
              outputOctets: 2500,
              seconds: 130,
            });
            expect(await store.usage('voucher', seed.voucher.id, DAY)).toMatchObject({
              dayOctets: octets,
              daySeconds: 130 * logins,
            });
          },
        ),
        { numRuns: 25, seed: 7 },
      );
      const [totals] = await store.routerTotals();

      expect(totals!.inputOctets + totals!.outputOctets).toBe(octets);
    });

    it('names the end of the data where the NAS says Session-Timeout', async () => {
      const seed = await seedStore(store);
      const { sessionId } = await logIn(store, seed, { totalLimitOctets: 1000 });
      await store.recordAccounting(
        accounting(seed.router.id, sessionId, {
          status: 'stop',
          outputOctets: 1000,
          cause: 'Session-Timeout',
        }),
      );

      expect((await store.session(sessionId))?.stopCause).toBe('Data-Limit');
    });

    it('opens a new session for an Acct-Session-Id used again after a power cut', async () => {
      const { router } = await seedStore(store);
      const first = await store.recordAccounting(accounting(router.id, null, { inputOctets: 900 }));
      const later = AT + 3_600_000;
      const second = await store.recordAccounting(
        accounting(router.id, null, { status: 'start', eventAt: later }),
      );
      await store.recordAccounting(
        accounting(router.id, null, { inputOctets: 50, seconds: 30, eventAt: later + 30_000 }),
      );

      expect(second.sessionId).not.toBe(first.sessionId);
      expect((await store.session(first.sessionId))?.inputOctets).toBe(900);
      expect((await store.session(second.sessionId))?.inputOctets).toBe(50);
    });

    it('closes a silent session reversibly', async () => {
      const seed = await seedStore(store);
      const { sessionId } = await logIn(store, seed);
      await store.recordAccounting(accounting(seed.router.id, sessionId, { status: 'start' }));
      await store.closeStaleSessions({ before: AT + 1, openingBefore: AT, at: AT + 900_000 });
      const stale = await store.session(sessionId);
      await store.recordAccounting(
        accounting(seed.router.id, sessionId, { eventAt: AT + 1_000_000 }),
      );

      expect(stale).toMatchObject({ state: 'closed', stopCause: 'Stale', stoppedAt: AT });
      expect(await store.session(sessionId)).toMatchObject({ state: 'open', stopCause: null });
    });

    it('closes what its router does not have any more, and nothing that was just heard of', async () => {
      const seed = await seedStore(store, { devices: 3 });
      const phones = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'];
      const ids: string[] = [];
      for (const [i, mac] of phones.entries()) {
        const { sessionId } = await logIn(store, seed, { mac, devices: 3 });
        const eventAt = i === 2 ? AT + 5000 : AT;
        const of = { status: 'start', mac, acctSessionId: `8000000${i}`, eventAt } as const;
        await store.recordAccounting(accounting(seed.router.id, sessionId, of));
        ids.push(sessionId);
      }
      const args = {
        routerId: seed.router.id,
        present: [phones[0]!],
        before: AT + 5000,
        at: AT + 6000,
      };

      expect(await store.closeAbsentSessions({ ...args, routerId: 'another' })).toBe(0);
      expect(await store.closeAbsentSessions(args)).toBe(1);
      const states = await Promise.all(ids.map((id) => store.session(id)));
      expect(states.map((session) => session?.state)).toEqual(['open', 'closed', 'open']);
      expect(states[1]).toMatchObject({ stopCause: 'Stale', stoppedAt: AT });
    });

    it('closes what a rebooted router had open, and nothing newer', async () => {
      const seed = await seedStore(store, { devices: 2 });
      const before = await logIn(store, seed);
      const after = await logIn(store, seed, {
        mac: '02:00:00:00:00:02',
        devices: 2,
        at: AT + 10_000,
      });
      const result = await store.recordBoot({
        routerId: seed.router.id,
        bootAt: AT + 5000,
        at: AT + 20_000,
      });

      expect(result).toEqual({ closed: 1 });
      expect(await store.session(before.sessionId)).toMatchObject({ stopCause: 'NAS-Reboot' });
      expect((await store.session(after.sessionId))?.state).toBe('opening');
    });

    it('finds an open session by the source address of the phone', async () => {
      const seed = await seedStore(store);
      const { sessionId } = await logIn(store, seed);
      await store.recordAccounting(accounting(seed.router.id, sessionId, { status: 'start' }));

      expect((await store.sessionByAddress('127.64.0.10'))?.id).toBe(sessionId);
      expect(await store.sessionByAddress('127.64.0.11')).toBeNull();
    });
  });

  describe('states', () => {
    it('holds intervals that neither overlap nor leave a gap', async () => {
      const { router } = await seedStore(store);
      await store.recordState({ routerId: router.id, state: 'up', cause: null, at: AT });
      await store.recordState({ routerId: router.id, state: 'up', cause: null, at: AT + 1000 });
      await store.recordState({
        routerId: router.id,
        state: 'down',
        cause: 'link',
        at: AT + 60_000,
      });
      await store.recordState({ routerId: router.id, state: 'up', cause: null, at: AT + 90_000 });

      expect(await store.stateIntervals(router.id)).toMatchObject([
        { state: 'up', startedAt: AT, endedAt: AT + 60_000 },
        { state: 'down', cause: 'link', startedAt: AT + 60_000, endedAt: AT + 90_000 },
        { state: 'up', startedAt: AT + 90_000, endedAt: null },
      ]);
      expect(await store.stateSeconds(AT + 100_000)).toEqual([
        { routerId: router.id, state: 'down', seconds: 30 },
        { routerId: router.id, state: 'up', seconds: 70 },
      ]);
    });

    it('counts as unknown what passed while the controller was blind', async () => {
      const { router } = await seedStore(store);
      await store.recordState({ routerId: router.id, state: 'up', cause: null, at: AT });
      await store.heartbeat({ at: AT + 30_000 });
      await store.recordBlindness({ at: AT + 90_000 });
      await store.recordState({ routerId: router.id, state: 'up', cause: null, at: AT + 90_000 });

      expect(await store.stateIntervals(router.id)).toMatchObject([
        { state: 'up', endedAt: AT + 30_000 },
        { state: 'unknown', cause: 'controller', endedAt: AT + 90_000 },
        { state: 'up', endedAt: null },
      ]);
    });
  });

  it('keeps policies and lists by their key', async () => {
    const policy = {
      level: 'village',
      code: village.code,
      block: ['adult'],
      allow: [],
      deny: [],
    } as const;
    await store.setPolicy(policy);
    await store.setPolicy({ ...policy, block: ['adult', 'gambling'] });

    expect(await store.listPolicies()).toEqual([{ ...policy, block: ['adult', 'gambling'] }]);
  });

  it('chains the audit trail', async () => {
    const entry = { at: AT, actor: 'cli', action: 'voucher.revoke', subject: 'x', detail: '' };
    await store.appendAudit(entry);
    await store.appendAudit({ ...entry, subject: 'y' });

    expect(await store.verifyAudit()).toBeNull();
    expect(await store.listAudit(1)).toMatchObject([{ seq: 2, subject: 'y' }]);
  });

  it('lets one failing intent take no other with it', async () => {
    await store.importVillages({ villages: [village], at: AT });
    const results = await Promise.allSettled([
      store.addRouter(newRouter),
      store.addRouter(newRouter),
      store.createTariff(newTariff),
    ]);

    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('tells a listener what a commit made stale', async () => {
    const heard: string[] = [];
    store.onInvalidate((kind, id) => heard.push(`${kind}:${id}`));
    await store.setPolicy({ level: 'regency', code: '16.06', block: [], allow: [], deny: [] });

    expect(heard).toEqual(['policy:regency:16.06']);
  });
});
