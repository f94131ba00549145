import { describe, expect, it } from 'vitest';
import { AT, event, HOUR_MS, Memory } from './memory.fixture.ts';

const BOUND = { sessionId: 's1' };

function loggedIn(): Memory {
  const memory = new Memory();
  memory.login({ id: 's1' });
  return memory;
}

describe('which session a report is about', () => {
  it('is the one that its Class names, days late and under any user name', () => {
    const memory = loggedIn();
    memory.record(event('start', 0, BOUND), event('interim', 60, { ...BOUND, inputOctets: 5 }));
    const late = { ...BOUND, username: 'other', inputOctets: 9, eventAt: AT + 50 * HOUR_MS };
    memory.record(event('stop', 90, late));

    expect([...memory.rows.values()]).toMatchObject([
      { id: 's1', state: 'closed', input_octets: 9, seconds: 90, stopped_at: AT + 90_000 },
    ]);
  });

  it('is another one under a Class that a NAS uses for a second Acct-Session-Id', () => {
    const memory = loggedIn();
    const again = { ...BOUND, acctSessionId: '80000002', eventAt: AT + 300_000 };
    memory.record(event('stop', 100, { ...BOUND, inputOctets: 50 }));
    const [second] = memory.record(event('interim', 20, { ...again, inputOctets: 7 }));

    expect(second).not.toBe('s1');
    expect(memory.rows.get(second!)).toMatchObject({ account_id: 'a1', tariff_id: 't1' });
    expect(memory.usage['day a1 2026-11-24']).toEqual([57, 0, 120, 2]);
  });

  it('is none of another router, whose Class this is', () => {
    const memory = loggedIn();
    const [id] = memory.record(event('start', 0, { ...BOUND, routerId: 'r2' }));

    expect(id).not.toBe('s1');
    expect(memory.rows.get('s1')?.state).toBe('opening');
  });

  it('is the login that waits, where the NAS dropped the Class', () => {
    const memory = loggedIn();
    const [id] = memory.record(event('start', 3));

    expect(id).toBe('s1');
  });

  it('is never a login that waits for the Class it has given', () => {
    const memory = loggedIn();
    memory.login({ id: 's2', started_at: AT + 10_000 });
    const [id] = memory
      .record(
        event('start', 0, { ...BOUND, eventAt: AT + 10_000 }),
        event('start', 0, { ...BOUND, acctSessionId: '9', eventAt: AT + 11_000 }),
      )
      .slice(1);

    expect(['s1', 's2']).not.toContain(id);
    expect(memory.rows.get('s2')?.state).toBe('opening');
  });

  it('keeps the id of a Class whose row is gone, so that the next report finds it', () => {
    const memory = new Memory();
    const ids = [event('start', 0, BOUND), event('interim', 9, BOUND)].flatMap((packet) =>
      memory.record(packet),
    );

    expect(ids).toEqual(['s1', 's1']);
  });

  it('is a new one under an id used again an hour later', () => {
    const memory = new Memory();
    const [first] = memory.record(event('interim', 600, { inputOctets: 900 }));
    const [second] = memory.record(
      event('interim', 30, { inputOctets: 50, eventAt: AT + HOUR_MS }),
    );
    const [late] = memory.record(event('stop', 700, { inputOctets: 950 }));

    expect(second).not.toBe(first);
    expect(late).toBe(first);
    expect(memory.usage['total r1']).toEqual([1000, 0]);
  });

  it('is a new one under an id used again at once after its Stop', () => {
    const memory = new Memory();
    const [first] = memory.record(event('start', 0), event('stop', 30, { inputOctets: 900 }));
    const [second] = memory.record(event('start', 0, { eventAt: AT + 40_000 }));
    const [more] = memory.record(event('interim', 20, { inputOctets: 50, eventAt: AT + 60_000 }));

    expect(second).not.toBe(first);
    expect(more).toBe(second);
    expect(memory.usage['router day r1 2026-11-24']).toEqual([950, 0, 50, 2]);
  });

  it('is the same one for a Stop that comes again without a new delay', () => {
    const memory = new Memory();
    memory.record(event('start', 0), event('stop', 10, { inputOctets: 900 }));
    memory.record(event('stop', 10, { inputOctets: 900, eventAt: AT + 70_000 }));

    expect([...memory.rows.values()]).toMatchObject([{ stopped_at: AT + 10_000 }]);
  });

  it.each([
    ['a Start that came', [0, 1]],
    ['a Start that comes after it', [1, 0]],
    ['a Start, and comes twice', [0, 1, 1]],
  ])(
    'is the one of its token for a Stop days late, without Class or delay, of %s',
    (_of, order) => {
      const memory = new Memory();
      const username = 'sw-0123456789ab';
      memory.login({ id: 's1', username });
      const days = 50 * HOUR_MS;
      const packets = [
        event('start', 0, { username }),
        event('stop', 90, { username, inputOctets: 900, eventAt: AT + days }),
      ];
      for (const [turn, i] of order.entries()) {
        memory.record({ ...packets[i]!, eventAt: packets[i]!.eventAt + turn * 300_000 });
      }

      expect([...memory.rows.values()]).toMatchObject([
        { id: 's1', state: 'closed', input_octets: 900, seconds: 90 },
      ]);
      expect(memory.usage['total r1']).toEqual([900, 0]);
    },
  );

  it('is another one for a Stop days late under a name that logs in again and again', () => {
    const memory = new Memory();
    memory.record(event('start', 0));
    memory.record(event('stop', 90, { inputOctets: 900, eventAt: AT + 50 * HOUR_MS }));

    expect(memory.rows.size).toBe(2);
  });

  it('has the account of the token, when this store has no row', () => {
    const memory = new Memory();
    const token = { account_kind: 'voucher', account_id: 'a9' } as const;
    memory.tokens.push({ username: 'siti', router_id: 'r1', mac: 'm1', ...token });
    memory.record(event('interim', 60, { inputOctets: 3 }));

    expect(memory.usage['account hour a9 2026-11-24T20']).toEqual([3, 0, 60, 1]);
  });

  it('is nobody’s when its router is removed; what the router had goes on', () => {
    const memory = loggedIn();
    memory.record(event('start', 0, BOUND));
    memory.routers.clear();
    const ids = memory.record(
      event('interim', 60, { ...BOUND, inputOctets: 3 }),
      event('start', 0, { mac: 'm2' }),
    );

    expect(ids).toEqual(['s1', '']);
    expect(memory.rows.get('s1')?.input_octets).toBe(3);
  });
});

