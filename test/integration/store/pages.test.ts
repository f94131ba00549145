import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { Announcement, CaseFacts } from '../../../store/types.ts';
import { AT, MAC, newRouter, seedStore, village } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const OTHER = '16.06.01.2002';
const NEWS: Omit<Announcement, 'id' | 'createdAt'> = {
  level: 'village',
  code: village.code,
  kind: 'news',
  text: 'Posyandu Jumat pukul 08.00',
  textEn: null,
  from: null,
  until: AT + 86_400_000,
  position: 10,
};
const by = (a: string, b: string): number => (a < b ? -1 : 1);
const FACTS: CaseFacts = {
  verdict: 'quota',
  checks: [{ name: 'quota', outcome: 'bad', detail: 'day' }],
  router: newRouter.name,
  villageCode: village.code,
  phone: 'a'.repeat(16),
  account: { kind: 'voucher', id: 'v1' },
  sessionId: null,
  reject: 'SW-QUOTA',
};

describe.each(ENGINES)('pages on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    await seedStore(store);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('settings of a place are its own and those above it; a new one is seen at once', async () => {
    const name = 'portal.name';
    const set = async (level: 'regency' | 'district' | 'village', code: string) =>
      store.setSetting({ level, code, name, value: code, secret: false, at: AT });
    const codes = async (at: string) =>
      (await store.settingsAt(at)).map((row) => row.value ?? '').toSorted(by);
    await set('regency', '16.06');

    expect(await codes(village.code)).toEqual(['16.06']);
    await set('village', village.code);
    await set('village', OTHER);
    await set('district', '16.06.01');

    expect(await codes(village.code)).toEqual(['16.06', '16.06.01', village.code]);
    expect(await codes('16.06')).toEqual(['16.06']);
    expect(await codes('16.07.01.1001')).toEqual([]);
  });

  it('a secret is no setting of a page', async () => {
    await store.setSetting({
      level: 'village',
      code: village.code,
      name: 'wan.pppoe-password',
      value: 'rahasia',
      secret: true,
      at: AT,
    });

    expect(await store.settingsAt(village.code)).toEqual([]);
  });

  it('announcements come from all levels in their order, and go', async () => {
    const own = await store.addAnnouncement({ ...NEWS, at: AT });
    await store.addAnnouncement({ ...NEWS, code: OTHER, text: 'other village', at: AT });
    const wide = await store.addAnnouncement({
      ...NEWS,
      level: 'regency',
      code: '16.06',
      kind: 'service',
      textEn: 'Work on the link',
      position: 1,
      at: AT + 1,
    });

    expect(await store.announcementsAt(village.code)).toEqual([wide, own]);
    expect(await store.listAnnouncements()).toHaveLength(3);
    expect(await store.removeAnnouncement({ id: wide.id })).toBe(true);
    expect(await store.removeAnnouncement({ id: wide.id })).toBe(false);
    expect(await store.announcementsAt(village.code)).toEqual([own]);
  });

  it('appeals are counted by village, name and reason, all at once too', async () => {
    const appeal = { villageCode: village.code, name: 'belajar.example', category: 'adult' };
    await Promise.all(
      (['none', 'school', 'school'] as const).map(async (reason) =>
        store.recordAppeal({ ...appeal, reason, at: AT }),
      ),
    );
    await store.recordAppeal({
      ...appeal,
      villageCode: OTHER,
      reason: 'work',
      at: AT + 86_400_000,
    });

    const appeals = await store.listAppeals({ state: 'open', limit: 10 });

    expect(appeals).toMatchObject([
      { villageCode: OTHER, counts: { work: 1 }, firstDay: '2026-11-25' },
      {
        villageCode: village.code,
        category: 'adult',
        state: 'open',
        counts: { none: 1, school: 2, work: 0, service: 0, other: 0 },
        firstDay: '2026-11-24',
        lastDay: '2026-11-24',
      },
    ]);
    expect(await store.listAppeals({ limit: 1 })).toHaveLength(1);
  });

  it('allowing adds the name to the policy of that level, without losing what held there', async () => {
    const name = 'belajar.example';
    await store.setPolicy({
      level: 'regency',
      code: '16.06',
      block: ['adult'],
      allow: [],
      deny: [name, 'judi.example'],
    });
    for (const villageCode of [village.code, OTHER, '16.06.011.1001']) {
      await store.recordAppeal({ villageCode, name, category: null, reason: 'none', at: AT });
    }

    const decided = await store.decideAppeal({
      name,
      level: 'district',
      code: '16.06.01',
      state: 'allowed',
      until: AT + 1000,
      at: AT,
    });

    expect(decided).toEqual({
      appeals: 2,
      until: AT + 1000,
      policy: {
        level: 'district',
        code: '16.06.01',
        block: ['adult'],
        allow: [name],
        deny: ['judi.example'],
      },
    });
    expect(await store.listPolicies()).toHaveLength(2);
    expect(await store.listAppeals({ state: 'open', limit: 9 })).toMatchObject([
      { villageCode: '16.06.011.1001' },
    ]);
  });

  it('rejecting leaves the policies alone', async () => {
    const name = 'judi.example';
    const one = { villageCode: village.code, name, category: 'gambling', at: AT };
    await store.recordAppeal({ ...one, reason: 'other' });

    const decided = await store.decideAppeal({
      name,
      level: 'village',
      code: village.code,
      state: 'rejected',
      at: AT,
    });
    await store.recordAppeal({ ...one, reason: 'other' });

    expect(decided).toEqual({ appeals: 1, policy: null, until: null });
    expect(await store.listPolicies()).toEqual([]);
    expect(await store.listAppeals({ limit: 9 })).toMatchObject([
      { state: 'rejected', counts: { other: 2 } },
    ]);
  });

  it('a case is found by its code as people write it, until its time is over', async () => {
    const { code } = await store.openCase({ subject: 's1', facts: FACTS, at: AT, ttlMs: 1000 });

    expect(code).toMatch(/^[A-Z0-9]{3}-[A-Z0-9]{3}$/);
    const typed = ` ${code.toLowerCase().replace('-', ' ')} `;
    expect(await store.caseByCode({ code: typed, at: AT + 999 })).toMatchObject({ facts: FACTS });
    expect(await store.caseByCode({ code, at: AT + 1000 })).toBeNull();
    expect(await store.caseByCode({ code: 'AAA-AAA', at: AT })).toBeNull();
  });

  it('who asks again keeps his code, with what was found last', async () => {
    const args = { subject: 's1', facts: FACTS, at: AT, ttlMs: 1000 };
    const first = await store.openCase(args);
    const again = await store.openCase({ ...args, facts: { ...FACTS, verdict: 'hours' } });
    const other = await store.openCase({ ...args, subject: 's2' });
    const later = await store.openCase({ ...args, at: AT + 1000 });

    expect(again).toEqual(first);
    expect(other.code).not.toBe(first.code);
    expect(later.code).not.toBe(first.code);
    expect(await store.caseByCode({ code: first.code, at: AT + 1 })).toBeNull();
    expect(await store.caseByCode({ code: later.code, at: AT + 1001 })).toMatchObject({
      facts: { verdict: 'quota' },
    });
  });

  it('a case waits until somebody looks into it, and again when it is opened anew', async () => {
    const args = { subject: 's1', facts: FACTS, at: AT, ttlMs: 1000 };
    const { id } = await store.openCase(args);
    const one = { villageCode: village.code, category: null, reason: 'none' as const };
    await store.recordAppeal({ ...one, name: 'a.example', at: AT });
    await store.recordAppeal({ ...one, name: 'b.example', at: AT + 86_400_000 });

    const before = await store.backlog({ at: AT + 1 });
    await store.answerCase({ id, at: AT + 1 });
    const after = await store.backlog({ at: AT + 1 });
    await store.openCase({ ...args, at: AT + 2000 });

    expect(before).toEqual({
      appeals: { open: 2, allowed: 0, rejected: 0 },
      oldestAppealAt: Date.parse('2026-11-24T00:00:00Z'),
      cases: { waiting: 1, answered: 0 },
      oldestCaseAt: AT,
    });
    expect(after).toMatchObject({ cases: { waiting: 0, answered: 1 }, oldestCaseAt: null });
    expect(await store.backlog({ at: AT + 2001 })).toMatchObject({
      cases: { waiting: 1, answered: 0 },
      oldestCaseAt: AT + 2000,
    });
    expect(await store.backlog({ at: AT + 9000 })).toMatchObject({ oldestCaseAt: null });
  });

  it('old cases and appeals go, others stay', async () => {
    await store.openCase({ subject: 's1', facts: FACTS, at: AT, ttlMs: 1000 });
    const live = await store.openCase({ subject: 's2', facts: FACTS, at: AT, ttlMs: 9000 });
    const appeal = { villageCode: village.code, category: null, reason: 'none' as const };
    await store.recordAppeal({ ...appeal, name: 'old.example', at: AT - 9 * 86_400_000 });
    await store.recordAppeal({ ...appeal, name: 'new.example', at: AT });

    expect(await store.purge({ what: 'cases', before: AT + 1001, limit: 9 })).toBe(1);
    expect(await store.purge({ what: 'appeals', before: AT, limit: 9 })).toBe(1);
    expect(await store.caseByCode({ code: live.code, at: AT })).not.toBeNull();
    expect(await store.listAppeals({ limit: 9 })).toMatchObject([{ name: 'new.example' }]);
  });

  it('the state of a router is that of now', async () => {
    const { id: routerId } = (await store.routerByName(newRouter.name))!;

    expect(await store.routerState(routerId)).toBeNull();
    await store.recordState({ routerId, state: 'up', cause: null, at: AT });
    await store.recordState({ routerId, state: 'down', cause: 'link', at: AT + 5 });
    expect(await store.routerState(routerId)).toEqual({
      state: 'down',
      cause: 'link',
      since: AT + 5,
    });
  });

  it('the last session at an address is the one that ended last', async () => {
    const { id: routerId } = (await store.routerByName(newRouter.name))!;
    const event = {
      routerId,
      username: 'x',
      sessionId: null,
      mac: MAC,
      framedIp: '172.16.0.20',
      inputOctets: 1,
      outputOctets: 1,
      seconds: 1,
      day: '2026-11-24',
      hour: '2026-11-24T03',
      cause: null,
    };
    for (const [n, cause] of ['User-Request', 'Session-Timeout'].entries()) {
      const one = { ...event, acctSessionId: `8000000${n}`, eventAt: AT + n * 10_000 };
      await store.recordAccounting({ ...one, status: 'start' });
      await store.recordAccounting({ ...one, status: 'stop', cause, eventAt: one.eventAt + 5000 });
    }
    const at = async (since: number) =>
      (await store.lastSessionAt({ framedIp: event.framedIp, since }))?.stopCause;

    expect(await at(AT)).toBe('Session-Timeout');
    expect(await at(AT + 60_000)).toBeUndefined();
  });
});
