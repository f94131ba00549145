/** Two processes on one store: caps and tries are counted once, whoever asks. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { OtpCharge } from '../../../store/types.ts';
import { AT } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const DAY = 86_400_000;
const COST: OtpCharge = {
  ...{ scope: 'cost day', key: '', endsAt: AT + DAY, amount: 350, most: 3500, gapMs: 0 },
};

describe.each(ENGINES)('two processes on $name', (engine) => {
  let place: Awaited<ReturnType<typeof engine.place>>;
  let nodes: Store[];

  beforeEach(async () => {
    place = await engine.place();
    const first = await openStore(place.options);
    const second = await openStore(place.options);
    nodes = [first.store, second.store];
  });
  afterEach(async () => {
    for (const store of nodes) await store[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });
  const both = <T>(times: number, ask: (store: Store) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: times }, (_, n) => ask(nodes[n % 2]!)));

  it('spend no more than the cap of a day', async () => {
    const answers = await both(40, (store) => store.chargeOtp({ charges: [COST], at: AT }));

    expect(answers.filter(({ kind }) => kind === 'charged')).toHaveLength(10);
  });

  it('leave the reserve to those who come for the first time', async () => {
    const of = (address: string): OtpCharge[] => [
      {
        ...{ scope: 'address', key: address, endsAt: AT + DAY, amount: 1, most: 100, gapMs: 0 },
        first: true,
      },
      {
        ...{ scope: 'router', key: 'r1', endsAt: AT + DAY, amount: 1, most: 12, gapMs: 0 },
        reserve: 3,
      },
    ];
    const flood = await both(40, (store) => store.chargeOtp({ charges: of('a'), at: AT }));
    const others = await Promise.all(
      ['b', 'c', 'd', 'e'].map((address, n) =>
        nodes[n % 2]!.chargeOtp({ charges: of(address), at: AT }),
      ),
    );

    expect(flood.filter(({ kind }) => kind === 'charged')).toHaveLength(9);
    expect(others.filter(({ kind }) => kind === 'charged')).toHaveLength(3);
  });

  it('let five codes be tried', async () => {
    const visit = { kind: 'otp', routerId: 'r1', mac: 'AA:BB:CC:00:00:01', address: '172.16.0.7' };
    const { id: ticketId } = await nodes[0]!.openTicket({
      ...visit,
      ...{ kind: 'otp', document: '{}', at: AT, ttlMs: DAY },
    });
    const issued = await nodes[0]!.issueCode({
      ...{ ticketId, purpose: 'login', phone: '+6281234567890', tries: 5 },
      ...{ ttlMs: DAY, resendMs: 0, at: AT },
    });
    const code = issued!.code === '000000' ? '000001' : '000000';

    const tried = await both(30, (store) => store.tryCode({ ticketId, code, at: AT }));
    const right = await nodes[1]!.tryCode({ ticketId, code: issued!.code, at: AT });

    expect(tried.filter(({ kind }) => kind === 'wrong')).toHaveLength(4);
    expect(right).toEqual({ kind: 'over' });
  });
});