describe('totals', () => {
  it('are 64 bits wide and never fall', () => {
    const memory = loggedIn();
    memory.record(event('interim', 60, { ...BOUND, inputOctets: 2 ** 32 + 5, outputOctets: 7 }));
    memory.record(event('stop', 0, BOUND));

    expect(memory.rows.get('s1')).toMatchObject({
      state: 'closed',
      input_octets: 2 ** 32 + 5,
      output_octets: 7,
      seconds: 60,
    });
    expect(memory.usage['total r1']).toEqual([2 ** 32 + 5, 7]);
  });

  it('that fall are not taken for a counter that wrapped', () => {
    const memory = loggedIn();
    memory.record(event('interim', 60, { ...BOUND, inputOctets: 2 ** 32 - 5 }));
    memory.record(event('interim', 120, { ...BOUND, inputOctets: 5 }));

    expect(memory.rows.get('s1')?.input_octets).toBe(2 ** 32 - 5);
  });

  it('of before midnight that come after it go to the day they were used', () => {
    const memory = loggedIn();
    const at = (seconds: number, inputOctets: number) =>
      event('interim', seconds, { ...BOUND, inputOctets });
    const midnight = 4 * 3600;
    memory.record(at(midnight + 60, 1000));
    const before = memory.usage['day a1 2026-11-25'];
    memory.record(at(midnight - 60, 900), event('start', 0, BOUND));

    expect(before).toEqual([1000, 0, midnight + 60, 1]);
    expect(memory.usage['day a1 2026-11-24']).toEqual([900, 0, midnight - 60, 1]);
    expect(memory.usage['day a1 2026-11-25']).toEqual([100, 0, 120, 0]);
    expect(memory.usage['account hour a1 2026-11-24T20']).toEqual([0, 0, 0, 1]);
  });

  it('of a session that an older version had begun go on, and it began then', () => {
    const memory = new Memory();
    memory.login({ id: 's1', acct_session_id: '80000001', state: 'open', input_octets: 500 });
    memory.record(event('interim', 60, { ...BOUND, inputOctets: 600 }));

    expect(memory.usage['router hour r1 2026-11-24T20']).toEqual([100, 0, 60, 0]);
  });

  it('that change nothing but the time touch no index', () => {
    const memory = loggedIn();
    memory.record(event('start', 0, BOUND));
    const { changed } = memory;
    memory.record(event('interim', 60, { ...BOUND, inputOctets: 1 }));
    memory.record(event('interim', 120, { ...BOUND, inputOctets: 2 }));

    expect(memory.changed).toBe(changed);
  });
});

