/** What becomes of hand edits on a twin that is looked at every hour: shown, kept for a while, or undone at once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptRow } from '../../../controller/drift/drift.ts';
import { type Mended, type MendTask, mendDrift } from '../../../controller/drift/mend.ts';
import { provisionRouter } from '../../../controller/provision.ts';
import type { Clock } from '../../../lib/clock.ts';
import { realClock } from '../../../lib/clock.ts';
import { newTariff } from '../../fixtures/rows.ts';
import { type TwinBench, twinBench } from './twin-bench.ts';

const HOUR = 3_600_000;
const GRACE_MS = 24 * HOUR;
const FILTER = '/ip/firewall/filter';

describe('the slow look at a twin', { timeout: 60_000 }, () => {
  let bench: TwinBench;
  let later = 0;
  const clock: Clock = { now: () => Date.now() + later, sleep: realClock.sleep };

  beforeEach(async () => {
    later = 0;
    bench = await twinBench();
    await provisionRouter(await bench.task());
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const look = async (over: Partial<MendTask> = {}): Promise<Mended['outcome']> => {
    const policy = { graceMs: GRACE_MS, mayChange: true, clock, ...over };
    return (await mendDrift({ ...(await bench.task()), ...policy })).outcome;
  };
  const row = async () => (await bench.task()).router;
  const rename = (name: string) =>
    bench.twin.tree.setSingle('/system/identity', new Map([['name', name]]));
  const named = () => bench.twin.tree.single('/system/identity').name;
  const rule = () =>
    bench.twin.tree.rows(FILTER).find(({ values }) => values.comment === 'sw:in-99')!;
  const openFirewall = () =>
    bench.twin.tree.set(FILTER, [rule().id], new Map([['disabled', 'yes']]));

  it('finds nothing to do where nothing was done', async () => {
    const before = await row();

    expect(await look()).toBe('right');
    expect(await row()).toEqual(before);
  });

  it('shows what was changed by hand, and leaves it until its time is over', async () => {
    rename('kantor desa');

    expect(await look()).toBe('stays');
    expect(await row()).toMatchObject({
      provisioning: 'drifted',
      provisioningDetail: expect.stringContaining('kantor desa'),
    });
    later = GRACE_MS - HOUR;
    expect(await look()).toBe('stays');
    expect(named()).toBe('kantor desa');

    later = GRACE_MS;
    expect(await look()).toBe('mended');
    expect(named()).not.toBe('kantor desa');
    expect(await row()).toMatchObject({ provisioning: 'applied', provisioningDetail: null });
    expect(await look()).toBe('right');
  });

  it('keeps for good what was adopted meanwhile', async () => {
    rename('kantor desa');
    await look();
    await adoptRow(await bench.task(), '/system/identity');

    later = 2 * GRACE_MS;
    expect(await look()).toBe('right');
    expect(named()).toBe('kantor desa');
  });

  it('undoes at once what safety hangs on, and that alone', async () => {
    rename('kantor desa');
    openFirewall();

    expect(await look()).toBe('mended');

    expect(rule().values.disabled).not.toBe('yes');
    expect(named()).toBe('kantor desa');
    expect(await row()).toMatchObject({
      provisioning: 'drifted',
      provisioningDetail: expect.not.stringContaining('in-99'),
    });
  });

  it('does so outside of the maintenance window too, where all else waits for it', async () => {
    rename('kantor desa');
    await look();
    openFirewall();
    later = 2 * GRACE_MS;

    expect(await look({ mayChange: false })).toBe('mended');
    expect(rule().values.disabled).not.toBe('yes');
    expect(named()).toBe('kantor desa');
    expect(await look({ mayChange: false })).toBe('stays');
    expect(await look()).toBe('mended');
    expect(named()).not.toBe('kantor desa');
  });

  it('gives each row a time of its own', async () => {
    rename('kantor desa');
    await look();
    later = GRACE_MS / 2;
    bench.twin.tree.setSingle('/system/note', new Map([['note', 'jangan disentuh']]));
    await look();

    later = GRACE_MS;
    expect(await look()).toBe('mended');
    expect(named()).not.toBe('kantor desa');
    expect(bench.twin.tree.single('/system/note').note).toBe('jangan disentuh');
  });

  it('without any time undoes everything', async () => {
    rename('kantor desa');

    expect(await look({ graceMs: 0 })).toBe('mended');
    expect(named()).not.toBe('kantor desa');
  });

  it('touches nothing of a router that is to be something else', async () => {
    rename('kantor desa');
    openFirewall();
    // Leases of phones outlast the longest session.
    await bench.store.createTariff({ ...newTariff, sessionSeconds: 400_000 });

    expect(await look({ graceMs: 0 })).toBe('wanted');
    expect(named()).toBe('kantor desa');
    expect(await row()).toMatchObject({ provisioning: 'applied' });
  });
});
