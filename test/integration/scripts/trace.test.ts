/** Looks at a person: whose an address was, the whole story of somebody, a case; each with its audit row. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import { realClock } from '../../../lib/clock.ts';
import type { CommandContext } from '../../../scripts/command.ts';
import { COMMANDS } from '../../../scripts/commands.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { CaseFacts } from '../../../store/types.ts';
import { accounting, logIn, MAC, newRouter, seedStore, village } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';

const HOUR = 3_600_000;
const IP = '127.64.0.10';
const PHONE = '+6281234567890';
const BECAUSE = { reason: 'surat Polres 12/XI/2026' };

describe.each(ENGINES)('looks at a person on $name', (engine) => {
  let place: Awaited<ReturnType<typeof engine.place>>;
  let now: number;
  let voucher: { id: string; code: string };
  let sessionId: string;

  const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    const { store } = await openStore(place.options);
    await using _closed = store;
    return await work(store);
  };

  beforeEach(async () => {
    place = await engine.place();
    now = realClock.now();
    await withStore(async (store) => {
      const seed = await seedStore(store);
      voucher = seed.voucher;
      const created = {
        batch: 'a',
        kind: 'created',
        at: now,
        officer: 'Siti',
        detail: '',
      } as const;
      await store.recordBatch({ ...created, firstSerial: 1, lastSerial: 1 });
      const startedAt = now - 3 * HOUR;
      ({ sessionId } = await logIn(store, seed, { at: startedAt }));
      const report = { mac: MAC, framedIp: IP };
      for (const [status, eventAt] of [
        ['start', startedAt],
        ['stop', now - HOUR],
      ] as const) {
        await store.recordAccounting(
          accounting(seed.router.id, sessionId, {
            ...{ ...report, status, eventAt, cause: status === 'stop' ? 'User-Request' : null },
          }),
        );
      }
    });
  });
  afterEach(() => place[Symbol.asyncDispose]());

  async function run(
    verb: string,
    options: Record<string, string>,
    ...operands: string[]
  ): Promise<{ code: number; document: ReturnType<typeof JSON.parse>; text: string }> {
    let document: unknown;
    let said = '';
    const context: CommandContext = {
      config: { ...loadConfig({ cwd: '/nonexistent' }), ...place.options },
      ...{ options, operands, json: false, progress: () => undefined },
      print: (printed, text) => {
        document = JSON.parse(JSON.stringify(printed));
        said = text;
      },
      signal: new AbortController().signal,
    };
    const code = (await (await COMMANDS[verb]!()).run(context)) ?? 0;
    return { code, document, text: said };
  }

  const audited = async (action: string) =>
    withStore(async (store) =>
      (await store.listAudit(99)).filter((entry) => entry.action === action),
    );
  const iso = (at: number): string => new Date(at).toISOString();
  const who = (at: number, over: Record<string, string> = {}) =>
    run('session who', { router: newRouter.name, ip: IP, at: iso(at), ...BECAUSE, ...over });

  describe('session who', () => {
    it('says who had an address, from which card, and writes down who asked and why', async () => {
      const { code, document, text } = await who(now - 2 * HOUR);

      expect(code).toBe(0);
      expect(document.holders).toMatchObject([
        {
          certainty: 'certain',
          session: { id: sessionId, mac: MAC, accountId: voucher.id },
          ...{ batch: 'a', serial: 1, officer: 'Siti' },
        },
      ]);
      expect(document.notes.join()).toContain('NAT log');
      expect(text).toContain(`voucher ${voucher.id} (a 1 by Siti)`);
      expect(await audited('session.who')).toMatchObject([
        {
          subject: `${newRouter.name} ${IP} ${iso(now - 2 * HOUR)}`,
          detail: BECAUSE.reason,
        },
      ]);
    });

    it('names nobody when nobody was there, but who was next, and says how long it is kept', async () => {
      const after = await who(now - HOUR / 2);
      const old = await who(now - 200 * 24 * HOUR);

      expect(after).toMatchObject({
        code: 1,
        document: { holders: [], before: { id: sessionId } },
      });
      expect(after.text).toContain('nobody that is known');
      expect(old.document.notes.join()).toContain('kept 180 days');
      expect(old.document.after).toMatchObject({ id: sessionId });
      expect(await audited('session.who')).toHaveLength(2);
    });

    it('knows the sessions of a router that was removed, and no others', async () => {
      await withStore(async (store) => {
        const router = await store.routerByName(newRouter.name);
        await store.removeRouter({ routerId: router!.id, at: now });
      });

      expect(await who(now - 2 * HOUR)).toMatchObject({ code: 0 });
      await expect(who(now - 2 * HOUR, { router: 'rt-9' })).rejects.toThrow('there is no router');
    });

    it.each([
      [{ reason: '' }, '--reason is missing'],
      [{ reason: 'x' }, '--reason says in 5 to 300 characters why you look'],
      [{ ip: '1.2.3' }, '--ip 1.2.3 is no IPv4 address'],
      [{ at: 'kemarin' }, '--at kemarin is no instant: write "2026-11-24 14:05"'],
      [{ at: '2099-01-01 00:00' }, 'is in the future'],
      [{ router: '' }, '--router is missing'],
    ])('refuses %j, and looks at nobody', async (over, message) => {
      await expect(who(now - 2 * HOUR, over)).rejects.toThrow(message);
      expect(await audited('session.who')).toEqual([]);
    });

    it('says when the address is not of the village', async () => {
      const { document } = await who(now - HOUR, { ip: '203.0.113.9' });

      expect(document.notes[0]).toContain("203.0.113.9 is not in the village's network");
    });
  });

  describe('trace', () => {
    it('tells the story of a voucher from its code, and shows neither code nor token', async () => {
      const { code, document, text } = await run('trace', BECAUSE, voucher.code.toLowerCase());

      expect(code).toBe(0);
      expect(document.accounts).toMatchObject([
        {
          ...{ kind: 'voucher', id: voucher.id, state: 'valid', tariff: { name: 'harian' } },
          voucher: { batch: 'a', serial: 1, of: 1, officer: 'Siti' },
          sessions: [{ id: sessionId, framedIp: IP }],
          ...{ devices: [], waiting: [], consents: 0 },
        },
      ]);
      expect(JSON.stringify(document) + text).not.toContain(voucher.code);
      expect(await audited('trace')).toMatchObject([
        { subject: `voucher:${voucher.id}`, detail: BECAUSE.reason },
      ]);
    });

    it('finds a citizen by phone number, which it masks, also in the audit trail', async () => {
      const id = await withStore(async (store) => {
        const citizen = { origin: 'otp', key: PHONE, phone: PHONE, tariff: 'harian' } as const;
        return (await store.ensureCitizen({ ...citizen, villageCode: null, at: now })).id;
      });
      const { document, text } = await run('trace', BECAUSE, '0812 3456 7890');

      expect(document.accounts).toMatchObject([
        { kind: 'subscriber', id, state: 'new', subscriber: { phone: '+62812******90' } },
      ]);
      expect(JSON.stringify(document) + text).not.toContain('34567');
      expect(JSON.stringify(await audited('trace'))).not.toContain('34567');
    });

    it('finds accounts by the address of a phone, remembered or seen, and by id', async () => {
      const other = 'AA:BB:CC:00:00:77';
      await withStore((store) =>
        store.rememberDevice({
          ...{ mac: other, accountKind: 'voucher', accountId: voucher.id, label: 'TV', at: now },
          expiresAt: null,
        }),
      );
      const asked = [MAC.toLowerCase().replaceAll(':', '-'), other, voucher.id];
      const found = [];
      for (const one of asked) found.push((await run('trace', BECAUSE, one)).document.accounts);

      expect(found.map((some) => some.map(({ id }: { id: string }) => id))).toEqual(
        asked.map(() => [voucher.id]),
      );
      expect(found[0][0].devices).toMatchObject([{ mac: other, label: 'TV' }]);
    });

    it('finds the connections of an erased account by a MAC that is asked about', async () => {
      await withStore(async (store) => {
        const account = { kind: 'voucher', id: voucher.id } as const;
        const request = await store.requestErasure({ account, via: 'test', graceMs: 0, at: now });
        const done = await store.eraseAccount({ requestId: request.id, at: now + 72 * HOUR });
        expect(done).toBe('done');
      });
      const { document } = await run('trace', BECAUSE, MAC);

      expect(document.sessions).toMatchObject([
        { id: sessionId, framedIp: IP, username: 'erased' },
      ]);
      expect(JSON.stringify(document)).not.toContain(MAC);
    });

    it('says that nothing is known, and keeps only a hash of what was asked', async () => {
      const { code, document } = await run('trace', BECAUSE, '081299998888');
      const [entry] = await audited('trace');

      expect([code, document.known]).toEqual([1, false]);
      expect(entry!.subject).toMatch(/^unknown:[0-9a-f]{16}$/);
    });

    it('looks at nobody without a reason', async () => {
      await expect(run('trace', {}, voucher.code)).rejects.toThrow('--reason is missing');
      expect(await audited('trace')).toEqual([]);
    });
  });

  describe('case show', () => {
    it('opens a case by its code, and refuses one that there is not', async () => {
      const facts: CaseFacts = {
        ...{ verdict: 'quota', router: 'rt-1', villageCode: village.code, phone: 'ab12' },
        account: { kind: 'voucher', id: voucher.id },
        ...{ sessionId: null, reject: 'SW-QUOTA' },
        checks: [{ name: 'quota', outcome: 'bad', detail: 'day: 0 left' }],
      };
      const opened = await withStore((store) =>
        store.openCase({ subject: 's', facts, at: now, ttlMs: HOUR }),
      );
      const { document, text } = await run('case show', {}, opened.code.toLowerCase());

      expect(document).toMatchObject({ id: opened.id, facts });
      expect(text).toMatch(/quota +bad +day: 0 left/);
      expect(await audited('case.show')).toMatchObject([{ subject: opened.id, detail: 'quota' }]);
      await expect(run('case show', {}, 'AAAAAA')).rejects.toThrow('there is no case AAAAAA');
    });
  });
});