describe('the end of a session', () => {
  it('is final: a report from before it does not open it again', () => {
    const memory = loggedIn();
    memory.record(event('stop', 90, BOUND));
    memory.record(event('interim', 60, { ...BOUND, inputOctets: 4 }));
    memory.record(event('interim', 120, { ...BOUND, inputOctets: 5 }));

    expect(memory.rows.get('s1')).toMatchObject({ state: 'closed', input_octets: 5 });
  });

  it.each(['NAS-Reboot', 'Admin-Reset'])('%s by us gives way to a Stop alone', (stop_cause) => {
    const memory = loggedIn();
    memory.record(event('interim', 30, BOUND));
    const open = memory.rows.get('s1')!;
    memory.rows.set('s1', { ...open, state: 'closed', stop_cause, stopped_at: open.updated_at });
    memory.record(event('interim', 60, BOUND));
    const still = memory.rows.get('s1');
    memory.record(event('stop', 70, BOUND));
    memory.record(event('stop', 80, { ...BOUND, cause: 'NAS-Reboot' }));

    expect(still).toMatchObject({ state: 'closed', stop_cause, stopped_at: AT + 60_000 });
    expect(memory.rows.get('s1')).toMatchObject({
      stop_cause: 'User-Request',
      stopped_at: AT + 70_000,
    });
  });

  it('by silence is undone by a newer report, and not by an older one', () => {
    const memory = loggedIn();
    memory.record(event('interim', 30, BOUND));
    const open = memory.rows.get('s1')!;
    memory.rows.set('s1', {
      ...open,
      state: 'closed',
      stop_cause: 'Stale',
      stopped_at: AT + 30_000,
    });
    memory.record(event('start', 0, BOUND));
    const still = memory.rows.get('s1')?.state;
    memory.record(event('interim', 900, BOUND));

    expect(still).toBe('closed');
    expect(memory.rows.get('s1')).toMatchObject({
      state: 'open',
      stop_cause: null,
      stopped_at: null,
    });
  });

  it('is the end of the data, where counters came after the Stop', () => {
    const memory = new Memory();
    memory.login({ id: 's1', total_limit_octets: 1000 });
    memory.record(event('stop', 90, { ...BOUND, cause: 'Session-Timeout' }));
    memory.record(event('interim', 90, { ...BOUND, outputOctets: 1000 }));

    expect(memory.rows.get('s1')?.stop_cause).toBe('Data-Limit');
  });
});

describe('a phone that begins anew at its router', () => {
  const later = { sessionId: 's2', acctSessionId: '80000002', eventAt: AT + 600_000 };
  function twice(): Memory {
    const memory = loggedIn();
    memory.login({ id: 's2', account_id: 'a2', started_at: AT + 599_000 });
    memory.record(event('start', 0, BOUND), event('interim', 300, BOUND));
    return memory;
  }

  it('has ended its older session, whose Stop is lost', () => {
    const memory = twice();
    memory.record(event('start', 0, later));

    expect(memory.rows.get('s1')).toMatchObject({ stop_cause: 'Stale', stopped_at: AT + 300_000 });
    expect(memory.rows.get('s2')?.state).toBe('open');
  });

  it('leaves it ended for a report that was under way, and takes the Stop that comes', () => {
    const memory = twice();
    memory.record(event('stop', 0, later));
    memory.record(event('interim', 590, { ...BOUND, inputOctets: 7 }));
    const under = memory.rows.get('s1');
    memory.record(event('stop', 595, BOUND));

    expect(under).toMatchObject({ state: 'closed', stop_cause: 'Stale', input_octets: 7 });
    expect(memory.rows.get('s1')).toMatchObject({ stop_cause: 'User-Request' });
  });

  it('has two sessions after all, when the older one is reported again', () => {
    const memory = twice();
    memory.record(event('start', 0, later));
    memory.record(event('interim', 660, BOUND), event('interim', 120, later));

    expect(memory.rows.get('s1')?.state).toBe('open');
    expect(memory.rows.get('s2')?.state).toBe('open');
  });

  it('ends nothing of a phone that has no address, nor by a login that has not begun', () => {
    const memory = loggedIn();
    memory.record(event('start', 0, BOUND));
    memory.login({ id: 's2', started_at: AT + 599_000 });
    const nobody = { mac: '', username: 'x' };
    memory.record(
      event('start', 0, nobody),
      event('start', 0, { ...nobody, acctSessionId: '5', eventAt: AT + 900_000 }),
    );

    expect([...memory.rows.values()].filter((row) => row.state === 'open')).toHaveLength(3);
  });
});
