/**
 * Quotas with NASes that lose reports. A NAS enforces the limit that it was told, and tells of use from
 * time to time; what it has not told yet, nobody here can know. By that much, and no more, phones that
 * share an account may exceed its quota.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { authorize, type LoginFacts } from '../../../radius/authorize.ts';
import { facts, NOW } from '../../../radius/facts.fixture.ts';
import { nextStep } from '../../../radius/next-limits.ts';
import { event, Memory } from '../../../store/accounting/memory.fixture.ts';
import type { AccountedRow } from '../../../store/accounting/rows.ts';
import type { AccountUsage, Session } from '../../../store/types.ts';
import { campaign } from '../../fixtures/campaign.ts';

const QUOTA = 300;
const DAY = new Date(NOW).toISOString().slice(0, 10);

/** A session as the NAS has it. */
interface Online {
  readonly id: string;
  readonly phone: string;
  limit: number;
  used: number;
  reported: number;
  /** Most that it ever had used and not told. */
  untold: number;
}

const phone = fc.constantFrom('p1', 'p2', 'p3');
const command = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('login'), phone, heard: fc.constant(true) }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant('use'),
      phone,
      octets: fc.integer({ min: 1, max: 40 }),
      heard: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('logout'), phone, heard: fc.boolean() }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

function world(devices: number) {
  const memory = new Memory();
  const online = new Map<string, Online>();
  const all: Online[] = [];
  const grants: { limit: number; left: number }[] = [];
  let now = NOW;

  const row = (id: string): AccountedRow => memory.rows.get(id)!;
  const counted = (): number => {
    const [input = 0, output = 0] = memory.sums.get(`day v ${DAY}`) ?? [];
    return input + output;
  };
  const usage = (): Partial<AccountUsage> => ({
    dayOctets: counted(),
    open: [...memory.rows.values()]
      .filter(({ state }) => state !== 'closed')
      .map(({ id, mac, started_at }) => ({ id, mac, routerId: 'r1', startedAt: started_at })),
  });
  const factsFor = (mac: string): LoginFacts => {
    const tariff = { dailyOctets: QUOTA, dailySeconds: null, sessionSeconds: null, devices };
    return { ...facts({ tariff, usage: usage() }), mac };
  };
  const tell = (session: Online, status: 'interim' | 'stop'): void => {
    session.reported = session.used;
    const about = { mac: session.phone, username: session.phone, acctSessionId: session.id };
    const when = { eventAt: now, seconds: Math.floor((now - row(session.id).started_at) / 1000) };
    const octets = { inputOctets: session.used, day: DAY, hour: `${DAY}T10` };
    memory.record(event(status, 0, { sessionId: session.id, ...about, ...when, ...octets }));
  };
  const end = (session: Online, heard: boolean): void => {
    online.delete(session.phone);
    if (heard) tell(session, 'stop');
  };
  /** What the server does after a report. */
  const look = (session: Online): void => {
    const kept = row(session.id);
    const asked: Session = { ...SESSION, ...own(kept), totalLimitOctets: session.limit };
    const step = nextStep({ ...factsFor(session.phone), session: asked }, false, now);
    if (step.kind === 'change') {
      session.limit = step.limits.totalLimitOctets ?? Number.POSITIVE_INFINITY;
      if (session.used >= session.limit) end(session, true);
    } else if (step.kind === 'end') {
      for (const each of step.everyPhone ? [...online.values()] : [session]) end(each, true);
    }
  };
  const login = (mac: string): void => {
    const decision = authorize(factsFor(mac), now);
    if (decision.kind === 'reject') return;
    const before = online.get(mac);
    if (before !== undefined) end(before, false);
    for (const old of memory.rows.values()) {
      if (old.mac === mac && old.state !== 'closed') {
        memory.rows.set(old.id, { ...old, state: 'closed', stop_cause: 'Stale', stopped_at: now });
      }
    }
    const id = `s${all.length}`;
    const limit = decision.grant.totalLimitOctets!;
    grants.push({ limit, left: QUOTA - counted() });
    memory.login({ id, mac, username: mac, account_id: 'v', started_at: now });
    const session = { id, phone: mac, limit, used: 0, reported: 0, untold: 0 };
    online.set(mac, session);
    all.push(session);
    tell(session, 'interim');
  };
  return {
    all,
    grants,
    counted,
    do: (what: Command): void => {
      now += 60_000;
      const session = online.get(what.phone);
      if (what.kind === 'login') login(what.phone);
      if (session === undefined || what.kind === 'login') return;
      if (what.kind === 'use') {
        session.used = Math.min(session.limit, session.used + what.octets);
        session.untold = Math.max(session.untold, session.used - session.reported);
        if (session.used === session.limit) {
          end(session, true);
        } else if (what.heard) {
          tell(session, 'interim');
          look(session);
        }
      } else if (what.kind === 'logout') {
        end(session, what.heard);
      }
    },
  };
}

it('no account exceeds its quota by more than NASes had still to report', () => {
  fc.assert(
    fc.property(
      fc.array(command, { minLength: 20, maxLength: 120 }),
      fc.integer({ min: 1, max: 3 }),
      (commands, devices) => {
        const { all, grants, counted, ...run } = world(devices);
        for (const each of commands) run.do(each);
        const used = all.reduce((sum, session) => sum + session.used, 0);
        const untold = all.reduce((sum, session) => sum + session.untold, 0);

        expect(used).toBeLessThanOrEqual(QUOTA + untold);
        expect(counted()).toBe(all.reduce((sum, session) => sum + session.reported, 0));
        expect(grants.filter(({ limit, left }) => limit > left)).toEqual([]);
      },
    ),
    campaign(6000),
  );
});

it('one phone whose reports all arrive never exceeds it at all', () => {
  const honest = command.filter((each) => each.phone === 'p1');
  fc.assert(
    fc.property(fc.array(honest, { minLength: 10, maxLength: 60 }), (commands) => {
      const { all, ...run } = world(1);
      for (const each of commands) {
        if (each.kind === 'login') run.do({ kind: 'logout', phone: 'p1', heard: true });
        run.do({ ...each, heard: true });
      }

      expect(all.reduce((sum, session) => sum + session.used, 0)).toBeLessThanOrEqual(QUOTA);
    }),
    campaign(6000),
  );
});

const SESSION: Session = {
  id: '',
  routerId: 'r1',
  router: 'r1',
  villageCode: '',
  accountKind: 'voucher',
  accountId: 'v',
  username: '',
  mac: '',
  framedIp: null,
  acctSessionId: null,
  state: 'open',
  startedAt: 0,
  updatedAt: 0,
  stoppedAt: null,
  stopCause: null,
  inputOctets: 0,
  outputOctets: 0,
  seconds: 0,
  tariffId: null,
  rate: '2000k/5000k',
  sessionTimeoutSeconds: null,
  totalLimitOctets: null,
};

function own(row: AccountedRow): Partial<Session> {
  return {
    id: row.id,
    mac: row.mac,
    username: row.username,
    startedAt: row.started_at,
    inputOctets: row.input_octets,
    outputOctets: row.output_octets,
    seconds: row.seconds,
  };
}
