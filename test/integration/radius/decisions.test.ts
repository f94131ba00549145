/** What a login is decided by, from packet to packet: hours, slots, what is read anew and what is not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberOf, textOf } from '../../../radius/codec.ts';
import type { Probe } from '../../../radius/probe.ts';
import { MAC, OTHER_MAC, START_MS, seedVoucher } from '../../../radius/radius.fixture.ts';
import type { Store } from '../../../store/contract.ts';
import type { Tariff } from '../../../store/types.ts';
import { type AuthStand, authStand, verdict } from './auth-stand.ts';

let stand: AuthStand;
beforeAll(async () => {
  stand = await authStand();
});
afterAll(() => stand[Symbol.asyncDispose]());

const voucherOf = async (limits: Partial<Tariff> = {}) =>
  seedVoucher(stand.store, await stand.tariff(limits));

const login = (code: string, mac = MAC) => ({
  username: code,
  password: code,
  more: [['Calling-Station-Id', mac]] as const,
});

describe('opening hours', () => {
  const set = (level: 'village' | 'regency', hours: string | null): Promise<void> =>
    stand.store.setOpeningHours({
      level,
      code: level === 'village' ? '16.06.01.2001' : '16.06',
      hours,
    });

  it('keep everybody out while closed, and end a session at closing time', async () => {
    const { code } = await voucherOf();
    // START_MS is a Monday, 21:13:20 in Jakarta.
    await set('regency', 'mon-sun 06:00-21:13');
    const closed = await stand.fromNas(login(code));
    await set('village', 'mon-sun 06:00-21:20');
    const open = await stand.fromNas(login(code));
    const asked = await stand.fromPortal(code, code);
    await set('village', null);
    await set('regency', null);
    const always = await stand.fromPortal(code, code);

    expect([closed, open, asked, always].map(verdict)).toEqual([
      'SW-HOURS',
      'accept',
      'accept',
      'accept',
    ]);
    expect(numberOf(open, 'Session-Timeout')).toBe(400);
  });
});

describe('slots', () => {
  it('one phone more replaces the oldest where the tariff says so', async () => {
    const { id, code } = await voucherOf({ whenFull: 'replace' });
    const first = await stand.fromNas(login(code));
    const second = await stand.fromNas(login(code, OTHER_MAC));

    expect([first, second].map(verdict)).toEqual(['accept', 'accept']);
    const { open } = await stand.store.usage('voucher', id, '2026-09-21');
    expect(open.map(({ mac }) => mac)).toEqual([OTHER_MAC]);
  });

  it.each([
    ['gone', 'accept'],
    ['alive', 'SW-DEVICES'],
    ['unknown', 'SW-DEVICES'],
  ] as const)('the oldest session is asked for first: %s', async (state, expected) => {
    const { code } = await voucherOf();
    const first = await stand.fromNas(login(code));
    const questions: string[] = [];
    const probe: Probe = async (sessionId) => {
      questions.push(sessionId);
      if (state === 'gone') {
        const outcome = { action: 'disconnect', outcome: 'gone', at: START_MS } as const;
        await stand.store.recordEnforcement({ sessionId, ...outcome });
      }
      return state;
    };

    const second = await stand.fromNas(login(code, OTHER_MAC), stand.handler({ probe }));

    expect(verdict(second)).toBe(expected);
    expect(questions).toEqual([textOf(first, 'Class')]);
  });

  it('a phone that tries again and again makes one question in half a minute', async () => {
    const { code } = await voucherOf();
    await stand.fromNas(login(code));
    let questions = 0;
    const probe: Probe = async () => {
      questions += 1;
      return 'alive';
    };
    const by = stand.handler({ probe });
    const counts: number[] = [];
    for (const ms of [0, 10_000, 19_999, 1]) {
      stand.clock.advance(ms);
      await stand.fromNas(login(code, OTHER_MAC), by);
      counts.push(questions);
    }

    expect(counts).toEqual([1, 1, 1, 2]);
  });
});

describe("what is remembered for the portal's question", () => {
  /** A store that counts how often it is asked for usage. */
  function counting(usageTold: boolean): { store: Store; reads: () => number } {
    let reads = 0;
    const store: Store = {
      ...stand.store,
      usageTold,
      usage: (...args) => {
        reads += 1;
        return stand.store.usage(...args);
      },
    };
    return { store, reads: () => reads };
  }

  it.each([
    ['told of', true, [1, 1, 1, 1]],
    ['not told of', false, [1, 1, 1, 2]],
  ])('where changes are %s', async (_what, usageTold, expected) => {
    const { store, reads } = counting(usageTold);
    const by = stand.handler({ store });
    const { code } = await voucherOf({ dailyOctets: 1000 });
    const counts: number[] = [];
    for (const ms of [0, 0, 4999, 1]) {
      stand.clock.advance(ms);
      await stand.fromPortal(code, code, by);
      counts.push(reads());
    }

    expect(counts).toEqual(expected);
  });

  it.each([
    ['told of, is good for the login too and', true, [1, 1, 2, 3]],
    ['not told of,', false, [1, 2, 3, 4]],
  ])(
    'where changes are %s is forgotten with a login, and never the reason to refuse',
    async (_what, usageTold, expected) => {
      const { store, reads } = counting(usageTold);
      const by = stand.handler({ store });
      const { code } = await voucherOf();
      const counts: number[] = [];
      const verdicts: string[] = [];
      for (const ask of [
        () => stand.fromPortal(code, code, by),
        () => stand.fromNas(login(code, OTHER_MAC), by),
        () => stand.fromPortal(code, code, by),
        () => stand.fromPortal(code, code, by),
      ]) {
        verdicts.push(verdict(await ask()));
        counts.push(reads());
      }

      expect(verdicts).toEqual(['accept', 'accept', 'SW-DEVICES', 'SW-DEVICES']);
      expect(counts).toEqual(expected);
    },
  );
});
