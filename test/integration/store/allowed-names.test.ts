/** Names that an answered appeal has opened: for how long, and what holds again afterwards. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { effectivePolicy } from '../../../filter/policy.ts';
import { steppedClock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { SILENT } from '../../../radius/radius.fixture.ts';
import { startRetention } from '../../../radius/retention.ts';
import type { Store } from '../../../store/contract.ts';
import { AT, seedStore, village } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const NAME = 'belajar.example';
const DISTRICT = village.code.split('.').slice(0, 3).join('.');
const DAY = 86_400_000;
const REGENCY = { level: 'regency', code: '16.06', block: ['adult'], allow: [], deny: [] } as const;

describe.each(ENGINES)('names that an appeal has opened, on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    await seedStore(store);
    await store.recordAppeal({
      ...{ villageCode: village.code, name: NAME, category: null, reason: 'school', at: AT },
    });
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  const here = async () => effectivePolicy(await store.listPolicies(), village.code, DISTRICT);
  const appeal = async () => (await store.listAppeals({ limit: 9 }))[0]!;
  const allow = async (level: 'village' | 'district' | 'regency', code: string, until: number) =>
    store.decideAppeal({ name: NAME, level, code, state: 'allowed', until, at: AT });
  const end = async (before: number) => store.purge({ what: 'allowances', before, limit: 100 });

  it('are there until their time is over, and then what held before holds again', async () => {
    await store.setPolicy({ ...REGENCY, deny: [NAME] });

    await allow('regency', '16.06', AT + DAY);
    const opened = await here();
    const shown = await appeal();
    const early = await end(AT + DAY - 1);
    const late = await end(AT + DAY);

    expect(opened).toMatchObject({ allow: [NAME], deny: [] });
    expect(shown).toMatchObject({ state: 'allowed', allowedUntil: AT + DAY });
    expect([early, late]).toEqual([0, 1]);
    expect(await here()).toMatchObject({ allow: [], deny: [NAME] });
    expect(await appeal()).toMatchObject({ state: 'open', allowedUntil: null });
    expect(await end(AT + 9 * DAY)).toBe(0);
  });

  it('end by themselves: retention takes them out when the clock gets there', async () => {
    await store.setPolicy(REGENCY);
    await allow('village', village.code, AT + 2 * DAY);
    const stepped = steppedClock(AT);
    const rounds = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let round = 0;
    const clock = {
      now: stepped.now,
      sleep: async (ms: number, signal?: AbortSignal) => {
        rounds[round]?.resolve();
        round += 1;
        await stepped.sleep(ms, signal);
      },
    };
    const retention = { sessionDays: 180, hourlyDays: 92, dailyDays: 800, jobDays: 90 };
    const log = SILENT;
    await using _ = startRetention({ store, clock, log, metrics: createMetrics(), retention });

    await rounds[0]!.promise;
    expect((await here()).allow).toEqual([NAME]);
    stepped.advance(2 * DAY);
    await rounds[1]!.promise;

    expect((await here()).allow).toEqual([]);
  });

  it('last as the newest answer says', async () => {
    await store.setPolicy(REGENCY);
    await allow('regency', '16.06', AT + DAY);
    await allow('regency', '16.06', AT + 5 * DAY);

    expect(await end(AT + DAY)).toBe(0);
    expect(await appeal()).toMatchObject({ allowedUntil: AT + 5 * DAY });
  });

  it('stay for good where the policy has them for good', async () => {
    await store.setPolicy({ ...REGENCY, allow: [NAME] });

    const decided = await allow('regency', '16.06', AT + DAY);

    expect(decided.until).toBeNull();
    expect(await end(AT + 9 * DAY)).toBe(0);
    expect((await here()).allow).toEqual([NAME]);
    expect(await appeal()).toMatchObject({ state: 'allowed', allowedUntil: null });
  });

  it('that a level took over from the one above go when their time there is over', async () => {
    await store.setPolicy(REGENCY);
    await allow('regency', '16.06', AT + DAY);
    await store.decideAppeal({
      ...{ name: 'lain.example', level: 'village', code: village.code, state: 'allowed' },
      ...{ until: AT + 5 * DAY, at: AT },
    });

    const both = await here();
    await end(AT + DAY);

    expect(both.allow).toEqual([NAME, 'lain.example']);
    expect(await here()).toMatchObject({ level: 'village', allow: ['lain.example'] });
  });

  it('keep an appeal answered while another level still has them open', async () => {
    await store.setPolicy(REGENCY);
    await allow('regency', '16.06', AT + 5 * DAY);
    await allow('village', village.code, AT + DAY);

    await end(AT + DAY);

    expect(await appeal()).toMatchObject({ state: 'allowed', allowedUntil: AT + 5 * DAY });
  });

  it('are closed at once by a later no', async () => {
    await store.setPolicy(REGENCY);
    await allow('regency', '16.06', AT + DAY);

    await store.decideAppeal({
      ...{ name: NAME, level: 'regency', code: '16.06', state: 'rejected', at: AT },
    });

    expect((await here()).allow).toEqual([]);
    expect(await end(AT + 9 * DAY)).toBe(0);
    expect(await appeal()).toMatchObject({ state: 'rejected', allowedUntil: null });
  });

  it('stay for good once somebody sets them so', async () => {
    await store.setPolicy(REGENCY);
    await allow('regency', '16.06', AT + DAY);
    await store.setPolicy({ ...REGENCY, allow: [NAME] });

    expect(await end(AT + 9 * DAY)).toBe(0);
    expect((await here()).allow).toEqual([NAME]);
    expect(await appeal()).toMatchObject({ state: 'allowed', allowedUntil: null });
  });

  it('are left alone when somebody has changed the policy by hand', async () => {
    await store.setPolicy({ ...REGENCY, deny: [NAME] });
    await allow('regency', '16.06', AT + DAY);
    await store.setPolicy({ ...REGENCY, block: ['gambling'] });

    await end(AT + DAY);

    expect(await here()).toMatchObject({ allow: [], deny: [] });
  });
});
